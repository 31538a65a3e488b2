"""How statements that are put together once a process are sent: through one cursor a connection, several as one.

On the way every payment takes, what PostgreSQL carries out costs less than the sending of it. So nothing is made twice
(cursors, the driver's reading of a statement), and writes whose answer nobody needs wait for each other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from itertools import count
from threading import local
from typing import Any, TypeAlias
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import RawCursor
from psycopg.adapt import Dumper
from psycopg.types.json import Jsonb, JsonbDumper

Named: TypeAlias = Callable[[IntegrityError], Exception]

_WRITES = re.compile(r'\s*(INSERT INTO|UPDATE) "?(\w+)"?')
_ADDS = "INSERT INTO"
_MOST = 256  # statements kept a connection
_PLACE = re.compile("%[s%]")


@dataclass(slots=True)
class _Waiting:
    """What ``later`` was given inside ``together``, and the numbers taken ahead."""

    parts: list[tuple[str, str]] = field(default_factory=list)
    values: list[Sequence[Any]] = field(default_factory=list)  # of each part
    changed: dict[str, str] = field(default_factory=dict)  # what is done to which table
    named: list[Named] = field(default_factory=list)
    numbers: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


class _Kept(local):
    """This thread's connection, and a cursor on it for each statement: one that is sent again with its own knows already
    how to send and read its types."""

    connection: object = None
    cursors: dict[str, Any]
    waiting: _Waiting | None = None


_kept = _Kept()


class _Untyped(Dumper):
    """A value as text without its type: PostgreSQL knows each by its place. With their types a statement would be another
    one to prepare whenever a column is empty or a number grows. Texts have none anyway, and lists have that of their values.
    """

    oid = 0

    def dump(self, obj: Any) -> bytes:
        return str(obj).encode()


class _UntypedNumber(_Untyped):
    """A whole number, however its class would write it to be read."""

    def dump(self, obj: Any) -> bytes:
        return int.__repr__(obj).encode()


class _UntypedJson(JsonbDumper):
    oid = 0


_UNTYPED = {
    Jsonb: _UntypedJson,
    int: _UntypedNumber,
    **dict.fromkeys((bool, float, Decimal, date, datetime, UUID), _Untyped),
}


def _cursor_on(database: BaseDatabaseWrapper) -> Any:
    driver: Any = RawCursor(database.connection)
    for kind, dumper in _UNTYPED.items():
        driver.adapters.register_dumper(kind, dumper)
    return database.make_cursor(driver)


def execute(sql: str, values: Sequence[Any]) -> Any:
    """Carry out one statement; the answer (``fetchone``, ``fetchall``, ``rowcount``) stands until the next one is sent."""
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    if database.queries_logged:
        cursor = database.cursor()
        cursor.execute(sql, values)
        return cursor.cursor
    if _kept.connection is not database.connection or len(_kept.cursors) > _MOST:
        _kept.connection, _kept.cursors = database.connection, {}
    kept = _kept.cursors.get(sql)
    if kept is None:
        kept = _kept.cursors[sql] = _cursor_on(database)
    # Also while a page is read (core.middleware): what is sent here is the same few statements, by number.
    threshold, wanted = (
        database.connection.prepare_threshold,
        database.settings_dict["OPTIONS"].get("prepare_threshold"),
    )
    database.connection.prepare_threshold = wanted
    try:
        kept.execute(_numbered(sql), values)
    finally:
        database.connection.prepare_threshold = threshold
    return kept.cursor


@lru_cache(maxsize=512)
def _numbered(sql: str) -> str:
    """As the driver passes it on: each ``%s`` by its number, ``%%`` as one sign."""
    number = count(1)
    return _PLACE.sub(lambda found: "%" if found[0] == "%%" else f"${next(number)}", sql)


def later(sql: str, values: Sequence[Any], *, copied: str = "", named: Named | None = None) -> None:
    """Carry out an INSERT or UPDATE whose answer nobody needs: at once, or inside ``together`` with the others.

    ``copied`` is an INSERT of what was stored, which it reads from ``{stored}``; ``values`` are those of both. ``named``
    gives what PostgreSQL refuses its name, or gives it back as it is.
    """
    waiting = _kept.waiting
    if waiting is None:
        _carry_out(((sql, copied),), [values], [named] if named else [])
        return
    written = {table: doing for doing, table in map(_written_by, filter(None, (sql, copied)))}
    # Of the statements on one table only those that add rows can go together.
    if any({doing, waiting.changed[table]} != {_ADDS} for table, doing in written.items() if table in waiting.changed):
        _send_waiting()
    waiting.changed |= written
    waiting.parts.append((sql, copied))
    waiting.values.append(values)
    if named:
        waiting.named.append(named)


@contextmanager
def together() -> Iterator[None]:
    """Send what ``later`` is given inside the block as one statement, when the block ends or before anything else is sent.

    PostgreSQL carries them out side by side, as parts of one WITH, so what changes rows of a table is never sent with
    another statement on that table. A block within another belongs to that one. When it ends by an exception nothing is
    sent: the transaction is the caller's to end.
    """
    if _kept.waiting is not None:
        yield
        return
    _kept.waiting = _Waiting()
    try:
        with connections[DEFAULT_DB_ALIAS].execute_wrapper(_send_first):
            yield
            _send_waiting()
    finally:
        _kept.waiting = None


def take_numbers(*sequences: str) -> None:
    """Take the next number of each sequence by one statement, for ``next_number`` and ``number_ahead`` in this block of
    ``together``; outside of one nothing is done. Of a sequence named twice two are taken."""
    waiting = _kept.waiting
    if waiting is None:
        return
    places = ", ".join(["nextval(%s::regclass)"] * len(sequences))
    for sequence, number in zip(sequences, execute(f"SELECT {places}", sequences).fetchone(), strict=True):
        waiting.numbers[sequence].append(number)


def number_ahead(sequence: str) -> int | None:
    """A number that was taken ahead, the lowest first; None where none is left."""
    waiting = _kept.waiting
    return waiting.numbers[sequence].pop(0) if waiting is not None and waiting.numbers[sequence] else None


def next_number(sequence: str) -> int:
    """The next number of a sequence: one taken ahead, or asked for now."""
    ahead = number_ahead(sequence)
    return int(execute("SELECT nextval(%s::regclass)", [sequence]).fetchone()[0]) if ahead is None else ahead


@cache
def _written_by(sql: str) -> tuple[str, str]:
    found = _WRITES.match(sql)
    if found is None:
        raise ValueError(f"only an INSERT or UPDATE can wait for others: {sql}")
    return found[1], found[2]


def _send_first(execute: Any, sql: Any, values: Any, many: bool, context: Any) -> Any:
    _send_waiting()
    return execute(sql, values, many, context)


def _send_waiting() -> None:
    waiting = _kept.waiting
    if waiting is None or not waiting.parts:
        return
    parts, values, named = tuple(waiting.parts), waiting.values, waiting.named
    waiting.parts, waiting.values, waiting.named = [], [], []
    waiting.changed.clear()
    _carry_out(parts, values, named)


def _carry_out(parts: tuple[tuple[str, str], ...], values: Sequence[Sequence[Any]], named: Sequence[Named]) -> None:
    try:
        execute(_as_one(parts), [value for of_part in reversed(values) for value in of_part])
    except IntegrityError as refusal:
        for name in named:
            if (told := name(refusal)) is not refusal:
                raise told from refusal
        raise


@lru_cache(maxsize=512)
def _as_one(parts: tuple[tuple[str, str], ...]) -> str:
    """The first part last: PostgreSQL begins with the statement under a WITH and goes on from the end of its list, so rows
    are numbered in the order in which they were given."""
    head: list[str] = []
    for sql, copied in reversed(parts):
        head.append(f"{sql} RETURNING *" if copied else sql)
        if copied:
            head.append(copied.replace("{stored}", f"w{len(head) - 1}"))
    *before, last = head
    return f"WITH {', '.join(f'w{place} AS ({sql})' for place, sql in enumerate(before))} {last}" if before else last
