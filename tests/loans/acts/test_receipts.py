"""A receipt reversed: alone up to a limit, and above it as the request showed it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from audit import approvals
from audit.models import Approval
from loans.acts.performing import perform
from loans.acts.receipts import reverse_or_ask
from loans.acts.undoing import UndoReasonMissing
from loans.models import Loan, Repayment
from loans.proof.verifying import compare
from loans.servicing.repayments import reverse_repayment
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import pay, position

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 20)


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(date(2026, 5, 19))
    return made


@pytest.fixture
def finance(staff_member: Callable[..., User]) -> User:
    return staff_member("finance")


@pytest.fixture
def lead(staff_member: Callable[..., User]) -> User:
    return staff_member("team_lead")


def asked(receipt: Repayment, by: User, reason: str = "bank called it back") -> Repayment | Approval:
    return reverse_or_ask(repayment_id=receipt.pk, reason=reason, on=TODAY, by=by)


def test_a_large_receipt_takes_two(loan: Loan, finance: User, lead: User) -> None:
    receipt = pay(loan, "5000.01", TODAY)
    owed = position(loan).overdue_total

    request = asked(receipt, finance)

    assert isinstance(request, Approval) and request.amount == Decimal("5000.01")
    assert any(label.startswith("Credit · 1001") for label, _value in request.outcome), request.outcome
    receipt.refresh_from_db()
    assert (receipt.status, position(loan).overdue_total) == ("posted", owed)
    with pytest.raises(approvals.SecondPersonNeeded):
        approvals.approve(approval_id=request.pk, decided_by=finance, on=TODAY)
    approvals.approve(approval_id=request.pk, decided_by=lead, on=TODAY)
    receipt.refresh_from_db()
    assert (receipt.status, receipt.reversal_reason) == ("reversed", "bank called it back")
    assert compare(Loan.objects.get(pk=loan.pk)) == []


def test_receipts_reversed_in_pieces_count_together(loan: Loan, finance: User) -> None:
    first, second = (pay(loan, "3000.00", TODAY, key=key) for key in ("one", "two"))

    assert isinstance(asked(first, finance), Repayment)
    assert isinstance(asked(second, finance), Approval)


def test_what_a_bank_took_back_uses_nobodys_limit_up(loan: Loan, finance: User) -> None:
    bounced, typed = (pay(loan, amount, TODAY, key=amount) for amount in ("4000.00", "2000.00"))
    reverse_repayment(repayment_id=bounced.pk, reason="bank returned it", reversed_on=TODAY)

    assert isinstance(asked(typed, finance), Repayment)


def test_charge_backs_and_reversals_are_one_sum(loan: Loan, finance: User) -> None:
    first, second = (pay(loan, "3000.00", TODAY, key=key) for key in ("one", "two"))
    back = wish(loan, "charge_back", TODAY, amount=Decimal("3000.00"), receipt=first.number)
    perform(replace(back, by=finance))

    assert isinstance(asked(second, finance), Approval)


def test_the_same_request_again_is_one(loan: Loan, finance: User, lead: User) -> None:
    receipt = pay(loan, "8000.00", TODAY)
    first = asked(receipt, finance)

    assert asked(receipt, finance) == first
    with pytest.raises(approvals.ApprovalAlreadyPending):
        asked(receipt, lead)
    with pytest.raises(UndoReasonMissing):
        asked(receipt, finance, reason=" ")


def test_what_changed_since_comes_back(loan: Loan, finance: User, lead: User) -> None:
    """Divided anew, the money of the receipt comes from other parts of the debt."""
    receipt = pay(loan, "8000.00", TODAY)
    request = asked(receipt, finance)
    pay(loan, "4000.00", date(2026, 5, 1), recorded_on=TODAY, key="since")

    with pytest.raises(approvals.OutcomeChanged):
        approvals.approve(approval_id=request.pk, decided_by=lead, on=TODAY)
    receipt.refresh_from_db()
    assert receipt.status == "posted"


def test_the_page_says_that_a_second_person_decides(loan: Loan, finance: User, client: Client) -> None:
    receipt = pay(loan, "8000.00", TODAY)
    client.force_login(finance)

    preview = client.get(reverse("loans:repayment_reverse_preview", args=[receipt.number])).content.decode()
    said = client.post(
        reverse("loans:repayment_reverse", args=[receipt.number]), {"reason": "bank called it back"}, follow=True
    ).content.decode()

    assert "second person" in preview
    assert "a second person decides on reversing receipt" in said
    receipt.refresh_from_db()
    assert receipt.status == "posted"
