"""How much a loan may cost in a year: the caps of the market for the kind of lender that the house is.

Rule ``cost_cap`` holds from its date. Its data is one cap for all, ``{"annual_rate": "0.24", "basis": "simple"}`` (None:
no cap), or caps by lender type, ``{"lender_types": {"microloan_company": [{"annual_rate": "0.24"}, {"index": "LPR1Y",
"times": "4"}]}}``, of which the lowest holds. Rule ``lender_type`` says which type the house is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid, NotFound
from core.money import round_money
from core.rules import rule
from loans.pricing.index_rates import index_rate
from loans.rates.annual_rates.periodic import months_of_year
from loans.rates.apr import AllInCost, CapBasis


class AllInCostTooHigh(Invalid):
    """Both figures are told, so that nobody has to guess which one was compared with the cap."""

    code = "all_in_cost_too_high"
    field = "annual_rate"
    message = _(
        "The all-in cost would be %(simple)s a year (IRR, simple), %(compound)s compounded. The cap is %(cap)s."
    )


class LenderTypeNotCovered(NotFound):
    """The rule names caps by lender type, but none for this one: whoever keeps the rules must say which hold."""

    code = "lender_type_not_covered"
    message = _("The rule cost_cap of %(on)s has no entry for the lender type %(lender_type)s. Add one in the admin.")


@dataclass(frozen=True, slots=True)
class CostCap:
    """The highest annualised cost allowed on a date; ``rate`` None where the market sets none."""

    rate: Decimal | None
    basis: CapBasis = CapBasis.SIMPLE

    def allows(self, cost: AllInCost) -> bool:
        return self.rate is None or not cost.exceeds(self.rate, self.basis)

    @property
    def as_simple(self) -> Decimal:
        """Its rate on the simple basis by months, so that caps on both bases can be ranked."""
        rate = Decimal("Infinity") if self.rate is None else self.rate
        return rate if self.basis is CapBasis.SIMPLE or self.rate is None else months_of_year(rate)


def cost_cap(on: date, market: str, lender_type: str | None = None) -> CostCap:
    """The lowest cap of ``market`` that holds on ``on`` for the lender type, the house's own where none is given.

    Raises RuleMissing, LenderTypeNotCovered, IndexRateUnknown.
    """
    data = rule("cost_cap", on, market)
    if "lender_types" not in data:
        return _cap(data, on, market)
    kind = lender_type or lender_type_of_house(on, market)
    if kind not in data["lender_types"]:
        raise LenderTypeNotCovered(lender_type=kind, on=on.isoformat())
    caps = [_cap(entry, on, market) for entry in data["lender_types"][kind]]
    return min(caps, key=lambda cap: cap.as_simple, default=CostCap(None))


def lender_type_of_house(on: date, market: str) -> str:
    """Which licence the house lends under in ``market``. Raises RuleMissing."""
    return str(rule("lender_type", on, market)["lender_type"])


def require_cost_within(cap: CostCap, cost: AllInCost) -> None:
    """Raise AllInCostTooHigh, naming both figures and the cap, when the cost is over it."""
    if not cap.allows(cost):
        raise AllInCostTooHigh(simple=percent(cost.simple), compound=percent(cost.compound), cap=percent(cap.rate))


def percent(rate: Decimal | None) -> str:
    """A fraction as people read it: 0.240008 is 24.00 %."""
    return "-" if rate is None else f"{round_money(rate * 100)}%"


def _cap(entry: Mapping[str, Any], on: date, market: str) -> CostCap:
    basis = CapBasis(entry.get("basis", CapBasis.SIMPLE))
    if "index" in entry:
        return CostCap(Decimal(entry["times"]) * index_rate(entry["index"], on, market), basis)
    rate = entry.get("annual_rate")
    return CostCap(None if rate is None else Decimal(rate), basis)
