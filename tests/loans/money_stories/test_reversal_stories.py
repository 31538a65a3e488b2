"""Money stories of what the lender takes back: a waiver, an extension, a refund, on the loan of the servicing stories."""

from datetime import date
from decimal import Decimal

import pytest

from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import extend, refund_overpayment, take_back, waive
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.money_stories.test_servicing_stories import a_loan_on
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db


def test_a_waiver_is_reversed_and_the_income_comes_back() -> None:
    """920.15 for the 5 days after grace at 27 %: 3.40."""
    loan = a_loan_on(date(2026, 2, 25))
    owed = position(loan).late_interest_receivable
    waiver = waive(loan_id=loan.pk, component="late_interest", amount=owed, on=date(2026, 2, 25), reason="notice late")

    with the_journal() as journal:
        take_back(waiver, date(2026, 2, 26), "the notice was in time")

    assert journal.text == told("""
        2026-02-26 accrual, counts from 2026-02-25
          Late interest receivable            3.40
          Late interest income                           3.40
    """)
    assert_books_agree(loan)


def test_an_extension_is_reversed_and_its_earned_interest_taken_back() -> None:
    """Ten days cost 59.18, of which two were earned, 11.84; the second period runs instead: 11,079.85 × 1.5 % × 2 ÷ 28."""
    loan = a_loan_on(date(2026, 1, 25))
    extension = extend(loan_id=loan.pk, days=10, on=date(2026, 1, 25), reason="sickness", approved=True)
    close_until(date(2026, 2, 17))

    with the_journal() as journal:
        take_back(extension, date(2026, 2, 18), "wrong loan")

    assert journal.text == told("""
        2026-02-18 accrual, counts from 2026-02-17
          Interest receivable                 0.03
          Interest income                                0.03
    """)
    assert_books_agree(loan)


def test_the_bank_refuses_a_refund_and_the_money_is_owed_back_again() -> None:
    loan, day = a_running_loan(), date(2026, 1, 25)
    pay(loan, "14000.00", day)
    refund = refund_overpayment(loan_id=loan.pk, amount=position(loan).overpaid, on=day, idempotency_key="r")

    with the_journal() as journal:
        take_back(refund, date(2026, 1, 28), "account closed")

    assert journal.text == told("""
        2026-01-28 refund_reversal, counts from 2026-01-25, reverses refund of 2026-01-25
          Borrower overpayments                        798.05
          Cash at bank                      798.05
    """)
    assert position(loan).overpaid == Decimal("798.05")
    assert_books_agree(loan)
