"""What a second person decides on in `audit`: people, rules, calendars, rights lent."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from audit import changes_by_two, delegations, people
from audit.changes_by_two import Declared
from core import business_date
from core.models import Calendar, CalendarDay, Rule
from core.rulebook.versions import require_possible, require_withdrawable
from core.rules import forget_cached_rules
from core.working_calendars import forget_cached_calendars
from staff.models import User


def _refuse_rule(version: Any, _many: object) -> None:
    require_possible(version, business_date.current())


def _refuse_withdrawal(version: Any) -> None:
    require_withdrawable(version, business_date.current())


def _write_rule(version: Any, by: User, agreed_by: User | None) -> None:
    version.written_by, version.agreed_by = by, agreed_by
    version.save(force_insert=True)


changes_by_two.declare(people.declared())
changes_by_two.declare(
    Declared(
        model=Rule,
        code="power.rule",
        label=_("Rule"),
        asked_with=("core.add_rule", "core.delete_rule"),
        refuse=_refuse_rule,
        refuse_deletion=_refuse_withdrawal,
        write=_write_rule,
        after=forget_cached_rules,
    )
)
changes_by_two.declare(
    Declared(
        model=Calendar,
        code="power.calendar",
        label=_("Calendar of working days"),
        asked_with=("core.add_calendar", "core.change_calendar"),
        after=forget_cached_calendars,
    )
)
changes_by_two.declare(
    Declared(
        model=CalendarDay,
        code="power.calendar_day",
        label=_("Day of a calendar"),
        asked_with=("core.add_calendarday", "core.change_calendarday", "core.delete_calendarday"),
        after=forget_cached_calendars,
    )
)
delegations.declare_request()
