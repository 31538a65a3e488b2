"""Rules as data: the version in force on a date.

Rules change a few times a year and are read on every request, so versions are cached in the process for a minute.
"""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.kept import forget, kept
from core.models import Rule


class RuleMissing(NotFound):
    """No version of the rule is in force on the date: configure one before working on."""

    code = "rule_missing"
    message = _("No rule %(rule)s is in force for market %(market)s on %(on)s. Add one under Rules in the admin.")


def rule(code: str, on: date, market: str | None = None) -> dict[str, Any]:
    """The data of rule ``code`` in force on ``on``. Raises RuleMissing."""
    market = market or settings.DEFAULT_MARKET
    for effective_from, data in _versions(code, market):
        if effective_from <= on:
            return data
    raise RuleMissing(rule=code, market=market, on=on.isoformat())


def rule_of_house(code: str, on: date, market: str | None) -> dict[str, Any]:
    """The same of what a house rules for itself, as limits of authority: the version of ``market`` in force on ``on``, or
    that of the default market where ``market`` has none of its own. Raises RuleMissing."""
    own = (data for first, data in _versions(code, market) if first <= on) if market else iter(())
    found = next(own, None)
    return rule(code, on) if found is None else found


def rule_versions(code: str, market: str | None = None) -> list[tuple[date, dict[str, Any]]]:
    """Every version of rule ``code`` with the day it holds from, the newest first; empty where there is none."""
    return list(_versions(code, market or settings.DEFAULT_MARKET))


def _versions(code: str, market: str) -> list[tuple[date, dict[str, Any]]]:
    return kept(f"rule:{market}:{code}", lambda: _read(code, market))


def _read(code: str, market: str) -> list[tuple[date, dict[str, Any]]]:
    rows = Rule.objects.filter(code=code, market=market).order_by("-effective_from")
    return list(rows.values_list("effective_from", "data"))


def forget_cached_rules() -> None:
    """Drop the cache, after an edit and between tests."""
    forget()
