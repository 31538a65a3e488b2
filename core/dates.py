"""Steps on the calendar: months that keep their anchor day, days between two dates, ends of months (pure).

A period counts its first day and not its last (民法典 201), so interest days are simply ``end - start``.
"""

from calendar import isleap, monthrange
from collections.abc import Iterable
from datetime import date, timedelta

SHORTEST_MONTH = 28  # days: every month has as many


def add_months(anchor: date, months: int) -> date:
    """The same day ``months`` later, or the last day of a shorter month (民法典 202).

    Always step from the original anchor, never from the previous result: 31 January gives 28 February and 31 March.
    """
    return months_after(anchor, (months,))[0]


def months_after(anchor: date, steps: Iterable[int]) -> list[date]:
    """``add_months`` for each of ``steps`` (months): the due dates of a schedule in one go."""
    first, day, found = anchor.year * 12 + anchor.month - 1, anchor.day, []
    for months in steps:
        year, month0 = divmod(first + months, 12)
        found.append(date(year, month0 + 1, day if day <= SHORTEST_MONTH else min(day, _length(year, month0 + 1))))
    return found


_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # days, January first


def _length(year: int, month: int) -> int:
    return 29 if month == 2 and isleap(year) else _LENGTHS[month - 1]


def days_between(start: date, end: date) -> int:
    """Calendar days from ``start`` (counted) to ``end`` (not counted)."""
    return (end - start).days


def end_of_month(on: date) -> date:
    """The last day of the month ``on`` lies in."""
    return on.replace(day=monthrange(on.year, on.month)[1])


def is_end_of_month(on: date) -> bool:
    """Whether ``on`` is the last day of its month."""
    return on == end_of_month(on)


def is_month_end(day: date) -> bool:
    """Whether ``day`` is the last of its month."""
    return (day + timedelta(days=1)).day == 1
