"""Money for loans whose interest follows the balance, through the functions doors call, and what nights make of it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loans.models import LoanStatus
from loans.proof import oracle
from loans.servicing.settling import settlement_quote
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import write_off
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
DAY_5 = date(2026, 1, 20)


@pytest.mark.parametrize(
    ("rest", "interest"),
    [
        ("daily", "29.03"),  # 180.00 for the month: 5 of its 31 days
        ("weekly", "40.65"),  # 7 days
        ("monthly", "180.00"),
        ("same_as_repayment", "180.00"),
    ],
)
@pytest.mark.parametrize("prepayment", ["next_instalments", "reduce_instalment", "lessen_next"])
def test_more_than_all_settles_and_the_rest_is_overpaid(rest: str, interest: str, prepayment: str) -> None:
    loan = a_running_loan(recalculates=True, rest=rest, prepayment=prepayment)
    quoted = settlement_quote(loan, DAY_5).total

    receipt = pay(loan, "20000.00", DAY_5)

    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert (receipt.principal, receipt.interest) == (Decimal("12000.00"), Decimal(interest))
    assert position(loan).overpaid == Decimal("8000.00") - Decimal(interest)
    assert quoted == Decimal("12000.00") + Decimal(interest)
    assert_books_agree(loan)

    close_until(date(2027, 1, 31))
    assert (position(loan).days_past_due, position(loan).overpaid) == (0, Decimal("8000.00") - Decimal(interest))
    assert_books_agree(loan)


def test_a_cent_less_than_all_leaves_it_running() -> None:
    loan = a_running_loan(recalculates=True, rest="monthly")

    pay(loan, "12179.99", DAY_5)

    loan.refresh_from_db()
    held: Any = position(loan)
    assert (loan.status, held.overpaid, held.principal_outstanding) == (LoanStatus.ACTIVE, 0, Decimal("0.01"))
    pay(loan, "0.01", date(2026, 1, 21))
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert_books_agree(loan)


def test_nights_change_nothing_where_overdue_money_is_reckoned_when_money_comes() -> None:
    """The instalment due on 15 April bears on two unpaid ones for the 17 days from 15 March; the one before does not."""
    loan = a_running_loan(recalculates=True, overdue_bears="on_receipt")
    agreed = [row.interest for row in loan.instalments.order_by("number")]
    close_until(date(2026, 3, 31))
    assert [row.interest for row in loan.instalments.filter(superseded_on__isnull=True).order_by("number")] == agreed

    pay(loan, "1100.15", date(2026, 4, 1))

    told = [row.interest for row in loan.instalments.filter(superseded_on__isnull=True).order_by("number")]
    overdue = sum(row.principal for row in loan.instalments.filter(number__lte=2, superseded_on__isnull=True))
    assert told[:2] == agreed[:2]
    assert told[2] - agreed[2] == (overdue * Decimal("0.015") * 17 / 31).quantize(Decimal("0.01"))
    assert_books_agree(loan)


def test_a_down_payment_nobody_paid_bears_interest_like_all_that_is_outstanding() -> None:
    """12,000.00 lent, 2,400.00 of them due on the spot: 180.00 for the month, 23 of its 31 days. On 7 February they are
    paid, and 9,600.00 bear for the eight days left: 133.55 + 37.16."""
    loan = a_running_loan(recalculates=True, down_payment_rate=Decimal("0.20"))
    close_until(date(2026, 2, 7))

    assert position(loan).interest_accrued == Decimal("133.55")
    assert settlement_quote(loan, date(2026, 2, 7)).interest == Decimal("133.55")
    assert oracle.differences(loan) == []

    owed = settlement_quote(loan, date(2026, 2, 7)).late_interest
    pay(loan, str(Decimal("2400.00") + owed), date(2026, 2, 7))
    (running,) = loan.instalments.filter(superseded_on=None, due_on=date(2026, 2, 15))
    assert running.interest == Decimal("170.71")
    assert_books_agree(loan)


@pytest.mark.parametrize("rest", ["daily", "weekly", "same_as_repayment"])
@pytest.mark.parametrize("compounding", ["none", "interest"])
def test_no_night_takes_back_what_was_earned_while_nothing_is_paid(rest: str, compounding: str) -> None:
    loan = a_running_loan(recalculates=True, rest=rest, compounding=compounding, instalment_count=3)
    earned, day = Decimal("0.00"), date(2026, 1, 31)
    while day < date(2026, 4, 20):
        day += timedelta(days=1)
        close_until(day)
        assert position(loan).interest_accrued >= earned, day
        earned = position(loan).interest_accrued
        if day.day in (14, 15, 16):
            assert_books_agree(loan)
            assert oracle.differences(loan) == []


def test_money_told_of_after_a_write_off_recovers_it_whenever_it_came() -> None:
    loan = a_running_loan(recalculates=True)
    close_until(date(2026, 2, 1))
    write_off(loan_id=loan.pk, on=date(2026, 2, 2), reason="death")

    pay(loan, "732.00", date(2026, 1, 30), recorded_on=date(2026, 2, 8))

    loan.refresh_from_db()
    assert position(loan).recovered == Decimal("732.00")
    assert oracle.differences(loan) == []
