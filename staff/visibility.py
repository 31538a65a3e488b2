"""Who sees whose: how far the eyes of a role reach, declared once and asked by every list, page, search and the admin.

A role reaches over everything, or over what one of its ways of working gives it. Somebody with several roles sees what any
of them gives; somebody with none of the declared ones sees nothing. What one may not see does not exist for one: its
address answers as that of a missing object does. Apps that know the tables tell which rows a reach holds (``reach``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from django.http import Http404

from staff.models import User
from staff.roles import roles_of

M = TypeVar("M", bound=Model)


class Reach(StrEnum):
    """How far somebody sees."""

    EVERYTHING = "everything"
    TAKEN = "taken"  # what the person took in themselves, and what nobody of the house did
    REFERRED = "referred"  # what waits for an underwriter, and what the person has or had in hand
    ASSIGNED = "assigned"  # cases given to the person, and open ones given to nobody


class Kind(StrEnum):
    """What is seen or not; everything else goes with the person, application or case it is about."""

    BORROWER = "borrower"
    APPLICATION = "application"
    CASE = "case"


# The role table says what somebody may do, this one with whose. `tests/staff/test_visibility.py` holds every role to it.
REACHES: dict[str, Reach] = {
    "officer": Reach.TAKEN,
    "underwriter": Reach.REFERRED,
    "collector": Reach.ASSIGNED,
    "checker": Reach.EVERYTHING,
    "operations": Reach.EVERYTHING,
    "team_lead": Reach.EVERYTHING,
    "risk_analyst": Reach.EVERYTHING,
    "finance": Reach.EVERYTHING,
    "compliance": Reach.EVERYTHING,
    "administrator": Reach.EVERYTHING,
}

Keys = Callable[[User], QuerySet[Any, Any]]
Finder = Callable[[str], tuple[Kind, QuerySet[Any], str] | None]
_keys: dict[tuple[Reach, Kind], Keys] = {}
_finders: list[Finder] = []


def reach(of: Reach, kind: Kind) -> Callable[[Keys], Keys]:
    """Declare which rows of the kind a reach holds: a query of their keys for a person."""

    def register(keys: Keys) -> Keys:
        _keys[of, kind] = keys
        return keys

    return register


def named_in_addresses(finder: Finder) -> Finder:
    """Declare what a word of an address names: the kind it goes with, the rows, and the path from them to it."""
    _finders.append(finder)
    return finder


def reaches_of(user: User | AnonymousUser) -> frozenset[Reach]:
    """How far the person sees, by all roles."""
    if not isinstance(user, User):
        return frozenset()
    if user.is_superuser:
        return frozenset({Reach.EVERYTHING})
    found = frozenset(REACHES[role] for role in roles_of(user) if role in REACHES)
    return frozenset({Reach.EVERYTHING}) if Reach.EVERYTHING in found else found


def sees_everything(user: User | AnonymousUser) -> bool:
    return Reach.EVERYTHING in reaches_of(user)


def seen(rows: QuerySet[M], user: User | AnonymousUser, kind: Kind, path: str = "pk") -> QuerySet[M]:
    """The rows the person sees; ``path`` leads from a row to the object of the kind that it is about."""
    reaches = reaches_of(user)
    if Reach.EVERYTHING in reaches:
        return rows
    assert isinstance(user, User) or not reaches
    found = [_keys[one, kind](user).order_by() for one in sorted(reaches) if (one, kind) in _keys]  # type: ignore[arg-type]
    if not found:
        return rows.none()
    keys = found[0].union(*found[1:]) if len(found) > 1 else found[0]
    return rows.filter(**{f"{path}__in": keys})


def require_seen(user: User | AnonymousUser, named: Mapping[str, object]) -> None:
    """Raises Http404 where an address names what the person does not see, as if it were not there."""
    if sees_everything(user):
        return
    for word in (value for value in named.values() if isinstance(value, str)):
        for finder in _finders:
            found = finder(word)
            if found is not None and not seen(found[1], user, found[0], path=found[2]).exists():
                raise Http404
