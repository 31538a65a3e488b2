"""Another multiplier of late interest on a running loan."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from loans.account.account import Account
from loans.account.changes.base import Change
from loans.account.changes.late_rates import LateMultiplierChanged
from loans.account.late_interest import rate_on
from loans.events.act_kinds import LATE_INTEREST_FREED, ActKind, Group, Tried, register
from loans.events.act_parameters import Parameter, Sort
from loans.models import Loan
from loans.pricing.late_rules import require_multiplier_allowed


class LateRateOnItsOwn(DomainError):
    code = "late_rate_on_its_own"
    message = _("Loan %(number)s has a late rate of its own, which is no multiple of the contract rate.")


class LateMultiplierFixed(DomainError):
    code = "late_multiplier_fixed"
    message = _(
        "The contract of loan %(number)s fixes late interest at %(agreed)s × the contract rate; %(asked)s is more."
    )


def _refuse(loan: Loan, _account: Account, change: Change) -> None:
    """Beyond what the contract fixes nobody raises it alone (民法典 543); what the market forbids is not asked for."""
    assert isinstance(change, LateMultiplierChanged)
    if loan.late_rate_multiplier is None:
        raise LateRateOnItsOwn(number=loan.number)
    if change.multiplier > loan.late_rate_multiplier and not loan.late_rate_follows_rule:
        raise LateMultiplierFixed(number=loan.number, agreed=loan.late_rate_multiplier, asked=change.multiplier)
    require_multiplier_allowed(change.multiplier, change.on, loan.product_version.product.market)


def _lowers(tried: Tried, _figures: Mapping[str, Decimal]) -> bool:
    """All late interest of days to come falls away with it, so that no sum of today can bound it."""
    on = max(tried.recorded_on, tried.effective_on)
    before, after = (
        rate_on(account.late_rates, account.late_annual_rate, on) for account in (tried.before, tried.after)
    )
    return after < before


LATE_MULTIPLIER_CHANGED = register(
    ActKind(
        code="late_multiplier_changed",
        label=_("Change late interest"),
        hint=_("The new rate applies from the chosen day; earlier days keep the old rate."),
        permission="loans.change_terms",
        change=LateMultiplierChanged,
        refuse=_refuse,
        beyond_authority=_lowers,
        measures=(LATE_INTEREST_FREED,),
        group=Group.CHARGES,
        parameters=(Parameter(name="multiplier", sort=Sort.RATE, label=_("Of the contract rate"), least=0, most=10),),
        figures=(("late_rate", _("Late interest a year")),),
    )
)
