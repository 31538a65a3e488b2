"""In whose hands an account is: its own person's, or those of whoever made the keys that an API client calls with.

Who must be somebody else than another (the taker of an application, the recorder of an income) is held against these people,
and against accounts tied to one of their own (``audit.deciding``).
"""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from django.utils import timezone

from audit.deciding import Program, ties_of
from core.errors import DomainError
from partners.models import ApiClient
from staff.models import User


class Hands(NamedTuple):
    """Whose hands users are in: ``people`` of their own, and the ``makers`` of keys of the API clients among them."""

    people: frozenset[int]
    makers: frozenset[int]


def hands_of(users: Collection[int]) -> Hands:
    """In whose hands ``users`` are. One statement."""
    if not users:
        return Hands(frozenset(), frozenset())
    found = set(ApiClient.objects.filter(acts_as__in=users).values_list("acts_as_id", "keys__created_by_id"))
    clients = {client for client, _maker in found}
    return Hands(frozenset(users) - clients, frozenset(maker for _client, maker in found if maker is not None))


def programs_of(users: Collection[int]) -> dict[int, Program]:
    """Those of ``users`` as which API clients act, for ``audit.deciding``. One statement."""
    now, makers, may_call = timezone.now(), dict[int, set[int]](), dict[int, bool]()
    columns = ("keys__created_by_id", "keys__waits", "keys__revoked_at", "keys__expires_at")
    found = ApiClient.objects.filter(acts_as__in=users).values_list("acts_as_id", "status", "keys__id", *columns)
    for user, status, key, maker, waits, revoked_at, expires_at in found:
        makers.setdefault(user, set()).update({maker} - {None})
        live = key is not None and not waits and revoked_at is None and (expires_at is None or expires_at > now)
        may_call[user] = may_call.get(user, False) or (live and status == ApiClient.Status.ACTIVE)
    return {user: Program(frozenset(who), may_call[user]) for user, who in makers.items()}


def people_behind(users: Collection[int]) -> frozenset[int]:
    """The numbers of the people behind ``users``: themselves, or of the user of an API client whoever made a key of it."""
    people, makers = hands_of(users)
    return people | makers


def dependent_on(people: Collection[int], others: Collection[int], on: date) -> frozenset[int]:
    """Those of ``people`` who are among the people behind ``others``, or whose account is tied to one of them.

    Of who made a key no ties count: whoever makes the accounts of a house makes its keys too, and nobody would be left. Two
    statements, none where either is empty.
    """
    if not people or not others:
        return frozenset()
    own, makers = hands_of(others)
    ties = ties_of({*people, *own}, on)
    return frozenset(one for one in people if one in makers | own or ties[one] & own)


def require_apart(by: User | None, others: Collection[int], refusal: DomainError, on: date) -> None:
    """Raise ``refusal`` where ``by`` counts as one person with one of ``others``, or made a key of one; None is nobody."""
    if by is not None and dependent_on([by.pk], others, on):
        raise refusal
