"""Statements stay prepared from one test to the next: PostgreSQL reads and plans each once in a run, not once in a test.

psycopg forgets every prepared statement at a rollback, which is how nearly each test ends, and keeps a hundred of them.
It does so for tables that are made anew under the same name; PostgreSQL itself looks such a statement over again before
it carries it out. What alters or drops a table still makes psycopg forget.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Any

from psycopg import Connection, pq
from psycopg._preparing import Prepare, PrepareManager

KEPT = 1000  # of each connection
_ALTERS = re.compile(rb"(?:DROP|ALTER|DISCARD ALL|DEALLOCATE ALL)\b").match


def use() -> None:
    PrepareManager.prepared_max = KEPT
    PrepareManager._should_discard = _altered  # type: ignore[method-assign]
    Connection._rollback_gen = _keeping(Connection._rollback_gen)  # type: ignore[method-assign]


def _altered(manager: PrepareManager, _prepare: Prepare, results: Sequence[Any]) -> bool:
    """In place of ``_should_discard``, which also does it after a rollback to a savepoint."""
    done = [result.command_status or b"" for result in results if result.status == pq.ExecStatus.COMMAND_OK]
    return any(map(_ALTERS, done)) and manager.clear()


def _keeping(rollback: Any) -> Any:
    """``Connection._rollback_gen``, with what is prepared out of its sight."""

    def keeping(connection: Any) -> Generator[Any, Any, None]:
        prepared, connection._prepared = connection._prepared, PrepareManager()
        try:
            yield from rollback(connection)
        finally:
            connection._prepared = prepared

    return keeping
