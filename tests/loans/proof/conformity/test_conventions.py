"""Every convention of published repayment cases is a setting of a product, played on a real loan.

Figures are by a calculation of their own, beside the engine.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.loans.proof.test_conformity import LATE, file_of, run

pytestmark = pytest.mark.django_db

MONTHS: dict[str, Any] = {
    **LATE,
    "amortization": "equal installments",
    "interest_type": "declining",
    "events": [],
    "expected": [],
}
del MONTHS["interest_recalculation"]
CLASSIC: dict[str, Any] = {
    **MONTHS,
    "principal": 2400,
    "annual_rate_percent": 10,
    "number_of_repayments": 4,
    "disbursement_date": "2026-01-10",
    "day_count": {"days_in_year": "ACTUAL (365)", "days_in_month": "ACTUAL"},
    "installment_amount_multiple_of": 1,
    "events": [{"type": "repayment", "on": "2026-02-01", "amount": 700}],
}
THIRTIES = {"days_in_year": "360", "days_in_month": "30"}


def figures(*rows: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"n": n, "principal": principal, "interest": charged} for n, (principal, charged) in enumerate(rows, 1)]


def recalculating(**settings: Any) -> dict[str, Any]:
    return {"rest": "daily", "compounding": "none", "strategy": "reduce EMI", **settings}


CONVENTIONS: dict[str, dict[str, Any]] = {
    "early money, smaller instalments": {
        **CLASSIC,
        "interest_recalculation": recalculating(),
        "expected": figures((700, 18.66), (562.96, 13.04), (566.34, 9.66), (570.70, 4.69)),
    },
    "early money, fewer instalments": {
        **CLASSIC,
        "interest_recalculation": recalculating(strategy="reduce number of installments"),
        "events": [{"type": "repayment", "on": "2026-02-01", "amount": 1300}],
        "expected": figures((1300, 17.18), (604.56, 8.44), (495.44, 4.21)),
    },
    "early money, the next instalments lessened": {
        **CLASSIC,
        "interest_recalculation": recalculating(strategy="reschedule next repayments"),
        "expected": figures((700, 18.66), (494.30, 13.04), (602.76, 10.24), (602.94, 4.96)),
    },
    "late money, unpaid interest added on the 20th": {
        **CLASSIC,
        "interest_recalculation": recalculating(
            compounding="interest", compounding_frequency="monthly", compounding_on_day=20
        ),
        "events": [{"type": "repayment", "on": "2026-03-25", "amount": 613}],
        "expected": figures((592.62, 20.38), (599.14, 13.86), (597.74, 15.26), (610.50, 5.02)),
    },
    "fortnights of 14 days over 360": {
        **MONTHS,
        "principal": 800,
        "annual_rate_percent": 13,
        "number_of_repayments": 5,
        "repay_every": 2,
        "repay_frequency": "WEEKS",
        "day_count": THIRTIES,
        "expected": figures((158.39, 4.04), (159.19, 3.24), (159.99, 2.44), (160.80, 1.63), (161.63, 0.82)),
    },
    "two parts of a period, each rounded": {
        **MONTHS,
        "principal": 400,
        "annual_rate_percent": 11,
        "number_of_repayments": 3,
        "day_count": THIRTIES,
        "events": [
            {"type": "disbursement", "on": "2026-01-01", "amount": 150},
            {"type": "disbursement", "on": "2026-01-12", "amount": 250},
        ],
        "reproduction": "each segment rounded before summing",
        "expected": figures((132.65, 2.86), (133.06, 2.45), (134.29, 1.23)),
    },
    "instalments without principal put in": {
        **MONTHS,
        "principal": 900,
        "annual_rate_percent": 12,
        "number_of_repayments": 3,
        "interest_type": "flat",
        "interest_calculation_period": "same as repayment",
        "installment_amount_multiple_of": 10,
        "events": [{"type": "reschedule", "on": "2026-01-09", "from_due_date": "2026-03-01", "grace_on_principal": 2}],
        "expected": figures((301, 9), (0, 9), (0, 9), (301, 9), (298, 9)),
    },
    "interest deferred": {
        **MONTHS,
        "principal": 900,
        "number_of_repayments": 3,
        "amortization": "equal principal",
        "interest_calculation_period": "same as repayment",
        "events": [{"type": "reschedule", "on": "2026-01-09", "from_due_date": "2026-02-01", "grace_on_interest": 1}],
        "expected": figures((300, 0), (300, 15), (300, 3)),
    },
    "equal principal in no multiples, the currency's ignored": {
        **MONTHS,
        "principal": 1000,
        "number_of_repayments": 3,
        "amortization": "equal principal",
        "interest_calculation_period": "same as repayment",
        "installment_amount_multiple_of": 20,
        "currency_decimal_places": 2,
        "currency_in_multiples_of": 100,
        "expected": figures((333.33, 10), (333.33, 6.67), (333.34, 3.33)),
    },
    "equal principal in multiples": {
        **MONTHS,
        "principal": 1000,
        "number_of_repayments": 3,
        "amortization": "equal principal",
        "interest_calculation_period": "same as repayment",
        "installment_amount_multiple_of": 20,
        "reproduction": "principal = P/n rounded to a multiple of 20",
        "expected": figures((340, 10), (340, 6.60), (320, 3.20)),
    },
}
CONVENTIONS["two parts of a period, summed"] = {
    **CONVENTIONS["two parts of a period, each rounded"],
    "reproduction": "segments are summed before they are rounded, not rounded and then summed",
    "expected": figures((132.66, 2.85), (133.06, 2.45), (134.28, 1.23)),
}


PARTS = [{"type": "disbursement", "on": f"2026-01-{day}", "amount": amount} for day, amount in (("01", 400), (12, 300))]
CONVENTIONS |= {
    # The first month bears 11 % ÷ 12 × (400 × 31 + 300 × 20 + 200 × 12) ÷ 31, 6.15; with it 184.55 five times repay 900.00.
    "a third part paid out in one period, summed as the newer generator does where nothing is said": {
        **MONTHS,
        "principal": 900,
        "annual_rate_percent": 11,
        "number_of_repayments": 5,
        "day_count": THIRTIES,
        "events": [*PARTS, {"type": "disbursement", "on": "2026-01-20", "amount": 200}],
        "expected": figures((178.40, 6.15), (177.94, 6.61), (179.57, 4.98), (181.21, 3.34), (182.88, 1.68)),
    },
    "two parts paid out on one day": {
        **MONTHS,
        "principal": 900,
        "annual_rate_percent": 11,
        "number_of_repayments": 5,
        "day_count": THIRTIES,
        "events": [*PARTS, {"type": "disbursement", "on": "2026-01-12", "amount": 200}],
        "expected": figures((178.03, 6.62), (178.03, 6.62), (179.66, 4.99), (181.31, 3.34), (182.97, 1.68)),
    },
    # ten days of 12 %, ten of 9 % and eleven of 6 %: 6.68
    "two new rates in one period": {
        **MONTHS,
        "principal": 900,
        "annual_rate_percent": 12,
        "number_of_repayments": 5,
        "day_count": THIRTIES,
        "events": [
            {"type": "rate_change", "effective": "2026-01-12", "new_rate_percent": 9},
            {"type": "rate_change", "effective": "2026-01-22", "new_rate_percent": 6},
        ],
        "expected": figures((176.47, 6.68), (179.53, 3.62), (180.43, 2.72), (181.33, 1.82), (182.24, 0.91)),
    },
    # a fifth of 500 and of 250: 400.00 in three parts, then 266.67 and 200.00 in two
    "a down payment with each part paid out": {
        **MONTHS,
        "principal": 750,
        "annual_rate_percent": 0,
        "number_of_repayments": 3,
        "down_payment_percent": 20,
        "events": [
            {"type": "disbursement", "on": "2026-01-01", "amount": 500},
            {"type": "disbursement", "on": "2026-02-10", "amount": 250},
        ],
        "expected": [
            {"n": 1, "due_date": "2026-01-01", "days": 0, "principal": 100, "balance_after": 400},
            {"n": 2, "due_date": "2026-02-01", "days": 31, "principal": 133.33, "balance_after": 266.67},
            {"n": 3, "due_date": "2026-02-10", "days": 0, "principal": 50, "balance_after": 466.67},
            {"n": 4, "due_date": "2026-03-01", "days": 28, "principal": 233.34, "balance_after": 233.33},
            {"n": 5, "due_date": "2026-04-01", "days": 31, "principal": 233.33, "balance_after": 0},
        ],
    },
    "money ahead pays the last instalment and lessens interest from its day": {
        **MONTHS,
        "principal": 600,
        "annual_rate_percent": 10,
        "number_of_repayments": 3,
        "day_count": THIRTIES,
        "interest_recalculation": recalculating(strategy="adjust last, unpaid period"),
        "future_installment_allocation": "LAST_INSTALLMENT",
        "events": [{"type": "repayment", "on": "2026-01-16", "amount": 150}],
        # 600.00 for 15 days and 450.00 for 16 of 31; then 150.00 less than what is planned
        "expected": [
            {"n": 1, "principal": 198.99, "interest": 4.35, "paid": 0},
            {"n": 2, "principal": 201.25, "interest": 2.09, "paid": 0},
            {"n": 3, "principal": 199.76, "interest": 0.41, "paid": 150, "paid_in_advance": 150},
        ],
    },
}


CONVENTIONS["the same where interest follows the balance"] = {
    **CONVENTIONS["a down payment with each part paid out"],
    "interest_recalculation": recalculating(strategy="adjust last, unpaid period"),
}
CONVENTIONS["and then further instalments"] = {
    **CONVENTIONS["a down payment with each part paid out"],
    "events": [
        *CONVENTIONS["a down payment with each part paid out"]["events"],
        {"type": "reschedule", "on": "2026-02-11", "from_due_date": "2026-03-01", "extra_terms": 2},
    ],
    "expected": [
        *CONVENTIONS["a down payment with each part paid out"]["expected"][:3],
        {"n": 4, "due_date": "2026-03-01", "principal": 116.67, "balance_after": 350},
        {"n": 5, "due_date": "2026-04-01", "principal": 116.67, "balance_after": 233.33},
        {"n": 6, "due_date": "2026-05-01", "days": 30, "principal": 116.67, "balance_after": 116.66},
        {"n": 7, "due_date": "2026-06-01", "days": 31, "principal": 116.66, "balance_after": 0},
    ],
}
CONVENTIONS["the same in one field"] = {
    **CONVENTIONS["late money, unpaid interest added on the 20th"],
    "interest_recalculation": recalculating(compounding="interest, monthly on the 20th"),
}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_convention_of_published_cases_is_a_setting_of_a_product(tmp_path: Path, convention: str) -> None:
    assert run(file_of(tmp_path, {"meta": {}, "cases": [CONVENTIONS[convention]]})) == (0, "1 passed, 0 failed\n")
