"""Not more than is owed, and not the same payment twice, unless whoever brings the money says that it is meant.

Lin's loan: 12,000.00 over twelve months at 18 %, disbursed on 15 January 2026. Its first period has 31 days and 180.00 of
interest, so that ten days cost 58.06 and what settles it on 25 January is 12,058.06.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import business_date
from core.money import ZERO
from ledger.queries import difference
from loans.acts.performing import perform
from loans.models import Loan, LoanPosition, LoanStatus, Repayment
from loans.proof import oracle
from loans.proof.book_checks import CHECKS, broken
from loans.proof.verifying import compare
from loans.servicing.guarding import Excess, PaymentAboveOwed, PaymentLooksRepeated
from loans.servicing.repayments import RepaymentConflict, record_repayment, reverse_repayment
from loans.servicing.settling import settle_early, settlement_quote
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import write_off

pytestmark = pytest.mark.django_db
PAID_OFF = Decimal("12058.06")
ON = date(2026, 1, 25)
AT_ONCE = 7  # statements of a repayment and its day, and what else was said by word
NOT_ASKED: dict[str, Any] = {"excess": Excess.PAID_AHEAD, "allow_repeat": True}


def pay(loan: Loan, amount: str, on: date = ON, key: str = "", **more: Any) -> Repayment:
    """As a door does that has asked nobody, but of what is told of late: two people agreed that it came."""
    recorded_on = max(on, business_date.current())
    return record_repayment(
        loan_id=loan.pk,
        amount=Decimal(amount),
        received_on=on,
        channel="counter",
        idempotency_key=key or f"{loan.pk}:{Repayment.objects.count()}",
        recorded_by=None,
        recorded_on=recorded_on,
        **{"approved": (recorded_on - on).days > 1, **more},
    )


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(date(2026, 1, 24))
    return made


@pytest.fixture
def lots() -> Loan:
    """10,000.00 approved, 1,000.00 drawn on 15 January and 9,000.00 on the 25th."""
    made = a_running_loan(principal=Decimal("10000.00"), drawdowns=[["2026-01-15", "1000.00"]])
    close_until(date(2026, 1, 24))
    perform(wish(made, "drawn_down", ON, amount=Decimal("9000.00")), approved=True)
    close_until(date(2026, 1, 27))
    return made


def overpaid(loan: Loan) -> Decimal:
    return LoanPosition.objects.get(pk=loan.pk).overpaid


def assert_books_agree(loan: Loan) -> None:
    fresh = Loan.objects.select_related("position").get(pk=loan.pk)
    assert compare(fresh) == []
    assert difference() == ZERO
    assert [row for check in CHECKS for row in broken(check)] == []


# More than is owed ----------------------------------------------------------------------------------------------------


def test_what_settles_the_loan_is_taken_and_a_cent_more_is_refused_with_the_figures(loan: Loan) -> None:
    assert settlement_quote(loan, ON).total == PAID_OFF

    with pytest.raises(PaymentAboveOwed) as refused:
        pay(loan, "12058.07")

    assert not Repayment.objects.exists()
    assert (refused.value.code, refused.value.status, refused.value.field) == ("payment_above_owed", 409, "amount")
    told = {name: refused.value.context[name] for name in ("owed", "offered", "excess", "on")}
    assert told == {"owed": "¥ 12,058.06", "offered": "¥ 12,058.07", "excess": "¥ 0.01", "on": "2026-01-25"}
    receipt = pay(loan, "12058.06")
    loan.refresh_from_db()
    assert (receipt.amount, receipt.settles_early, loan.status) == (PAID_OFF, True, LoanStatus.SETTLED)
    assert_books_agree(loan)


def test_the_last_instalment_paid_as_agreed_some_days_early_is_not_too_much() -> None:
    """1,200 in one month at 18 %: 1,218.00 are agreed, ten days before the due date 1,212.19 settle the loan."""
    loan = a_running_loan(principal=Decimal("1200.00"), instalment_count=1)
    close_until(date(2026, 2, 4))
    on = date(2026, 2, 5)
    assert settlement_quote(loan, on).total == Decimal("1212.19")

    with pytest.raises(PaymentAboveOwed) as refused:
        pay(loan, "1218.01", on)
    receipt = pay(loan, "1218.00", on)

    loan.refresh_from_db()
    assert refused.value.context["owed"] == "¥ 1,218.00"
    assert (receipt.settles_early, receipt.overpaid, loan.status) == (False, ZERO, LoanStatus.SETTLED)


def test_the_excess_kept_as_a_credit_balance_leaves_the_loan_settled_with_what_it_owed(loan: Loan) -> None:
    receipt = pay(loan, "12100.00", excess=Excess.CREDITED)

    loan.refresh_from_db()
    assert (receipt.principal, receipt.interest, receipt.overpaid) == (12_000, Decimal("58.06"), Decimal("41.94"))
    assert receipt.settles_early
    assert (loan.status, loan.settled_on, overpaid(loan)) == (LoanStatus.SETTLED, ON, Decimal("41.94"))
    assert_books_agree(loan)
    assert not oracle.not_followed(loan)
    assert oracle.differences(loan) == []


def test_who_agrees_to_an_excess_that_is_none_pays_as_everybody(loan: Loan) -> None:
    receipt = pay(loan, "1100.15", excess=Excess.CREDITED)

    loan.refresh_from_db()
    assert (receipt.settles_early, loan.status) == (False, LoanStatus.ACTIVE)


def test_a_repeat_of_the_call_returns_the_receipt_that_settled_and_the_answer_is_part_of_it(loan: Loan) -> None:
    first = pay(loan, "12100.00", key="k", excess=Excess.CREDITED)

    assert pay(loan, "12100.00", key="k", excess=Excess.CREDITED) == first
    with pytest.raises(RepaymentConflict):
        pay(loan, "12100.00", key="k")
    assert Repayment.objects.count() == 1


def test_history_is_divided_as_it_was_paid(loan: Loan) -> None:
    receipt = pay(loan, "12100.00", excess=Excess.PAID_AHEAD)

    loan.refresh_from_db()
    assert (receipt.settles_early, receipt.overpaid, loan.status) == (False, ZERO, LoanStatus.ACTIVE)
    assert_books_agree(loan)


def test_a_settled_loan_owes_nothing(loan: Loan) -> None:
    settle_early(loan_id=loan.pk, on=ON, channel="counter", idempotency_key="s")

    with pytest.raises(PaymentAboveOwed) as refused:
        pay(loan, "1.00")

    assert refused.value.context["owed"] == "¥ 0.00"
    assert pay(loan, "1.00", excess=Excess.CREDITED).overpaid == Decimal("1.00")
    assert overpaid(loan) == Decimal("1.00")
    assert_books_agree(loan)


def test_of_a_loan_written_off_what_can_still_be_recovered_is_owed(loan: Loan) -> None:
    write_off(loan_id=loan.pk, on=ON, reason="no prospect")
    pay(loan, "2000.00")
    left = LoanPosition.objects.get(pk=loan.pk).recoverable

    with pytest.raises(PaymentAboveOwed):
        pay(loan, str(left + Decimal("0.01")))
    receipt = pay(loan, str(left + 5), excess=Excess.CREDITED)

    assert (receipt.is_recovery, receipt.overpaid) == (True, 5)
    assert_books_agree(loan)


def test_late_interest_and_penalties_are_owed_too(loan: Loan) -> None:
    late = date(2026, 3, 1)
    close_until(date(2026, 2, 28))
    perform(wish(loan, "penalty_added", late, amount=Decimal("50.00")), approved=True)
    quote = settlement_quote(loan, late)

    assert quote.late_interest > 0 and quote.total > 12_000 + 180 + 50
    with pytest.raises(PaymentAboveOwed):
        pay(loan, str(quote.total + Decimal("0.01")), late)
    assert pay(loan, str(quote.total), late).overpaid == ZERO


def test_a_payment_told_of_late_is_held_against_what_settled_the_loan_on_its_own_day(loan: Loan) -> None:
    close_until(date(2026, 2, 10))

    with pytest.raises(PaymentAboveOwed) as refused:
        pay(loan, "12058.07")

    assert refused.value.context["owed"] == "¥ 12,058.06"
    receipt = pay(loan, "12060.00", excess=Excess.CREDITED)
    loan.refresh_from_db()
    assert (receipt.overpaid, loan.status, loan.settled_on) == (Decimal("1.94"), LoanStatus.SETTLED, ON)
    assert_books_agree(loan)


def test_money_that_came_since_has_paid_its_part(loan: Loan) -> None:
    """10,000.00 are below what settled the loan on 25 January, and above what is left since 5,000.00 came on the 30th."""
    close_until(date(2026, 1, 29))
    pay(loan, "5000.00", date(2026, 1, 30))
    close_until(date(2026, 2, 1))
    left = settlement_quote(loan, date(2026, 2, 1)).total
    assert left < 10_000

    with pytest.raises(PaymentAboveOwed) as refused:
        pay(loan, "10000.00")

    assert refused.value.context["owed"] == f"¥ {left:,.2f}"
    receipt = pay(loan, "10000.00", excess=Excess.CREDITED)
    assert not receipt.settles_early  # on its own day it did not settle the loan
    assert_books_agree(loan)


def test_a_drawdown_since_has_made_room(lots: Loan) -> None:
    """1,500.00 on the 20th were more than the 1,000.00 drawn by then; since 9,000.00 were drawn they are owed."""
    receipt = pay(lots, "1500.00", date(2026, 1, 20))

    assert (receipt.settles_early, overpaid(lots)) == (False, ZERO)
    assert_books_agree(lots)


def test_where_more_was_paid_ahead_than_the_days_cost_nothing_is_owed(loan: Loan) -> None:
    """All but 70.00 is paid ahead on the first day: of the interest in it more is given back than is left to pay."""
    whole = sum(row.principal + row.interest for row in loan.instalments.filter(superseded_on=None))
    pay(loan, str(whole - 70), excess=Excess.PAID_AHEAD)

    with pytest.raises(PaymentAboveOwed) as refused:
        pay(loan, "70.00")

    assert refused.value.context["owed"] == "¥ 0.00"
    pay(loan, "70.00", excess=Excess.CREDITED)
    loan.refresh_from_db()
    assert (loan.status, overpaid(loan)) == (LoanStatus.SETTLED, whole - PAID_OFF)
    assert_books_agree(loan)


@pytest.mark.parametrize("rest", ["daily", "monthly"])
def test_a_loan_that_follows_the_balance_owes_what_its_quote_says(rest: str) -> None:
    followed = a_running_loan(rest=rest, recalculates=True)
    close_until(date(2026, 1, 24))
    owed = settlement_quote(followed, ON).total

    with pytest.raises(PaymentAboveOwed):
        pay(followed, str(owed + Decimal("0.01")))
    receipt = pay(followed, str(owed + 3), excess=Excess.CREDITED)

    followed.refresh_from_db()
    assert (receipt.overpaid, followed.status) == (3, LoanStatus.SETTLED)
    assert_books_agree(followed)


# The same payment twice -----------------------------------------------------------------------------------------------


def test_the_same_day_and_amount_is_asked_about_by_the_name_of_the_earlier_receipt(loan: Loan) -> None:
    first = pay(loan, "500.00")

    with pytest.raises(PaymentLooksRepeated) as refused:
        pay(loan, "500.00")

    assert (refused.value.code, refused.value.status) == ("payment_looks_repeated", 409)
    told = {name: str(refused.value.context[name]) for name in ("receipt", "amount", "on", "alike", "existing")}
    assert told == {
        "receipt": first.number,
        "amount": "¥ 500.00",
        "on": "2026-01-25",
        "alike": "the same day and amount",
        "existing": first.public_id,
    }
    assert pay(loan, "500.00", allow_repeat=True) != first
    assert Repayment.objects.count() == 2
    assert_books_agree(loan)


def test_the_same_reference_is_asked_about_on_any_day_and_amount(loan: Loan) -> None:
    pay(loan, "500.00", date(2026, 1, 20), payer_reference="TRX-1")

    with pytest.raises(PaymentLooksRepeated) as refused:
        pay(loan, "400.00", payer_reference="TRX-1")
    with pytest.raises(PaymentLooksRepeated):
        settle_early(loan_id=loan.pk, on=ON, channel="api", idempotency_key="s", payer_reference="TRX-1")

    assert str(refused.value.context["alike"]) == "the same payer's reference"
    assert pay(loan, "400.00", payer_reference="TRX-2").amount == 400
    assert pay(loan, "300.00").amount == 300  # no reference is not the same reference
    assert pay(loan, "200.00").amount == 200


def test_only_standing_receipts_of_the_same_loan_count(loan: Loan) -> None:
    other = a_running_loan()
    pay(other, "500.00", payer_reference="TRX-1")
    bounced = pay(loan, "500.00", payer_reference="TRX-1")
    reverse_repayment(repayment_id=bounced.pk, reason="bounced", reversed_on=ON)

    assert pay(loan, "500.00", payer_reference="TRX-1").stands


def test_the_same_key_returns_the_first_receipt_whatever_looks_like_it(loan: Loan) -> None:
    first = pay(loan, "500.00", key="a")
    second = pay(loan, "500.00", key="b", allow_repeat=True)

    assert pay(loan, "500.00", key="b") == second
    assert pay(loan, "500.00", key="a") == first


def test_a_repeat_of_what_settled_the_loan_is_told_as_a_repeat(loan: Loan) -> None:
    pay(loan, "12100.00", excess=Excess.CREDITED)

    with pytest.raises(PaymentLooksRepeated):
        pay(loan, "12100.00")
    with pytest.raises(PaymentAboveOwed):
        pay(loan, "12100.00", allow_repeat=True)


# What it costs --------------------------------------------------------------------------------------------------------


def test_asking_costs_no_statement(loan: Loan) -> None:
    """All is found by the look-up of the key and in the account that is loaded, however many receipts there are."""
    counts = []
    for amount, answers in (("10.00", {}), ("11.00", {}), ("12.00", NOT_ASKED), ("13.00", {})):
        with CaptureQueriesContext(connection) as captured:
            pay(loan, amount, key=amount, **answers)
        counts.append(len([query for query in captured if "SAVEPOINT" not in query["sql"]]))

    _first, *later = counts  # which reads the rules of the day
    assert set(later) == {AT_ONCE}  # asked or not
