"""A receipt that a bank line proved or a second person agreed to: one person neither takes it back nor moves its day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit import approvals
from audit.models import Approval
from loans.acts.asking import perform_or_ask, undo_or_ask
from loans.acts.receipts import reverse_or_ask
from loans.acts.vouching import ask_to_vouch
from loans.models import Loan, LoanAct, Repayment
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.doing import vouched
from tests.loans.incoming.test_matching_by_two import ON, brought, clerk, friend
from tests.loans.servicing.test_said_by_word import said
from tests.staff.factories import UserFactory

__all__ = ["clerk", "friend"]  # fixtures

pytestmark = pytest.mark.django_db


def proved(receipt: Repayment) -> None:
    assert brought(f"还款 {receipt.loan.number}", amount=str(receipt.amount)).status == "matched"
    receipt.refresh_from_db()
    assert receipt.proved_on == ON


def agreed_to(receipt: Repayment) -> None:
    vouched(receipt.loan, ON)
    receipt.refresh_from_db()
    assert receipt.agreed_by is not None


def redated(receipt: Repayment, to: date, by: User, key: str = "moved") -> Any:
    told = wish(receipt.loan, "receipt_redated", ON, receipt=receipt.number, received_on=to, key=key)
    return perform_or_ask(replace(told, by=by))


STAND = pytest.mark.parametrize("stands", [proved, agreed_to])


@STAND
def test_one_person_does_not_take_it_back(friend: Loan, clerk: User, stands: Callable[[Repayment], None]) -> None:
    receipt = said(friend, "900.00", clerk, on=ON)
    stands(receipt)

    done = reverse_or_ask(repayment_id=receipt.pk, reason="it was nothing", on=ON, by=clerk)

    assert isinstance(done, Approval)
    receipt.refresh_from_db()
    assert receipt.stands


@STAND
def test_nor_moves_its_day(friend: Loan, clerk: User, stands: Callable[[Repayment], None]) -> None:
    receipt = said(friend, "900.00", clerk, on=ON)
    stands(receipt)

    assert isinstance(redated(receipt, ON - timedelta(days=1), clerk), Approval)
    receipt.refresh_from_db()
    assert receipt.received_on == ON


@STAND
def test_nor_moves_it_back_to_the_day_it_was_told_with(
    friend: Loan, clerk: User, stands: Callable[[Repayment], None]
) -> None:
    receipt = said(friend, "900.00", clerk, on=ON)
    act = redated(receipt, ON - timedelta(days=1), clerk)
    assert isinstance(act, LoanAct)
    receipt.refresh_from_db()
    stands(receipt)

    assert isinstance(undo_or_ask(act_id=act.pk, reason="it was right", on=ON, by=clerk), Approval)


def test_a_receipt_moved_after_it_was_asked_for_is_shown_before_it_is_agreed_to(friend: Loan, clerk: User) -> None:
    receipt = said(friend, "900.00", clerk, on=ON)
    asked = ask_to_vouch(repayment_id=receipt.pk, reason="slip 4711", on=ON, by=clerk)
    assert dict(asked.outcome) == {
        "loan": friend.number,
        "amount": "900.00",
        "received on": ON.isoformat(),
        "channel": "recorded by staff",
    }
    assert isinstance(redated(receipt, ON - timedelta(days=1), clerk), LoanAct)
    checker = UserFactory(roles=["checker"])

    with pytest.raises(approvals.OutcomeChanged):
        approvals.approve(approval_id=asked.pk, decided_by=checker, on=ON)

    receipt.refresh_from_db()
    asked.refresh_from_db()
    assert receipt.agreed_by is None
    days = [dict(words)["received on"] for words in (asked.outcome_before, asked.outcome)]
    assert days == [ON.isoformat(), (ON - timedelta(days=1)).isoformat()]
    approvals.approve(approval_id=asked.pk, decided_by=checker, on=ON)
    receipt.refresh_from_db()
    assert (receipt.agreed_by, receipt.amount) == (checker, Decimal("900.00"))
