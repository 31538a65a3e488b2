"""On every sort of loan every kind of act is done or refused by name, and its preview and the act say the same.

What is not possible is refused (``DomainError`` with a code); any other exception would be a page of errors.
"""

from collections.abc import Callable
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
    "refund": [{"amount": Decimal("1.00"), "to_account": "Nobody **** 0000"}],
    "drawn_down": [{"amount": Decimal("100.00")}],
    "line_closed": [{}],
    "receipt_redated": [{"receipt": "RECEIPT", "received_on": date(2026, 2, 20)}],
    "rate_changed": [{"annual_rate": Decimal("0.12")}],
    "rescheduled": [
        {"from_due_on": date(2026, 4, 15), "new_due_on": date(2026, 4, 30)},
        {"from_due_on": date(2026, 4, 15), "extra_count": 2},
        {"from_due_on": date(2026, 4, 15), "principal_grace": 3, "interest_grace": 2},
        {"from_due_on": date(2026, 4, 15), "interest_grace": 99},
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
        return refusal.code if refusal.detail else "refused without a word"
    return "done"


def a_loan_paid_ahead(sort: str) -> Loan:
    """The first instalment and a part of the second were paid long before they fell due."""
    loan = a_running_loan(product_version=a_product(code="purchase-12", is_purchase=True), **SORTS[sort])
    close_until(date(2026, 1, 24))
    pay(loan, "1600.00", date(2026, 1, 25))
    close_until(date(2026, 3, 19))
    return loan


def test_a_refund_of_the_merchant_asks_for_no_less_than_was_paid_in_advance() -> None:
    """1,000.00 in four flat parts of 250.00, the first paid ahead: of the 900.00 that are left 650.00 fall due later."""
    purchase = a_product(code="purchase-4", is_purchase=True)
    loan = a_running_loan(
        product_version=purchase, principal=Decimal("1000.00"), instalment_count=4, interest_type="flat"
    )
    close_until(date(2026, 1, 24))
    pay(loan, "265.00", date(2026, 1, 25))

    perform(wish(loan, "merchant_refund", date(2026, 2, 1), amount=Decimal("100.00")))

    rows = loan.instalments.filter(superseded_on=None).order_by("number")
    assert [row.principal for row in rows] == [Decimal(part) for part in ("250.00", "225.00", "225.00", "200.00")]
    assert rows[0].principal_paid == Decimal("250.00")
    assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == []


def test_a_payment_told_of_late_before_a_reschedule_of_a_flat_loan_is_divided_or_refused_by_name() -> None:
    loan = a_running_loan(principal=Decimal("1000.00"), instalment_count=4, interest_type="flat")
    close_until(date(2026, 2, 9))
    moved = {"from_due_on": date(2026, 3, 15), "new_due_on": date(2026, 3, 25)}
    perform(wish(loan, "rescheduled", date(2026, 2, 10), **moved), approved=True)

    pay(loan, "700.00", date(2026, 2, 5), recorded_on=date(2026, 2, 11))

    assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == []


@pytest.mark.parametrize("begin", [a_loan, a_loan_paid_ahead], ids=["late", "paid ahead"])
@pytest.mark.parametrize("sort", SORTS)
def test_every_kind_is_done_or_refused_by_name_and_its_preview_says_the_same(
    sort: str, begin: Callable[[str], Loan]
) -> None:
    loan = begin(sort)
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


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("fee_added", {"amount": Decimal("1E+30")}),
        ("fee_added", {"amount": Decimal("100000000000.00")}),
        ("fee_added", {"amount": Decimal("5.00"), "due_on": date.max}),
        ("rate_changed", {"annual_rate": Decimal("NaN")}),
        ("rate_changed", {"annual_rate": Decimal("1E+5000000")}),
        ("charge_back", {"amount": Decimal("5.00"), "receipt": "RP\x00"}),
        ("charge_back", {"amount": Decimal("5.00"), "receipt": "9" * 201}),
        ("reamortised", {"count": 12, "first_due_on": date(9999, 12, 1)}),
        ("rescheduled", {"from_due_on": date(2026, 4, 15), "new_due_on": date(9999, 12, 31)}),
        ("hold_placed", {"stops": "interest", "until": date.max}),
    ],
)
def test_a_value_that_no_calendar_and_no_book_holds_is_refused_by_name(kind: str, values: dict[str, Any]) -> None:
    loan = a_loan("level")

    for attempt in (previewed, lambda told, _loan: perform(told, approved=True)):
        assert (
            said(lambda attempt=attempt: attempt(wish(loan, kind, TODAY, **values), loan)) == "parameter_out_of_range"
        )
