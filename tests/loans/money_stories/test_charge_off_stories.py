"""Money stories of a loan charged off, on the ordinary loan of ``test_servicing_stories``.

By the 15th of February 180.00 of interest is earned and unpaid; the second period earns 166.20 in 28 days, 5.94 on its
first.
"""

from datetime import date
from decimal import Decimal

import pytest

from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.models import Loan, LoanAct, LoanStatus
from loans.servicing.repayments import reverse_repayment
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.doing import take_back, write_off
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.money_stories.test_servicing_stories import FIRST_DUE, a_loan_on
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
NEXT_DAY = date(2026, 2, 16)
THIRD_DAY = date(2026, 2, 17)


def charge_off(loan: Loan, on: date, *, recorded_on: date | None = None) -> LoanAct:
    key = f"charge off {loan.pk} {on}"
    asked = wish(loan, "charged_off", on, recorded_on=recorded_on or on, cause="overdue", key=key)
    return perform(asked, approved=True)


def test_the_claims_become_expense() -> None:
    loan = a_loan_on(FIRST_DUE)

    with the_journal() as journal:
        charge_off(loan, FIRST_DUE)

    assert journal.text == told("""
        2026-02-15 charged_off
          Charge-off expense              12180.00
          Loan principal receivable                  12000.00
          Interest receivable                          180.00
    """)
    assert_books_agree(loan)


def test_after_it_nights_book_nothing_while_the_borrower_owes_more() -> None:
    loan = a_loan_on(FIRST_DUE)
    charge_off(loan, FIRST_DUE)

    with the_journal() as journal:
        close_until(date(2026, 2, 24))  # nine days of interest, four of late interest beyond grace

    now = position(loan)
    assert journal.text == ""
    assert now.memo_interest == Decimal("53.42")  # 166.20 × 9 ÷ 28
    assert now.memo_late_interest == Decimal("2.72")  # 4 × 0.6806589
    assert now.outstanding_total == Decimal("12236.14")
    assert (now.days_past_due, now.risk_class) == (9, "loss")
    assert_books_agree(loan)


def test_money_that_comes_later_is_recovery_and_its_reversal_takes_it_back() -> None:
    loan = a_loan_on(FIRST_DUE)
    charge_off(loan, FIRST_DUE)
    close_until(NEXT_DAY)

    with the_journal() as paid:
        receipt = pay(loan, "1100.15", THIRD_DAY)
    recovered = position(loan).recovered
    with the_journal() as reversed_:
        reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=THIRD_DAY)

    assert paid.text == told("""
        2026-02-17 recovery
          Cash at bank                     1100.15
          Recoveries of written-off loans              1100.15
    """)
    assert (receipt.principal, receipt.interest, recovered) == (
        Decimal("920.15"),
        Decimal("180.00"),
        Decimal("1100.15"),
    )
    assert reversed_.text == told("""
        2026-02-17 recovery_reversal, reverses recovery of 2026-02-17
          Cash at bank                                1100.15
          Recoveries of written-off loans   1100.15
    """)
    assert position(loan).recovered == 0
    assert_books_agree(loan)


def test_undone_the_claims_stand_again_and_what_was_recovered_was_a_payment() -> None:
    loan = a_loan_on(FIRST_DUE)
    act = charge_off(loan, FIRST_DUE)
    close_until(NEXT_DAY)
    pay(loan, "1100.15", NEXT_DAY)

    with the_journal() as journal:
        undo(act_id=act.pk, reason="the insurer will pay", on=THIRD_DAY)

    assert journal.text == told("""
        2026-02-17 charged_off_reversal, counts from 2026-02-15, reverses charged_off of 2026-02-15
          Charge-off expense                         12180.00
          Loan principal receivable       12000.00
          Interest receivable               180.00
        2026-02-17 recovery_reversal, counts from 2026-02-16, reverses recovery of 2026-02-16
          Cash at bank                                1100.15
          Recoveries of written-off loans   1100.15
        2026-02-17 repayment, counts from 2026-02-16
          Cash at bank                     1100.15
          Loan principal receivable                    920.15
          Interest receivable                          180.00
        2026-02-17 accrual, counts from 2026-02-16
          Interest receivable                 5.94
          Interest income                                5.94
    """)
    now = position(loan)
    assert (now.charged_off_on, now.charged_off_amount, now.recovered, now.memo_interest) == (None, 0, 0, 0)
    assert now.risk_class == "normal"
    assert_books_agree(loan)


def test_money_told_of_late_that_came_before_makes_the_charge_off_smaller() -> None:
    loan = a_loan_on(FIRST_DUE)
    close_until(NEXT_DAY)
    charge_off(loan, NEXT_DAY)

    with the_journal() as journal:
        pay(loan, "1100.15", FIRST_DUE, recorded_on=THIRD_DAY)

    assert journal.text == told("""
        2026-02-17 charged_off_reversal, counts from 2026-02-16, reverses charged_off of 2026-02-16
          Charge-off expense                         12185.94
          Loan principal receivable       12000.00
          Interest receivable               185.94
        2026-02-17 charged_off, counts from 2026-02-16
          Charge-off expense              11085.79
          Loan principal receivable                  11079.85
          Interest receivable                            5.94
        2026-02-17 repayment, counts from 2026-02-15
          Cash at bank                     1100.15
          Loan principal receivable                    920.15
          Interest receivable                          180.00
    """)
    assert position(loan).recovered == 0
    assert_books_agree(loan)


def test_counted_from_an_earlier_day_it_takes_back_what_was_earned_since() -> None:
    loan = a_loan_on(NEXT_DAY)

    with the_journal() as journal:
        charge_off(loan, FIRST_DUE, recorded_on=THIRD_DAY)

    assert journal.text == told("""
        2026-02-17 charged_off, counts from 2026-02-15
          Charge-off expense              12180.00
          Loan principal receivable                  12000.00
          Interest receivable                          180.00
        2026-02-17 accrual, counts from 2026-02-16
          Interest receivable                            5.94
          Interest income                     5.94
    """)
    assert_books_agree(loan)


def test_a_write_off_after_it_is_no_second_expense_and_is_taken_back_without_one() -> None:
    loan = a_loan_on(FIRST_DUE)
    charge_off(loan, FIRST_DUE)
    pay(loan, "180.00", FIRST_DUE)

    with the_journal() as written_off:
        write_off(loan_id=loan.pk, on=FIRST_DUE, reason="no prospect")
    left = position(loan)
    assert_books_agree(loan)
    with the_journal() as recovered:
        receipt = pay(loan, "12001.00", FIRST_DUE)
    assert_books_agree(loan)
    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=FIRST_DUE)
    with the_journal() as taken_back:
        take_back(loan.acts.get(kind="write_off", status="standing"), FIRST_DUE)

    assert (written_off.text, taken_back.text) == ("", "")
    assert (left.written_off_amount, left.recovered, left.recoverable) == (
        Decimal("12180.00"),
        Decimal("180.00"),
        Decimal("12000.00"),
    )
    assert recovered.text == told("""
        2026-02-15 recovery
          Cash at bank                    12001.00
          Recoveries of written-off loans             12000.00
          Borrower overpayments                          1.00
    """)
    now = position(loan)
    assert (now.status, now.charged_off_on, now.recovered) == (LoanStatus.ACTIVE, FIRST_DUE, Decimal("180.00"))
    assert now.principal_outstanding == Decimal("12000.00")
    assert_books_agree(loan)


def test_less_accepted_for_a_loan_charged_off_is_no_second_loss() -> None:
    loan = a_loan_on(FIRST_DUE)
    charge_off(loan, FIRST_DUE)
    pay(loan, "5000.00", FIRST_DUE)

    with the_journal() as journal:
        perform(wish(loan, "settled_for_less", FIRST_DUE, at_most=Decimal("8000.00")), approved=True)

    loan.refresh_from_db()
    assert journal.text == ""
    assert loan.status == LoanStatus.SETTLED
    assert_books_agree(loan)
