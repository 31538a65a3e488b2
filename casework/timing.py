"""Until when a task must be done, by the dated rules ``office_hours`` and ``task_times`` and the market's calendar."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from casework.clock import in_office
from casework.working_time import OfficeHours
from core.rules import rule
from core.working_calendars import market_calendar


@dataclass(frozen=True, slots=True)
class Times:
    """The moments of a task: when it is told as due soon, when it is due, when its lead is told."""

    soon_at: datetime
    due_at: datetime
    escalates_at: datetime


def times_of(kind: str, start: datetime) -> Times:
    """The moments of a task of ``kind`` raised at ``start``, in working hours of that day's rules.

    Raises RuleMissing, CalendarMissing, OfficeHoursRefused.
    """
    start = in_office(start)
    told = rule("task_times", start.date())
    own = {**told, **told.get("by_kind", {}).get(kind, {})}
    hours, due = _office(start), Decimal(own["due"])
    return Times(
        soon_at=hours.after(start, max(due - Decimal(own["soon"]), Decimal(0))),
        due_at=hours.after(start, due),
        escalates_at=hours.after(start, due + Decimal(own["escalated"])),
    )


def _office(start: datetime) -> OfficeHours:
    on = start.date()
    hours = rule("office_hours", on)
    return OfficeHours(market_calendar(on), time.fromisoformat(hours["opens"]), time.fromisoformat(hours["closes"]))


def left_alone(name: str, on: date) -> int:
    """From when on what was left alone is somebody's task: a figure of the dated rule ``task_conditions``. Raises
    RuleMissing."""
    return int(rule("task_conditions", on)[name])


def ranked_at(raised_at: datetime, priority: int) -> datetime:
    """By what a task is sorted: a point of priority counts as an hour of age."""
    return raised_at - timedelta(hours=priority)
