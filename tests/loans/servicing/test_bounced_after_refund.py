"""A payment that bounces can always be recorded: what was given back of it is owed, from the day it bounced."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.money import ZERO
from loans.models import Instalment, Loan, LoanStatus
from loans.servicing.repayments import reverse_repayment
from tests.loans.acts.test_charge_backs import NO_INTEREST
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import do, refund_overpayment
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
PAID, REFUNDED, BOUNCED = date(2026, 1, 25), date(2026, 1, 26), date(2026, 2, 20)


def a_refunded_loan(paid: str = "1300.00", refunded: str = "300.00", **terms: Any) -> tuple[Loan, int]:
    """Paid too much on 25 January, given back on the 26th; and the id of the receipt."""
    loan = a_running_loan(**{**NO_INTEREST, **terms})
    receipt = pay(loan, paid, PAID)
    refund_overpayment(loan_id=loan.pk, amount=Decimal(refunded), on=REFUNDED)
    return loan, receipt.pk


def bounce(receipt_id: int, on: date = BOUNCED) -> None:
    reverse_repayment(repayment_id=receipt_id, reason="bounced", reversed_on=on)


def claims(loan: Loan) -> list[tuple[date, Decimal]]:
    found = Instalment.objects.filter(loan=loan, superseded_on=None, settled_on=None).order_by("due_on", "number")
    return [(row.due_on, row.principal - row.principal_paid) for row in found]


def test_a_refunded_payment_that_bounces_is_owed_with_what_was_given_back() -> None:
    """1,000 lent, 1,300 paid, 300 given back, all of it bounced: 1,300 are owed, 300 of them from the day it bounced."""
    loan, receipt_id = a_refunded_loan()

    with the_journal() as journal:
        bounce(receipt_id)

    assert claims(loan) == [(date(2026, 2, 15), Decimal("1000.00")), (BOUNCED, Decimal("300.00"))]
    assert (position(loan).principal_outstanding, position(loan).overpaid) == (Decimal("1300.00"), ZERO)
    assert (
        told("""
        2026-02-20 refund, counts from 2026-01-26
          Loan principal receivable         300.00
          Cash at bank                                 300.00
    """)
        in journal.text
    )
    assert_books_agree(loan)
    close_until(date(2026, 3, 1))
    assert_books_agree(loan)
    pay(loan, "1400.00", date(2026, 3, 2))
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert_books_agree(loan)


def test_what_was_given_back_is_late_from_the_day_the_payment_bounced() -> None:
    """Two payments of 1,000.00, the second wholly given back: when it bounces nothing else is late."""
    loan = a_running_loan(**NO_INTEREST)
    pay(loan, "1000.00", PAID)
    second = pay(loan, "1000.00", REFUNDED)
    refund_overpayment(loan_id=loan.pk, amount=Decimal("1000.00"), on=REFUNDED)

    bounce(second.pk)
    close_until(date(2026, 2, 23))

    stands = position(loan)
    assert (stands.oldest_due_on, stands.days_past_due) == (BOUNCED, 3)
    assert stands.overdue_principal == Decimal("1000.00")
    assert_books_agree(loan)


def test_each_bounce_makes_its_own_part_due() -> None:
    """1,000 lent, 1,000, 200 and 300 paid, 500 given back: 200 are owed from the first bounce, 300 from the second."""
    loan = a_running_loan(**NO_INTEREST)
    pay(loan, "1000.00", PAID, key="a")
    parts = [pay(loan, amount, PAID, key=amount) for amount in ("200.00", "300.00")]
    refund_overpayment(loan_id=loan.pk, amount=Decimal("500.00"), on=REFUNDED)

    bounce(parts[0].pk, date(2026, 2, 20))
    bounce(parts[1].pk, date(2026, 3, 20))

    assert claims(loan) == [(date(2026, 2, 20), Decimal("200.00")), (date(2026, 3, 20), Decimal("300.00"))]
    assert_books_agree(loan)


def test_what_still_lies_there_is_used_before_anything_is_owed() -> None:
    """300 too much, 100 given back: of 250 that bounce 200 were still there, and 50 are owed."""
    loan = a_running_loan(**NO_INTEREST)
    pay(loan, "1050.00", PAID)
    bounced = pay(loan, "250.00", PAID)
    refund_overpayment(loan_id=loan.pk, amount=Decimal("100.00"), on=REFUNDED)

    bounce(bounced.pk)

    assert claims(loan) == [(BOUNCED, Decimal("50.00"))]
    assert position(loan).overpaid == ZERO
    assert_books_agree(loan)


@pytest.mark.parametrize("prepayment", ["next_instalments", "reduce_instalment", "reduce_number", "last_first"])
@pytest.mark.parametrize("rest", ["daily", "monthly"])
def test_on_a_loan_that_follows_the_balance(prepayment: str, rest: str) -> None:
    """12,000.00 at 18 %: 13,000.00 came, what was too much went back, and the payment bounced."""
    loan = a_running_loan(recalculates=True, prepayment=prepayment, rest=rest)
    receipt = pay(loan, "13000.00", PAID)
    given_back = Decimal("500.00")
    refund_overpayment(loan_id=loan.pk, amount=given_back, on=REFUNDED)
    close_until(date(2026, 2, 19))

    bounce(receipt.pk)

    assert position(loan).principal_outstanding == Decimal("12000.00") + given_back
    assert position(loan).overpaid == ZERO
    assert_books_agree(loan)
    for day, amount in (
        (date(2026, 2, 25), "2000.00"),
        (date(2026, 3, 20), "3000.00"),
        (date(2026, 4, 20), "12000.00"),
    ):
        close_until(date.fromordinal(day.toordinal() - 1))
        pay(loan, amount, day)
        assert_books_agree(loan)
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED


def test_on_a_loan_charged_off_less_was_recovered() -> None:
    """1,000.00 charged off, 1,300.00 came, 300.00 went back; it bounced: kept is less than nothing."""
    loan = a_running_loan(**NO_INTEREST)
    do("charged_off", loan_id=loan.pk, on=PAID, cause="fraud")
    receipt = pay(loan, "1300.00", PAID)
    refund_overpayment(loan_id=loan.pk, amount=Decimal("300.00"), on=REFUNDED)

    bounce(receipt.pk)

    assert position(loan).recovered == Decimal("-300.00")
    assert position(loan).principal_outstanding == Decimal("1300.00")
    assert_books_agree(loan)
