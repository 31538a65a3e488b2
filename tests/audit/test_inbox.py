"""The inbox of approvals: before and after in sight, own requests visible but dead, decisions by the second person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import approvals
from audit.models import Approval, ApprovalStatus
from core.errors import DomainError
from staff.models import User
from tests.audit.factories import ApprovalFactory

pytestmark = pytest.mark.django_db

KIND = "test.raise"


class LimitAlreadyRaised(DomainError):
    code = "limit_already_raised"
    message = "The limit was raised meanwhile."


class Carried:
    """What the handler was called with; can be told to refuse."""

    def __init__(self) -> None:
        self.out: list[tuple[Approval, date]] = []
        self.refuses = False

    def __call__(self, approval: Approval, on: date) -> None:
        if self.refuses:
            raise LimitAlreadyRaised()
        self.out.append((approval, on))


@pytest.fixture
def carried() -> Iterator[Carried]:
    handler = Carried()
    approvals.register(
        KIND, handler, permission="risk.approve_limit", label="Limit raise", asked_with="risk.change_limit"
    )
    yield handler
    del approvals._kinds[KIND]


@pytest.fixture
def maker(staff_member: Any) -> User:
    return staff_member("risk_analyst", display_name="Li Na")


@pytest.fixture
def waiting(carried: Carried, maker: User, staff_member: Any) -> Approval:
    return ApprovalFactory(
        kind=KIND,
        obj=staff_member(username="lin-xiaoyu"),
        reason="Six instalments on time",
        requested_by=maker,
        before={"limit": "8000.00"},
        after={"limit": "12000.00"},
        amount=Decimal("4000.00"),
    )


@pytest.fixture
def checker(client: Client, signed_in: Any) -> Client:
    return signed_in(client, "checker", display_name="Chen Bo")


def test_the_second_person_sees_what_would_change(checker: Client, waiting: Approval) -> None:
    page = checker.get("/app/approvals/").content.decode()

    for text in ["Limit raise", "8,000.00", "12,000.00", "Six instalments on time", "¥ 4,000.00", "Li Na"]:
        assert text in page


def test_the_maker_sees_the_request_but_cannot_decide_and_is_told_why(
    client: Client, signed_in: Any, waiting: Approval, maker: User
) -> None:
    mine = signed_in(client, "risk_analyst")

    page = mine.get("/app/approvals/").content.decode()
    assert "You made this request" in page
    assert page.count("disabled") >= 2

    answer = mine.post(f"/app/approvals/{waiting.pk}/approve")
    assert answer.status_code == 403
    assert "Another person must decide" in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.status == ApprovalStatus.PENDING


def test_people_without_the_right_do_not_see_it(client: Client, signed_in: Any, waiting: Approval) -> None:
    assert "Limit raise" not in signed_in(client, "collector").get("/app/approvals/").content.decode()


def test_people_without_the_right_cannot_decide_by_address(client: Client, signed_in: Any, waiting: Approval) -> None:
    answer = signed_in(client, "collector").post(f"/app/approvals/{waiting.pk}/approve")

    assert answer.status_code == 403
    waiting.refresh_from_db()
    assert waiting.status == ApprovalStatus.PENDING


def test_approving_carries_it_out(checker: Client, waiting: Approval, carried: Carried) -> None:
    answer = checker.post(f"/app/approvals/{waiting.pk}/approve", {"reason": "seen"}, follow=True)

    assert "Approved: Limit raise" in answer.content.decode()
    assert [approval.pk for approval, _on in carried.out] == [waiting.pk]
    waiting.refresh_from_db()
    assert waiting.status == ApprovalStatus.APPROVED
    assert waiting.decision_reason == "seen"


def test_rejecting_needs_a_reason_and_says_so_in_the_card(checker: Client, waiting: Approval, carried: Carried) -> None:
    answer = checker.post(f"/app/approvals/{waiting.pk}/reject", {"reason": "  "})

    assert answer.status_code == 422
    assert "Give a reason." in answer.content.decode()

    checker.post(f"/app/approvals/{waiting.pk}/reject", {"reason": "income unproved"})
    waiting.refresh_from_db()
    assert waiting.status == ApprovalStatus.REJECTED
    assert carried.out == []


def test_when_the_change_itself_is_refused_nothing_is_decided(
    checker: Client, waiting: Approval, carried: Carried
) -> None:
    carried.refuses = True

    answer = checker.post(f"/app/approvals/{waiting.pk}/approve", {"reason": "my words stay"})

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "The limit was raised meanwhile." in page
    assert "my words stay" in page
    waiting.refresh_from_db()
    assert waiting.status == ApprovalStatus.PENDING


def test_a_second_click_finds_it_decided(checker: Client, waiting: Approval, carried: Carried) -> None:
    checker.post(f"/app/approvals/{waiting.pk}/approve")

    assert checker.post(f"/app/approvals/{waiting.pk}/approve").status_code == 409
    assert len(carried.out) == 1


def test_what_was_decided_moves_to_its_own_list(checker: Client, waiting: Approval) -> None:
    checker.post(f"/app/approvals/{waiting.pk}/approve")

    assert checker.get("/app/approvals/").context["cards"] == []
    decided = checker.get("/app/approvals/", {"state": "decided"})
    assert [card["approval"].pk for card in decided.context["cards"]] == [waiting.pk]
    assert "Chen Bo" in decided.content.decode()


def test_an_unknown_request_is_not_found(checker: Client, carried: Carried) -> None:
    assert checker.post("/app/approvals/999999/approve").status_code == 404


def test_twenty_requests_cost_as_many_queries_as_two(
    checker: Client, carried: Carried, maker: User, staff_member: Any
) -> None:
    def ask(count: int) -> None:
        for number in range(count):
            name = f"borrower-{Approval.objects.count()}-{number}"
            ApprovalFactory(kind=KIND, obj=staff_member(username=name), requested_by=maker)

    ask(2)
    _queries_of(checker)  # fills the caches of the frame
    with_two = _queries_of(checker)
    ask(18)

    assert _queries_of(checker) == with_two


def _queries_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get("/app/approvals/")
    return len(captured)
