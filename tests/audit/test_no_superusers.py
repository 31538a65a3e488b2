"""What not even two people do in the admin: make a superuser, give rights past the roles, change who tried to sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from audit import changes_by_two, people
from audit.models import Approval
from core import business_date
from staff.models import User

pytestmark = pytest.mark.django_db
Make = Callable[..., User]


def address(model: Any, page: str, *of: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[row.pk for row in of])


def as_shown(person: User, **changed: Any) -> dict[str, Any]:
    """What the form of the person holds."""
    shown = {"username": person.username, "display_name": "", "email": "", "is_active": "on", "shortcuts_enabled": "on"}
    groups = list(person.groups.values_list("pk", flat=True))
    asked = {"groups": groups, "language": person.language, "theme": person.theme, "reason_for_change": "Urgent"}
    return {**shown, **asked, **changed}


@pytest.mark.parametrize("asks", ["administrator", "root"])
def test_nobody_is_made_a_superuser_in_the_admin(client: Client, staff_member: Make, asks: str) -> None:
    officer = staff_member("officer")
    by = staff_member("administrator", username=asks, superuser=asks == "root")
    client.force_login(by, backend="staff.backends.StaffBackend")

    client.post(address(User, "change", officer), as_shown(officer, is_superuser="on"))
    officer.is_superuser = True
    with pytest.raises(people.SuperuserByShellOnly):
        changes_by_two.ask(officer, reason="Urgent", by=by, on=business_date.current())

    assert not Approval.objects.exists()
    assert not User.objects.get(pk=officer.pk).is_superuser


def test_a_right_is_given_to_nobody_alone(staff_member: Make) -> None:
    officer, by = staff_member("officer"), staff_member("administrator")
    rights = list(Permission.objects.filter(codename="disburse_loan"))
    with pytest.raises(people.RightsByRoleOnly):
        changes_by_two.ask(
            officer, reason="Urgent", by=by, on=business_date.current(), many={"user_permissions": rights}
        )


def test_who_tried_to_sign_in_is_only_looked_at(client: Client, staff_member: Make) -> None:
    """The tables of other packages that keep a record: nobody changes or deletes a row, not even a superuser."""
    client.force_login(staff_member(username="root", superuser=True), backend="staff.backends.StaffBackend")
    rows = [
        AccessAttempt.objects.create(username="ma", post_data="password=x", failures_since_start=1),
        AccessLog.objects.create(username="ma", ip_address="203.0.113.7"),
        AccessFailureLog.objects.create(username="ma", ip_address="203.0.113.7"),
    ]
    for row in rows:
        shown = client.get(address(type(row), "change", row))
        assert (shown.status_code, "password=x" in shown.content.decode()) == (200, False)
        assert client.post(address(type(row), "change", row), {"username": "xu"}).status_code == 403
        assert client.post(address(type(row), "delete", row), {"post": "yes"}).status_code == 403
        listed = address(type(row), "changelist")
        client.post(listed, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
        assert type(row).objects.get(pk=row.pk).username == "ma"
