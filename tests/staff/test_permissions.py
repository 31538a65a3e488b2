"""Each page of staff and audit asks who comes; a refusal says which right is missing and who has it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from staff.permissions import MissingPermission, check, require

pytestmark = pytest.mark.django_db

SIGNED_IN_ONLY = ["/app/me/", "/app/me/password/", "/app/style/", "/app/approvals/"]
WITH_RIGHT = [("/app/audit/", "audit.view_auditevent", "compliance"), ("/app/audit/1/", "audit.view_auditevent", "")]
POST_ONLY = ["/logout/", "/language/", "/app/approvals/1/approve", "/app/approvals/1/reject"]


@pytest.mark.parametrize("address", [*SIGNED_IN_ONLY, *(address for address, _right, _role in WITH_RIGHT)])
def test_a_visitor_is_sent_to_sign_in_and_back(client: Client, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 302
    assert answer["Location"] == f"/login/?next={address}"


@pytest.mark.parametrize("address", SIGNED_IN_ONLY)
def test_everybody_signed_in_may_open_their_own_pages(client: Client, signed_in: Any, address: str) -> None:
    assert signed_in(client).get(address).status_code == 200


@pytest.mark.parametrize(("address", "right", "role"), WITH_RIGHT)
def test_without_the_right_the_page_names_it_and_who_has_it(
    client: Client, signed_in: Any, address: str, right: str, role: str
) -> None:
    answer = signed_in(client, "officer").get(address)

    assert answer.status_code == 403
    assert right in answer.content.decode()
    assert "Compliance" in answer.content.decode()


@pytest.mark.parametrize(("address", "right", "role"), [row for row in WITH_RIGHT if row[2]])
def test_with_the_right_the_page_opens(client: Client, signed_in: Any, address: str, right: str, role: str) -> None:
    assert signed_in(client, role).get(address).status_code == 200


@pytest.mark.parametrize("address", POST_ONLY)
def test_what_changes_something_is_not_reached_by_a_link(client: Client, signed_in: Any, address: str) -> None:
    assert signed_in(client, "checker").get(address).status_code == 405


@pytest.mark.parametrize("address", POST_ONLY)
def test_what_changes_something_refuses_a_foreign_form(signed_in: Any, address: str) -> None:
    strict = signed_in(Client(enforce_csrf_checks=True), "checker")

    assert strict.post(address).status_code == 403


def test_the_style_page_is_not_there_in_production(client: Client, signed_in: Any, settings: Any) -> None:
    settings.DEBUG = settings.DEMO = False

    assert signed_in(client).get("/app/style/").status_code == 404


class TestRequire:
    def view(self, user: Any) -> HttpResponse:
        @require("loans.view_loan")
        def page(request: HttpRequest) -> HttpResponse:
            return HttpResponse("open")

        request = RequestFactory().get("/app/loans/")
        request.user = user
        return page(request)  # type: ignore[return-value]

    def test_it_lets_in_who_has_the_right(self, staff_member: Any) -> None:
        assert self.view(staff_member("officer")).content == b"open"

    def test_it_refuses_by_the_name_of_the_right(self, staff_member: Any) -> None:
        with pytest.raises(MissingPermission) as refusal:
            self.view(staff_member())

        assert refusal.value.permission == "loans.view_loan"
        assert "officer" in refusal.value.roles

    def test_an_inactive_person_has_no_rights_left(self, staff_member: Any) -> None:
        gone = staff_member("officer", is_active=False)

        with pytest.raises(MissingPermission):
            check(gone, "loans.view_loan")
