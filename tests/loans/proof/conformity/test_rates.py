"""Published annual rates against the production functions, and what the check says of a wrong figure."""

import copy
import json
import os
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from loans.proof.conformity.rates import mismatches
from tests.places import BESIDE_THE_PROJECT

VECTORS = Path(os.environ.get("LOANDESK_VECTORS") or BESIDE_THE_PROJECT / "vectors") / "apr_vectors.json"

SINGLE_PAYMENT = {
    "id": "single-payment",
    "method": "US_APPENDIX_J_ACTUARIAL",
    "inputs": {
        "unit_period": {"unit": "month", "n": 5},
        "unit_periods_per_year": 2.4,
        "first_payment_t_f": [1, "0"],
        "cashflows": [{"date": "1978-07-15", "amount": 1000}, {"date": "1978-12-15", "amount": -1044}],
    },
    "expected_apr": 10.56,
    "tolerance": 0.005,
}


def published() -> list[Any]:
    if not VECTORS.exists():
        warnings.warn(f"published vectors are absent: {VECTORS}", stacklevel=1)
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"PUBLISHED VECTORS ABSENT: {VECTORS}"))]
    return [pytest.param(case, id=case["id"]) for case in json.loads(VECTORS.read_text())]


@pytest.mark.parametrize("case", published())
def test_every_published_rate_is_met(case: dict[str, Any]) -> None:
    assert mismatches(case) == []


def test_a_right_case_says_nothing() -> None:
    assert mismatches(SINGLE_PAYMENT) == []


@pytest.mark.parametrize(
    ("method", "inputs", "rate"),
    [
        ("IRR", {"period": "year", "cashflows": {0: -1000, 1: 300, 2: 420, 3: 680}}, 16.34),
        ("IRR", {"period": "year", "cashflows": {0: -1000, 1: 300, 2: 420}}, -18.48),
        ("IRR_PERIODIC", {"period": "month", "cashflows": {0: -1000, 1: 510, 2: 510}}, 1.33),
        ("NOMINAL_PERIODIC_X12", {"period": "month", "cashflows": {0: -1000, 1: 510, 2: 510}}, 15.96),
    ],
)
def test_a_rate_of_who_lends_is_checked_too(method: str, inputs: dict[str, Any], rate: float) -> None:
    """Roots of -1000 + Σ amount × vⁿ, found by halving an interval."""
    flows = [{"period": period, "amount": amount} for period, amount in inputs["cashflows"].items()]
    case = {"method": method, "inputs": inputs | {"cashflows": flows}, "expected_apr": rate, "tolerance": 0.005}

    assert mismatches(case) == []


def test_each_wrong_figure_is_told_with_both_values() -> None:
    case = copy.deepcopy(SINGLE_PAYMENT)
    case["expected_apr"] = 10.6
    case["inputs"]["first_payment_t_f"] = [0, "1/2"]
    case["inputs"]["unit_periods_per_year"] = 12

    told = {cell.cell: (cell.expected, cell.actual) for cell in mismatches(case)}

    assert set(told) == {"expected_apr", "unit_periods_per_year", "first_payment_t_f"}
    assert told["first_payment_t_f"] == ((0, Fraction(1, 2)), (1, Fraction(0)))


@pytest.mark.parametrize(
    ("method", "expected"),
    [("CN_IRR_X12", 24.0), ("CN_IRR_MONTHLY_COMPOUNDED", 26.824179), ("NOMINAL_PERIODIC_X12", 24.0)],
)
def test_the_method_chooses_the_figure(method: str, expected: float) -> None:
    flows = [{"period": 0, "amount": 1000}, {"period": 1, "amount": -1020}]
    inputs = {"period": "month", "cashflows": flows}

    assert mismatches({"method": method, "inputs": inputs, "expected_apr": expected, "tolerance": 1e-6}) == []


def test_a_method_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no room knows"):
        mismatches({"method": "RULE_OF_78", "inputs": {"cashflows": []}})
