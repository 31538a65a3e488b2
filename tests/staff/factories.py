"""Factories of people who work here.

`UserFactory(roles=["collector"])` is a collector; `UserFactory(username="zhao")`, asked again, is the same person;
`second_account_of(zhao, "checker")` is an account that Zhao made alone. Tests that also sign in use the fixtures
`staff_member` and `signed_in`.
"""

from collections.abc import Iterable
from typing import Any

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory, Password

from core.context import acting
from staff.models import User

PASSWORD = "a-password-of-the-tests"


class UserFactory(DjangoModelFactory[User]):
    """A member of staff with exactly the given roles (names of the groups that migrations made)."""

    class Meta:
        model = User
        django_get_or_create = ("username",)

    class Params:
        superuser = factory.Trait(is_superuser=True)

    roles: Iterable[str] = ()
    username = factory.LazyAttributeSequence(lambda user, n: f"{'-'.join(user.roles) or 'person'}-{n}")
    password = Password(PASSWORD)
    is_superuser = False
    is_staff = factory.LazyAttribute(lambda user: user.is_superuser or "administrator" in user.roles)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, roles: Iterable[str], **kwargs: Any) -> User:
        groups = list(Group.objects.filter(name__in=roles))
        unknown = set(roles) - {group.name for group in groups}
        assert not unknown, f"there is no role {unknown}"
        user = super()._create(model_class, *args, **kwargs)
        user.groups.set(groups)
        return user


def second_account_of(maker: User, *roles: str) -> User:
    """An account that `maker` made alone, and so has in hand."""
    with acting(actor=maker, channel="admin"):
        return UserFactory(roles=roles)
