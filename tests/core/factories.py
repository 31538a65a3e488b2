"""Factories of facts with a date: rules of a market, calendars of working days.

`RuleFactory(code="cost_cap", data={"annual_rate": "0.12"})` is in force at once, from the first day of 2026.
`CalendarDayFactory(calendar__code="CN")` adds a day off to a calendar that migrations seeded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import factory
from django.db import connection, transaction
from factory.django import DjangoModelFactory

from core.models import Calendar, CalendarDay, Rule
from core.rules import forget_cached_rules

NEW_YEAR = date(2026, 1, 1)


class RuleFactory(DjangoModelFactory[Rule]):
    """A rule of the Chinese market, in place of one of the same day. What the process keeps of older ones is forgotten,
    so that it holds at once."""

    class Meta:
        model = Rule

    code = factory.Sequence(lambda n: f"rule_of_the_tests_{n}")
    market = "CN"
    effective_from = NEW_YEAR
    data = factory.Dict({})
    source = "A test."

    @classmethod
    def _create(
        cls, model_class: type[Rule], *args: Any, code: str, market: str, effective_from: date, **says: Any
    ) -> Rule:
        with past_rules_changed():
            rule, _is_new = Rule.objects.update_or_create(
                code=code, market=market, effective_from=effective_from, defaults=says
            )
        return rule


@contextmanager
def past_rules_changed() -> Iterator[None]:
    """What the tests alone may do: as if a rule had said something else all along, whether it fits or not."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
    forget_cached_rules()


def without_rule(code: str) -> None:
    """As if no version of the rule had ever been."""
    with past_rules_changed():
        Rule.objects.filter(code=code).delete()


def rule_says(code: str, data: dict[str, Any]) -> None:
    """As if every version of the rule said ``data``."""
    with past_rules_changed():
        Rule.objects.filter(code=code).update(data=data)


class CalendarFactory(DjangoModelFactory[Calendar]):
    """A calendar with Saturday and Sunday off; asked again for the same code, the same one."""

    class Meta:
        model = Calendar
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"C{n}")
    name = factory.LazyAttribute(lambda calendar: f"Calendar {calendar.code}")


class CalendarDayFactory(DjangoModelFactory[CalendarDay]):
    """Another day off each time."""

    class Meta:
        model = CalendarDay

    calendar = factory.SubFactory(CalendarFactory)
    on = factory.Sequence(lambda n: NEW_YEAR + timedelta(days=n))
