"""How values are written on pages, in messages and on paper: one way each."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import pgettext

from core.currencies import house_currency, sign_of
from core.money import ZERO, round_money

ABSENT = "—"


def number(value: Any, places: int = 2) -> str:
    """1234.5 → 1,234.50; whole numbers stay whole."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, int):
        return f"{value:,}"
    return f"{round_money(Decimal(value), places):,.{places}f}"


def money(value: Any, currency: str, places: int = 2) -> str:
    """1234.5 of CNY → ¥ 1,234.50; of a currency without a sign of its own → NGN 1,234.50."""
    if value is None or value == "":
        return ABSENT
    return f"{sign_of(currency)} {number(Decimal(value), places)}"


def sums(amounts: Mapping[str, Decimal], places: int = 2) -> str:
    """Sums by currency: ¥ 1,234.50 + € 20.00; nothing at all is nothing of the house's money."""
    return " + ".join(money(total, code, places) for code, total in sorted(amounts.items())) or money(
        ZERO, house_currency(), places
    )


def percent(value: Any, places: int = 2) -> str:
    """0.144 → 14.40 %."""
    if value is None or value == "":
        return ABSENT
    return f"{number(Decimal(value) * 100, places)} %"


def listed(items: Iterable[object]) -> str:
    """The items of a list in a row, set apart as the reader's language does."""
    return pgettext("between items", ", ").join(str(one) for one in items)


def conditions(said: Iterable[object]) -> str:
    """Sentences or conditions in a row, with the semicolon of the reader's language."""
    return pgettext("between conditions", "; ").join(str(one) for one in said)


def day(value: date | datetime | None) -> str:
    """2026-06-15, in the office's time zone."""
    if not value:
        return ABSENT
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return f"{value:%Y-%m-%d}"


def moment(value: datetime | None) -> str:
    """2026-06-15 08:05, in the office's time zone."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ABSENT
