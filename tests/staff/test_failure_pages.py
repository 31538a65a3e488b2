"""When something is refused or breaks, the page says what, what else is possible, and the number to name."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from core.errors import DomainError, NotAllowed
from staff.web.errors import RefusalPages, failed

pytestmark = pytest.mark.django_db


class LoanAlreadySettled(DomainError):
    code = "loan_already_settled"
    message = "Loan %(number)s is settled."


class NotYours(NotAllowed):
    code = "not_yours"


@pytest.fixture
def request_of_officer(staff_member: Any) -> HttpRequest:
    request = RequestFactory().get("/app/loans/LN-1/pay")
    request.user = staff_member("officer")
    request.request_id = "req_123"  # type: ignore[attr-defined]
    return request


def test_an_unknown_address_offers_to_search(client: Client, signed_in: Any) -> None:
    answer = signed_in(client, "officer").get("/app/nothing-here")

    assert answer.status_code == 404
    assert 'name="q"' in answer.content.decode()


def test_a_visitor_gets_a_plain_not_found_page(client: Client) -> None:
    assert client.get("/nothing-here").status_code == 404


def test_a_refusal_of_the_domain_becomes_its_page(request_of_officer: HttpRequest) -> None:
    answer = RefusalPages(None).process_exception(request_of_officer, LoanAlreadySettled(number="LN-1"))

    assert answer is not None
    assert answer.status_code == 409
    assert "Loan LN-1 is settled." in answer.content.decode()
    assert "loan_already_settled" in answer.content.decode()


def test_a_forbidden_act_keeps_its_status(request_of_officer: HttpRequest) -> None:
    answer = RefusalPages(None).process_exception(request_of_officer, NotYours())

    assert answer is not None
    assert answer.status_code == 403


def test_the_api_and_true_bugs_are_left_alone(request_of_officer: HttpRequest) -> None:
    refusals = RefusalPages(None)

    assert refusals.process_exception(request_of_officer, ValueError("a bug")) is None
    request_of_officer.path = "/api/v1/loans"
    assert refusals.process_exception(request_of_officer, LoanAlreadySettled(number="LN-1")) is None


def test_the_failure_page_names_the_request_and_asks_the_database_nothing(
    request_of_officer: HttpRequest, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        answer = failed(request_of_officer)

    assert answer.status_code == 500
    assert "req_123" in answer.content.decode()


def test_every_answer_carries_its_request_id(client: Client) -> None:
    assert client.get("/login/")["Request-Id"].startswith("req_")


class TestFragments:
    """What htmx asked for gets the sentence alone."""

    HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/app/loans/?status=late"}

    def test_a_missing_right_is_one_sentence(self, client: Client, signed_in: Any) -> None:
        answer = signed_in(client, "officer").get("/app/audit/", headers=self.HTMX)

        assert answer.status_code == 403
        assert answer["Content-Type"].startswith("text/plain")
        assert answer.content.decode() == "This needs the permission audit.view_auditevent."

    def test_an_ended_session_moves_the_whole_page_to_sign_in_and_back(self, client: Client) -> None:
        answer = client.get("/app/audit/", headers=self.HTMX)

        assert answer["HX-Redirect"] == "/login/?next=/app/loans/%3Fstatus%3Dlate"

    def test_a_stale_form_says_what_to_do(self, signed_in: Any) -> None:
        strict = signed_in(Client(enforce_csrf_checks=True), "officer")

        page = strict.post("/app/me/", {"language": "en"})
        fragment = strict.post("/app/me/", {"language": "en"}, headers=self.HTMX)

        assert page.status_code == fragment.status_code == 403
        assert "Open the page again" in page.content.decode()
        assert fragment.content.decode().startswith("This form was opened too long ago")
