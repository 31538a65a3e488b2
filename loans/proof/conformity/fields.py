"""The fields of published cases that the checks understand; any other one is named (pure).

A field nobody reads could be the very convention that makes a case's figures, so a run that meets one is not a good run.
A field that is null says nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

# Where a case comes from and what its finder thought: read by people. Sentences of ``rounding_notes`` and ``reproduction``
# that name a convention are read in ``loans.proof.conformity.cases`` too.
TOLD = frozenset(
    "id source source_path source_status note notes comment description title why "
    "cells_checked reproduced reproduction rounding_notes".split()
)
_FLOWS = {
    "inputs": "cashflows period periods_per_year regular_period unit_period unit_periods_per_year first_payment_t_f",
    "inputs.cashflows": "date period amount",
    "inputs.unit_period": "unit n",
}
_LOANS = {
    "": """principal annual_rate_percent number_of_repayments repay_every repay_frequency disbursement_date
        schedule_start_date day_count amortization interest_type interest_calculation_period month_end_strategy
        installment_amount_multiple_of currency_decimal_places currency_in_multiples_of
        grace_on_principal_periods grace_on_interest_payment_periods grace_on_interest_charged_periods
        down_payment_percent down_payment_auto interest_recalculation pre_closure_interest payment_order
        future_installment_allocation events expected expected_split""",
    "day_count": "days_in_year days_in_month",
    "interest_recalculation": "rest compounding compounding_frequency compounding_on_day compounding_day strategy",
    "events": """type on amount business_date effective due kind new_rate_percent from_due_date adjusted_due_date
        extra_terms grace_on_principal grace_on_interest""",
    "expected": """n due_date days principal interest balance_after total paid paid_in_advance paid_late outstanding
        paid_date""",
    "expected_split": "penalty fee interest principal",
}
# By the kind of file, then by the place within a case.
KNOWN: Mapping[str, Mapping[str, str]] = {
    "day_counts": {
        "": """convention start end termination_date regular_period reference_periods frequency tolerance
            expected_days expected_year_fraction expected_expression"""
    },
    "business_days": {"": "calendar convention input expected is_working_day"},
    "rates": {"": "method inputs expected_apr tolerance", **_FLOWS},
    "schedules": _LOANS,
}


def unknown_fields(kind: str, case: Mapping[str, Any]) -> list[str]:
    """The fields of ``case`` that no check reads, each by its path (``interest_recalculation.rest``), once."""
    return sorted(set(_unknown(KNOWN[kind], "", case)))


def _unknown(known: Mapping[str, str], place: str, part: Mapping[str, Any]) -> Iterator[str]:
    names = set(known[place].split()) | TOLD
    for name, value in part.items():
        path = f"{place}.{name}" if place else name
        if value is None:
            continue
        if name not in names:
            yield path
        elif path in known:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Mapping):
                    yield from _unknown(known, path, item)
