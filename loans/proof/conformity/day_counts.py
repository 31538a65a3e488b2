"""Published day counts: ``convention``, ``start``, ``end`` and what the convention needs; days and part of a year.

A case may give ``expected_days``, ``expected_year_fraction`` (within ``tolerance``) and ``expected_expression``, the part
of a year as a sum of quotients (3/365+2/12), which must come out exactly. What it leaves out or gives as null is not
checked.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.day_counts import (
    DayCount,
    DayCountRefused,
    RegularPeriod,
    day_total,
    exact_year_fraction,
    year_fraction,
)
from loans.proof.conformity.cells import Mismatch

CONVENTIONS = {
    "30/360_ISDA": DayCount.THIRTY_360,
    "30E/360": DayCount.THIRTY_E_360,
    "30E/360_ISDA": DayCount.THIRTY_E_360_ISDA,
    "30U/360_EOM": DayCount.THIRTY_U_360,
    "ACT/360": DayCount.ACT_360,
    "ACT/364": DayCount.ACT_364,
    "ACT/365F": DayCount.ACT_365F,
    "ACT/365.25": DayCount.ACT_365_25,
    "ACT/ACT_ISDA": DayCount.ACT_ACT_ISDA,
    "ACT/ACT_ICMA": DayCount.ACT_ACT_ICMA,
    "ACT/ACT_AFB": DayCount.ACT_ACT_AFB,
    "NL/365": DayCount.NL_365,
    "EU_CCD_REMARK_C": DayCount.EU_REMARK_C,
}
_TOLERANCE = "1e-10"


def mismatches(case: dict[str, Any]) -> list[Mismatch]:
    """What of the published figures the day counts of the house do not give."""
    convention = CONVENTIONS.get(case["convention"])
    if convention is None:
        return [Mismatch("convention", case["convention"], "not known")]
    published = [name for name in case if name.startswith("expected") and case[name] is not None]
    found = [] if published else [Mismatch("expected", "a published figure", "none given")]
    for cell in published:
        check = _CHECKS.get(cell)
        if check is None:
            found.append(Mismatch(cell, case[cell], "not checked"))
            continue
        try:
            agrees, actual = check(case, convention)
        except DayCountRefused as refusal:
            agrees, actual = False, f"refused: {refusal} [{refusal.code}]"
        if not agrees:
            found.append(Mismatch(cell, case[cell], actual))
    return found


def _days(case: dict[str, Any], convention: DayCount) -> tuple[bool, Any]:
    days = day_total(*_span(case), convention, termination=_termination(case))
    return days == case["expected_days"], days


def _fraction(case: dict[str, Any], convention: DayCount) -> tuple[bool, Any]:
    actual = year_fraction(*_span(case), convention, **_extras(case))
    tolerance = Decimal(str(case.get("tolerance") or _TOLERANCE))
    return abs(actual - Decimal(str(case["expected_year_fraction"]))) <= tolerance, actual


def _expression(case: dict[str, Any], convention: DayCount) -> tuple[bool, Any]:
    actual = exact_year_fraction(*_span(case), convention, **_extras(case))
    quotients = (Fraction(quotient.strip()) for quotient in case["expected_expression"].split("+"))
    return actual == sum(quotients, Fraction(0)), str(actual)


_CHECKS: dict[str, Callable[[dict[str, Any], DayCount], tuple[bool, Any]]] = {
    "expected_days": _days,
    "expected_year_fraction": _fraction,
    "expected_expression": _expression,
}


def _span(case: dict[str, Any]) -> tuple[date, date]:
    return date.fromisoformat(case["start"]), date.fromisoformat(case["end"])


def _termination(case: dict[str, Any]) -> date | None:
    return date.fromisoformat(case["termination_date"]) if case.get("termination_date") else None


def _extras(case: dict[str, Any]) -> dict[str, Any]:
    periods = case.get("reference_periods") or ()
    regular = case.get("regular_period")
    return {
        "termination": _termination(case),
        "reference_periods": [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in periods],
        "frequency": case.get("frequency"),
        "regular_period": RegularPeriod(regular) if regular else None,
    }
