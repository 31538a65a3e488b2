"""A person's own settings: language, appearance, shortcuts; kept, recorded, and felt on the next page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from staff.models import User
from staff.people import change_preferences
from tests.staff.factories import PASSWORD

pytestmark = pytest.mark.django_db

CHOSEN = {"display_name": "王丽", "language": "zh-hans", "theme": "dark"}


@pytest.fixture
def wang_li(staff_member: Any) -> User:
    return staff_member("collector")


@pytest.fixture
def at_desk(client: Client, signed_in: Any, wang_li: User) -> Client:
    return signed_in(client, "collector")


def test_settings_are_stored_and_the_next_page_follows_them(at_desk: Client, wang_li: User) -> None:
    answer = at_desk.post("/app/me/", CHOSEN, follow=True)
    page = answer.content.decode()

    wang_li.refresh_from_db()
    assert (wang_li.display_name, wang_li.language, wang_li.theme) == ("王丽", "zh-hans", "dark")
    assert 'data-theme="dark"' in page
    assert '<html lang="zh-hans"' in page


def test_shortcuts_can_be_switched_off(at_desk: Client) -> None:
    assert "data-shortcuts" not in at_desk.get("/app/me/").content.decode()

    page = at_desk.post("/app/me/", CHOSEN, follow=True).content.decode()  # the box is not ticked

    assert 'data-shortcuts="off"' in page


def test_a_language_we_do_not_have_is_refused_beside_the_field(at_desk: Client, wang_li: User) -> None:
    answer = at_desk.post("/app/me/", {**CHOSEN, "language": "xx"})

    assert answer.status_code == 422
    assert "form-error" in answer.content.decode()
    wang_li.refresh_from_db()
    assert wang_li.language == "en"


def test_the_change_is_in_the_record_with_before_and_after(at_desk: Client, wang_li: User) -> None:
    at_desk.post("/app/me/", CHOSEN)

    event = AuditEvent.objects.filter(object_type="staff.user", object_id=str(wang_li.pk), action="changed").latest(
        "id"
    )
    assert event.before["theme"] == "auto"
    assert event.after["theme"] == "dark"
    assert event.actor == wang_li
    assert event.channel == "web"


def test_nothing_changed_writes_nothing(wang_li: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        change_preferences(user=wang_li, language="en", theme="auto", shortcuts_enabled=True)


def test_the_password_is_in_no_history_and_no_event(wang_li: User) -> None:
    wang_li.set_password("another-password-of-hers")
    wang_li.save()

    assert "password" not in {field.name for field in wang_li.history.model._meta.fields}
    assert not AuditEvent.objects.filter(after__has_key="password").exists()


class TestLanguageSwitch:
    def test_one_click_changes_browser_and_person_and_stays_on_the_page(self, at_desk: Client, wang_li: User) -> None:
        answer = at_desk.post("/language/", {"language": "zh-hans", "next": "/app/approvals/"})

        assert answer["Location"] == "/app/approvals/"
        assert answer.cookies["django_language"].value == "zh-hans"
        wang_li.refresh_from_db()
        assert wang_li.language == "zh-hans"

    def test_it_works_before_sign_in(self, client: Client) -> None:
        client.post("/language/", {"language": "zh-hans", "next": "/login/"})

        assert '<html lang="zh-hans"' in client.get("/login/").content.decode()

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_it_leads_to_no_foreign_address(self, client: Client, target: str) -> None:
        assert client.post("/language/", {"language": "en", "next": target})["Location"] == "/app/"

    def test_an_unknown_language_changes_nothing(self, client: Client) -> None:
        assert "django_language" not in client.post("/language/", {"language": "xx", "next": "/login/"}).cookies


class TestPassword:
    def test_it_changes_with_the_old_one_and_the_session_stays(self, at_desk: Client, wang_li: User) -> None:
        new = {"new_password1": "orange-river-29", "new_password2": "orange-river-29"}

        answer = at_desk.post("/app/me/password/", {"old_password": PASSWORD, **new})

        assert answer["Location"] == "/app/me/"
        assert at_desk.get("/app/me/").status_code == 200
        wang_li.refresh_from_db()
        assert wang_li.check_password("orange-river-29")

    def test_a_weak_one_is_refused_beside_the_field(self, at_desk: Client) -> None:
        weak = {"old_password": PASSWORD, "new_password1": "12345678", "new_password2": "12345678"}

        answer = at_desk.post("/app/me/password/", weak)

        assert answer.status_code == 422
        assert "entirely numeric" in answer.content.decode()
