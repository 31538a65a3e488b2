"""What goes wrong in an office and how the books come right again: every story ends with them agreeing."""

from datetime import date
from decimal import Decimal

import pytest

from core.money import ZERO
from ledger.queries import balances
from loans.bookkeeping.lifecycle import LoanNotInState
from loans.events.act_parameters import ParameterOutOfRange
from loans.models import Loan, Repayment
from loans.servicing.repayments import RepaymentConflict, reverse_repayment
from loans.servicing.settling import settle_early, settlement_quote
from tests.loans.books import close_until
from tests.loans.doing import extend, refund_overpayment, waive, write_off
from tests.loans.factories import DISBURSED, LoanFactory
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db


def test_money_that_came_before_the_late_interest_waived_is_still_recorded() -> None:
    loan = LoanFactory(active=True)
    close_until(date(2026, 3, 10))
    owed = position(loan).late_interest_receivable
    waive(loan_id=loan.pk, component="late_interest", amount=owed, on=date(2026, 3, 11), reason="notice late")

    pay(loan, "1100.15", date(2026, 2, 15), recorded_on=date(2026, 3, 12))

    assert position(loan).late_interest_receivable == ZERO
    assert_books_agree(loan)


@pytest.mark.parametrize("amount", ["0", "-5.00", "0.001", "NaN"])
def test_an_amount_that_is_none_cannot_be_waived(amount: str) -> None:
    loan = LoanFactory(active=True)
    close_until(date(2026, 3, 10))

    with pytest.raises(ParameterOutOfRange):
        waive(loan_id=loan.pk, component="late_interest", amount=Decimal(amount), on=date(2026, 3, 11), reason="-")


def test_waiving_late_interest_that_ends_on_half_a_cent_leaves_nothing_owed() -> None:
    """5.00 at 36.5 % bear exactly half a cent a day: rounded up it is waived, rounded down it must not be a claim."""
    loan = LoanFactory(
        active=True,
        principal=Decimal("5.00"),
        annual_rate=ZERO,
        late_annual_rate=Decimal("0.365"),
        instalment_count=1,
        grace_days=0,
    )
    close_until(date(2026, 2, 16))

    waive(loan_id=loan.pk, component="late_interest", amount=Decimal("0.01"), on=date(2026, 2, 16), reason="-")
    pay(loan, "5.00", date(2026, 2, 16))

    assert position(loan).late_interest_receivable == ZERO
    assert Loan.objects.get(pk=loan.pk).status == "settled"
    assert_books_agree(loan)


def test_settling_for_a_day_already_closed_takes_the_quote_and_the_day_it_is_for() -> None:
    loan = LoanFactory(active=True)
    close_until(date(2026, 1, 24))
    quote = settlement_quote(loan, date(2026, 1, 18))
    facts = {"loan_id": loan.pk, "on": date(2026, 1, 18), "channel": "counter", "idempotency_key": "s"}

    receipt = settle_early(**facts, recorded_on=date(2026, 1, 25))

    assert (receipt.received_on, receipt.amount, receipt.overpaid) == (quote.on, quote.total, ZERO)
    assert settle_early(**facts, recorded_on=date(2026, 1, 25)) == receipt
    with pytest.raises(RepaymentConflict):
        settle_early(**{**facts, "on": date(2026, 1, 25)}, recorded_on=date(2026, 1, 25))
    assert_books_agree(loan)


def test_a_loan_that_waits_for_its_money_refuses_by_name() -> None:
    loan = a_waiting_loan()
    day = date(2026, 1, 16)

    with pytest.raises(LoanNotInState):
        pay(loan, "1.00", day)
    with pytest.raises(LoanNotInState):
        extend(loan_id=loan.pk, days=10, on=day, reason="-")
    with pytest.raises(LoanNotInState):
        refund_overpayment(loan_id=loan.pk, amount=Decimal("1.00"), on=day, idempotency_key="r")
    with pytest.raises(LoanNotInState):
        settle_early(loan_id=loan.pk, on=day, channel="counter", idempotency_key="s")


def a_waiting_loan() -> Loan:
    """A loan whose contract is signed and whose money has not gone out."""
    return LoanFactory(principal=Decimal("1000.00"), annual_rate=ZERO, instalment_count=2)


def written_off_with(first: str, second: str) -> tuple[Loan, Repayment, Repayment]:
    """A loan of 12,000.00 written off on its first day, and two recoveries."""
    loan = LoanFactory(active=True)
    write_off(loan_id=loan.pk, on=DISBURSED, reason="fraud")
    return loan, pay(loan, first, date(2026, 7, 5)), pay(loan, second, date(2026, 7, 6))


def test_a_recovery_reversed_makes_room_for_what_a_later_one_paid_too_much() -> None:
    loan, first, later = written_off_with("11000.00", "3000.00")

    reverse_repayment(repayment_id=first.pk, reason="bounced", reversed_on=date(2026, 7, 7))

    later.refresh_from_db()
    assert later.overpaid == ZERO
    assert (position(loan).recovered, position(loan).overpaid) == (Decimal("3000.00"), ZERO)
    assert balances()["4101"] == Decimal("-3000.00")
    assert_books_agree(loan)


def test_a_recovery_bounces_after_its_surplus_was_given_back_and_less_was_recovered() -> None:
    """12,000.00 were lost; 11,000.00 and 3,000.00 came, 2,000.00 went back: kept are 1,000.00, and then nothing."""
    loan, first, later = written_off_with("11000.00", "3000.00")
    refund_overpayment(loan_id=loan.pk, amount=Decimal("2000.00"), on=date(2026, 7, 7), idempotency_key="r")

    reverse_repayment(repayment_id=first.pk, reason="bounced", reversed_on=date(2026, 7, 8))
    assert (position(loan).recovered, position(loan).overpaid) == (Decimal("1000.00"), ZERO)
    assert_books_agree(loan)

    reverse_repayment(repayment_id=later.pk, reason="bounced", reversed_on=date(2026, 7, 8))
    assert (position(loan).recovered, position(loan).recoverable) == (Decimal("-2000.00"), Decimal("14000.00"))
    assert_books_agree(loan)


def test_a_loan_still_settled_without_a_payment_is_settled_on_the_day_of_the_other() -> None:
    loan = LoanFactory(active=True)
    bounced = pay(loan, "20000.00", date(2026, 1, 25))
    pay(loan, "20000.00", date(2026, 1, 28))

    reverse_repayment(repayment_id=bounced.pk, reason="bounced", reversed_on=date(2026, 1, 29))

    loan.refresh_from_db()
    assert (loan.status, loan.settled_on) == ("settled", date(2026, 1, 28))
    assert_books_agree(loan)
