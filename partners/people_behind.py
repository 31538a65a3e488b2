"""In whose hands an account is: its own person's, or those of whoever made the keys that an API client calls with.

Who must be somebody else than another (the taker of an application, the recorder of an income) is held against these people,
and against accounts tied to theirs (``audit.deciding``).
"""

from collections.abc import Collection
from datetime import date

from audit.deciding import AccountsNotIndependent, accounts_made_within, ties_of
from partners.models import ApiKey
from staff.models import User


def people_behind(users: Collection[int]) -> frozenset[int]:
    """The numbers of the people behind ``users``: of the user of an API client whoever made a key of it. One statement."""
    if not users:
        return frozenset()
    made = ApiKey.objects.filter(client__acts_as__in=users, created_by__isnull=False)
    makers = set(made.values_list("client__acts_as_id", "created_by_id"))
    clients = {client for client, _maker in makers}
    # the user itself stays: one that belongs to no person decides on nothing
    return frozenset({maker for _client, maker in makers if maker is not None} | (set(users) - clients))


def dependent_on(people: Collection[int], others: Collection[int], on: date) -> frozenset[int]:
    """Those of ``people`` who are among the people behind ``others``, or whose account is tied to one of them. Two
    statements, none where either is empty."""
    if not people or not others:
        return frozenset()
    behind = people_behind(others)
    ties = ties_of({*people, *behind}, on)
    return frozenset(one for one in people if one in behind or ties[one] & behind)


def require_independent(person: User, others: Collection[int], on: date) -> None:
    """Raise AccountsNotIndependent where the account of ``person`` and one of ``others`` are no two people."""
    if dependent_on([person.pk], others, on):
        names = User.objects.filter(pk__in=people_behind(others) - {person.pk}).order_by("pk")
        who = ", ".join(map(str, names)) or str(person)
        raise AccountsNotIndependent(requester=who, days=accounts_made_within(on))
