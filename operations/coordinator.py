"""The one place of whoever closes days: an advisory lock of PostgreSQL that a killed process lets go by itself.

It is held by a transaction on a connection of its own, which does nothing else: so it holds through a pooler that lends
connections by transaction, and, reading nothing, it keeps no old rows from being cleaned away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

LOCK = 0x4C6F616E_45_4F_44  # "Loan" "EOD": any number no other advisory lock of the database uses
_holding: ContextVar[BaseDatabaseWrapper | None] = ContextVar("loandesk_coordinator", default=None)

_HELD = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks
     WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND objsubid = 1
       AND (classid::bigint << 32 | objid::bigint) = %s
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


class AlreadyClosing(DomainError):
    code = "end_of_day_already_running"
    message = _("The end of day is already running. Wait until it has finished.")


@contextmanager
def only_coordinator() -> Iterator[None]:
    """Hold the one place of the coordinator; nested use is fine. Raises AlreadyClosing."""
    if _holding.get() is not None:
        yield
        return
    place = connection.copy()
    try:
        place.set_autocommit(False)
        with place.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                raise AlreadyClosing
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout TO 0")
        token = _holding.set(place)
        try:
            yield
        finally:
            _holding.reset(token)
    finally:
        _let_go(place)


def require_place() -> None:
    """Go on only while the place is held: a connection that was lost has lost it. Raises what the driver raises then."""
    place = _holding.get()
    assert place is not None
    with place.cursor() as cursor:
        cursor.execute("SELECT 1")


def somebody_coordinates() -> bool:
    """Whether a coordinator is at work, in whatever process."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [LOCK])
        return bool(cursor.fetchone()[0])


def _let_go(place: BaseDatabaseWrapper) -> None:
    """The end of the transaction lets go of the lock before the connection ends, which takes a moment longer."""
    try:
        if place.is_usable():
            place.rollback()
    finally:
        place.close()
