"""A payment recorded with the wrong day moves to the right one, in one act."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from audit.models import Approval
from core.errors import DomainError
from core.models import Rule
from core.rules import forget_cached_rules
from loans.acts.asking import perform_or_ask, undo_or_ask
from loans.acts.performing import previewed
from loans.bookkeeping.correcting import move_receipt
from loans.models import Loan, LoanAct, LoanStatus, Repayment
from loans.proof import oracle
from loans.proof.verifying import compare
from loans.servicing.repayments import RepaymentConflict, reverse_repayment
from loans.servicing.settling import settle_early, settlement_quote
from messaging.models import Message
from staff.models import User
from tests.core.factories import rule_says
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import do, refund_overpayment, take_back, write_off
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.money_stories.test_servicing_stories import a_loan_on
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)
LATE = date(2026, 2, 25)
NEXT = date(2026, 2, 26)


def redate(loan: Loan, receipt: Repayment, to: date, on: date = NEXT, **more: Any) -> Any:
    return do("receipt_redated", loan_id=loan.pk, on=on, receipt=receipt.number, received_on=to, **more)


@pytest.fixture
def finance(staff_member: Callable[..., User]) -> User:
    return staff_member("finance")


def a_payment_on_the_wrong_day() -> tuple[Loan, Repayment]:
    """The first instalment, 1,100.15, paid on its due date and recorded as of ten days later: 3.40 of late interest."""
    loan = a_loan_on(LATE)
    receipt = pay(loan, "1100.15", LATE)
    close_until(LATE)
    return loan, receipt


def test_a_payment_moves_to_the_day_it_came_and_late_interest_falls_away() -> None:
    """3.40 of late interest was paid first; on the due date the payment pays the first instalment whole."""
    loan, receipt = a_payment_on_the_wrong_day()

    with the_journal() as journal:
        act = redate(loan, receipt, DUE)

    assert journal.text == told("""
        2026-02-26 repayment_reversal, counts from 2026-02-25, reverses repayment of 2026-02-25
          Cash at bank                                1100.15
          Loan principal receivable         916.75
          Interest receivable               180.00
          Late interest receivable            3.40
        2026-02-26 repayment, counts from 2026-02-15
          Cash at bank                     1100.15
          Loan principal receivable                    920.15
          Interest receivable                          180.00
        2026-02-26 accrual, counts from 2026-02-25
          Late interest receivable                       3.40
          Late interest income                3.40
    """)
    moved = Repayment.objects.get()
    assert (moved.number, moved.received_on, moved.first_received_on, moved.told_on) == (
        receipt.number,
        DUE,
        LATE,
        LATE,
    )
    assert (moved.amount, moved.channel, moved.late_interest) == (receipt.amount, receipt.channel, Decimal(0))
    assert next(row.received_on for row in moved.history.order_by("history_id")) == LATE
    assert act.figures["redated"] == "1100.15" and act.figures["receipt_moved"] == "10"
    assert act.figures["late_interest_freed"] == "3.40"
    assert position(loan).days_past_due == 0
    assert_books_agree(loan)


def test_it_is_where_it_would_be_had_the_day_been_right() -> None:
    right = a_running_loan()
    loan, receipt = a_payment_on_the_wrong_day()
    pay(right, "1100.15", DUE, key="right", recorded_on=NEXT)

    redate(loan, receipt, DUE)

    figures = ("principal_outstanding", "interest_accrued", "late_interest_accrued", "overdue_total", "next_due_on")
    assert [getattr(position(loan), name) for name in figures] == [getattr(position(right), name) for name in figures]


def test_undone_the_receipt_has_its_old_day_again() -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    before = position(loan)
    act = redate(loan, receipt, DUE)

    take_back(act, NEXT)

    moved = Repayment.objects.get()
    assert (moved.received_on, moved.first_received_on, moved.late_interest) == (LATE, None, Decimal("3.40"))
    after = position(loan)
    assert (after.principal_outstanding, after.late_interest_paid) == (
        before.principal_outstanding,
        before.late_interest_paid,
    )
    assert_books_agree(loan)


def test_moved_twice_the_newest_standing_act_says_the_day() -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    first = redate(loan, receipt, DUE)
    second = redate(loan, receipt, date(2026, 2, 20))

    take_back(first, NEXT)
    assert Repayment.objects.get().received_on == date(2026, 2, 20)
    take_back(second, NEXT)
    assert Repayment.objects.get().received_on == LATE
    assert_books_agree(loan)


def test_a_day_later_than_it_was_recorded() -> None:
    """Recorded on its due date, but the money came when three days of it were chargeable (five grace days)."""
    loan = a_loan_on(DUE)
    receipt = pay(loan, "1100.15", DUE)
    close_until(date(2026, 2, 25))

    redate(loan, receipt, date(2026, 2, 23))

    moved = Repayment.objects.get()
    assert (moved.received_on, moved.recorded_on) == (date(2026, 2, 23), DUE)
    assert moved.late_interest == Decimal("2.04")  # 920.15 × 27 % ÷ 365 × 3
    assert_books_agree(loan)


def test_the_payment_told_of_again_is_the_one_that_was_moved() -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    redate(loan, receipt, DUE)

    assert pay(loan, "1100.15", LATE, key=receipt.idempotency_key, recorded_on=NEXT).pk == receipt.pk
    with pytest.raises(RepaymentConflict):
        pay(loan, "1100.15", DUE, key=receipt.idempotency_key, recorded_on=NEXT)


def test_the_same_key_moves_it_once() -> None:
    loan, receipt = a_payment_on_the_wrong_day()

    assert redate(loan, receipt, DUE, idempotency_key="k") == redate(loan, receipt, DUE, idempotency_key="k")
    assert LoanAct.objects.count() == 1


def test_a_loan_settled_too_early_owes_again_for_the_days_between() -> None:
    """Settled with the quote of 25 February; the money came on 20 March: it lacks what the quote of that day is above it."""
    twin = a_running_loan()
    loan = a_loan_on(LATE)
    quote = settlement_quote(loan, LATE)
    settle_early(loan_id=loan.pk, amount=quote.total, on=LATE, channel="counter", idempotency_key="s", by=None)
    receipt = Repayment.objects.get()
    close_until(date(2026, 3, 20))

    redate(loan, receipt, date(2026, 3, 20), on=date(2026, 3, 21))

    loan.refresh_from_db()
    assert (loan.status, loan.settled_on) == (LoanStatus.ACTIVE, None)
    lacks = settlement_quote(twin, date(2026, 3, 20)).total - quote.total
    assert lacks > 0 and position(loan).principal_outstanding == lacks
    assert_books_agree(loan)


def test_money_refunded_before_it_came_was_owed_in_between() -> None:
    loan = a_loan_on(date(2026, 1, 25))
    receipt = pay(loan, "14000.00", date(2026, 1, 25))
    refund_overpayment(loan_id=loan.pk, amount=position(loan).overpaid, on=date(2026, 1, 25))
    close_until(date(2026, 2, 1))

    redate(loan, receipt, date(2026, 1, 30), on=date(2026, 2, 2))

    assert_books_agree(loan)


REFUSED = {
    "receipt_same_day": lambda loan, receipt: redate(loan, receipt, LATE),
    "received_in_future": lambda loan, receipt: redate(loan, receipt, NEXT + timedelta(1)),
    "received_before_disbursement": lambda loan, receipt: redate(loan, receipt, date(2026, 1, 14)),
    "receipt_unknown": lambda loan, _receipt: redate(loan, Repayment(number="RP-0"), DUE),
}


@pytest.mark.parametrize("code", REFUSED)
def test_refused_by_name(code: str) -> None:
    loan, receipt = a_payment_on_the_wrong_day()

    with pytest.raises(DomainError) as refusal:
        REFUSED[code](loan, receipt)
    assert refusal.value.code == code


def test_what_cannot_be_reversed_cannot_be_moved() -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    back = do("charge_back", loan_id=loan.pk, on=NEXT, amount=Decimal("10.00"), receipt=receipt.number)
    _not_movable(loan, receipt, "bank took money")
    take_back(back, NEXT)
    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=NEXT)
    _not_movable(loan, receipt, "was reversed")
    write_off(loan_id=loan.pk, on=NEXT, reason="lost")
    recovery = pay(loan, "50.00", NEXT, key="recovery")
    close_until(date(2026, 2, 28))
    redate(loan, recovery, date(2026, 2, 28), on=date(2026, 3, 1))
    assert Repayment.objects.get(pk=recovery.pk).received_on == date(2026, 2, 28)
    assert_books_agree(loan)


def test_money_from_before_a_write_off_stays_where_it_is() -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    write_off(loan_id=loan.pk, on=NEXT, reason="lost")

    _not_movable(loan, receipt, "written off")


def _not_movable(loan: Loan, receipt: Repayment, why: str) -> None:
    with pytest.raises(DomainError, match=why) as refusal:
        redate(loan, receipt, DUE)
    assert refusal.value.code == "receipt_not_movable"


def test_the_database_knows_no_day_after_the_recording_without_a_first_one() -> None:
    _loan, receipt = a_payment_on_the_wrong_day()

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE loans_repayment SET received_on = received_on + 1 WHERE id = %s", [receipt.pk])
    move_receipt(receipt, NEXT)


def asked(loan: Loan, receipt: Repayment, to: date, by: User, on: date = NEXT) -> LoanAct | Approval:
    """Of a direct debit: of one by word two are asked sooner (``servicing/test_said_by_word.py``), and of one that a second
    person vouched for always (``test_two_stand_behind.py``)."""
    Repayment.objects.filter(loan=loan).update(channel="direct_debit")
    told_of = wish(loan, "receipt_redated", on, receipt=receipt.number, received_on=to, key=f"{receipt.number}:{to}")
    done = perform_or_ask(replace(told_of, by=by))
    assert isinstance(done, LoanAct | Approval)
    return done


def test_a_small_receipt_moved_a_little_takes_one_person_and_so_does_undoing_it(finance: User) -> None:
    loan, receipt = a_payment_on_the_wrong_day()

    act = asked(loan, receipt, DUE, finance)

    assert isinstance(act, LoanAct)
    assert isinstance(undo_or_ask(act_id=act.pk, reason="it was right", on=NEXT, by=finance), LoanAct)


def test_a_large_sum_takes_two_and_small_ones_count_together(finance: User) -> None:
    loan = a_loan_on(LATE)
    large, first, second = (pay(loan, amount, LATE, key=amount) for amount in ("5000.01", "2600.00", "2400.01"))

    assert isinstance(asked(loan, large, date(2026, 2, 24), finance, LATE), Approval)
    assert isinstance(asked(loan, first, date(2026, 2, 24), finance, LATE), LoanAct)
    Approval.objects.update(status="cancelled")
    assert isinstance(asked(loan, second, date(2026, 2, 24), finance, LATE), Approval)


def test_a_day_moved_far_takes_two(finance: User) -> None:
    """92 days are what one person may move a due date by; 93 take two."""
    loan = a_loan_on(date(2026, 4, 19))
    receipt = pay(loan, "100.00", date(2026, 4, 19))

    assert isinstance(asked(loan, receipt, date(2026, 1, 16), finance, date(2026, 4, 19)), Approval)
    Approval.objects.update(status="cancelled")
    assert isinstance(asked(loan, receipt, date(2026, 1, 17), finance, date(2026, 4, 19)), LoanAct)


@pytest.mark.parametrize(("most", "takes"), [("3.39", Approval), ("3.40", LoanAct)])
def test_late_interest_given_up_by_it_is_bounded_as_a_waiver_is(
    finance: User, most: str, takes: type[LoanAct | Approval]
) -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    limits = Rule.objects.get(code="act_authority")
    rule_says(limits.code, {**limits.data, "waiver": {"waived": most}})
    forget_cached_rules()

    assert isinstance(asked(loan, receipt, DUE, finance), takes)


def test_the_preview_shows_figures_and_stores_nothing() -> None:
    loan, receipt = a_payment_on_the_wrong_day()

    found = previewed(wish(loan, "receipt_redated", NEXT, receipt=receipt.number, received_on=DUE), loan)

    assert "principal_outstanding" in {moved.name for moved in found.figures}
    assert [entry.event for entry, _lines in found.entries] == ["repayment_reversal", "repayment", "accrual"]
    assert Repayment.objects.get().received_on == LATE
    assert not LoanAct.objects.exists()


def test_the_oracle_follows_a_moved_payment() -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    redate(loan, receipt, DUE)
    loan.refresh_from_db()

    assert oracle.not_followed(loan) == ""
    assert compare(Loan.objects.get(pk=loan.pk)) == []


def test_the_borrower_is_told_that_the_loan_changed() -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    redate(loan, receipt, DUE)

    assert Message.objects.filter(dedupe_key__startswith="loan_changed:").count() == 1


def test_the_receipt_links_to_the_form_which_knows_its_number(
    client: Client, staff_member: Callable[..., User]
) -> None:
    loan, receipt = a_payment_on_the_wrong_day()
    client.force_login(staff_member("finance"))

    page = client.get(reverse("loans:receipt", args=[receipt.number])).content.decode()
    form = client.get(reverse("loans:loan_act", args=[loan.number, "receipt_redated"]), {"receipt": receipt.number})

    assert f"receipt_redated/?receipt={receipt.number}" in page or f"receipt_redated?receipt={receipt.number}" in page
    assert f'value="{receipt.number}"' in form.content.decode()
    redate(loan, receipt, DUE)
    assert (
        "It was recorded as received on" in client.get(reverse("loans:receipt", args=[receipt.number])).content.decode()
    )
