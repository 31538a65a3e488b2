"""Money stories of interest in suspense: 12,000.00 at 18 %, interest of 180.00 each month, the principal at the end.

The first 180.00 falls due on 15 February and is never paid: on 17 May the loan is 91 days late, which is substandard, and
by Caijin [2002] 5 its unpaid interest is no income any more. By then 731.61 has accrued (four months, and 2 of 31 days of
the fifth).
"""

from datetime import date
from decimal import Decimal

import pytest

from core.rules import forget_cached_rules
from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.models import Loan, LoanPosition
from loans.proof.book_checks import CHECKS, broken
from loans.proof.verifying import compare
from loans.servicing.repayments import reverse_repayment
from tests.core.factories import RuleFactory
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_days, close_until
from tests.loans.doing import take_back, write_off
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.money_stories.test_charge_off_stories import charge_off
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
EVE = date(2026, 5, 16)
SUBSTANDARD = date(2026, 5, 17)
NEXT_DAY = date(2026, 5, 18)
THIRD_DAY = date(2026, 5, 19)


def a_late_loan(until: date) -> Loan:
    loan = a_running_loan(method="interest_only", late_annual_rate=Decimal(0))
    close_until(until)
    return loan


def test_in_the_night_it_becomes_substandard_unpaid_interest_leaves_income() -> None:
    loan = a_late_loan(EVE)

    with the_journal() as journal:
        close_days(SUBSTANDARD, NEXT_DAY)

    assert journal.text == told("""
        2026-05-17 accrual
          Interest receivable                 5.80
          Interest income                   725.81
          Interest in suspense                         731.61
        2026-05-18 accrual
          Interest receivable                 5.81
          Interest in suspense                           5.81
    """)
    assert position(loan).interest_in_suspense == position(loan).interest_receivable == Decimal("737.42")
    assert_books_agree(loan)


def test_what_is_paid_of_it_is_income_on_the_day_it_is_paid() -> None:
    loan = a_late_loan(NEXT_DAY)

    with the_journal() as journal:
        pay(loan, "100.00", THIRD_DAY)

    assert journal.text == told("""
        2026-05-19 repayment
          Cash at bank                      100.00
          Interest receivable                          100.00
        2026-05-19 accrual
          Interest receivable                 5.81
          Interest income                              100.00
          Interest in suspense               94.19
    """)
    assert_books_agree(loan)


def test_cured_all_of_it_is_income_again_and_the_reversal_takes_it_back() -> None:
    loan = a_late_loan(NEXT_DAY)

    with the_journal() as cured:
        receipt = pay(loan, "180.00", THIRD_DAY)  # now 65 days late
    with the_journal() as bounced:
        reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=THIRD_DAY)

    assert cured.text == told("""
        2026-05-19 repayment
          Cash at bank                      180.00
          Interest receivable                          180.00
        2026-05-19 accrual
          Interest receivable                 5.81
          Interest income                              743.23
          Interest in suspense              737.42
    """)
    assert bounced.text == told("""
        2026-05-19 repayment_reversal, reverses repayment of 2026-05-19
          Cash at bank                                 180.00
          Interest receivable               180.00
        2026-05-19 accrual
          Interest income                   743.23
          Interest in suspense                         743.23
    """)
    assert position(loan).risk_class == "substandard"
    assert_books_agree(loan)


def test_a_charge_off_clears_suspense_without_expense_and_its_undo_brings_it_back() -> None:
    loan = a_late_loan(NEXT_DAY)

    with the_journal() as journal:
        act = charge_off(loan, NEXT_DAY)
    cleared = position(loan).interest_in_suspense
    assert_books_agree(loan)
    close_until(THIRD_DAY)
    assert_books_agree(loan)
    with the_journal() as undone:
        undo(act_id=act.pk, reason="wrong loan", on=date(2026, 5, 20))

    assert journal.text == told("""
        2026-05-18 charged_off
          Charge-off expense              12000.00
          Interest in suspense              737.42
          Loan principal receivable                  12000.00
          Interest receivable                          737.42
    """)
    assert cleared == 0
    assert undone.text == told("""
        2026-05-20 charged_off_reversal, counts from 2026-05-18, reverses charged_off of 2026-05-18
          Charge-off expense                         12000.00
          Interest in suspense                         737.42
          Loan principal receivable       12000.00
          Interest receivable               737.42
        2026-05-20 accrual, counts from 2026-05-19
          Interest receivable                 5.81
          Interest in suspense                           5.81
    """)
    assert_books_agree(loan)


def test_a_write_off_clears_suspense_without_expense_and_is_taken_back() -> None:
    loan = a_late_loan(NEXT_DAY)

    with the_journal() as journal:
        write_off(loan_id=loan.pk, on=NEXT_DAY, reason="no prospect")
    assert_books_agree(loan)
    take_back(loan.acts.get(kind="write_off", status="standing"), NEXT_DAY)

    assert journal.text == told("""
        2026-05-18 write_off
          Write-off expense               12000.00
          Interest in suspense              737.42
          Loan principal receivable                  12000.00
          Interest receivable                          737.42
    """)
    assert position(loan).interest_in_suspense == Decimal("737.42")
    assert_books_agree(loan)


def test_interest_waived_while_in_suspense_takes_nothing_from_income() -> None:
    loan = a_late_loan(NEXT_DAY)

    with the_journal() as journal:
        perform(wish(loan, "interest_waived", NEXT_DAY, amount=Decimal("50.00")))

    assert journal.text == told("""
        2026-05-18 accrual
          Interest receivable                           50.00
          Interest in suspense               50.00
    """)
    assert_books_agree(loan)


def test_the_night_of_all_loans_and_the_event_on_one_agree_on_late_interest_too() -> None:
    """Both loans are read to the same day, one by the closing in SQL and one by a payment of a cent."""
    by_night, by_event = (a_running_loan() for _ in range(2))
    close_until(NEXT_DAY)
    for loan in (by_night, by_event):
        pay(loan, "0.01", NEXT_DAY)
    pay(by_event, "0.01", THIRD_DAY)
    close_until(THIRD_DAY)
    pay(by_night, "0.01", THIRD_DAY)

    night, event = position(by_night), position(by_event)
    assert night.suspended_interest == event.suspended_interest > 0
    assert night.suspended_late_interest == event.suspended_late_interest > 0
    assert_books_agree(by_night)
    assert_books_agree(by_event)


def test_a_rule_without_a_class_keeps_all_in_income() -> None:
    RuleFactory(code="interest_suspense", market="CN", effective_from=SUBSTANDARD, data={"from_class": None})
    forget_cached_rules()

    loan = a_late_loan(NEXT_DAY)

    assert position(loan).risk_class == "substandard"
    assert position(loan).interest_in_suspense == 0
    assert_books_agree(loan)


def test_verifying_names_interest_in_suspense_that_was_tampered_with() -> None:
    loan = a_late_loan(NEXT_DAY)
    LoanPosition.objects.filter(pk=loan.pk).update(suspended_interest=Decimal("1.00"))
    (control,) = (check for check in CHECKS if check.code == "control_accounts")

    fresh = Loan.objects.select_related("position").get(pk=loan.pk)
    assert {d.figure for d in compare(fresh)} == {"suspended_interest"}
    assert list(broken(control)) == [("account 2301", "balance of all loans", Decimal("-1.00"), Decimal("-737.42"))]
