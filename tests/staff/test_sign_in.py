"""Coming and going: neutral refusals, a lock-out that says how long, and a record of both."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from tests.staff.factories import PASSWORD

pytestmark = pytest.mark.django_db


def attempt(client: Client, username: str, password: str = "wrong", **extra: Any) -> Any:
    return client.post("/login/", {"username": username, "password": password, **extra})


def test_a_person_signs_in_and_lands_where_they_wanted(client: Client, staff_member: Any) -> None:
    staff_member("officer")

    answer = attempt(client, "officer", PASSWORD, next="/app/me/")

    assert answer.status_code == 302
    assert answer["Location"] == "/app/me/"


def test_nobody_is_sent_to_a_foreign_address_after_sign_in(client: Client, staff_member: Any) -> None:
    staff_member("officer")

    assert attempt(client, "officer", PASSWORD, next="https://evil.example/")["Location"] == "/app/"


def test_a_wrong_name_and_a_wrong_password_read_the_same(client: Client, staff_member: Any) -> None:
    staff_member("officer")
    staff_member(username="gone", is_active=False)
    sentence = "Wrong user name or password (case-sensitive)."

    for name, password in [("officer", "wrong"), ("nobody-here", "wrong"), ("gone", PASSWORD)]:
        answer = attempt(client, name, password)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()


def test_the_language_of_the_person_is_kept_on_this_browser(client: Client, staff_member: Any) -> None:
    staff_member("officer", language="zh-hans")

    assert attempt(client, "officer", PASSWORD).cookies["django_language"].value == "zh-hans"


def test_five_wrong_passwords_lock_the_name_and_the_page_counts_down(client: Client, staff_member: Any) -> None:
    staff_member("officer")
    for _time in range(4):
        assert attempt(client, "officer").status_code == 422

    locked = attempt(client, "officer")

    assert locked.status_code == 429
    assert 0 < int(locked["Retry-After"]) <= 15 * 60
    assert f'data-seconds="{locked["Retry-After"]}"' in locked.content.decode()
    assert "about 15 minutes" in locked.content.decode()


def test_the_right_password_does_not_open_a_locked_name(client: Client, staff_member: Any) -> None:
    staff_member("officer")
    for _time in range(5):
        attempt(client, "officer")

    assert attempt(client, "officer", PASSWORD).status_code == 429


def test_a_locked_name_does_not_lock_a_colleague_at_the_same_desk(client: Client, staff_member: Any) -> None:
    staff_member("officer")
    staff_member("checker")
    for _time in range(5):
        attempt(client, "officer")

    assert attempt(client, "checker", PASSWORD).status_code == 302


def test_coming_going_and_being_locked_out_are_recorded(client: Client, staff_member: Any) -> None:
    officer = staff_member("officer")
    attempt(client, "officer", PASSWORD)
    client.post("/logout/")
    for _time in range(5):
        attempt(client, "officer")

    about_her = AuditEvent.objects.filter(object_type="staff.user", object_id=str(officer.pk)).order_by("id")
    events = about_her.filter(action__in=["signed_in", "signed_out", "locked_out"])
    acts = list(events.values_list("action", flat=True))

    assert acts[:2] == ["signed_in", "signed_out"]
    assert "locked_out" in acts
    assert events.filter(action="signed_in", actor=officer).exists()


def test_sign_out_ends_the_session(client: Client, signed_in: Any) -> None:
    signed_in(client, "officer").post("/logout/")

    assert client.get("/app/me/").status_code == 302


def test_a_demo_offers_each_role_by_one_click_and_nothing_else_does(
    client: Client, staff_member: Any, settings: Any
) -> None:
    officer = staff_member("officer")
    officer.set_password(settings.DEMO_PASSWORD)
    officer.save()
    settings.DEMO = False
    assert settings.DEMO_PASSWORD not in client.get("/login/").content.decode()

    settings.DEMO = True
    assert 'name="username" value="officer"' in client.get("/login/").content.decode()
    answer = client.post("/login/", {"username": "officer", "password": settings.DEMO_PASSWORD})

    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(officer.pk)
