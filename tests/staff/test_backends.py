"""A person comes with all rights in one statement, and a right taken away is gone at the next click."""

from collections.abc import Callable

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from staff.backends import StaffBackend
from staff.models import User
from staff.roles import ROLES, roles_of
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def somebody() -> User:
    person = UserFactory()
    person.groups.set(Group.objects.filter(name__in=["officer", "collector"]))
    person.user_permissions.add(Permission.objects.get(codename="disburse_loan"))
    return person


def test_rights_and_roles_are_those_of_django_in_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    person = somebody()
    usual = ModelBackend().get_user(person.pk)
    assert usual is not None
    with django_assert_num_queries(1):
        known = StaffBackend().get_user(person.pk)
        assert known is not None
        rights, roles = known.get_all_permissions(), roles_of(known)

    assert rights == usual.get_all_permissions() >= ROLES["officer"] | {"loans.disburse_loan"}
    assert roles == roles_of(User.objects.get(pk=person.pk)) and set(roles) == {"officer", "collector"}
    assert known.get_group_permissions() == usual.get_group_permissions()


def test_nobody_is_found_for_no_id_and_for_who_left() -> None:
    person = UserFactory(is_active=False)

    assert StaffBackend().get_user(person.pk) is None
    assert StaffBackend().get_user(0) is None


def test_a_superuser_has_every_right() -> None:
    person = StaffBackend().get_user(UserFactory(is_superuser=True).pk)

    assert person is not None
    assert person.get_all_permissions() >= ROLES["compliance"]


def test_what_is_revoked_is_refused_at_the_next_click(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "officer")
    page = reverse("loans:loan_list")
    assert client.get(page).status_code == 200

    User.objects.get(pk=client.session["_auth_user_id"]).groups.clear()

    assert client.get(page).status_code == 403
