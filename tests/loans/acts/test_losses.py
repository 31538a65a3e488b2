"""Less accepted than is owed, and a write-off taken back: what the books say, and what is refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from audit import approvals
from audit.models import Approval
from ledger.models import JournalLine
from loans.account.changes.losses import MoreThanAgreed
from loans.acts.asking import perform_or_ask
from loans.acts.kinds.losses import RecoveriesStand
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.previewing import preview
from loans.acts.undoing import undo
from loans.bookkeeping.lifecycle import LoanNotInState
from loans.models import Loan, LoanAct, LoanStatus
from loans.servicing.repayments import reverse_repayment
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import take_back, write_off
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
ON = date(2026, 3, 1)


def late_loan_that_paid(amount: str) -> Loan:
    loan = a_running_loan()
    close_until(date(2026, 2, 28))
    pay(loan, amount, ON)
    return loan


def test_what_was_not_paid_is_a_discount_and_the_days_used_stay_income() -> None:
    """180.00 of the first month and 83.10 of half the second: interest paid ahead of its days pays with it."""
    loan = late_loan_that_paid("12000.00")
    owed = position(loan)

    act = perform(wish(loan, "settled_for_less", ON, at_most=Decimal("1500.00")))

    loan.refresh_from_db()
    lines = list(
        JournalLine.objects.filter(entry=act.entry).order_by("id").values_list("account_id", "debit", "credit")
    )
    assert (loan.status, loan.settled_on) == (LoanStatus.SETTLED, ON)
    given_back = owed.interest_paid - Decimal("263.10")
    assert act.figures["given_up"] == str(owed.principal_outstanding - given_back)
    assert ("1201", Decimal("0.00"), owed.principal_outstanding) in lines
    assert position(loan).interest_accrued == Decimal("263.10")
    assert_books_agree(loan)


def test_it_previews_counts_from_the_past_and_is_undone() -> None:
    loan = late_loan_that_paid("12000.00")
    close_until(date(2026, 3, 9))
    before = position(loan)
    asked = wish(loan, "settled_for_less", ON, at_most=Decimal("1500.00"), recorded_on=date(2026, 3, 10))

    assert preview(loan, lambda: perform(asked)).entries
    assert position(loan).status == LoanStatus.ACTIVE
    act = perform(asked)
    assert position(loan).principal_outstanding == 0
    assert_books_agree(loan)

    undo(act_id=act.pk, reason="the cheque bounced", on=date(2026, 3, 10))
    loan.refresh_from_db()
    assert loan.status == LoanStatus.ACTIVE
    assert position(loan).principal_outstanding == before.principal_outstanding
    assert_books_agree(loan)


def test_the_money_it_rests_on_bounces_and_all_is_owed_again() -> None:
    loan = late_loan_that_paid("12000.00")
    receipt = loan.repayments.get()
    act = perform(wish(loan, "settled_for_less", ON, at_most=Decimal("1500.00")), approved=True)

    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=ON)

    act.refresh_from_db()
    loan.refresh_from_db()
    assert (loan.status, act.figures["given_up"]) == (LoanStatus.ACTIVE, "0.00")
    assert position(loan).principal_outstanding == loan.principal
    assert_books_agree(loan)


def test_too_much_for_the_agreement_or_for_one_person_is_refused() -> None:
    loan = late_loan_that_paid("12000.00")
    with pytest.raises(MoreThanAgreed):
        perform(wish(loan, "settled_for_less", ON, at_most=Decimal("100.00")))
    other = late_loan_that_paid("9000.00")
    with pytest.raises(BeyondAuthority):
        perform(wish(other, "settled_for_less", ON, at_most=Decimal("5000.00")))

    perform(wish(other, "settled_for_less", ON, at_most=Decimal("5000.00")), approved=True)
    with pytest.raises(LoanNotInState):
        perform(wish(other, "settled_for_less", ON, at_most=Decimal("5000.00"), key="again"))


def test_a_write_off_taken_back_leaves_the_loan_as_if_it_had_always_run() -> None:
    loan, other = a_running_loan(), a_running_loan()
    close_until(date(2026, 6, 30))
    gone = write_off(loan_id=loan.pk, on=date(2026, 7, 1), reason="no prospect")
    close_until(date(2026, 7, 9))

    take_back(gone, date(2026, 7, 10))

    loan.refresh_from_db()
    back, ran = position(loan), position(other)
    assert (loan.status, loan.written_off_on, back.written_off_amount) == (LoanStatus.ACTIVE, None, 0)
    for figure in ("principal_outstanding", "interest_accrued", "late_interest_accrued", "overdue_principal", "bucket",
                   "risk_class", "days_past_due", "as_of", "next_due_on"):  # fmt: skip
        assert getattr(back, figure) == getattr(ran, figure), figure
    assert_books_agree(loan)
    write_off(loan_id=loan.pk, on=date(2026, 7, 10), reason="after all")
    assert_books_agree(loan)


def test_a_write_off_is_not_taken_back_alone_nor_under_recovered_money(staff_member: Any) -> None:
    loan = a_running_loan()
    asked = perform_or_ask(wish(loan, "write_off", date(2026, 7, 1)))
    assert isinstance(asked, Approval)
    approvals.approve(approval_id=asked.pk, decided_by=staff_member("checker"), on=date(2026, 7, 1))
    gone = LoanAct.objects.get(loan=loan)

    with pytest.raises(BeyondAuthority):
        undo(act_id=gone.pk, reason="paid after all", on=date(2026, 7, 2))
    pay(loan, "50.00", date(2026, 7, 2))
    with pytest.raises(RecoveriesStand):
        take_back(gone, date(2026, 7, 2))
    loan.refresh_from_db()
    assert loan.status == LoanStatus.WRITTEN_OFF and position(loan).written_off_amount > 0
