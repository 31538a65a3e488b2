"""When instalments fall due, and the period each of them pays for (pure)."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from itertools import pairwise, repeat
from typing import NamedTuple

from core.calendars import add_months, months_after
from core.dates import end_of_month
from loans.schedules.terms import BusinessDayRoll, DueDatesRefused, Frequency, LoanTerms, Method, MonthEnd


class Period(NamedTuple):
    """The time from ``starts_on`` to ``due_on``; ``part_of`` is the regular period that it is, or is a part of.

    ``part_of`` None: the period is measured by itself, because it is longer or shorter than a regular one.
    """

    starts_on: date
    due_on: date
    part_of: tuple[date, date] | None


# From the three values in order; the class's own constructor would cost twice as much, a dozen times a schedule.
_period = partial(tuple.__new__, Period)


def due_dates(terms: LoanTerms) -> list[date]:
    """The due dates, each stepped from the anchor so that month ends do not drift, then moved to working days.

    Where instalments merge, some are equal: the first of them has all the days of the period, the others none.
    Raises DueDatesRefused when two of them fall on one day otherwise.
    """
    return on_working_days(terms, agreed_dates(terms))


def agreed_dates(terms: LoanTerms) -> Sequence[date]:
    """The due dates as agreed, before they are moved to working days; what is left out on days off was never agreed."""
    found = _stepped_dates(terms)
    return _without_days_off(terms, found) if terms.business_day_roll is BusinessDayRoll.SKIP else found


def _stepped_dates(terms: LoanTerms) -> Sequence[date]:
    if terms.due_dates:
        return terms.due_dates
    if terms.first_due_on is not None:
        dates = _steps(terms, terms.first_due_on, 0)
    else:
        dates = _steps(terms, terms.schedule_start_on or terms.start_on, 1)
    return dates[-1:] if terms.method is Method.BULLET else dates


def on_working_days(terms: LoanTerms, dates: Sequence[date]) -> list[date]:
    """The days ``dates`` fall due on by the product's calendar: whoever makes a due date moves it here.

    Raises DueDatesRefused when two different dates come to fall on one day.
    """
    if terms.business_day_roll is BusinessDayRoll.NONE:
        return list(dates)
    assert terms.calendar is not None  # terms refuse a roll without one
    if terms.business_day_roll is BusinessDayRoll.SKIP:
        return _without_days_off(terms, dates)
    moved = [terms.calendar.roll(due, terms.business_day_roll) for due in dates]
    if terms.business_day_roll is not BusinessDayRoll.MERGE and len(set(moved)) < len(set(dates)):
        raise DueDatesRefused("two due dates fall on the same working day: choose longer periods or another roll")
    return moved


_LONGEST_BREAK = 60  # periods in a row that may be left out: more are a product that knows no working day


def _without_days_off(terms: LoanTerms, dates: Sequence[date]) -> list[date]:
    """``dates``, each that is no working day a period later, and all after it as much. Raises DueDatesRefused."""
    assert terms.calendar is not None
    left_out, found = 0, []
    for on in dates:
        reached = step(terms, on, left_out)
        for _ in range(_LONGEST_BREAK):
            if terms.calendar.is_working(reached):
                break
            left_out += 1
            reached = step(terms, on, left_out)
        else:
            raise DueDatesRefused("no due date would be a working day: choose another weekday or another roll")
        found.append(reached)
    return found


def _steps(terms: LoanTerms, anchor: date, first: int) -> list[date]:
    """As many steps as instalments, the first one ``first`` periods after ``anchor``."""
    end, every = first + terms.count, terms.every
    if terms.frequency is Frequency.MONTH and terms.month_end is MonthEnd.CLAMP:
        return months_after(anchor, range(first * every, end * every, every))
    return [step(terms, anchor, n) for n in range(first, end)]


def on_day(terms: LoanTerms, month: date, day: int) -> date:
    """The ``day`` in the month of ``month``; where it has fewer days, as ``terms.month_end`` says."""
    last = end_of_month(month)
    if day <= last.day:
        return last.replace(day=day)
    return last + timedelta(days=1) if terms.month_end is MonthEnd.FIRST_OF_NEXT else last


def step(terms: LoanTerms, anchor: date, n: int) -> date:
    """``n`` periods after ``anchor``; a month without the anchor's day follows ``terms.month_end``."""
    if terms.frequency is Frequency.MONTH:
        reached = add_months(anchor, n * terms.every)
        if reached.day < anchor.day and terms.month_end is MonthEnd.FIRST_OF_NEXT:
            return reached + timedelta(days=1)
        return reached
    days = 7 if terms.frequency is Frequency.WEEK else 1
    return anchor + timedelta(days=n * terms.every * days)


def periods(terms: LoanTerms) -> list[Period]:
    """The periods of the schedule, the first one from the day the money goes out."""
    dues = due_dates(terms)
    parts_of = repeat(None) if terms.due_dates else pairwise(dues)
    return [_first(terms, dues[0]), *map(_period, zip(dues, dues[1:], parts_of, strict=False))]


def _first(terms: LoanTerms, due: date) -> Period:
    start = terms.start_on
    if terms.schedule_start_on is not None:
        return Period(start, due, (terms.schedule_start_on, due))
    return Period(start, due, (start, due) if first_is_regular(terms) else None)


def first_is_regular(terms: LoanTerms) -> bool:
    """Whether the first period is as long as the others; the one period of a BULLET loan is measured by itself."""
    if terms.due_dates or terms.method is Method.BULLET:
        return False
    return terms.first_due_on is None or step(terms, terms.start_on, 1) == terms.first_due_on
