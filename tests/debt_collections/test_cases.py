"""What people do to a case, the table of its steps, and the news that makes it move."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from debt_collections import cases
from debt_collections.lifecycle import CASES, CaseClosed, CaseNotFound, StepNotAllowed, advance
from debt_collections.models import Case, CaseEvent, Status
from tests.debt_collections.factories import LATE, CaseFactory, LateLoanFactory, pay, review

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang(staff_member):
    return staff_member("collector", username="wang")


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", list(Status))
def test_every_step_is_in_the_table_or_raises(before: Status, after: Status, wang) -> None:
    case = CaseFactory()
    case.status = before
    changes = {"hold_reason": "illness", "hold_until": LATE} if after == Status.HOLD else {}
    changes |= {"closed_on": LATE, "close_reason": "cleared"} if after == Status.CLOSED else {}

    if after in CASES.steps[before]:
        advance(case, after, on=LATE, by=wang, **changes)
        assert CaseEvent.objects.filter(case=case, kind="status", before=before, after=after).exists()
    else:
        with pytest.raises(StepNotAllowed):
            advance(case, after, on=LATE, by=wang, **changes)


def test_a_rest_has_a_reason_an_end_and_a_name_in_the_audit_log(wang) -> None:
    case = CaseFactory()
    until = LATE + timedelta(days=30)

    cases.hold(case_id=case.pk, reason="illness", until=until, on=LATE, by=wang, note="in hospital, paper seen")

    case.refresh_from_db()
    assert (case.status, case.hold_reason, case.hold_until) == ("hold", "illness", until)
    event = AuditEvent.objects.filter(object_type="collections.case").order_by("-id")[0]
    assert (event.actor, event.reason, event.after["hold_reason"]) == (wang, "in hospital, paper seen", "illness")


@pytest.mark.parametrize("days", [-1, 91])
def test_a_rest_in_the_past_or_too_long_is_refused(wang, days: int) -> None:
    with pytest.raises(cases.HoldTooLong):
        cases.hold(case_id=CaseFactory().pk, reason="abroad", until=LATE + timedelta(days=days), on=LATE, by=wang)


def test_another_reason_to_rest_must_be_told(wang) -> None:
    with pytest.raises(cases.NoteMissing):
        cases.hold(case_id=CaseFactory().pk, reason="other", until=LATE, on=LATE, by=wang)


def test_a_rest_can_be_ended_by_hand(wang) -> None:
    case = CaseFactory()
    cases.hold(case_id=case.pk, reason="abroad", until=LATE + timedelta(days=5), on=LATE, by=wang)

    cases.release(case_id=case.pk, on=LATE, by=wang)

    case.refresh_from_db()
    assert (case.status, case.hold_reason, case.hold_until) == ("open", "", None)


def test_escalating_needs_a_reason_and_happens_once(wang) -> None:
    case = CaseFactory()
    with pytest.raises(cases.NoteMissing):
        cases.escalate(case_id=case.pk, note=" ", on=LATE, by=wang)

    cases.escalate(case_id=case.pk, note="threatens to move away", on=LATE, by=wang)
    with pytest.raises(cases.AlreadyEscalated):
        cases.escalate(case_id=case.pk, note="again", on=LATE, by=wang)


def test_calling_somebody_unwilling_needs_evidence(wang) -> None:
    case = CaseFactory()
    with pytest.raises(cases.NoteMissing):
        cases.classify(case_id=case.pk, reason="unwilling", on=LATE, by=wang)

    cases.classify(case_id=case.pk, reason="unwilling", note="bought a car last week", on=LATE, by=wang)

    case.refresh_from_db()
    assert case.reason == "unwilling"


def test_a_closed_case_takes_nothing_more(wang) -> None:
    case = CaseFactory()
    pay(case.borrower.loans.get(), f"{case.overdue_amount}", LATE)
    review()

    with pytest.raises(CaseClosed):
        cases.escalate(case_id=case.pk, note="too late", on=LATE, by=wang)
    with pytest.raises(CaseNotFound):
        cases.escalate(case_id=0, note="no such case", on=LATE, by=wang)


def test_the_ids_of_a_full_review_are_those_of_the_borrowers() -> None:
    loan = LateLoanFactory()
    lo, hi = cases.id_range()

    assert lo <= loan.borrower_id < hi


def test_a_payment_closes_the_case_without_waiting_for_the_night(django_capture_on_commit_callbacks) -> None:
    case = CaseFactory()

    with django_capture_on_commit_callbacks(execute=True):
        pay(case.borrower.loans.get(), f"{case.overdue_amount}", LATE)

    assert Case.objects.get(pk=case.pk).status == "closed"
