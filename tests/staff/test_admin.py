"""The admin cannot be used to climb: roles for others only, superusers by superusers, nobody deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from audit.models import Approval, AuditEvent
from staff.models import User
from tests.staff.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(staff_member: Any) -> User:
    return staff_member("administrator")


@pytest.fixture
def at_admin(client: Client, signed_in: Any, administrator: User) -> Client:
    return signed_in(client, "administrator")


@pytest.mark.parametrize(
    "address", ["/admin/", "/admin/staff/user/", "/admin/staff/user/add/", "/admin/core/rule/add/"]
)
def test_an_administrator_opens_the_configuration(at_admin: Client, address: str) -> None:
    assert at_admin.get(address).status_code == 200


def test_a_loan_officer_does_not(client: Client, signed_in: Any) -> None:
    assert signed_in(client, "officer").get("/admin/").status_code == 302


def test_nobody_gives_roles_to_themselves(at_admin: Client, administrator: User, rf: Any) -> None:
    request = rf.get("/")
    request.user = administrator
    staff_admin = admin.site.get_model_admin(User)

    assert "groups" in staff_admin.get_readonly_fields(request, administrator)
    assert "groups" not in staff_admin.get_readonly_fields(request, User(username="other"))
    assert "is_superuser" in staff_admin.get_readonly_fields(request, User(username="other"))


def test_an_administrator_cannot_set_a_superusers_password(at_admin: Client, staff_member: Any) -> None:
    root = staff_member(username="root", superuser=True)
    new = {"password1": "orange-river-29", "password2": "orange-river-29"}

    assert at_admin.post(f"/admin/staff/user/{root.pk}/password/", new).status_code == 403
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_nobody_is_deleted(at_admin: Client, staff_member: Any) -> None:
    officer = staff_member("officer")

    assert at_admin.post(f"/admin/staff/user/{officer.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", [AuditEvent, Approval])
def test_the_record_is_only_looked_at(model: Any, rf: Any, staff_member: Any) -> None:
    request = rf.get("/")
    request.user = staff_member(username="root", superuser=True)
    page = admin.site.get_model_admin(model)

    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


def test_a_change_of_roles_is_in_the_record(staff_member: Any) -> None:
    officer = staff_member("officer")
    staff_member("officer", "checker", username="officer")

    event = AuditEvent.objects.filter(object_type="staff.user", object_id=str(officer.pk)).latest("id")

    assert event.before == {"roles": ["officer"]}
    assert event.after == {"roles": ["checker", "officer"]}
