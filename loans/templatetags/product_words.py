"""How a term of a product is written: choices in words, fractions in per cent, lists as people read them."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from core.writing import ABSENT, number, percent
from loans.models import ProductVersion
from loans.templatetags.loan_words import component_words, day_count_words

register = template.Library()
FRACTIONS = frozenset(
    {
        *("annual_rate", "rate_spread", "fee_rate", "late_interest_cap", "down_payment_rate", "balloon_rate"),
        *("early_charge_rate", "early_charge_last_year_rate"),
    }
)
_WHOLE = frozenset({"late_rate_multiplier"})


@register.filter
def term_words(value: Any, name: str) -> str:
    """The value of the term ``name``."""
    field = ProductVersion._meta.get_field(name)
    if value is None or value == "" or value == []:
        return ABSENT
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "day_count":
        return day_count_words(value)
    if name == "allocation_order":
        return " → ".join(component_words(part) for part in value)
    if isinstance(value, Decimal):
        return _decimal(value, name)
    choices = dict(getattr(field, "flatchoices", None) or ())
    return str(choices.get(value, value))


def _decimal(value: Decimal, name: str) -> str:
    if name in FRACTIONS:
        return percent(value)
    return f"{value.normalize():f}" if name in _WHOLE else number(value)


@register.filter
def figure_words(value: Decimal | None, kind: str) -> str:
    """A figure of an example: money or a rate."""
    return percent(value) if kind == "rate" else number(value)
