"""An empty system leads to its first administrator, once, and only whoever holds the token."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from staff.first_administrator import AdministratorExists, PasswordTooWeak, create_first_administrator
from staff.models import User

TOKEN = "the-token-of-this-start"
MEI = {"username": "mei", "display_name": "Chen Mei", "password": "orange-river-29"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, settings: Any) -> str:
    settings.FIRST_ADMIN_TOKEN = TOKEN
    return f"/welcome/?token={TOKEN}"


def test_the_page_makes_the_administrator_and_signs_in(client: Client, page: str) -> None:
    answer = client.post(page, MEI)
    assert answer.status_code == 302
    mei = User.objects.get(username="mei")
    assert mei.is_staff and not mei.is_superuser
    assert list(mei.groups.values_list("name", flat=True)) == ["administrator"]
    assert client.session["_auth_user_id"] == str(mei.pk)


def test_the_first_administrator_configures_and_sees_no_money(client: Client, page: str) -> None:
    client.post(page, MEI)

    assert client.get("/admin/staff/user/").status_code == 200
    assert client.get("/app/two-people/").status_code == 200
    for address in ("/app/loans/", "/app/borrowers/", "/app/books/", "/admin/loans/loan/"):
        assert client.get(address).status_code == 403, address


def test_the_page_does_not_exist_without_the_token(client: Client, page: str) -> None:
    assert client.get("/welcome/").status_code == 404
    assert client.get("/welcome/?token=guess").status_code == 404
    assert client.get(page).status_code == 200


def test_the_page_does_not_exist_when_no_token_was_given_to_the_start(client: Client, settings: Any) -> None:
    settings.FIRST_ADMIN_TOKEN = ""
    assert client.get("/welcome/?token=").status_code == 404


def test_the_page_is_gone_once_there_is_an_administrator(client: Client, page: str) -> None:
    create_first_administrator(username="mei", password="orange-river-29")
    assert client.get(page).status_code == 404
    with pytest.raises(AdministratorExists):
        create_first_administrator(username="bo", password="orange-river-30")


def test_a_weak_password_is_refused_in_its_field(client: Client, page: str) -> None:
    answer = client.post(page, {**MEI, "password": "12345678"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["password"]
    assert not User.objects.exists()
    with pytest.raises(PasswordTooWeak):
        create_first_administrator(username="mei", password="mei")


def test_somebody_with_the_role_is_administrator_enough(client: Client, page: str, staff_member: Any) -> None:
    staff_member("administrator")

    assert client.get(page).status_code == 404
    with pytest.raises(AdministratorExists):
        create_first_administrator(username="mei", password="orange-river-29")


def test_signing_in_to_an_empty_system_says_how_the_first_administrator_is_made(client: Client) -> None:
    hint = "Nobody can sign in yet"
    assert hint in client.get("/login/").text
    create_first_administrator(username="mei", password="orange-river-29")
    assert hint not in client.get("/login/").text
