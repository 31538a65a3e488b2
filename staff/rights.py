"""The rights people hold by their roles, read anew at the moment of asking: what is kept with a session may be out of date.

That somebody is a superuser counts for nothing here: it opens pages, and makes nobody a second person.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.db.models import F

from staff.models import User


def rights_of(people: Iterable[int]) -> dict[int, frozenset[str]]:
    """What each of these people holds by roles or in person; somebody inactive holds nothing. Two statements."""
    wanted = set(people)
    found: dict[int, set[str]] = {person: set() for person in wanted}
    names = ("content_type__app_label", "codename")
    for path in ("group__user", "user"):
        active = {f"{path}__in": wanted, f"{path}__is_active": True}
        rows = Permission.objects.filter(**active).order_by().annotate(holder=F(f"{path}__pk"))
        for holder, app_label, codename in rows.values_list("holder", *names).distinct():
            found[holder].add(f"{app_label}.{codename}")
    return {person: frozenset(rights) for person, rights in found.items()}


def holders_of(permission: str) -> list[User]:
    """Everybody active who holds a right by a role or in person, by name."""
    app_label, codename = permission.split(".")
    right = Permission.objects.filter(content_type__app_label=app_label, codename=codename)
    found = User.objects.filter(is_active=True, groups__permissions__in=right) | User.objects.filter(
        is_active=True, user_permissions__in=right
    )
    return list(found.distinct().order_by("display_name", "username"))
