"""Holds annual rates against published ones.

A case: ``method`` (the law's convention), ``inputs.cashflows`` (each with ``date`` or ``period`` and ``amount``, what is
received of one sign and what is paid of the other), for periods ``period`` (year, month, week) or ``periods_per_year``,
``expected_apr`` and ``tolerance`` in per cent; for Appendix J also ``unit_period``, ``unit_periods_per_year`` and
``first_payment_t_f``, which the engine must find.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.money import round_rate
from loans.proof.conformity.cells import Mismatch
from loans.rates.annual_rates.appendix_j import us_apr
from loans.rates.annual_rates.aprc import Interval, aprc_by_dates, aprc_by_periods
from loans.rates.annual_rates.dated import DatedFlows, xirr
from loans.rates.annual_rates.periodic import PeriodFlows, effective, nominal
from loans.rates.annual_rates.unit_periods import Unit, UnitPeriod
from loans.rates.apr import cost_by_dates

_PERIODS = {"year": 1, "month": 12, "week": 52, "day": 365}


def mismatches(case: dict[str, Any]) -> list[Mismatch]:
    """Every figure of ``case`` that the engine does not reproduce. Raises ValueError for a method it does not know."""
    if case["method"].startswith("US_APPENDIX_J"):
        return _appendix_j(case)
    return _compared_rate(case, _rate_of(case["method"])(case["inputs"]))


def _rate_of(method: str) -> Callable[[dict[str, Any]], Decimal]:
    for beginning, rate in _METHODS:
        if method.startswith(beginning):
            return rate
    raise ValueError(f"no room knows the method {method}")


def _compared_rate(case: dict[str, Any], rate: Decimal) -> list[Mismatch]:
    expected, tolerance = Decimal(str(case["expected_apr"])), Decimal(str(case["tolerance"]))
    found = rate * 100
    if abs(found - expected) <= tolerance:
        return []
    return [Mismatch("expected_apr", expected, round_rate(found))]


def _appendix_j(case: dict[str, Any]) -> list[Mismatch]:
    found, inputs = us_apr(_dated(case["inputs"])), case["inputs"]
    cells = _compared_rate(case, found.rate)
    derived: dict[str, Any] = {
        "unit_period": found.unit_period,
        "unit_periods_per_year": found.unit_period.per_year,
        "first_payment_t_f": found.first_payment,
    }
    for name, actual in derived.items():
        if name in inputs and (expected := _as_derived(name, inputs[name])) != _plain(actual):
            cells.append(Mismatch(name, expected, _plain(actual)))
    return cells


def _as_derived(name: str, published: Any) -> Any:
    if name == "unit_period":
        unit = {"week": ("day", 7)}.get(published["unit"], (published["unit"], 1))
        return _plain(UnitPeriod(Unit(unit[0]), unit[1] * published["n"]))
    if name == "first_payment_t_f":
        whole, part = published
        return int(whole), Fraction(str(part))
    return Fraction(str(published)).limit_denominator(366)


def _plain(value: Any) -> Any:
    """A unit-period under one name: twelve months are a year, whatever it is used for."""
    if not isinstance(value, UnitPeriod):
        return value
    return ("month", 12 * value.n) if value.unit is Unit.YEAR else (value.unit.value, value.n)


def _dated(inputs: dict[str, Any]) -> DatedFlows:
    return [(date.fromisoformat(flow["date"]), _amount(flow)) for flow in inputs["cashflows"]]


def _timed(inputs: dict[str, Any]) -> PeriodFlows:
    return [(Decimal(str(flow["period"])), _amount(flow)) for flow in inputs["cashflows"]]


def _amount(flow: dict[str, Any]) -> Decimal:
    return Decimal(str(flow["amount"]))


def _has_dates(inputs: dict[str, Any]) -> bool:
    return "date" in inputs["cashflows"][0]


def _periods(inputs: dict[str, Any]) -> int:
    return int(inputs.get("periods_per_year") or _PERIODS[inputs.get("period", "month")])


def _europe(inputs: dict[str, Any]) -> Decimal:
    if not _has_dates(inputs):
        return aprc_by_periods(_timed(inputs), _periods(inputs))
    whole = inputs.get("regular_period")
    return aprc_by_dates(_dated(inputs), Interval(whole) if whole else None)


def _compound(inputs: dict[str, Any]) -> Decimal:
    if _has_dates(inputs):
        return cost_by_dates(_dated(inputs)).compound
    return effective(_timed(inputs), _periods(inputs))


def _simple(inputs: dict[str, Any]) -> Decimal:
    if _has_dates(inputs):
        return cost_by_dates(_dated(inputs)).simple
    return nominal(_timed(inputs), _periods(inputs))


def _of_a_period(inputs: dict[str, Any]) -> Decimal:
    return nominal(_timed(inputs), 1)


def _by_days(inputs: dict[str, Any]) -> Decimal:
    return xirr(_dated(inputs))


_METHODS: tuple[tuple[str, Callable[[dict[str, Any]], Decimal]], ...] = (
    ("EU_", _europe),
    ("UK_", _europe),
    ("CN_IRR_MONTHLY_COMPOUNDED", _compound),
    ("CN_", _simple),
    ("NOMINAL_", _simple),
    ("EFFECTIVE_", _compound),
    ("IRR_PERIODIC", _of_a_period),
    ("IRR", _compound),
    ("XIRR", _by_days),
)
