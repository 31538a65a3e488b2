"""Who sees whose: how far the eyes of a role reach, declared once and asked by every list, page, search and the admin.

A role reaches over everything, or over what one of its ways of working gives it. Somebody with several roles sees what any
of them gives; somebody with none of the declared ones sees nothing. What one may not see does not exist for one: its
address answers as that of a missing object does. Apps that know the tables tell which rows a reach holds (``reach``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from django.http import Http404

from staff.models import User
from staff.reaches import REACHES, Reach

# Whoever asks how far somebody sees finds the words for it here.
__all__ = [
    "REACHES",
    "Kind",
    "Reach",
    "named_in_addresses",
    "reach",
    "reaches_of",
    "require_seen",
    "seen",
    "sees",
    "sees_everything",
]
M = TypeVar("M", bound=Model)


class Kind(StrEnum):
    """What is seen or not; everything else goes with the person, application or case it is about."""

    BORROWER = "borrower"
    APPLICATION = "application"
    CASE = "case"


Keys = Callable[[User], Sequence[QuerySet[Any, Any]]]
Finder = Callable[[str], tuple[Kind, QuerySet[Any], str] | None]
_keys: dict[tuple[Reach, Kind], Keys] = {}
_finders: list[Finder] = []


def reach(of: Reach, kind: Kind) -> Callable[[Keys], Keys]:
    """Declare which rows of the kind a reach holds: for a person the queries that find their keys, one column each."""

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
    return user.reaches


def sees_everything(user: User | AnonymousUser) -> bool:
    return Reach.EVERYTHING in reaches_of(user)


def seen(rows: QuerySet[M], user: User | AnonymousUser, kind: Kind, path: str = "pk") -> QuerySet[M]:
    """The rows the person sees; ``path`` leads from a row to the object of the kind that it is about."""
    if sees_everything(user):
        return rows
    found = _keys_of(user, kind)
    if not found:
        return rows.none()
    keys = found[0].union(*found[1:]) if len(found) > 1 else found[0]
    return rows.filter(**{f"{path}__in": keys})


def _keys_of(user: User | AnonymousUser, kind: Kind) -> list[QuerySet[Any, Any]]:
    """The queries that find what the person sees of the kind, without order."""
    reaches = reaches_of(user)
    assert isinstance(user, User) or not reaches
    of_reaches = [_keys[one, kind](user) for one in sorted(reaches) if (one, kind) in _keys]  # type: ignore[arg-type]
    return [keys.order_by() for queries in of_reaches for keys in queries]


def sees(user: User | AnonymousUser, word: str) -> bool:
    """Whether the person sees what ``word`` names in an address: what an act put to rest may be seen no longer."""
    try:
        require_seen(user, {"number": word})
    except Http404:
        return False
    return True


def require_seen(user: User | AnonymousUser, named: Mapping[str, object]) -> None:
    """Raises Http404 where an address names what the person does not see, as if it were not there."""
    if sees_everything(user):
        return
    for word in (value for value in named.values() if isinstance(value, str)):
        for finder in _finders:
            found = finder(word)
            if found is not None and not _sees_row(user, *found):
                raise Http404


def _sees_row(user: User | AnonymousUser, kind: Kind, rows: QuerySet[Any], path: str) -> bool:
    """Whether the person sees one of the few ``rows``: each way asks for that row alone, and not for all that they see."""
    wanted = rows.order_by().values(path)
    ways = [keys.filter(**{f"{keys.query.values_select[0]}__in": wanted}) for keys in _keys_of(user, kind)]
    return bool(ways) and ways[0].union(*ways[1:]).exists()
