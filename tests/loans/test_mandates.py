"""The plan that executes itself: one debit a day, nothing lost when the bank says no or nothing."""

from datetime import date
from decimal import Decimal

import pytest

from borrowers.means import add_bank_account
from borrowers.models import BankAccount
from loans.mandates import MandateNotPossible, revoke_mandate, run_due, sign_mandate
from loans.models import Loan, LoanPosition, Mandate, MandateAttempt, Repayment
from loans.servicing import settle_early
from tests.loans.books import DISBURSED, a_borrower, a_running_loan, close_days

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)


def a_mandated_loan(account_number: str = "6222020000000001") -> Loan:
    loan = a_running_loan()
    account = add_bank_account(borrower_id=loan.borrower_id, bank_name="Harbour Bank", account_number=account_number)
    sign_mandate(loan_id=loan.pk, bank_account=account, signed_on=DISBURSED)
    close_days(DISBURSED, date(2026, 2, 14))
    return loan


def test_the_due_amount_is_debited_on_the_due_date_and_only_once() -> None:
    loan = a_mandated_loan()

    assert run_due(loan.pk, loan.pk, date(2026, 2, 14)) == {"debits_paid": 0, "debits_failed": 0}
    assert run_due(loan.pk, loan.pk, DUE) == {"debits_paid": 1, "debits_failed": 0}
    assert run_due(loan.pk, loan.pk, DUE) == {"debits_paid": 0, "debits_failed": 0}
    assert Repayment.objects.get().amount == Decimal("1100.15")


def test_a_debit_without_funds_is_kept_and_tried_again_on_another_day() -> None:
    loan = a_mandated_loan("6222020000001010")

    run_due(loan.pk, loan.pk, DUE)
    close_days(DUE, DUE)
    run_due(loan.pk, loan.pk, date(2026, 2, 16))

    assert list(MandateAttempt.objects.values_list("outcome", "code")) == [("failed", "AM04"), ("failed", "AM04")]
    assert not Repayment.objects.exists()


def test_silence_of_the_bank_is_asked_about_under_the_same_reference() -> None:
    loan = a_mandated_loan("6222020000001012")

    run_due(loan.pk, loan.pk, DUE)
    run_due(loan.pk, loan.pk, date(2026, 2, 16))

    assert MandateAttempt.objects.get().outcome == "unknown"


def test_a_revoked_mandate_is_not_used() -> None:
    loan = a_mandated_loan()
    revoke_mandate(mandate=loan.mandates.get(), on=DISBURSED)

    assert run_due(loan.pk, loan.pk, DUE) == {"debits_paid": 0, "debits_failed": 0}


def test_a_mandate_needs_an_account_of_the_borrower() -> None:
    loan, stranger = a_running_loan(), a_borrower()
    account = add_bank_account(borrower_id=stranger.pk, bank_name="Harbour Bank", account_number="6222020000000001")

    with pytest.raises(MandateNotPossible):
        sign_mandate(loan_id=loan.pk, bank_account=account, signed_on=DISBURSED)


def test_a_debit_answered_after_the_loan_was_paid_otherwise_is_owed_back() -> None:
    loan = a_mandated_loan("6222020000001012")
    run_due(loan.pk, loan.pk, DUE)
    settle_early(loan_id=loan.pk, on=DUE, channel="counter", idempotency_key="s")
    Mandate.objects.update(bank_account=another_account(loan))  # the bank speaks again

    assert run_due(loan.pk, loan.pk, date(2026, 2, 16)) == {"debits_paid": 1, "debits_failed": 0}

    assert MandateAttempt.objects.get().outcome == "paid"
    assert LoanPosition.objects.get(pk=loan.pk).overpaid == Decimal("1100.15")


def another_account(loan: Loan) -> BankAccount:
    return add_bank_account(borrower_id=loan.borrower_id, bank_name="Harbour Bank", account_number="6222020000000001")
