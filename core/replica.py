"""Reading from a replica: which pages may, how far it is behind, and what happens when it is not to be had.

Only what is asked for by GET on the places of ``settings.REPLICA_PLACES`` is read there, never within a transaction and
never what says who somebody is and what they may do. A replica that is further behind than
``settings.DATABASE_REPLICA_LAG_SECONDS``, or that does not answer, is left alone for a while: the same page is then read
from the primary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil
from time import monotonic
from typing import Any, cast

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

ALIAS = "replica"
PRIMARY_APPS = frozenset({"admin", "auth", "axes", "contenttypes", "django_celery_beat", "sessions", "staff"})
ASKED_AGAIN = 1.0  # seconds for which a lag that was measured is believed
LEFT_ALONE = 10.0  # seconds for which a replica that failed is not asked

log = structlog.get_logger(__name__)
_lag: ContextVar[float | None] = ContextVar("loandesk_replica_lag", default=None)

_REPLAYED = """
SELECT pg_last_wal_replay_lsn()::text, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8
 WHERE pg_is_in_recovery()
"""
_AHEAD = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s::pg_lsn) > 0"


class _Known:
    """What this process last found out about the replica."""

    lag: float | None = None
    until = 0.0


class Router:
    """Reads go to the replica inside ``reading``; everything else goes to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return alias() if model._meta.app_label not in PRIMARY_APPS else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def alias() -> str:
    """Where a read goes now; for SQL by hand as ``connections[alias()]``."""
    if _lag.get() is None or transaction.get_connection().in_atomic_block:
        return DEFAULT_DB_ALIAS
    return ALIAS


def lag_shown() -> str | Promise | None:
    """Words for a page that is read from the replica; None for one that is not."""
    lag = _lag.get()
    if lag is None:
        return None
    seconds = ceil(lag)
    words = ngettext_lazy(
        "Read from the replica, %(seconds)s second behind.",
        "Read from the replica, %(seconds)s seconds behind.",
        seconds,
    )
    return words % {"seconds": seconds}


@contextmanager
def reading(lag: float | None) -> Iterator[None]:
    """Read from the replica, which is ``lag`` seconds behind; from the primary for None."""
    token = _lag.set(lag)
    try:
        yield
    finally:
        _lag.reset(token)


def usable_lag() -> float | None:
    """Seconds the replica is behind; None when it is too far behind, does not answer or is none."""
    now = monotonic()
    if now >= _Known.until:
        try:
            _Known.lag, _Known.until = _measured(), now + ASKED_AGAIN
        except DatabaseError as failure:
            leave_alone(failure)
    lag = _Known.lag
    return lag if lag is not None and lag <= settings.DATABASE_REPLICA_LAG_SECONDS else None


def leave_alone(failure: Exception) -> None:
    """Read everything from the primary for a while."""
    log.warning("replica_left_alone", error=str(failure))
    _Known.lag, _Known.until = None, monotonic() + LEFT_ALONE
    connections[ALIAS].close()


def _measured() -> float | None:
    """Nothing behind when it has replayed all the primary has written; else the age of what it replayed last."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_REPLAYED)
        found: tuple[str, float | None] | None = cursor.fetchone()
    if found is None:
        return None  # it was made a primary of its own
    replayed, age = found
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_AHEAD, [replayed])
        (ahead,) = cursor.fetchone()
    if not ahead:
        return 0.0
    return age


class ReadsFromReplica:
    """Middleware: the pages that may are read from the replica."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        lag = usable_lag() if _may_be_behind(request) else None
        with reading(lag):
            response = self.get_response(request)
        if lag is not None and isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _read_on(lag, cast(Iterable[bytes], response.streaming_content))
        return response

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """The replica went away under a page: ask for the page again, which the primary then answers."""
        if _lag.get() is None or not isinstance(failure, OperationalError | InterfaceError):
            return None
        leave_alone(failure)
        return HttpResponseRedirect(request.get_full_path())


def _may_be_behind(request: HttpRequest) -> bool:
    if ALIAS not in connections.databases or request.method != "GET":
        return False
    path = request.path
    return path in settings.REPLICA_PLACES or path.endswith(".csv") or path.startswith(settings.REPLICA_PLACES_BELOW)


def _read_on(lag: float, parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts of a download are read while they are sent."""
    rest = iter(parts)
    while True:
        with reading(lag):
            part = next(rest, None)
        if part is None:
            return
        yield part


def for_pages(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``replica_lag`` for the frame of the pages."""
    return {"replica_lag": lag_shown()}


def for_admin(request: HttpRequest) -> list[Any] | None:
    """The mark in the head of the admin."""
    shown = lag_shown()
    return [shown, "info"] if shown else None
