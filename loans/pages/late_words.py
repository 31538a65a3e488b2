"""Late interest of a product, a loan or a contract in words: its rate, what bears it, and how far it goes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.writing import number, percent
from loans.models import Loan, ProductVersion


def words_of_version(version: ProductVersion) -> list[str]:
    """What loans of ``version`` pay while they are late, a phrase each."""
    said = [_("%(times)s × contract rate") % {"times": version.late_rate_multiplier}]
    if version.late_rate_follows_rule:
        said.append(_("the market's multiplier applies from its day on"))
    if version.recalculates:
        said.append(_("less the contract interest, which goes on"))
    said.append(_bearing(version.late_interest_compounds))
    if version.late_interest_cap is not None:
        said.append(_("at most %(share)s of the principal in all") % {"share": percent(version.late_interest_cap)})
    return said


def words_of_loan(loan: Loan) -> list[str]:
    """What ``loan`` pays while it is late as its contract says, a phrase each."""
    return _words(
        rate=loan.late_annual_rate,
        multiplier=loan.late_rate_multiplier,
        follows=loan.late_rate_follows_rule,
        ceiling=loan.late_rate_ceiling,
        compounds=loan.late_interest_compounds,
        most=loan.late_interest_most,
        on_top=loan.late_interest_on_top,
    )


def words_of_contract(contingent: Mapping[str, Any]) -> list[str]:
    """The same from what was sealed with a contract; earlier contracts name the rate alone."""
    return _words(
        rate=Decimal(contingent["annual_rate"]),
        multiplier=_decimal(contingent.get("multiplier")),
        follows=contingent.get("multiplier_follows_rule", False),
        ceiling=_decimal(contingent.get("highest_annual_rate")),
        compounds="interest" in contingent.get("charged_on", ()),
        most=_decimal(contingent.get("most_in_all")),
        on_top=contingent.get("contract_interest_goes_on", False),
    )


def _words(
    *,
    rate: Decimal,
    multiplier: Decimal | None,
    follows: bool,
    ceiling: Decimal | None,
    compounds: bool,
    most: Decimal | None,
    on_top: bool,
) -> list[str]:
    said = [_("%(rate)s a year") % {"rate": percent(rate)}]
    if on_top:
        said.append(_("beside the contract interest, which goes on"))
    if multiplier is not None:
        said.append(_("%(times)s × contract rate") % {"times": multiplier})
    if follows:
        said.append(_("the market's multiplier applies from its day on"))
    if ceiling is not None:
        said.append(_("never above %(rate)s") % {"rate": percent(ceiling)})
    said.append(_bearing(compounds))
    if most is not None:
        said.append(_("at most %(amount)s in all") % {"amount": number(most)})
    return said


def _bearing(compounds: bool) -> str:
    return _("on overdue principal and overdue interest") if compounds else _("on overdue principal")


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
