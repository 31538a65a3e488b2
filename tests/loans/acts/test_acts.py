"""Acts on a running loan: done, repeated, back-dated, previewed and undone, with books that agree after each."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.models import JournalEntry
from loans.acts.performing import ActConflict, CountsFromFuture, perform
from loans.acts.previewing import preview
from loans.acts.undoing import undo
from loans.bookkeeping.lifecycle import LoanNotInState
from loans.events.act_kinds import ActUnknown, Wish
from loans.events.act_parameters import ParameterUnknown
from loans.models import ActStatus, Instalment, Loan, LoanAct
from messaging.models import Message
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 10)


def wish(loan: Loan, kind: str, on: date, **values: Any) -> Wish:
    recorded_on = values.pop("recorded_on", on)
    key = values.pop("key", f"{loan.pk}:{kind}:{on}:{values}")
    return Wish(
        loan_id=loan.pk,
        kind=kind,
        values=values,
        effective_on=on,
        recorded_on=recorded_on,
        reason="asked for by letter",
        idempotency_key=key,
    )


def fees(loan: Loan) -> list[Decimal]:
    rows = Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number")
    return [row.fee for row in rows]


def test_a_fee_falls_due_with_the_next_instalment_and_is_told() -> None:
    loan = a_running_loan()

    act = perform(wish(loan, "fee_added", ON, amount=Decimal("25.00")))

    assert fees(loan)[:2] == [Decimal("25.00"), Decimal("0.00")]
    assert act.parameters == {"amount": "25.00"} and act.reason == "asked for by letter"
    assert Message.objects.filter(template_code="loan_changed", reference=loan.number).count() == 1
    assert_books_agree(loan)


def test_the_same_key_does_it_once_and_another_wish_with_it_is_refused() -> None:
    loan = a_running_loan()
    first = perform(wish(loan, "fee_added", ON, amount=Decimal("25.00"), key="k"))

    assert perform(wish(loan, "fee_added", ON, amount=Decimal("25.00"), key="k")).pk == first.pk
    with pytest.raises(ActConflict):
        perform(wish(loan, "fee_added", ON, amount=Decimal("26.00"), key="k"))
    assert sum(fees(loan)) == Decimal("25.00")


def test_an_act_from_the_past_changes_how_later_money_was_divided() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 20))
    repayment = pay(loan, "1100.15", date(2026, 2, 15), recorded_on=date(2026, 2, 21))
    assert repayment.fee == 0

    perform(wish(loan, "fee_added", date(2026, 2, 1), amount=Decimal("30.00"), recorded_on=date(2026, 2, 22)))

    repayment.refresh_from_db()
    assert repayment.fee == Decimal("30.00")
    assert_books_agree(loan)


def test_undoing_restores_the_schedule_and_the_books() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 20))
    before = position(loan)
    act = perform(wish(loan, "fee_added", date(2026, 2, 1), amount=Decimal("30.00"), recorded_on=date(2026, 2, 21)))
    assert position(loan).fee_receivable == Decimal("30.00")

    undone = undo(act_id=act.pk, reason="added twice", on=date(2026, 2, 21))

    assert undone.status == ActStatus.UNDONE and undone.undo_reason == "added twice"
    assert sum(fees(loan)) == 0 and position(loan).fee_receivable == before.fee_receivable
    assert_books_agree(loan)


def test_a_preview_shows_schedule_and_journal_and_leaves_nothing() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 20))
    entries = JournalEntry.objects.count()
    asked = wish(loan, "fee_added", date(2026, 2, 1), amount=Decimal("30.00"), recorded_on=date(2026, 2, 21))

    shown = preview(loan, lambda: perform(asked))

    assert [pair.after.fee for pair in shown.rows if pair.changed and pair.after] == [Decimal("30.00")]
    moved = {figure.name: figure.after - figure.before for figure in shown.figures}
    assert moved == {"fee_receivable": Decimal("30.00"), "overdue_total": Decimal("30.00")}
    assert [line.debit for _entry, lines in shown.entries for line in lines if line.debit] == [Decimal("30.00")]
    assert JournalEntry.objects.count() == entries and not LoanAct.objects.exists() and not Message.objects.exists()
    assert sum(fees(loan)) == 0


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (CountsFromFuture, {"recorded_on": date(2026, 2, 1)}),
        (ParameterUnknown, {"colour": "red"}),
    ],
)
def test_what_cannot_be_is_refused_by_name(refusal: type[Exception], changes: dict[str, Any]) -> None:
    loan = a_running_loan()

    with pytest.raises(refusal):
        perform(wish(loan, "fee_added", ON, amount=Decimal("25.00"), **changes))
    assert not LoanAct.objects.exists()


def test_an_unknown_act_and_a_settled_loan_are_refused() -> None:
    loan = a_running_loan()
    with pytest.raises(ActUnknown):
        perform(wish(loan, "no_such_act", ON))
    pay(loan, "20000.00", ON)

    with pytest.raises(LoanNotInState):
        perform(wish(loan, "fee_added", ON, amount=Decimal("25.00")))
