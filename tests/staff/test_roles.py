"""The role table is the truth: groups follow it, and it names only rights that exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client

from staff import roles
from staff.models import User

pytestmark = pytest.mark.django_db


def test_every_role_is_a_group_after_migrate() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= set(roles.ROLES)
    assert set(roles.LABELS) == set(roles.ROLES)


def test_every_right_of_the_table_exists() -> None:
    known = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    wanted = {right for rights in roles.ROLES.values() for right in rights}

    assert wanted - known == set()


def test_every_right_an_app_declares_is_carried_by_some_role() -> None:
    carried = {right for rights in roles.ROLES.values() for right in rights}
    declared = {
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        for codename, _name in model._meta.permissions
    }

    assert declared - carried == set()


def test_a_group_holds_exactly_the_rights_of_its_role() -> None:
    for role, rights in roles.ROLES.items():
        held = Group.objects.get(name=role).permissions.select_related("content_type")
        assert {f"{p.content_type.app_label}.{p.codename}" for p in held} == rights


def test_a_right_given_to_a_role_by_hand_is_taken_back() -> None:
    collector = Group.objects.get(name="collector")
    close_day = Permission.objects.get(content_type__app_label="operations", codename="close_day")
    collector.permissions.add(close_day)

    roles.sync_roles()

    assert close_day not in collector.permissions.all()


def test_nobody_who_asks_for_a_write_off_alone_may_also_approve_it_as_collector() -> None:
    assert "loans.approve_write_off" not in roles.ROLES["collector"]
    assert "loans.request_write_off" in roles.ROLES["collector"]


def test_a_right_names_the_roles_that_carry_it() -> None:
    assert "operations" in roles.roles_with("operations.close_day")
    assert roles.roles_with("nobody.has_this") == []


def test_a_persons_roles_come_in_the_order_of_the_table(staff_member: Any) -> None:
    both: User = staff_member("compliance", "officer")

    assert roles.roles_of(both) == ["officer", "compliance"]


@pytest.mark.parametrize("address", ["/admin/audit/archivedrecords/", "/admin/ledger/archivedmonth/"])
def test_administrators_see_which_months_are_archived(
    client: Client, signed_in: Callable[..., Client], address: str
) -> None:
    signed_in(client, "administrator", is_staff=True)

    assert client.get(address).status_code == 200
