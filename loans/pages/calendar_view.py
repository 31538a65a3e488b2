"""A year of a calendar as people read it: twelve months of days, and its holidays with what is worked for them.

Pure but for the rows it is given: days and a calendar in, months and holidays out.
"""

from calendar import Calendar as Weeks
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from core.models import CalendarDay
from core.working_days import WorkingCalendar

_WEEKS = Weeks()


@dataclass(frozen=True, slots=True)
class Cell:
    """One day: ``kind`` is off, worked (in exchange), weekend, or empty for an ordinary working day."""

    on: date
    kind: str


@dataclass(frozen=True, slots=True)
class Month:
    """Weeks from Monday; None where another month's day would stand."""

    first: date
    weeks: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """The days of one name in a year: runs of days off, first and last of each, and days worked in exchange."""

    name: str
    name_zh: str
    runs: tuple[tuple[date, date], ...]
    days_off: int
    worked: tuple[date, ...]


def months_of(year: int, calendar: WorkingCalendar) -> list[Month]:
    """The twelve months of ``year``."""
    return [_month(year, month, calendar) for month in range(1, 13)]


def working_day_count(year: int, calendar: WorkingCalendar) -> int:
    """How many days of ``year`` are worked."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    return sum(calendar.is_working(first + timedelta(days=n)) for n in range((after - first).days))


def holidays_of(days: Iterable[CalendarDay]) -> list[Holiday]:
    """The days of a year by name, in the order of their first day off."""
    by_name: dict[tuple[str, str], list[CalendarDay]] = {}
    for day in sorted(days, key=lambda day: (day.working, day.on)):
        by_name.setdefault((day.name, day.name_zh), []).append(day)
    return [_holiday(name, name_zh, rows) for (name, name_zh), rows in by_name.items()]


def _month(year: int, month: int, calendar: WorkingCalendar) -> Month:
    weeks = (
        tuple(Cell(on, _kind(on, calendar)) if on.month == month else None for on in week)
        for week in _WEEKS.monthdatescalendar(year, month)
    )
    return Month(date(year, month, 1), tuple(weeks))


def _kind(on: date, calendar: WorkingCalendar) -> str:
    if on in calendar.working_days:
        return "worked"
    if on in calendar.holidays:
        return "off"
    return "" if calendar.is_working(on) else "weekend"


def _holiday(name: str, name_zh: str, rows: Sequence[CalendarDay]) -> Holiday:
    off = [row.on for row in rows if not row.working]
    # Days that follow each other have the same distance to their place in the list.
    runs = [[on for _place, on in run] for _start, run in groupby(enumerate(off), key=_start_of_run)]
    return Holiday(
        name=name,
        name_zh=name_zh,
        runs=tuple((run[0], run[-1]) for run in runs),
        days_off=len(off),
        worked=tuple(row.on for row in rows if row.working),
    )


def _start_of_run(placed: tuple[int, date]) -> date:
    place, on = placed
    return on - timedelta(days=place)
