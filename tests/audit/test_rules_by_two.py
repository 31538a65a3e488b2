"""A version of a rule through the admin: it follows the one before it, and goes only before it takes hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import Approval
from core import business_date
from core.models import Rule
from core.rulebook.versions import RuleInForce
from core.rules import rule
from staff.models import User
from tests.audit.test_power import REASON, _rule, address, agree, at_admin, ma, said, xu

__all__ = ["at_admin", "ma", "xu"]
pytestmark = pytest.mark.django_db

Make = Callable[..., User]


def test_a_rule_is_followed_by_a_version_and_never_changed(at_admin: Client, ma: User, xu: User) -> None:
    known = Rule.objects.get(code="approval_expiry")
    posted = {**_rule(), "effective_from": known.effective_from}
    assert at_admin.post(address(Rule, "change", known), {**posted, **REASON}).status_code == 403
    assert at_admin.post(address(Rule, "delete", known), {"post": "yes"}).status_code == 403

    at_admin.post(address(Rule), {**_rule(), **REASON})
    agree(xu)

    today = business_date.current()
    assert (rule("approval_expiry", today)["days"], rule("approval_expiry", today + timedelta(days=1))["days"]) == (
        14,
        3,
    )
    following = Rule.objects.get(source="Committee")
    assert (following.written_by, following.agreed_by) == (ma, xu)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"effective_from": date(2001, 1, 1)}, "takes hold on a day to come"),
        ({"data": json.dumps({"days": 0, "by_kind": {}})}, "/days must be at least 1, not 0"),
        ({"data": json.dumps({"days": 3, "dais": 3})}, "names something that this rule does not know"),
        ({"code": "approval_expire"}, "No rule is called approval_expire"),
    ],
)
def test_a_wrong_version_is_not_even_asked_for(at_admin: Client, changed: dict[str, Any], told: str) -> None:
    answer = at_admin.post(address(Rule), {**_rule(), **changed, **REASON}, follow=True)

    assert told in said(answer)
    assert not Approval.objects.exists()


def test_a_version_to_come_is_withdrawn_by_two(client: Client, staff_member: Make, xu: User) -> None:
    root = staff_member("administrator", username="root", superuser=True)
    client.force_login(root, backend="staff.backends.StaffBackend")
    coming = Rule.objects.create(**{**_rule(), "data": {"days": 3}})

    client.post(address(Rule, "delete", coming), {"post": "yes"})
    assert Rule.objects.filter(pk=coming.pk).exists()
    agree(xu)

    assert not Rule.objects.filter(pk=coming.pk).exists()


def test_a_version_that_took_hold_meanwhile_is_not_withdrawn(client: Client, staff_member: Make, xu: User) -> None:
    root = staff_member("administrator", username="root", superuser=True)
    client.force_login(root, backend="staff.backends.StaffBackend")
    coming = Rule.objects.create(**{**_rule(), "data": {"days": 3}})
    client.post(address(Rule, "delete", coming), {"post": "yes"})
    business_date.move_to(coming.effective_from)

    with pytest.raises(RuleInForce):
        agree(xu)
