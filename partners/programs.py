"""Which users are programs, in whose hands each is, and whether a key of it opens the door: asked by ``audit.deciding``."""

from collections.abc import Collection

from django.utils import timezone

from audit.deciding import Program
from partners.models import ApiClient


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
