"""Solutions offered from the case: more time at a known price, and a write-off that two people must want."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import approvals
from debt_collections import solutions
from debt_collections.models import Case, CaseEvent
from loans.models import Loan, LoanPosition
from loans.servicing.reversing import reverse_extension
from tests.debt_collections.factories import LATE, a_case, pay, review
from tests.loans.books import a_running_loan, close_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang(staff_member):
    return staff_member("collector", username="wang")


@pytest.fixture
def chen(staff_member):
    return staff_member("team_lead", username="chen")


@pytest.fixture
def case() -> Case:
    return a_case()


@pytest.fixture
def loan(case) -> Loan:
    return case.borrower.loans.get()


def test_the_preview_says_what_granting_then_does(case, loan, wang) -> None:
    offer = solutions.preview_extension(case=case, loan_id=loan.pk, days=30, on=LATE)
    extension = solutions.grant_extension(
        case_id=case.pk, loan_id=loan.pk, days=30, reason="salary is late", on=LATE, by=wang
    )

    assert extension.interest_added == offer.interest_added > 0
    due = loan.instalments.filter(superseded_on=None).order_by("number").values_list("due_on", flat=True)
    assert [pair.after.due_on for pair in offer.changed] == list(due)
    told = CaseEvent.objects.get(case=case, kind="extended")
    assert (told.before, told.after, told.note, told.by) == (loan.number, "30", "salary is late", wang)


def test_an_extension_that_ends_the_delay_closes_the_case(case, loan, wang) -> None:
    solutions.grant_extension(case_id=case.pk, loan_id=loan.pk, days=30, reason="ill", on=LATE, by=wang)

    assert review()["cases_closed"] == 1


def test_an_extension_taken_back_opens_the_case_again(case, loan, wang) -> None:
    extension = solutions.grant_extension(case_id=case.pk, loan_id=loan.pk, days=30, reason="ill", on=LATE, by=wang)
    review()

    reverse_extension(extension_id=extension.pk, reason="wrong borrower", on=LATE, by=wang)

    assert review()["cases_opened"] == 1
    assert case.borrower.collection_cases.open().get().overdue_amount > 0


def test_more_than_one_person_may_grant_goes_to_a_second(case, loan, wang) -> None:
    asked = solutions.grant_extension(case_id=case.pk, loan_id=loan.pk, days=60, reason="ill", on=LATE, by=wang)

    assert asked.kind == "loan.extension"
    assert CaseEvent.objects.filter(case=case, kind="ext_asked").exists()
    assert not loan.extensions.exists()


def test_an_extension_needs_its_reason_and_a_loan_of_the_borrower(case, loan, wang) -> None:
    with pytest.raises(solutions.SolutionReasonMissing):
        solutions.grant_extension(case_id=case.pk, loan_id=loan.pk, days=30, reason=" ", on=LATE, by=wang)
    with pytest.raises(solutions.LoanOfOtherBorrower):
        solutions.grant_extension(case_id=case.pk, loan_id=a_running_loan().pk, days=5, reason="x", on=LATE, by=wang)


def test_a_write_off_waits_for_a_second_person_then_becomes_recovery(case, loan, wang, chen) -> None:
    asked = solutions.request_write_off(case_id=case.pk, loan_id=loan.pk, reason="moved abroad", on=LATE, by=wang)
    loan.refresh_from_db()
    assert (asked.status, loan.status) == ("pending", "active")

    approvals.approve(approval_id=asked.pk, decided_by=chen, on=LATE)
    review()

    loan.refresh_from_db()
    case.refresh_from_db()
    assert (loan.status, case.stage, case.closed_on) == ("written_off", "recovery", None)
    assert CaseEvent.objects.get(case=case, kind="written_off").by == chen


def test_the_person_who_asked_cannot_approve(case, loan, chen) -> None:
    asked = solutions.request_write_off(case_id=case.pk, loan_id=loan.pk, reason="gone", on=LATE, by=chen)

    with pytest.raises(approvals.SecondPersonNeeded):
        approvals.approve(approval_id=asked.pk, decided_by=chen, on=LATE)
    loan.refresh_from_db()
    assert loan.status == "active"


def test_a_second_request_for_the_same_loan_is_refused(case, loan, wang) -> None:
    solutions.request_write_off(case_id=case.pk, loan_id=loan.pk, reason="gone", on=LATE, by=wang)

    with pytest.raises(approvals.ApprovalAlreadyPending):
        solutions.request_write_off(case_id=case.pk, loan_id=loan.pk, reason="gone", on=LATE, by=wang)


def test_a_recovery_shrinks_what_the_case_is_about(case, loan, wang, chen) -> None:
    asked = solutions.request_write_off(case_id=case.pk, loan_id=loan.pk, reason="gone", on=LATE, by=wang)
    approvals.approve(approval_id=asked.pk, decided_by=chen, on=LATE)
    later = LATE + timedelta(days=10)
    close_until(later)
    pay(loan, "1000.00", later)
    review(later)

    position = LoanPosition.objects.get(loan=loan)
    case.refresh_from_db()
    assert position.recovered == Decimal("1000.00")
    assert case.overdue_amount == position.written_off_amount - Decimal("1000.00")


def test_approving_a_write_off_holds_the_case_before_the_loan(case, loan, wang, chen) -> None:
    """As granting an extension does: taken the other way round, two people would wait for each other."""
    asked = solutions.request_write_off(case_id=case.pk, loan_id=loan.pk, reason="gone", on=LATE, by=wang)

    with CaptureQueriesContext(connection) as statements:
        approvals.approve(approval_id=asked.pk, decided_by=chen, on=LATE)

    locks = [query["sql"].split('FROM "')[1].split('"')[0] for query in statements if "FOR UPDATE" in query["sql"]]
    assert locks == ["audit_approval", "collections_case", "loans_loan", "loans_loanposition"]
