"""The nightly review: cases open, move, wake and close by themselves, and a repeat does nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import AuditEvent
from core.rules import rule
from debt_collections import cases
from debt_collections.models import Case, CaseEvent
from debt_collections.strategy import PriorityRule, priority
from loans.models import LoanPosition
from tests.borrowers.factories import BorrowerFactory
from tests.debt_collections.factories import FIRST_DUE, LATE, CaseFactory, LateLoanFactory, PromiseFactory, pay, review
from tests.loans.books import close_until
from tests.loans.doing import write_off

pytestmark = pytest.mark.django_db

NOTHING = {"cases_opened": 0, "cases_moved": 0, "write_offs_told": 0, "holds_ended": 0, "cases_closed": 0}


def test_a_late_loan_opens_a_case_with_the_figures_of_its_position() -> None:
    loan = LateLoanFactory()

    counts = review()

    assert counts == {**NOTHING, "cases_opened": 1}
    case = Case.objects.get(borrower=loan.borrower)
    position = LoanPosition.objects.get(loan=loan)
    assert (case.stage, case.status, case.opened_on) == ("M1", "open", LATE)
    assert case.overdue_amount == position.overdue_total > 0
    assert case.days_past_due == position.days_past_due == 9
    assert case.public_id.startswith("case_")
    assert len(case.public_id) == len("case_") + 26


def test_no_case_opens_within_the_grace_days_and_one_opens_on_the_day_after() -> None:
    LateLoanFactory(late_on=FIRST_DUE)
    assert review(FIRST_DUE) == NOTHING

    close_until(FIRST_DUE + timedelta(days=5))
    assert review(FIRST_DUE + timedelta(days=5)) == NOTHING

    close_until(FIRST_DUE + timedelta(days=6))
    assert review(FIRST_DUE + timedelta(days=6))["cases_opened"] == 1


def test_a_second_review_of_the_day_changes_nothing() -> None:
    LateLoanFactory()
    review()
    before = list(Case.objects.values())

    assert review() == NOTHING
    assert list(Case.objects.values()) == before
    assert CaseEvent.objects.count() == 1


def test_two_late_loans_of_one_person_make_one_case() -> None:
    lin = BorrowerFactory()
    first, second = LateLoanFactory(borrower=lin), LateLoanFactory(borrower=lin, principal=Decimal("3000.00"))

    assert review()["cases_opened"] == 1
    owed = sum(LoanPosition.objects.get(loan=loan).overdue_total for loan in (first, second))
    assert Case.objects.get(borrower=lin).overdue_amount == owed


def test_only_borrowers_of_the_range_are_reviewed() -> None:
    inside, outside = LateLoanFactory(), LateLoanFactory()

    counts = cases.review_borrowers(inside.borrower_id, outside.borrower_id, LATE)

    assert counts["cases_opened"] == 1
    assert Case.objects.get().borrower_id == inside.borrower_id


def test_a_deeper_bucket_moves_the_stage_and_tells_it_once() -> None:
    case = CaseFactory()
    later = FIRST_DUE + timedelta(days=31)
    close_until(later)

    assert review(later)["cases_moved"] == 1
    assert review(later) == NOTHING
    case.refresh_from_db()
    assert case.stage == "M2"
    moved = CaseEvent.objects.get(case=case, kind="moved")
    assert (moved.before, moved.after, moved.on) == ("M1", "M2", later)


def test_figures_follow_the_position_without_a_move_being_told() -> None:
    case = CaseFactory()
    close_until(LATE + timedelta(days=1))

    assert review(LATE + timedelta(days=1)) == NOTHING
    case.refresh_from_db()
    assert case.days_past_due == 10


def test_a_case_closes_when_nothing_is_overdue_and_a_new_delay_opens_another() -> None:
    case = CaseFactory()
    loan = case.borrower.loans.get()
    pay(loan, f"{case.overdue_amount}", LATE)

    assert review()["cases_closed"] == 1
    assert review() == NOTHING
    case.refresh_from_db()
    assert (case.status, case.closed_on, case.close_reason) == ("closed", LATE, "cleared")
    assert case.overdue_amount == 0

    again = FIRST_DUE + timedelta(days=45)
    close_until(again)
    assert review(again)["cases_opened"] == 1
    assert Case.objects.filter(borrower=case.borrower).count() == 2


def test_closing_releases_a_promise_that_is_no_longer_needed(staff_member) -> None:
    case = CaseFactory()
    loan = case.borrower.loans.get()
    wang = staff_member("collector")
    promise = PromiseFactory(case=case, amount=Decimal("9000.00"), by=wang)
    pay(loan, f"{case.overdue_amount}", LATE)

    review()

    promise.refresh_from_db()
    assert (promise.status, promise.judged_on) == ("cancelled", LATE)


def test_a_hold_ends_by_itself_on_the_day_after_its_last(staff_member) -> None:
    case = CaseFactory()
    until = LATE + timedelta(days=2)
    cases.hold(case_id=case.pk, reason="illness", until=until, on=LATE, by=staff_member("collector"))

    assert review(until)["holds_ended"] == 0
    assert review(until + timedelta(days=1))["holds_ended"] == 1
    case.refresh_from_db()
    assert (case.status, case.hold_reason, case.hold_until) == ("open", "", None)


def test_a_written_off_loan_keeps_its_case_until_it_is_recovered() -> None:
    case = CaseFactory()
    loan = case.borrower.loans.get()
    write_off(loan_id=loan.pk, on=LATE, reason="lost")
    owed = LoanPosition.objects.get(loan=loan).written_off_amount

    review()

    case.refresh_from_db()
    assert (case.stage, case.overdue_amount, case.closed_on) == ("recovery", owed, None)
    pay(loan, f"{owed}", LATE)
    assert review()["cases_closed"] == 1


def test_sql_and_the_pure_room_give_the_same_priority() -> None:
    rules = PriorityRule.from_data(rule("collections_priority", LATE))
    for principal in ("500.00", "12000.00", "90000.00"):
        LateLoanFactory(principal=Decimal(principal))
    review()

    for case in Case.objects.all():
        assert case.priority == priority(
            rules,
            stage=case.stage,
            overdue_amount=case.overdue_amount,
            days_past_due=case.days_past_due,
            broken_promises=case.broken_promises,
        )
    assert Case.objects.values("priority").distinct().count() > 1


def test_opening_and_closing_are_in_history_and_audit() -> None:
    case = CaseFactory()
    pay(case.borrower.loans.get(), f"{case.overdue_amount}", LATE)
    review()

    rows = list(case.history.order_by("history_id").values_list("history_type", "status", "history_change_reason"))
    assert rows == [("+", "open", "payment is late"), ("~", "closed", "nothing overdue")]
    events = AuditEvent.objects.filter(object_type="collections.case", object_id=str(case.pk))
    assert list(events.order_by("id").values_list("action", flat=True)) == ["created", "changed"]


# --- what PostgreSQL refuses by itself ------------------------------------------------------------------------------
def test_the_audit_hears_of_each_case_that_one_review_opens_and_closes() -> None:
    paid = LateLoanFactory()
    cured = CaseFactory(loan=paid)
    pay(paid, "1200.00", LATE)
    late = [LateLoanFactory(), LateLoanFactory()]

    counts = review()

    assert (counts["cases_opened"], counts["cases_closed"]) == (2, 1)
    events = AuditEvent.objects.filter(object_type="collections.case").order_by("object_id", "id")
    opened = Case.objects.filter(borrower__in=[loan.borrower for loan in late]).order_by("pk")
    assert [(event.object_id, event.action, event.reason) for event in events] == [
        (str(cured.pk), "created", "payment is late"),
        (str(cured.pk), "changed", "nothing overdue"),
        *((str(case.pk), "created", "payment is late") for case in opened),
    ]


def test_postgresql_refuses_a_second_open_case() -> None:
    case = CaseFactory()

    with pytest.raises(IntegrityError, match="collections_one_open_case"), transaction.atomic():
        _insert_beside_the_orm(case)


def _insert_beside_the_orm(case: Case) -> None:
    columns = (
        "borrower_id, opened_on, stage, status, reason, overdue_amount, days_past_due, late_since, broken_promises, "
        "priority, hold_reason, close_reason"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO collections_case (public_id, {columns}) "
            f"SELECT 'case_second', {columns} FROM collections_case WHERE id = %s",
            [case.pk],
        )


@pytest.mark.parametrize("statement", ["UPDATE {} SET note = 'never happened'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["collections_contactattempt", "collections_caseevent"])
def test_postgresql_refuses_to_change_evidence(statement: str, table: str) -> None:
    CaseFactory()
    if statement.startswith("TRUNCATE"):
        statement = "SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL loandesk.allow_truncate = off; " + statement

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
