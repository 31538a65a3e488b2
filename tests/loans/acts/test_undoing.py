"""Waivers, extensions and refunds taken back: the loan stands as if they had never been, or the call says why not."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEvent
from core import business_date
from core.money import ZERO
from ledger.posting import PeriodClosed
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.undoing import ActNotUndoable, AlreadyUndone, UndoReasonMissing
from loans.bookkeeping.signals import loan_position_changed
from loans.models import Instalment, Loan, LoanAct
from loans.night.closing import accrue_and_age
from loans.servicing.repayments import reverse_repayment
from messaging.models import Message
from operations.books import close_books
from tests.examples import lives
from tests.loans.account.test_engine_laws import stored
from tests.loans.acts.test_acts import wish
from tests.loans.books import DISBURSED, a_running_loan
from tests.loans.doing import extend, refund_overpayment, waive, write_off
from tests.loans.doing import take_back as undone
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
LATE = date(2026, 3, 10)  # the last day closed; the business date is the next
TODAY = date(2026, 3, 11)


def reckon(loan: Loan, day: date) -> None:
    """Close the days up to ``day`` in one night and open the next."""
    accrue_and_age(loan.pk, loan.pk, day)
    business_date.move_to(day + timedelta(days=1))


def a_late_loan(**changes: Any) -> Loan:
    loan = a_running_loan(**changes)
    reckon(loan, LATE)
    return loan


def a_waiver(loan: Loan, on: date = TODAY) -> LoanAct:
    owed = position(loan).late_interest_receivable
    return waive(loan_id=loan.pk, component="late_interest", amount=owed, on=on, reason="notice late")


def an_extension(loan: Loan, on: date = TODAY, days: int = 30) -> LoanAct:
    return extend(loan_id=loan.pk, days=days, on=on, reason="illness", approved=True)


def a_refund(loan: Loan, amount: str = "", on: date = TODAY) -> LoanAct:
    overpaid = Decimal(amount) if amount else position(loan).overpaid
    return refund_overpayment(loan_id=loan.pk, amount=overpaid, on=on, idempotency_key=f"refund:{loan.pk}:{amount}")


def take_back(row: LoanAct, reason: str = "by mistake", on: date = TODAY, by: Any = None) -> LoanAct:
    return undone(row, on, reason, by)


def an_overpaid_loan() -> Loan:
    loan = a_late_loan()
    pay(loan, "20000.00", TODAY)
    return loan


GRANTS: list[tuple[Callable[[], Loan], Callable[[Loan], Any]]] = [
    (a_late_loan, a_waiver),
    (a_late_loan, an_extension),
    (an_overpaid_loan, a_refund),
]
each_grant = pytest.mark.parametrize(("begin", "grant"), GRANTS, ids=["waiver", "extension", "refund"])


@each_grant
def test_taken_back_the_same_day_the_loan_is_as_before(begin: Callable[[], Loan], grant: Callable[[Loan], Any]) -> None:
    loan = begin()
    accrue_and_age(loan.pk, loan.pk, TODAY)
    before = stored(loan)
    row = grant(loan)
    assert stored(loan) != before

    reversed_ = take_back(row)

    assert (reversed_.status, reversed_.undone_on, reversed_.undo_reason) == ("undone", TODAY, "by mistake")
    assert stored(loan) == before
    assert_books_agree(loan)


@each_grant
def test_who_and_why_are_told_and_the_news_travels(
    begin: Callable[[], Loan],
    grant: Callable[[Loan], Any],
    staff_member: Callable[..., Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    loan, finance = begin(), staff_member("finance")
    row, heard = grant(loan), []

    def hear(sender: Any, **news: Any) -> None:
        heard.append((news["loan_id"], news["on"]))

    loan_position_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            take_back(row, reason="granted to the wrong person", by=finance)
    finally:
        loan_position_changed.disconnect(hear)

    last = row.history.order_by("-history_id").first()
    assert (last.history_user, last.history_change_reason) == (finance, "granted to the wrong person")
    event = AuditEvent.objects.filter(object_type=f"loans.{row._meta.model_name}").order_by("-id").first()
    assert event is not None and event.after["status"] == "undone" and event.actor == finance
    assert heard == [(loan.pk, TODAY)]


@each_grant
def test_the_same_again_changes_nothing_and_another_reason_is_refused(
    begin: Callable[[], Loan], grant: Callable[[Loan], Any]
) -> None:
    loan = begin()
    row = grant(loan)
    take_back(row)
    after = stored(loan)

    assert take_back(row, on=TODAY + timedelta(days=1)).undone_on == TODAY
    with pytest.raises(AlreadyUndone):
        take_back(row, reason="a second thought")
    assert stored(loan) == after


@each_grant
def test_without_a_reason_nothing_is_taken_back(begin: Callable[[], Loan], grant: Callable[[Loan], Any]) -> None:
    row = grant(begin())

    with pytest.raises(UndoReasonMissing):
        take_back(row, reason=" ")
    row.refresh_from_db()
    assert not row.is_undone


@each_grant
def test_postgresql_lets_what_is_undone_never_stand_again(
    begin: Callable[[], Loan], grant: Callable[[Loan], Any]
) -> None:
    row = grant(begin())
    take_back(row)
    table = row._meta.db_table

    for change in ("status = 'standing', undone_on = NULL, undo_reason = ''", "undo_reason = 'else'"):
        with pytest.raises(IntegrityError, match="only once"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {change} WHERE id = %s", [row.pk])


def test_postgresql_lets_nothing_of_an_act_change_but_its_undoing() -> None:
    waiver = a_waiver(a_late_loan())
    known = LoanAct.objects.filter(pk=waiver.pk)

    with pytest.raises(IntegrityError, match="only ever undone"), transaction.atomic():
        known.update(parameters={"component": "fee", "amount": "0.01"})
    with pytest.raises(IntegrityError, match="loans_loanact_undone"), transaction.atomic():
        known.update(status="undone")
    with pytest.raises(IntegrityError, match="only ever undone"), transaction.atomic():
        known.delete()


# --- what stands in the way -----------------------------------------------------------------------------------------


def test_a_waiver_on_which_a_refund_rests_is_undone_and_what_was_given_back_is_owed() -> None:
    """What was waived made room: the payment left more over, and that was given back."""
    loan = a_late_loan()
    waiver = a_waiver(loan)
    pay(loan, "20000.00", TODAY)
    refund = a_refund(loan)

    take_back(waiver)

    refund.refresh_from_db()
    assert refund.figures["owed_again"] == waiver.figures["waived"]
    (claim,) = Instalment.objects.filter(loan=loan, superseded_on=None, settled_on=None)
    assert (claim.due_on, claim.principal) == (TODAY, Decimal(waiver.figures["waived"]))
    assert position(loan).overpaid == ZERO
    assert_books_agree(loan)

    take_back(refund)
    assert position(loan).overpaid == Decimal(refund.figures["refunded"]) - claim.principal
    assert_books_agree(loan)


def test_an_extension_on_which_an_act_rests_stays() -> None:
    """The instalment was moved on from its new date: without the extension none is due on it."""
    loan = a_late_loan()
    extension = an_extension(loan)
    moved_to = date(2026, 3, 17)
    values = {"from_due_on": moved_to, "new_due_on": date(2026, 3, 25)}
    perform(wish(loan, "rescheduled", TODAY, **values), approved=True)

    with pytest.raises(ActNotUndoable, match="2026-03-17"):
        take_back(extension)
    extension.refresh_from_db()
    assert not extension.is_undone
    assert_books_agree(loan)


def test_of_a_written_off_loan_only_a_refund_can_be_taken_back() -> None:
    loan = a_late_loan()
    waiver, extension = a_waiver(loan), an_extension(loan)
    write_off(loan_id=loan.pk, on=TODAY, reason="no prospect")
    pay(loan, "20000.00", TODAY)
    refund = a_refund(loan)

    with pytest.raises(ActNotUndoable, match="written off"):
        take_back(waiver)
    with pytest.raises(ActNotUndoable, match="written off"):
        take_back(extension)
    take_back(refund)

    assert position(loan).overpaid == Decimal(refund.figures["refunded"])
    assert_books_agree(loan)


@each_grant
def test_nothing_is_posted_into_closed_books(begin: Callable[[], Loan], grant: Callable[[Loan], Any]) -> None:
    loan = begin()
    row = grant(loan)
    later = TODAY + timedelta(days=5)  # by then another sum is earned with it than without
    reckon(loan, later)
    close_books(through=later, on=later + timedelta(days=1))

    with pytest.raises(PeriodClosed), transaction.atomic():
        take_back(row, on=later)
    take_back(row, on=later + timedelta(days=1))
    assert_books_agree(loan)


# --- consequences ---------------------------------------------------------------------------------------------------


def test_a_waiver_that_settled_the_loan_opens_it_again_up_to_the_last_day_closed() -> None:
    order = ["principal", "interest", "fee", "late_interest"]
    loan = a_late_loan(method="bullet", instalment_count=1, allocation_order=order)
    pay(loan, str(position(loan).overdue_principal + position(loan).overdue_interest), TODAY)
    waiver = a_waiver(loan)
    assert Loan.objects.get().status == "settled"
    owed = Decimal(waiver.figures["waived"])

    reckon(loan, date(2026, 3, 20))
    take_back(waiver, on=date(2026, 3, 21))

    loan.refresh_from_db()
    assert (loan.status, loan.settled_on) == ("active", None)
    assert (position(loan).as_of, position(loan).late_interest_receivable) == (date(2026, 3, 20), owed)
    assert_books_agree(loan)


def test_an_extension_taken_back_makes_the_old_dates_due_and_tells_the_borrower() -> None:
    loan = a_running_loan()
    reckon(loan, date(2026, 2, 9))
    extension = an_extension(loan, on=date(2026, 2, 10))
    reckon(loan, date(2026, 2, 20))
    assert position(loan).days_past_due == 0

    take_back(extension, on=date(2026, 2, 21))

    assert (position(loan).days_past_due, position(loan).oldest_due_on) == (5, date(2026, 2, 15))
    assert Message.objects.filter(template_code="loan_changed", reference=loan.number).count() == 1
    assert_books_agree(loan)


def test_an_extension_taken_back_no_longer_counts_against_the_authority_of_one_person() -> None:
    loan = a_late_loan()
    first, second = an_extension(loan, days=25), an_extension(loan, days=25)
    with pytest.raises(BeyondAuthority), transaction.atomic():
        extend(loan_id=loan.pk, days=25, on=TODAY, reason="illness")

    take_back(second)
    take_back(first)

    assert extend(loan_id=loan.pk, days=25, on=TODAY, reason="illness").status == "standing"


def test_a_payment_bounces_after_it_was_refunded_and_then_the_refund_comes_back() -> None:
    loan = a_late_loan()
    before = position(loan)
    receipt = pay(loan, "20000.00", TODAY)
    refund = a_refund(loan)

    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=TODAY)
    lent = position(loan).principal_outstanding
    take_back(refund)

    assert lent == before.principal_outstanding + Decimal(refund.figures["refunded"])
    assert (position(loan).principal_outstanding, position(loan).overpaid) == (before.principal_outstanding, ZERO)
    assert_books_agree(loan)


def test_a_refund_spent_again_by_a_later_one_is_not_taken_back_twice() -> None:
    loan = an_overpaid_loan()
    first = a_refund(loan, "100.00")
    take_back(first)
    second = a_refund(loan)
    assert (position(loan).overpaid, Decimal(second.figures["refunded"]) > 100) == (ZERO, True)  # the hundred too

    with pytest.raises(AlreadyUndone):
        take_back(first, reason="again")
    assert position(loan).overpaid == ZERO
    assert_books_agree(loan)


# --- never having been ----------------------------------------------------------------------------------------------

LAST_DAY = 120
END = DISBURSED + timedelta(days=LAST_DAY)
payments = st.lists(
    st.tuples(st.integers(1, LAST_DAY), st.integers(1, 400_000)), max_size=4, unique_by=lambda pair: pair[0]
)
kinds = st.sampled_from(["waiver", "extension", "refund"])
servicing = st.sampled_from([{}, {"recalculates": True}, {"recalculates": True, "prepayment": "reduce_number"}])


def tell(loan: Loan, day: int, cents: int) -> None:
    on = DISBURSED + timedelta(days=day)
    pay(loan, str(Decimal(cents).scaleb(-2)), on, key=f"{loan.pk}:{day}", recorded_on=END)


def granted(loan: Loan, kind: str, days: int) -> Any:
    """The grant, where the loan allows it on its day."""
    standing = position(loan)
    if Loan.objects.get(pk=loan.pk).status != "active" and kind != "refund":
        return None
    if kind == "refund":
        return a_refund(loan, on=END) if standing.overpaid else None
    if kind == "waiver":
        return a_waiver(loan, on=END) if standing.late_interest_receivable else None
    cures = 90 + days  # the first instalment fell due 89 days before
    return an_extension(loan, on=END, days=cures) if standing.next_due_on or standing.oldest_due_on else None


@lives(16)
@given(told=payments, kind=kinds, days=st.integers(1, 90), later=payments, terms=servicing)
def test_history_with_something_taken_back_is_history_in_which_it_never_was(
    told: list[tuple[int, int]], kind: str, days: int, later: list[tuple[int, int]], terms: dict[str, Any]
) -> None:
    """Payments, a grant, payments told of late, and the grant taken back: as if only the payments had been."""
    plain, disturbed = (a_running_loan(instalment_count=4, **terms) for _ in range(2))
    for loan in (plain, disturbed):
        accrue_and_age(loan.pk, loan.pk, END - timedelta(days=1))
        for day, cents in told:
            tell(loan, day, cents)
    row = granted(disturbed, kind, days)
    days_told = {day for day, _cents in told}
    for loan in (plain, disturbed):
        for day, cents in later:
            if day not in days_told:
                tell(loan, day, cents)
    if row is not None:
        take_back(row, on=END)
    for loan in (plain, disturbed):
        accrue_and_age(loan.pk, loan.pk, END)

    assert stored(disturbed) == stored(plain)
    rows = Instalment.objects.filter(loan=disturbed, superseded_on=None)
    assert rows.count() == Instalment.objects.filter(loan=plain, superseded_on=None).count()
    assert_books_agree(disturbed)
