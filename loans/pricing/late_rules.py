"""What a market says of late interest, as rules with a date, and what a contract makes of it on the day it is signed.

Rule ``late_rate_multiplier``: ``{"multiplier": "1.50", "least": "1.30", "most": "1.50", "products": {"code": "1.30"}}``.
``least`` and ``most`` bound what products may charge (none at all is always allowed); ``multiplier``, or that of the
product, is what loans bear whose contract follows the rule, from its date on. A contract that does not say so keeps its
multiplier whatever the rule becomes: a term of a contract changes by agreement only (民法典 543), and 银发〔2003〕251号
reckons from the rate "stated in the contract".

Rule ``late_interest_cap``: ``{"within_cost_cap": true, "share_of_principal": "1.00"}`` for all, or by lender type under
``lender_types``. ``within_cost_cap`` holds the late rate under the cap on the all-in cost (rule ``cost_cap``); a share
bounds late interest and penalties in all. As with that cap, the rule of the day of the contract holds for its whole life.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid, NotFound
from core.money import round_money
from core.rules import rule_versions
from loans.account.late_interest import capped_rate
from loans.models import Product, ProductVersion
from loans.pricing.cost_caps import cost_cap, lender_type_of_house

MULTIPLIER = "late_rate_multiplier"
CAP = "late_interest_cap"


class LateMultiplierOutOfRange(Invalid):
    code = "late_multiplier_out_of_range"
    field = "late_rate_multiplier"
    message = _(
        "Late interest at %(multiplier)s × the contract rate is not allowed; the market allows %(least)s to %(most)s."
    )


class LateCapNotCovered(NotFound):
    code = "late_cap_not_covered"
    message = _(
        "The rule late_interest_cap of %(on)s has no entry for the lender type %(lender_type)s. Add one in the admin."
    )


@dataclass(frozen=True, slots=True)
class LateCap:
    """``ceiling``: the highest yearly late rate; ``share``: the most late interest in all, as part of the principal."""

    ceiling: Decimal | None = None
    share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LateAgreement:
    """What a loan signed today keeps: its columns of the same names."""

    late_rate_multiplier: Decimal
    late_annual_rate: Decimal
    late_interest_on_top: bool
    late_rate_ceiling: Decimal | None
    late_interest_most: Decimal | None


def multipliers_of_rule(product: Product) -> list[tuple[date, Decimal]]:
    """Every multiplier the market's rule has named for ``product``, with the day it holds from, oldest first."""
    named = []
    for effective_from, data in reversed(rule_versions(MULTIPLIER, product.market)):
        value = data.get("products", {}).get(product.code, data.get("multiplier"))
        if value is not None:
            named.append((effective_from, Decimal(value)))
    return named


def require_multiplier_allowed(multiplier: Decimal, on: date, market: str) -> None:
    """Raise LateMultiplierOutOfRange, naming both numbers, where the market's rule of ``on`` does not allow it."""
    data = _in_force(MULTIPLIER, on, market)
    least, most = (Decimal(data.get(bound, multiplier)) for bound in ("least", "most"))
    if multiplier and not least <= multiplier <= most:
        raise LateMultiplierOutOfRange(multiplier=multiplier, least=least, most=most)


def late_cap(on: date, market: str, lender_type: str | None = None) -> LateCap:
    """The cap on late interest of loans signed on ``on``. Raises LateCapNotCovered, and what ``cost_cap`` raises."""
    data = _in_force(CAP, on, market)
    if "lender_types" in data:
        kind = lender_type or lender_type_of_house(on, market)
        if kind not in data["lender_types"]:
            raise LateCapNotCovered(lender_type=kind, on=on.isoformat())
        data = data["lender_types"][kind]
    share = data.get("share_of_principal")
    ceiling = cost_cap(on, market, lender_type).as_simple if data.get("within_cost_cap") else Decimal("Infinity")
    return LateCap(ceiling if ceiling.is_finite() else None, None if share is None else Decimal(share))


def agree(version: ProductVersion, *, principal: Decimal, contract_rate: Decimal, on: date) -> LateAgreement:
    """Late interest of a loan of ``version`` signed on ``on``. Raises LateMultiplierOutOfRange, LateCapNotCovered."""
    market = version.product.market
    multiplier = multiplier_on_sale(version, on)
    require_multiplier_allowed(multiplier, on, market)
    cap = late_cap(on, market)
    shares = [share for share in (cap.share, version.late_interest_cap) if share is not None]
    return LateAgreement(
        late_rate_multiplier=multiplier,
        late_annual_rate=capped_rate(contract_rate, multiplier, cap.ceiling, on_top=version.recalculates),
        late_interest_on_top=version.recalculates,
        late_rate_ceiling=cap.ceiling,
        late_interest_most=round_money(principal * min(shares)) if shares else None,
    )


def multiplier_on_sale(version: ProductVersion, on: date) -> Decimal:
    """The multiplier of contracts of ``version`` signed on ``on``: its own, or the rule's where it follows that."""
    named = [multiplier for first, multiplier in multipliers_of_rule(version.product) if first <= on]
    return named[-1] if version.late_rate_follows_rule and named else Decimal(version.late_rate_multiplier)


def _in_force(code: str, on: date, market: str) -> dict[str, Any]:
    """The data of the rule, empty where the market has none."""
    return next((data for effective_from, data in rule_versions(code, market) if effective_from <= on), {})
