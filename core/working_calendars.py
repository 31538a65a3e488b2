"""Calendars of working days by their code, as the values of ``core.working_days``.

They change once a year and are asked at every schedule, so each is kept in the process for a minute, like the rules.
"""

from datetime import date

from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.kept import kept
from core.models import Calendar, CalendarDay
from core.rules import forget_cached_rules, rule
from core.working_days import WorkingCalendar, calendar_of


class CalendarMissing(NotFound):
    """No calendar has the code: make one before products or rules name it."""

    code = "calendar_missing"
    message = _("There is no calendar %(calendar)s. Add one under Calendars in the admin.")


def working_calendar(code: str) -> WorkingCalendar:
    """The calendar ``code``. Raises CalendarMissing."""
    calendar: WorkingCalendar = kept(f"calendar:{code}", lambda: _read(code))
    return calendar


def market_calendar(on: date, market: str | None = None) -> WorkingCalendar:
    """The calendar that the rule ``working_calendar`` of ``market`` names on ``on``.

    Raises RuleMissing where the market names none, CalendarMissing where it names one that does not exist.
    """
    return working_calendar(rule("working_calendar", on, market)["calendar"])


def forget_cached_calendars() -> None:
    """Drop the cache after an edit; calendars share it with the rules that name them."""
    forget_cached_rules()


def _read(code: str) -> WorkingCalendar:
    calendar = Calendar.objects.filter(code=code).first()
    if calendar is None:
        raise CalendarMissing(calendar=code)
    days = CalendarDay.objects.filter(calendar=calendar).values_list("on", "working")
    return calendar_of(calendar.weekend, days, calendar.known_until)
