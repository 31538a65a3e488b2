"""On every sort of loan every kind of act is done or refused by name, and its preview and the act say the same.

What is not possible is refused (``DomainError`` with a code); any other exception would be a page of errors for whoever asks.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from core.calendars import DayCount
from core.errors import DomainError
from loans.acts.performing import perform, previewed
from loans.events.act_kinds import act_kinds
from loans.models import Loan, LoanAct
from loans.proof.verifying import compare
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_product, a_running_loan, close_until
from tests.loans.servicing.test_repayments import pay

pytestmark = pytest.mark.django_db
DUE, TODAY = date(2026, 2, 15), date(2026, 3, 20)

SORTS: dict[str, dict[str, Any]] = {
    "level": {},
    "flat charge": {"flat_charge": Decimal("600.00"), "annual_rate": Decimal(0)},
    "flat interest": {"interest_type": "flat"},
    "bullet": {"method": "bullet", "instalment_count": 12},
    "equal principal": {"method": "equal_principal"},
    "interest only": {"method": "interest_only"},
    "weekly": {"frequency": "week"},
    "follows the balance": {"recalculates": True},
    "no interest": {"annual_rate": Decimal(0)},
    **{f"by {code}": {"interest_by": "day", "day_count": code.value} for code in DayCount},
}
VALUES: dict[str, list[dict[str, Any]]] = {
    "interest_capitalised": [{}],
    "extension": [{"days": 40}, {"days": 3}],
    "fee_added": [{"amount": Decimal("5.00")}],
    "fee_raised": [{"instalment": 1, "amount": Decimal("5.00")}],
    "fee_lowered": [{"instalment": 1, "amount": Decimal("5.00")}],
    "penalty_added": [{"amount": Decimal("5.00")}],
    "waiver": [{"component": "late_interest", "amount": Decimal("0.50")}],
    "goodwill_credit": [{"amount": Decimal("50.00")}],
    "merchant_refund": [{"amount": Decimal("100.00")}],
    "charge_back": [{"amount": Decimal("10.00"), "receipt": "RECEIPT"}],
    "interest_waived": [{"amount": Decimal("5.00")}],
    "hold_placed": [{"stops": stops, "until": date(2026, 3, 30)} for stops in ("interest", "everything", "messages")],
    "hold_ended": [{"stops": "late_interest"}],
    "late_multiplier_changed": [{"multiplier": Decimal("1.30")}],
    "charged_off": [{"cause": "fraud"}],
    "settled_for_less": [{"at_most": Decimal("20000.00")}],
    "write_off": [{}],
    "repayment": [{"amount": Decimal("100.00")}],
    "recovery": [{"amount": Decimal("100.00")}],
    "early_settlement": [{"amount": Decimal("100.00")}],
    "refund": [{"amount": Decimal("1.00")}],
    "drawn_down": [{"amount": Decimal("100.00")}],
    "rate_changed": [{"annual_rate": Decimal("0.12")}],
    "rescheduled": [
        {"from_due_on": date(2026, 4, 15), "new_due_on": date(2026, 4, 30)},
        {"from_due_on": date(2026, 4, 15), "extra_count": 2},
        {"from_due_on": date(2026, 4, 15), "annual_rate": Decimal("0.10")},
    ],
    "due_day_changed": [{"day": 28}, {"day": 10}],
    "payment_holiday": [{"count": 2, "interest": "spread"}],
    "overdue_spread": [{"priced": True}],
    "overdue_reaged": [{"count": 2, "priced": True}],
    "reamortised": [{"count": 15}, {"count": 15, "capitalised": True}],
}
COUNTS_FROM = (date(2026, 3, 20), date(2026, 2, 10))  # today; before the payment that was recorded since


def a_loan(sort: str) -> Loan:
    """Twelve instalments, the first paid in part on its day, the second overdue."""
    purchase = a_product(code="purchase-12", is_purchase=True)
    loan = a_running_loan(product_version=purchase, **SORTS[sort])
    close_until(date(2026, 2, 14))
    pay(loan, "900.00", DUE)
    close_until(date(2026, 3, 19))
    return loan


def said(attempt: Any) -> str:
    """The code of the refusal, or that it was done; anything else fails the test."""
    try:
        with transaction.atomic():
            attempt()
    except DomainError as refusal:
        assert refusal.detail
        return refusal.code
    return "done"


@pytest.mark.parametrize("sort", SORTS)
def test_every_kind_is_done_or_refused_by_name_and_its_preview_says_the_same(sort: str) -> None:
    loan = a_loan(sort)
    receipt = loan.repayments.get().number
    for kind in act_kinds():
        for number, values in enumerate(VALUES[kind.code]):
            for on in COUNTS_FROM:
                told = {name: receipt if value == "RECEIPT" else value for name, value in values.items()}
                asked = wish(loan, kind.code, on, recorded_on=TODAY, key=f"{kind.code}:{number}:{on}", **told)
                shown = said(lambda asked=asked: previewed(asked, loan))
                point = transaction.savepoint()
                done = said(lambda asked=asked: perform(asked, approved=True))
                assert shown == done, (kind.code, values, on)
                if done == "done":
                    assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == [], (kind.code, values)
                transaction.savepoint_rollback(point)
    assert not LoanAct.objects.exists()


def test_the_list_of_values_names_every_kind() -> None:
    assert {kind.code for kind in act_kinds()} == VALUES.keys()
