"""Due dates that acts make: stepped from the agreed day, then moved to a working day as the product does (pure).

An instalment keeps the day agreed for it beside the day it falls due on. Acts count from the agreed day, so that what moved
from the 25th to the 28th is next due on the 25th; nothing else than ``loans.schedules.due_dates`` moves a date.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.calendars import add_months
from core.dates import days_between, is_end_of_month
from loans.account.account import InstalmentState
from loans.account.changes.plan_rows import price_of_time, spans_by_rate
from loans.schedules.due_dates import agreed_dates, on_day, on_working_days, step
from loans.schedules.instalment_amounts import added_share, counts_working_days
from loans.schedules.period_rates import rate_on
from loans.schedules.terms import BusinessDayRoll, DueDatesRefused, Frequency, LoanTerms, MonthEnd

_LONGEST_ROLL = 10  # days; the longest holidays of a calendar with the weekends around them
_SHORTEST_MONTH = 28
_STAYING = (BusinessDayRoll.NONE, BusinessDayRoll.SKIP)  # what falls due is what was agreed


def agreed_dues(rows: Sequence[InstalmentState], terms: LoanTerms) -> list[date]:
    """The day agreed for each of ``rows``, before it moved to a working day.

    What no act has moved stands in the contract: it is found by its working day, or, where the calendar became another
    since, by the nearest agreed day.
    """
    if terms.business_day_roll in _STAYING:
        return [row.due_on for row in rows]
    contract = agreed_dates(terms)
    if terms.business_day_roll is BusinessDayRoll.MERGE:
        return [row.agreed_on or _merged(terms, contract, row) for row in rows]
    by_due = {moved: on for on in contract for moved in on_working_days(terms, [on])}
    return [row.agreed_on or by_due.get(row.due_on) or _nearest(contract, row.due_on) for row in rows]


def _merged(terms: LoanTerms, contract: Sequence[date], row: InstalmentState) -> date:
    """Of several dates that fall due together, the one of the instalment of this number."""
    agreed = contract[row.number - 1] if row.number <= len(contract) else row.due_on
    return agreed if on_working_days(terms, [agreed]) == [row.due_on] else _nearest(contract, row.due_on)


def _nearest(contract: Sequence[date], due_on: date) -> date:
    found = min(contract, key=lambda on: abs((on - due_on).days))
    return found if abs((found - due_on).days) <= _LONGEST_ROLL else due_on


def rolled(terms: LoanTerms, agreed: Sequence[date], after: date) -> list[date]:
    """The working days ``agreed`` fall due on. Raises DueDatesRefused unless they rise and lie after ``after``."""
    dues = on_working_days(terms, agreed)
    if dues and min(dues) <= after:
        raise DueDatesRefused("a due date moved to a working day would not lie after its period's first day")
    return dues


def due(row: InstalmentState, agreed: date, due_on: date, terms: LoanTerms) -> InstalmentState:
    """``row`` due on the working day ``due_on`` in place of the day ``agreed``."""
    return replace(row, due_on=due_on, agreed_on=agreed_on(agreed, terms))


def agreed_on(agreed: date, terms: LoanTerms) -> date | None:
    """What an instalment keeps of the day agreed: nothing where no date ever moves."""
    return None if terms.business_day_roll in _STAYING else agreed


def later_dues(terms: LoanTerms, known: Sequence[date], count: int, after: date) -> list[date]:
    """``count`` agreed dates that go on where ``known`` ends, each falling due after ``after``.

    The day of the month is that of the last one; where its month was too short for the day, the latest among ``known``, so
    that a February does not make the day earlier for good.
    """
    month, day, last = *_anchor(terms, known), max(known)
    found: list[date] = []
    n = 0
    while len(found) < count:
        n += 1
        by_month = terms.frequency is Frequency.MONTH
        agreed = on_day(terms, add_months(month, n * terms.every), day) if by_month else step(terms, last, n)
        if on_working_days(terms, [agreed])[0] > after:
            found.append(agreed)
    return found


def _anchor(terms: LoanTerms, known: Sequence[date]) -> tuple[date, int]:
    """The first of the month that the last of ``known`` was agreed for, and the day of the month agreed."""
    last, longest = max(known), max(on.day for on in known)
    month = last.replace(day=1)
    if last.day == 1 and longest > _SHORTEST_MONTH and terms.month_end is MonthEnd.FIRST_OF_NEXT:
        return add_months(month, -1), longest
    return month, longest if is_end_of_month(last) else last.day


Days = tuple[date, date]  # the day agreed, and the working day it falls due on


def price_of_move(terms: LoanTerms, principal: Decimal, before: Days, after: Days) -> Decimal:
    """What a later due date costs at the contract rate: by its days where the product counts days, else as agreed.

    A regular month stays a month when its end moves to a working day; so does the time an act adds.
    """
    counted = _counted(terms)
    return price_of_time(terms, principal, before[counted], after[counted])


def _counted(terms: LoanTerms) -> int:
    """Which of its days a period is measured by: the one agreed, or the one it falls due on."""
    return int(counts_working_days(terms))


def price_of_days(terms: LoanTerms, principal: Decimal, before: Days, after: Days) -> Decimal:
    """What the days of an extension cost at the rates in force (the steps of ``terms``), by the product's day count.

    Where the product does not go by days, those agreed cost their part of a year at the rates of the days they fall on,
    also where days off had moved the due date as far before: then the later ones move alone.
    """
    spans = spans_by_rate(terms, before[1], after[1])
    if _counted(terms):
        borne = sum((rate * added_share(terms, *span) for span, rate in spans), Decimal(0))
    else:
        weighed = sum((rate * days_between(*span) for span, rate in spans), Decimal(0))
        now = rate_on(terms.annual_rate, terms.rate_steps, before[1])
        borne = (weighed / days_between(before[1], after[1]) if spans else now) * added_share(
            terms, before[0], after[0]
        )
    return terms.rounding.payable(principal * borne)


def days_moved(before: Sequence[InstalmentState], dues: Sequence[date]) -> Decimal:
    """The most days by which a due date of ``before`` moves."""
    return Decimal(max(abs(days_between(row.due_on, due_on)) for row, due_on in zip(before, dues, strict=True)))
