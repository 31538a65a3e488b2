"""What a market says of a charge for repaying early, as rules with a date, and what a contract keeps of it.

Rule ``early_repayment_charge``: ``{"most": "0.01", "most_last_year": "0.005", "fixed_rate_only": true,
"within_cost_cap": true}``, parts of the principal repaid early. A bound that is not named is none; a market without the
rule allows no charge. ``within_cost_cap`` holds the charge with all other costs under the cap on the all-in cost (rule
``cost_cap``) of the day of the contract.

China bounds it by no percentage: interest is owed for the time the money was used unless the parties agree otherwise (Civil
Code, article 677), it must stand in the table of all costs, and all costs together keep the line. European Union: 1 %, 0.5 %
where a year or less is left, only while the rate is fixed, never more than the interest that is saved (Directive
2008/48/EC, article 16); the United Kingdom took the same over (Consumer Credit Act 1974, section 95A).
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.rules import rule_versions
from loans.models import ProductVersion
from loans.pricing.cost_caps import cost_cap, percent

RULE = "early_repayment_charge"


class EarlyChargeNotAllowed(Invalid):
    code = "early_charge_not_allowed"
    field = "early_charge_rate"
    message = _("The market %(market)s has no rule that allows an early-repayment charge on %(on)s. Set it to 0.")


class EarlyChargeTooHigh(Invalid):
    """Both figures are told: the product's, and the most the market allows."""

    code = "early_charge_too_high"
    field = "early_charge_rate"
    message = _(
        "An early-repayment charge of %(rate)s, %(last_year)s in the last year, is not allowed; the market allows %(most)s "
        "and %(most_last_year)s."
    )


class EarlyChargeNeedsFixedRate(Invalid):
    code = "early_charge_needs_fixed_rate"
    field = "early_charge_rate"
    message = _("The market allows an early-repayment charge only while the rate is fixed. Set it to 0.")


def require_early_charge_allowed(version: ProductVersion, on: date) -> None:
    """Raise EarlyChargeNotAllowed, -TooHigh or -NeedsFixedRate where the market's rule of ``on`` refuses the charge."""
    if version.early_charge_rate:
        _require(version, _in_force(version, on))


def cost_cap_of_contract(version: ProductVersion, on: date) -> Decimal | None:
    """The yearly cost that a loan signed on ``on`` keeps with the charge too; None where there is no charge or no cap.

    Raises what ``require_early_charge_allowed`` raises.
    """
    if not version.early_charge_rate:
        return None
    data = _in_force(version, on)
    _require(version, data)
    cap = cost_cap(on, version.product.market).as_simple if data.get("within_cost_cap") else Decimal("Infinity")
    return cap if cap.is_finite() else None


def _require(version: ProductVersion, data: dict[str, Any]) -> None:
    rate, last_year = Decimal(version.early_charge_rate), version.early_charge_at_the_end
    most = Decimal(data.get("most", rate))
    most_last_year = Decimal(data.get("most_last_year", most))
    if data.get("fixed_rate_only") and version.rate_index:
        raise EarlyChargeNeedsFixedRate()
    if rate > most or last_year > most_last_year:
        raise EarlyChargeTooHigh(
            rate=percent(rate), last_year=percent(last_year), most=percent(most), most_last_year=percent(most_last_year)
        )


def _in_force(version: ProductVersion, on: date) -> dict[str, Any]:
    market = version.product.market
    for effective_from, data in rule_versions(RULE, market):
        if effective_from <= on:
            return data
    raise EarlyChargeNotAllowed(market=market, on=on.isoformat())
