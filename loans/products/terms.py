"""The terms of a product version by the borrower's questions, and what differs between two versions."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loans.models import ProductVersion


class Question(NamedTuple):
    """One question a borrower asks, and the terms that answer it."""

    title: str | Promise
    names: tuple[str, ...]


QUESTIONS = (
    Question(
        _("How much, and for how long?"),
        ("min_amount", "max_amount", "min_count", "max_count", "frequency", "every", "allows_agreed_instalment"),
    ),
    Question(
        _("What does it cost?"),
        ("annual_rate", "rate_index", "rate_spread", "repricing", "interest_type", "interest_by", "day_count"),
    ),
    Question(_("Which fees?"), ("fee_rate", "fee_due", "fee_payee")),
    Question(
        _("How is it paid back?"),
        (
            *("method", "down_payment_rate", "balloon_rate", "stages", "first_period", "level_from"),
            *("grace_on_principal", "grace_on_interest_payment", "grace_on_interest_charged"),
        ),
    ),
    Question(_("When is it due?"), ("month_end", "business_day_roll", "business_calendar")),
    Question(
        _("What if it is paid late?"),
        (
            *("grace_days", "late_rate_multiplier", "late_interest_cap", "late_interest_compounds"),
            *("late_rate_follows_rule", "charge_off_makes_all_due"),
        ),
    ),
    Question(
        _("What if it is paid early?"),
        (
            *("early_charge_rate", "early_charge_last_year_rate", "early_charge_months"),
            *("prepayment", "remainder_tolerance"),
        ),
    ),
    Question(_("Is something bought with it?"), ("is_purchase", "refund_gives_interest_back")),
    Question(_("Is it paid out in parts?"), ("allows_drawdowns", "line_open_months", "level_on")),
    Question(_("What do payments go to?"), ("allocation_order", "payment_order")),
    Question(
        _("Does interest follow the actual balance?"),
        ("recalculates", "rest", "overdue_bears", "compounding", "compounding_day"),
    ),
    Question(
        _("How is it rounded?"),
        (
            *("rounding_mode", "rounding_step", "instalment_multiple", "multiple_for_principal"),
            *("emi_rounding", "residue", "round_each_segment"),
        ),
    ),
)
TERMS = tuple(name for question in QUESTIONS for name in question.names)


def terms_of(version: ProductVersion) -> dict[str, Any]:
    """The value of every term."""
    return {name: getattr(version, name) for name in TERMS}


def changed_terms(before: ProductVersion | None, after: ProductVersion) -> tuple[str, ...]:
    """The names of the terms that differ, in the order of the questions; all of them where nothing stood before."""
    if before is None:
        return TERMS
    return tuple(name for name in TERMS if not _is_same(getattr(before, name), getattr(after, name)))


def told(version: ProductVersion | None, names: tuple[str, ...]) -> dict[str, Any]:
    """The terms ``names`` as a request keeps them."""
    return {} if version is None else {name: _as_kept(getattr(version, name)) for name in names}


def _is_same(one: Any, other: Any) -> bool:
    """Columns bring 0.18000000 where a form says 0.18."""
    if isinstance(one, Decimal | int | float) and isinstance(other, Decimal | str) and not isinstance(one, bool):
        return Decimal(str(one)) == Decimal(str(other))
    return bool(one == other)


def _as_kept(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
