"""Money stories of an ordinary loan: 12,000.00 over 12 months at 18 %, disbursed on 15 January 2026.

The first instalment of 1,100.15 is due on 15 February: 180.00 interest (a twelfth of 18 % on 12,000.00, earned over 31
days) and 920.15 principal. Late interest runs at 27 % on overdue principal after 5 days of grace.
"""

from datetime import date, timedelta

import pytest

from loans.models import Loan
from loans.servicing.repayments import reverse_repayment
from loans.servicing.settling import settle_early
from tests.loans.books import a_running_loan, close_days, close_until
from tests.loans.doing import extend, refund_overpayment, waive, write_off
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
FIRST_DUE = date(2026, 2, 15)


def a_loan_on(day: date) -> Loan:
    """A running loan of which every day up to ``day`` is closed."""
    loan = a_running_loan()
    close_until(day)
    return loan


def test_the_money_goes_out() -> None:
    with the_journal() as journal:
        a_running_loan()

    assert journal.text == told("""
        2026-01-15 disbursement
          Loan principal receivable       12000.00
          Cash at bank                               12000.00
    """)


def test_a_day_passes_and_interest_is_earned() -> None:
    a_running_loan()

    with the_journal() as journal:
        close_days(date(2026, 1, 16), date(2026, 1, 17))

    assert journal.text == told("""
        2026-01-16 accrual
          Interest receivable                 5.81
          Interest income                                5.81
        2026-01-17 accrual
          Interest receivable                 5.80
          Interest income                                5.80
    """)


def test_the_borrower_pays_the_first_instalment_on_its_day() -> None:
    loan = a_loan_on(FIRST_DUE)

    with the_journal() as journal:
        pay(loan, "1100.15", FIRST_DUE)

    assert journal.text == told("""
        2026-02-15 repayment
          Cash at bank                     1100.15
          Loan principal receivable                    920.15
          Interest receivable                          180.00
    """)
    assert_books_agree(loan)


def test_a_payment_found_two_days_later_counts_from_its_own_day() -> None:
    loan = a_loan_on(FIRST_DUE + timedelta(days=2))

    with the_journal() as journal:
        pay(loan, "1100.15", FIRST_DUE, recorded_on=date(2026, 2, 18))

    assert journal.text == told("""
        2026-02-18 repayment, counts from 2026-02-15
          Cash at bank                     1100.15
          Loan principal receivable                    920.15
          Interest receivable                          180.00
    """)
    assert_books_agree(loan)


def test_a_borrower_pays_too_much_and_gets_it_back() -> None:
    loan = a_running_loan()
    day = date(2026, 1, 25)
    with the_journal() as paid:
        pay(loan, "14000.00", day)
    over = position(loan).overpaid
    with the_journal() as refunded:
        refund_overpayment(loan_id=loan.pk, amount=over, on=day, idempotency_key="r")

    assert paid.text == told("""
        2026-01-25 repayment
          Cash at bank                    14000.00
          Loan principal receivable                  12000.00
          Interest receivable                         1201.95
          Borrower overpayments                        798.05
        2026-01-25 accrual
          Interest receivable              1201.95
          Interest income                             1201.95
    """)
    assert refunded.text == told("""
        2026-01-25 refund
          Borrower overpayments             798.05
          Cash at bank                                 798.05
    """)
    assert_books_agree(loan)


def test_late_interest_is_waived() -> None:
    """920.15 for the 5 days after grace at 27 %: 3.40."""
    loan = a_loan_on(date(2026, 2, 25))
    owed = position(loan).late_interest_receivable

    with the_journal() as journal:
        waive(loan_id=loan.pk, component="late_interest", amount=owed, on=date(2026, 2, 25), reason="notice late")

    assert journal.text == told("""
        2026-02-25 accrual
          Late interest receivable                       3.40
          Late interest income                3.40
    """)
    assert_books_agree(loan)


def test_the_loan_is_paid_off_after_ten_days() -> None:
    loan = a_loan_on(date(2026, 1, 25))

    with the_journal() as journal:
        settle_early(
            loan_id=loan.pk,
            on=date(2026, 1, 25),
            channel="counter",
            idempotency_key="s",
            by=None,
            recorded_on=date(2026, 1, 25),
        )

    assert journal.text == told("""
        2026-01-25 repayment
          Cash at bank                    12058.06
          Loan principal receivable                  12000.00
          Interest receivable                           58.06
    """)
    assert_books_agree(loan)


def test_an_extension_earns_the_added_interest_in_the_added_days() -> None:
    """Ten days cost 59.18, 5.92 each; the days before the old due date earn what they earned without them."""
    loan = a_loan_on(date(2026, 1, 25))

    with the_journal() as journal:
        extend(loan_id=loan.pk, days=10, on=date(2026, 1, 25), reason="sickness", approved=True)
    assert journal.text == ""
    close_until(FIRST_DUE)

    with the_journal() as journal:
        close_days(date(2026, 2, 16), date(2026, 2, 16))

    assert journal.text == told("""
        2026-02-16 accrual
          Interest receivable                 5.92
          Interest income                                5.92
    """)
    assert_books_agree(loan)


def test_a_repayment_bounces() -> None:
    loan = a_loan_on(FIRST_DUE)
    receipt = pay(loan, "1100.15", FIRST_DUE)

    with the_journal() as journal:
        reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=date(2026, 2, 16))

    assert journal.text == told("""
        2026-02-16 repayment_reversal, counts from 2026-02-15, reverses repayment of 2026-02-15
          Cash at bank                                1100.15
          Loan principal receivable         920.15
          Interest receivable               180.00
    """)
    assert_books_agree(loan)


def test_a_loan_is_written_off_and_something_comes_back_and_bounces() -> None:
    loan = a_loan_on(FIRST_DUE)
    with the_journal() as written_off:
        write_off(loan_id=loan.pk, on=FIRST_DUE, reason="fraud")
    with the_journal() as recovered:
        receipt = pay(loan, "3000.00", date(2026, 2, 20))
    with the_journal() as bounced:
        reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=date(2026, 2, 21))

    assert written_off.text == told("""
        2026-02-15 write_off
          Write-off expense               12180.00
          Loan principal receivable                  12000.00
          Interest receivable                          180.00
    """)
    assert recovered.text == told("""
        2026-02-20 recovery
          Cash at bank                     3000.00
          Recoveries of written-off loans              3000.00
    """)
    assert bounced.text == told("""
        2026-02-21 recovery_reversal, counts from 2026-02-20, reverses recovery of 2026-02-20
          Cash at bank                                3000.00
          Recoveries of written-off loans   3000.00
    """)
    assert_books_agree(loan)
