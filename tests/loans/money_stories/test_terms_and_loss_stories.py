"""Money stories of changed terms, holds and losses, on the ordinary loan of ``test_servicing_stories``.

By the 15th of February 180.00 of interest is earned and unpaid; one late day costs 920.15 × 27 % ÷ 365 = 0.6806589.
"""

from datetime import date
from decimal import Decimal

import pytest

from loans.acts.performing import perform
from loans.acts.undoing import undo
from tests.loans.acts.test_acts import wish
from tests.loans.doing import take_back, write_off
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.money_stories.test_servicing_stories import FIRST_DUE, a_loan_on
from tests.loans.servicing.test_repayments import assert_books_agree, pay

pytestmark = pytest.mark.django_db


def test_unpaid_interest_becomes_principal_of_a_new_plan() -> None:
    loan = a_loan_on(FIRST_DUE)

    with the_journal() as journal:
        act = perform(wish(loan, "reamortised", FIRST_DUE, count=24, capitalised=True))
    with the_journal() as undone:
        undo(act_id=act.pk, reason="the borrower changed their mind", on=FIRST_DUE, approved=True)

    assert journal.text == told("""
        2026-02-15 reamortised
          Loan principal receivable         180.00
          Interest receivable                          180.00
    """)
    assert undone.text == told("""
        2026-02-15 reamortised_reversal, reverses reamortised of 2026-02-15
          Loan principal receivable                    180.00
          Interest receivable               180.00
    """)
    assert_books_agree(loan)


def test_overdue_interest_moved_to_the_end_stays_earned() -> None:
    """The borrower had the money: a pay-off the same day asks for it as the day before did."""
    loan = a_loan_on(date(2026, 2, 16))

    with the_journal() as journal:
        perform(wish(loan, "overdue_reaged", date(2026, 2, 16), count=1))

    assert journal.text == ""
    assert_books_agree(loan)


def test_late_interest_of_held_days_is_given_back() -> None:
    loan = a_loan_on(date(2026, 2, 24))  # four days beyond grace: 2.72

    with the_journal() as journal:
        held = date(2026, 2, 21)
        perform(wish(loan, "hold_placed", held, stops="notice", until=held, recorded_on=date(2026, 2, 25)))

    assert journal.text == told("""
        2026-02-25 accrual, counts from 2026-02-24
          Late interest receivable                       0.68
          Late interest income                0.68
    """)
    assert_books_agree(loan)


def test_a_settlement_for_less_books_the_discount() -> None:
    loan = a_loan_on(FIRST_DUE)
    pay(loan, "1100.15", FIRST_DUE)  # leaves 11,079.85 of principal

    with the_journal() as journal:
        asked = wish(loan, "settled_for_less", FIRST_DUE, at_most=Decimal("11079.85"))
        perform(asked, approved=True)

    assert journal.text == told("""
        2026-02-15 settled_for_less
          Discounts on settlement         11079.85
          Loan principal receivable                  11079.85
    """)
    assert_books_agree(loan)


def test_a_write_off_is_taken_back() -> None:
    loan = a_loan_on(FIRST_DUE)
    write_off(loan_id=loan.pk, on=FIRST_DUE, reason="fraud")

    with the_journal() as journal:
        take_back(loan.acts.get(kind="write_off", status="standing"), FIRST_DUE)

    assert journal.text == told("""
        2026-02-15 write_off_reversal, reverses write_off of 2026-02-15
          Write-off expense                          12180.00
          Loan principal receivable       12000.00
          Interest receivable               180.00
    """)
    assert_books_agree(loan)
