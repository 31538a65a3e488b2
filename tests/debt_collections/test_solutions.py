"""Solutions offered from the case: more time at a known price, and a write-off that two people must want."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from audit import approvals
from audit.models import Approval
from debt_collections import solutions
from debt_collections.models import Case, CaseEvent
from loans.models import Loan, LoanAct, LoanPosition
from staff.models import User
from tests.debt_collections.factories import LATE, CaseFactory, pay, review
from tests.loans.books import close_until
from tests.loans.doing import take_back
from tests.loans.factories import LoanFactory

pytestmark = pytest.mark.django_db


def grant(case: Case, loan: Loan, by: User, *, days: int, reason: str, key: str = "") -> LoanAct | Approval:
    """As from the case's page; without ``key`` from a form of its own."""
    facts = {"days": days, "reason": reason, "on": LATE, "by": by, "idempotency_key": key or uuid4().hex}
    return solutions.grant_extension(case_id=case.pk, loan_id=loan.pk, **facts)


def give_up(case: Case, loan: Loan, by: User, *, reason: str) -> Approval:
    facts = {"reason": reason, "on": LATE, "by": by, "idempotency_key": uuid4().hex}
    return solutions.request_write_off(case_id=case.pk, loan_id=loan.pk, **facts)


@pytest.fixture
def wang(staff_member):
    return staff_member("collector", username="wang")


@pytest.fixture
def chen(staff_member):
    return staff_member("team_lead", username="chen")


@pytest.fixture
def case() -> Case:
    return CaseFactory()


@pytest.fixture
def loan(case) -> Loan:
    return case.borrower.loans.get()


def test_the_preview_says_what_granting_then_does(case, loan, wang) -> None:
    offer = solutions.preview_extension(case=case, loan_id=loan.pk, days=30, on=LATE)
    extension = grant(case, loan, wang, days=30, reason="salary is late")

    assert Decimal(extension.figures["interest_added"]) == offer.interest_added > 0
    due = loan.instalments.filter(superseded_on=None).order_by("number").values_list("due_on", flat=True)
    assert [pair.after.due_on for pair in offer.changed] == list(due)
    told = CaseEvent.objects.get(case=case, kind="extended")
    assert (told.before, told.after, told.note, told.by) == (loan.number, "30", "salary is late", wang)


def test_an_extension_that_ends_the_delay_closes_the_case(case, loan, wang) -> None:
    grant(case, loan, wang, days=30, reason="ill")

    assert review()["cases_closed"] == 1


def test_an_extension_taken_back_opens_the_case_again(case, loan, wang) -> None:
    extension = grant(case, loan, wang, days=30, reason="ill")
    review()

    take_back(extension, LATE, "wrong borrower", wang)

    assert review()["cases_opened"] == 1
    assert case.borrower.collection_cases.open().get().overdue_amount > 0


def test_more_than_one_person_may_grant_goes_to_a_second(case, loan, wang) -> None:
    asked = grant(case, loan, wang, days=60, reason="ill")

    assert asked.kind == "loan.extension"
    assert CaseEvent.objects.filter(case=case, kind="ext_asked").exists()
    assert not loan.acts.exists()


def test_an_extension_needs_its_reason_and_a_loan_of_the_borrower(case, loan, wang) -> None:
    with pytest.raises(solutions.SolutionReasonMissing):
        grant(case, loan, wang, days=30, reason=" ")
    with pytest.raises(solutions.LoanOfOtherBorrower):
        grant(case, LoanFactory(active=True), wang, days=5, reason="x")


def test_a_write_off_waits_for_a_second_person_then_becomes_recovery(case, loan, wang, chen) -> None:
    asked = give_up(case, loan, wang, reason="moved abroad")
    loan.refresh_from_db()
    assert (asked.status, loan.status) == ("pending", "active")

    approvals.approve(approval_id=asked.pk, decided_by=chen, on=LATE)
    review()

    loan.refresh_from_db()
    case.refresh_from_db()
    assert (loan.status, case.stage, case.closed_on) == ("written_off", "recovery", None)
    assert CaseEvent.objects.get(case=case, kind="written_off").by == chen


def test_the_person_who_asked_cannot_approve(case, loan, chen) -> None:
    asked = give_up(case, loan, chen, reason="gone")

    with pytest.raises(approvals.SecondPersonNeeded):
        approvals.approve(approval_id=asked.pk, decided_by=chen, on=LATE)
    loan.refresh_from_db()
    assert loan.status == "active"


def test_a_second_request_for_the_same_loan_is_refused(case, loan, wang) -> None:
    give_up(case, loan, wang, reason="gone")

    with pytest.raises(approvals.ApprovalAlreadyPending):
        give_up(case, loan, wang, reason="gone")


def test_a_recovery_shrinks_what_the_case_is_about(case, loan, wang, chen) -> None:
    asked = give_up(case, loan, wang, reason="gone")
    approvals.approve(approval_id=asked.pk, decided_by=chen, on=LATE)
    later = LATE + timedelta(days=10)
    close_until(later)
    pay(loan, "1000.00", later)
    review(later)

    position = LoanPosition.objects.get(loan=loan)
    case.refresh_from_db()
    assert position.recovered == Decimal("1000.00")
    assert case.overdue_amount == position.written_off_amount - Decimal("1000.00")


def test_one_form_sent_twice_grants_and_tells_once(case, loan, wang) -> None:
    for _ in range(2):
        grant(case, loan, wang, days=30, reason="ill", key="form")

    assert loan.acts.count() == CaseEvent.objects.filter(case=case, kind="extended").count() == 1


def test_the_case_hears_of_a_write_off_once_whatever_is_reviewed_when(case, loan, wang, chen) -> None:
    asked = give_up(case, loan, wang, reason="gone")
    approvals.approve(approval_id=asked.pk, decided_by=chen, on=LATE)

    assert [review()["write_offs_told"], review()["write_offs_told"]] == [1, 0]
    told = CaseEvent.objects.get(case=case, kind="written_off")
    assert (told.after, told.note, told.by) == (loan.number, "gone", chen)
