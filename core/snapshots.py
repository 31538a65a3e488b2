"""Many statements that see one moment of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction whose statements all see what was committed when the first of them began: what others commit meanwhile
    is not seen, and nobody waits. Inside a transaction of the caller it is that one, with what it sees.

    A row that it locks and somebody else has changed meanwhile raises an OperationalError (``took_too_late``).
    """
    begins = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if begins:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # A statement over a range of ids is planned for that range, not for any.
            cursor.execute("SET LOCAL plan_cache_mode TO force_custom_plan")
        yield


def took_too_late(failure: BaseException) -> bool:
    """Whether a row was changed by somebody else between the moment that is seen and its lock: try again."""
    return getattr(failure.__cause__, "sqlstate", None) == "40001"
