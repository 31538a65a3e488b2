"""A further part of an approved amount: ordered from the bank, and owed from the day the bank has paid it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core import business_date
from core.errors import DomainError
from loans.acts import drawing
from loans.acts.asking import perform_or_ask
from loans.acts.performing import ActConflict, perform
from loans.acts.undoing import ActNotUndoable, undo
from loans.banking.simulator import REFUSED
from loans.bookkeeping.lifecycle import LoanNotInState
from loans.disbursement import disbursing
from loans.disbursement.disbursing import CancellationReasonMissing
from loans.events.of_acts import drawn
from loans.models import Disbursement, Loan, LoanAct, SimulatedPayment
from tests.loans.acts.test_acts import wish
from tests.loans.disbursement.test_first_drawdown import FIRST, FIRST_DUE, a_line_drawn_once
from tests.loans.servicing.test_repayments import assert_books_agree, position

pytestmark = pytest.mark.django_db
PART = Decimal("7000.00")


def ordered(loan: Loan, amount: Decimal = PART, **changes: object) -> Disbursement:
    done = perform_or_ask(wish(loan, "drawn_down", FIRST_DUE, amount=amount, **changes))
    assert isinstance(done, Disbursement)
    return done


def test_nothing_is_owed_before_the_bank_has_paid() -> None:
    loan = a_line_drawn_once()

    order = ordered(loan)

    assert (order.status, order.amount, order.is_drawdown) == ("queued", PART, True)
    assert order.number == loan.number.replace("LN-", "DB-") + ".2"
    assert position(loan).principal_outstanding == FIRST
    assert not LoanAct.objects.exists()

    disbursing.send(disbursement_id=order.pk, on=FIRST_DUE)

    act = LoanAct.objects.get()
    assert (act.kind, act.effective_on, act.reason) == ("drawn_down", FIRST_DUE, order.number)
    assert position(loan).principal_outstanding == FIRST + PART
    assert drawn(loan) == FIRST + PART
    assert SimulatedPayment.objects.get(reference=f"{order.number}-1").amount == PART
    assert_books_agree(loan)


def test_news_of_the_bank_that_comes_twice_is_one_part() -> None:
    loan = a_line_drawn_once()
    order = ordered(loan)

    for _again in range(2):
        disbursing.send(disbursement_id=order.pk, on=FIRST_DUE)
        disbursing.confirm(disbursement_id=order.pk, outcome="paid", on=FIRST_DUE)

    assert LoanAct.objects.count() == 1
    assert position(loan).principal_outstanding == FIRST + PART


def test_what_the_bank_has_paid_is_not_undone() -> None:
    loan = a_line_drawn_once()
    disbursing.send(disbursement_id=ordered(loan).pk, on=FIRST_DUE)

    with pytest.raises(ActNotUndoable, match="final"):
        undo(act_id=LoanAct.objects.get().pk, reason="a mistake", on=FIRST_DUE)

    assert position(loan).principal_outstanding == FIRST + PART


def test_what_the_act_would_refuse_is_not_ordered() -> None:
    loan = a_line_drawn_once()

    with pytest.raises(DomainError, match=r"7,000\.00 of the approved ¥ 12,000\.00") as refusal:
        ordered(loan, PART + Decimal("0.01"))

    assert refusal.value.code == "beyond_approved"
    assert not Disbursement.objects.filter(is_drawdown=True).exists()


def test_the_day_is_the_banks() -> None:
    loan = a_line_drawn_once()
    asked = wish(loan, "drawn_down", FIRST_DUE - timedelta(days=1), recorded_on=FIRST_DUE, amount=PART)

    with pytest.raises(drawing.DrawdownNotOfToday, match=FIRST_DUE.isoformat()):
        perform_or_ask(asked)


def test_a_form_sent_twice_is_one_order_and_its_key_is_for_one_sum() -> None:
    loan = a_line_drawn_once()
    asked = wish(loan, "drawn_down", FIRST_DUE, amount=PART)

    assert perform_or_ask(asked) == perform_or_ask(asked)
    other = wish(loan, "drawn_down", FIRST_DUE, amount=Decimal("1.00"), key=asked.idempotency_key)
    with pytest.raises(ActConflict):
        perform_or_ask(other)


def test_one_part_at_a_time() -> None:
    loan = a_line_drawn_once()
    first = ordered(loan, Decimal("1000.00"))

    with pytest.raises(drawing.DrawdownUnderWay, match=first.number):
        ordered(loan, Decimal("2000.00"))
    with pytest.raises(IntegrityError, match="one_drawdown_under_way"), transaction.atomic():
        Disbursement.objects.create(number="DB-X", loan=loan, is_drawdown=True, amount=1, requested_on=FIRST_DUE)

    disbursing.send(disbursement_id=first.pk, on=FIRST_DUE)
    assert ordered(loan, Decimal("2000.00")).number.endswith(".3")


def test_postgresql_refuses_more_than_was_approved() -> None:
    loan = a_line_drawn_once()

    with pytest.raises(IntegrityError, match=r"12000\.00 was approved"), transaction.atomic():
        Disbursement.objects.create(
            number="DB-X", loan=loan, is_drawdown=True, amount=PART + Decimal("0.01"), requested_on=FIRST_DUE
        )


def test_the_bank_refuses_and_the_part_is_given_up() -> None:
    loan = a_line_drawn_once()
    account = loan.borrower.bank_accounts.get()
    account.account_number = account.account_number[:-4] + REFUSED
    account.save()
    order = ordered(loan)

    assert disbursing.send(disbursement_id=order.pk, on=FIRST_DUE).status == "failed"
    with pytest.raises(CancellationReasonMissing):
        disbursing.cancel(disbursement_id=order.pk, on=FIRST_DUE, reason=" ")
    cancelled = disbursing.cancel(disbursement_id=order.pk, on=FIRST_DUE, reason="the account is closed")

    assert cancelled.status == "cancelled"
    assert cancelled.history.latest().history_change_reason == "the account is closed"
    loan.refresh_from_db()
    assert (loan.status, position(loan).principal_outstanding) == ("active", FIRST)
    assert ordered(loan, key="once more").number.endswith(".3")


def test_a_part_is_not_sent_for_a_loan_that_has_ended() -> None:
    loan = a_line_drawn_once()
    order = ordered(loan)
    perform(wish(loan, "settled_for_less", FIRST_DUE, at_most=Decimal("99999.00")), approved=True)
    business_date.move_to(FIRST_DUE)

    with pytest.raises(LoanNotInState):
        disbursing.send(disbursement_id=order.pk, on=FIRST_DUE)

    assert not SimulatedPayment.objects.filter(reference__startswith=order.number).exists()
