"""Money stories of debt that falls without the borrower paying, comes back, or is drawn later.

The ordinary loan of ``test_servicing_stories``: its first instalment is 920.15 principal and 180.00 interest.
"""

from datetime import date
from decimal import Decimal

import pytest

from loans.account.changes.credits import MoreThanOwed
from loans.acts.kinds.credits import MoreThanReceived, NotAPurchase, ReceiptUnknown
from loans.acts.kinds.replanning import BeyondApproved
from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.models import Instalment, Loan, LoanStatus
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_product, a_running_loan, close_until
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.money_stories.test_servicing_stories import FIRST_DUE, a_loan_on
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def test_the_house_pays_part_of_an_instalment() -> None:
    loan = a_loan_on(FIRST_DUE)

    with the_journal() as journal:
        act = perform(wish(loan, "goodwill_credit", FIRST_DUE, amount=Decimal("200.00")))
    with the_journal() as undone:
        undo(act_id=act.pk, reason="credited to the wrong loan", on=FIRST_DUE)

    assert journal.text == told("""
        2026-02-15 goodwill_credit
          Goodwill expense                  200.00
          Loan principal receivable                     20.00
          Interest receivable                          180.00
    """)
    assert undone.text == told("""
        2026-02-15 goodwill_credit_reversal, reverses goodwill_credit of 2026-02-15
          Goodwill expense                             200.00
          Loan principal receivable          20.00
          Interest receivable               180.00
    """)
    assert_books_agree(loan)


def test_no_more_is_credited_than_is_owed() -> None:
    loan = a_loan_on(FIRST_DUE)

    with pytest.raises(MoreThanOwed):
        perform(wish(loan, "goodwill_credit", FIRST_DUE, amount=Decimal("99999.00")), approved=True)


def test_the_merchant_gives_half_of_a_purchase_back() -> None:
    loan = a_running_loan(product_version=a_product("phone-purchase", is_purchase=True))
    close_until(FIRST_DUE)
    pay(loan, "1100.15", FIRST_DUE)

    with the_journal() as journal:
        perform(wish(loan, "merchant_refund", FIRST_DUE, amount=Decimal("6000.00")))

    assert journal.text == told("""
        2026-02-15 merchant_refund
          Merchant refunds receivable      6000.00
          Loan principal receivable                   6000.00
    """)
    assert position(loan).principal_outstanding == Decimal("5079.85")
    assert rows(loan)[1].interest == Decimal("76.20")  # a twelfth of 18 % on 5,079.85
    assert_books_agree(loan)


def test_a_refund_in_mid_period_unwinds_interest_from_its_day() -> None:
    loan = a_running_loan(product_version=a_product("phone-purchase", is_purchase=True))
    close_until(date(2026, 1, 31))

    perform(wish(loan, "merchant_refund", date(2026, 1, 31), amount=Decimal("6000.00")))

    # 180.00 for 16 of 31 days on all, 90.00 for 15 of 31 days on half
    assert rows(loan)[0].interest == Decimal("92.90") + Decimal("43.55")
    assert_books_agree(loan)


def test_a_merchant_refunds_purchases_only() -> None:
    loan = a_loan_on(FIRST_DUE)

    with pytest.raises(NotAPurchase):
        perform(wish(loan, "merchant_refund", FIRST_DUE, amount=Decimal("10.00")))


def test_the_payers_bank_takes_money_of_a_receipt_back() -> None:
    loan = a_loan_on(FIRST_DUE)
    receipt = pay(loan, "1100.15", FIRST_DUE)
    close_until(date(2026, 2, 20))

    with the_journal() as journal:
        perform(wish(loan, "charge_back", date(2026, 2, 20), amount=Decimal("100.00"), receipt=receipt.number))

    assert journal.text == told("""
        2026-02-20 charge_back
          Loan principal receivable         100.00
          Cash at bank                                 100.00
    """)
    assert rows(loan)[1].principal == Decimal("933.95") + Decimal("100.00")
    assert_books_agree(loan)
    with pytest.raises(MoreThanReceived):
        perform(wish(loan, "charge_back", date(2026, 2, 20), amount=Decimal("1000.16"), receipt=receipt.number))
    with pytest.raises(ReceiptUnknown):
        perform(wish(loan, "charge_back", date(2026, 2, 20), amount=Decimal("1.00"), receipt="RP-0"))


def test_a_settled_loan_runs_again_after_a_charge_back() -> None:
    loan = a_loan_on(FIRST_DUE)
    receipt = pay(loan, str(sum(row.principal + row.interest for row in rows(loan))), FIRST_DUE)
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED

    perform(wish(loan, "charge_back", FIRST_DUE, amount=Decimal("50.00"), receipt=receipt.number))

    loan.refresh_from_db()
    assert loan.status == LoanStatus.ACTIVE
    assert_books_agree(loan)


def test_interest_given_up_leaves_income() -> None:
    loan = a_loan_on(FIRST_DUE)

    with the_journal() as journal:
        perform(wish(loan, "interest_waived", FIRST_DUE, amount=Decimal("30.00")))

    assert journal.text == told("""
        2026-02-15 accrual
          Interest receivable                           30.00
          Interest income                    30.00
    """)
    assert_books_agree(loan)


def test_a_fixed_penalty_is_earned_at_once() -> None:
    loan = a_loan_on(FIRST_DUE)

    with the_journal() as journal:
        perform(wish(loan, "penalty_added", FIRST_DUE, amount=Decimal("25.00")))

    assert journal.text == told("""
        2026-02-15 accrual
          Late interest receivable           25.00
          Late interest income                          25.00
    """)
    assert_books_agree(loan)


def test_an_approved_amount_is_drawn_in_two_parts() -> None:
    drawn = [["2026-01-15", "5000.00"]]
    with the_journal() as journal:
        loan = a_running_loan(drawdowns=drawn)
    close_until(FIRST_DUE)

    with the_journal() as later:
        perform(wish(loan, "drawn_down", FIRST_DUE, amount=Decimal("7000.00")))

    assert journal.text == told("""
        2026-01-15 disbursement
          Loan principal receivable        5000.00
          Cash at bank                                5000.00
    """)
    assert later.text == told("""
        2026-02-15 drawn_down
          Loan principal receivable        7000.00
          Cash at bank                                7000.00
    """)
    assert position(loan).principal_outstanding == Decimal("12000.00")
    assert_books_agree(loan)
    with pytest.raises(BeyondApproved):
        perform(wish(loan, "drawn_down", FIRST_DUE, amount=Decimal("0.01")))


def test_a_lower_rate_earns_less_from_its_day() -> None:
    loan = a_loan_on(date(2026, 1, 31))

    perform(wish(loan, "rate_changed", date(2026, 1, 31), annual_rate=Decimal("0.09")))

    # 180.00 for 16 of 31 days, half of 180.00 for 15 of 31
    assert rows(loan)[0].interest == Decimal("92.90") + Decimal("43.55")
    assert_books_agree(loan)
