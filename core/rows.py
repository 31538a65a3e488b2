"""Whole rows of one model, read and written by SQL that is put together once a process.

The ORM compiles every statement anew; on the way every payment takes that costs more than PostgreSQL needs to carry it
out. Values go through the model's own fields, so what is stored is what the ORM would store. No signals are sent: a
model with a history is inserted by ``core.history.insert_tracked``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from threading import local
from typing import Any, TypeAlias, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DecimalField,
    Field,
    ForeignKey,
    IntegerField,
    Model,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    TextField,
)
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=Model)
SqlValue: TypeAlias = bool | int | Decimal | str | date | datetime | list[int] | list[str] | None
Parameters: TypeAlias = dict[str, SqlValue]  # of a statement with %(names)s


class _Kept(local):
    """The cursor of this thread's connection."""

    connection: object = None
    cursor: Any = None
    waiting: list[tuple[str, Sequence[Any]]] | None = None  # what ``later`` was given inside ``together``


_kept = _Kept()
_NOT_THERE = object()
_WRITES = re.compile(r'\s*(INSERT INTO|UPDATE) "?(\w+)"?')
# What these fields themselves would make of a value of that class is the value.
_AS_THEY_STAND: dict[type, type] = {
    AutoField: int,
    BigAutoField: int,
    BigIntegerField: int,
    BooleanField: bool,
    CharField: str,
    DateField: date,
    DecimalField: Decimal,
    IntegerField: int,
    PositiveIntegerField: int,
    PositiveSmallIntegerField: int,
    TextField: str,
}


def execute(sql: str, values: Sequence[Any]) -> Any:
    """Carry out one statement; the answer (``fetchone``, ``fetchall``, ``rowcount``) stands until the next one is sent.

    All go through one cursor a connection, which knows how to send and read each type; to make a cursor anew cost a
    payment as much as half its statements.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    if database.queries_logged:
        cursor = database.cursor()
    elif _kept.connection is database.connection:
        cursor = _kept.cursor
    else:
        cursor = _kept.cursor = database.cursor()
        _kept.connection = database.connection
    cursor.execute(sql, values)
    return cursor.cursor


def later(sql: str, values: Sequence[Any]) -> None:
    """Carry out a statement whose answer nobody needs: at once, or inside ``together`` with the others."""
    if _kept.waiting is None:
        execute(sql, values)
        return
    if any(_meet(sql, other) for other, _values in _kept.waiting):
        _send_waiting()
    _kept.waiting.append((sql, values))


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
    _kept.waiting = []
    try:
        with connections[DEFAULT_DB_ALIAS].execute_wrapper(_send_first):
            yield
            _send_waiting()
    finally:
        _kept.waiting = None


@cache
def _meet(one: str, other: str) -> bool:
    """Whether two statements are about one table and one of them changes rows that the other may write."""
    (doing, table), (done, of) = (_written_by(sql) for sql in (one, other))
    return table == of and {doing, done} != {"INSERT INTO"}


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
    if not _kept.waiting:
        return
    waiting, _kept.waiting = _kept.waiting, []
    *parts, last = waiting
    head = ", ".join(f"w{place} AS ({sql})" for place, (sql, _values) in enumerate(parts))
    execute(f"WITH {head} {last[0]}" if parts else last[0], [value for _sql, values in waiting for value in values])


def first(model: type[Row], tail: str, values: Sequence[Any]) -> Row | None:
    """The first row that ``tail`` (WHERE … ORDER BY … FOR UPDATE) finds, or None."""
    select, names, converters = _reading(model)
    found = execute(f"{select} {tail} LIMIT 1", values).fetchone()
    if found is None:
        return None
    return _row_of(model, names, converters, found)


def columns(model: type[Model], table: str) -> str:
    """The columns of ``model`` as ``made`` takes them, for the list of a SELECT in which its table goes by ``table``."""
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


def made(model: type[Row], found: Sequence[Any]) -> Row:
    """The stored row whose ``columns`` a statement found."""
    _select, names, converters = _reading(model)
    return _row_of(model, names, converters, found)


def _row_of(model: type[Row], names: list[str], converters: list[tuple[int, Any]], found: Sequence[Any]) -> Row:
    held = list(found)
    for place, convert in converters:
        held[place] = convert(held[place], None, connection)
    return _read(model, names, held)


def first_joined(model: type[Row], paths: tuple[str, ...], tail: str, values: Sequence[Any]) -> Row | None:
    """As ``first``, with the rows that ``paths`` of foreign keys lead to ("product_version__product").

    A path may also lead the other way, by a one-to-one link that a row of another model has to this one. In ``tail`` the
    model's own table is ``t0``, those of the paths are ``t1``, ``t2`` … in the order in which the paths first name them.
    """
    select, parts = _joined_reading(model, paths)
    found = execute(f"{select} {tail} LIMIT 1", values).fetchone()
    if found is None:
        return None
    made: list[Any] = []
    for part in parts:
        row = part.row_of(found)
        made.append(row)
        if part.link is not None and (holder := made[part.holder]) is not None:
            part.link.set_cached_value(holder, row)
    first_made: Row = made[0]
    return first_made


def insert(*rows: Model) -> None:
    """Insert new rows of one model in one statement; the database numbers them. A single row learns its number."""
    if not rows:
        return
    model = type(rows[0])
    sql = f"{insertion(model, len(rows))} RETURNING {model._meta.pk.column}"
    numbered = execute(sql, [value for row in rows for value in new_values(row)])
    if len(rows) == 1:
        stored(rows[0], numbered.fetchone()[0])


def insert_later(*rows: Model) -> None:
    """Insert new rows of one model, which nobody needs the numbers of, as ``later`` does."""
    if rows:
        later(insertion(type(rows[0]), len(rows)), [value for row in rows for value in new_values(row)])


def update_later(row: Model) -> None:
    """Write every column of a row that is known to be stored, because it is locked, as ``later`` does."""
    fields = written(type(row))
    later(updating(type(row), fields), [*values_of(row, fields), row.pk])


def update(row: Model, *names: str) -> None:
    """Write the fields ``names`` of a stored row, or every column."""
    fields: tuple[Any, ...] = tuple(row._meta.get_field(name) for name in names) or written(type(row))
    if execute(updating(type(row), fields), [*values_of(row, fields), row.pk]).rowcount != 1:
        raise ObjectDoesNotExist(f"{row._meta.label} {row.pk} is not stored")


@cache
def insertion(model: type[Model], count: int = 1) -> str:
    """``INSERT INTO … VALUES …`` for so many rows, without its end."""
    names = column_names(model)
    places = f"({', '.join(['%s'] * len(names))})"
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) VALUES {", ".join([places] * count)}'


def column_names(model: type[Model]) -> tuple[str, ...]:
    """The quoted columns an insert fills."""
    return tuple(f'"{field.column}"' for field in written(model))


def new_values(row: Model) -> list[Any]:
    """What an insert of ``row`` stores, in the order of the columns; moments of creation are set now."""
    return values_of(row, written(type(row)), add=True)


def as_stored(model: type[Model], values: Sequence[Any]) -> list[Any]:
    """``values`` of all ``written`` fields as an insert stores them."""
    database = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(value, database) for field, value in zip(written(model), values, strict=True)]


def stored(row: Model, number: Any) -> None:
    """Tell a row that it is in the database, under ``number``."""
    row.pk = number
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def values_of(row: Model, fields: tuple[Field[Any, Any], ...], *, add: bool = False) -> list[Any]:
    """What a write of ``fields`` stores."""
    database, held = None, row.__dict__
    values = []
    for field, name, plain in _ways(fields):
        value = held.get(name, _NOT_THERE)
        if value.__class__ is not plain and not (value is None and plain):
            database = database or connections[DEFAULT_DB_ALIAS]
            value = field.get_db_prep_save(field.pre_save(row, add), database)
        values.append(value)
    return values


@cache
def _ways(fields: tuple[Field[Any, Any], ...]) -> tuple[tuple[Field[Any, Any], str, type | None], ...]:
    """Each field with the class of values that it stores as they stand; None where it has something to do with each."""
    return tuple((field, field.attname, _stored_as_it_stands(field)) for field in fields)


def _stored_as_it_stands(field: Field[Any, Any]) -> type | None:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return None
    if isinstance(field, ForeignKey):
        return _stored_as_it_stands(field.target_field)
    return _AS_THEY_STAND.get(type(field))


@cache
def written(model: type[Model]) -> tuple[Field[Any, Any], ...]:
    """The fields an insert fills: all but the number the database gives."""
    return tuple(field for field in model._meta.concrete_fields if not isinstance(field, AutoField))


@cache
def updating(model: type[Model], fields: tuple[Field[Any, Any], ...]) -> str:
    """``UPDATE … SET … WHERE`` the number of the row is the last value."""
    assignments = ", ".join(f'"{field.column}" = %s' for field in fields)
    return f'UPDATE "{model._meta.db_table}" SET {assignments} WHERE "{model._meta.pk.column}" = %s'


def _read(model: type[Row], names: Sequence[str], held: Sequence[Any]) -> Row:
    """As ``Model.from_db``, without asking each field what it would be otherwise and without signals."""
    row = model.__new__(model)
    row._state = ModelState()
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    row.__dict__.update(zip(names, held, strict=True))
    return row


@cache
def _reading(model: type[Model]) -> tuple[str, list[str], list[tuple[int, Any]]]:
    fields = model._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    return f'SELECT {names} FROM "{model._meta.db_table}"', [field.attname for field in fields], _converters(model)


def _converters(model: type[Model]) -> list[tuple[int, Any]]:
    """What turns stored values into Python's, by place."""
    fields = model._meta.concrete_fields
    return [(n, convert) for n, field in enumerate(fields) for convert in field.get_db_converters(connection)]


@dataclass(frozen=True, slots=True)
class _Part:
    """One table of a joined reading: its columns begin at ``start``; ``link`` leads to it from the part ``holder``."""

    model: type[Model]
    start: int
    holder: int
    link: Any
    optional: bool
    names: list[str]
    number: int
    converters: list[tuple[int, Any]]

    def row_of(self, found: Sequence[Any]) -> Model | None:
        held = list(found[self.start : self.start + len(self.names)])
        if held[self.number] is None:
            return None
        for place, convert in self.converters:
            held[place] = convert(held[place], None, connection)
        return _read(self.model, self.names, held)


@cache
def _joined_reading(model: type[Model], paths: tuple[str, ...]) -> tuple[str, list[_Part]]:
    parts = [_part(model, 0, 0, None)]
    known: dict[str, int] = {"": 0}
    joins: list[str] = []
    for path in paths:
        holder, walked = 0, ""
        for name in path.split("__"):
            walked = f"{walked}__{name}"
            if walked not in known:
                link: Any = parts[holder].model._meta.get_field(name)
                place = known[walked] = len(parts)
                target, end = link.related_model, parts[-1].start + len(parts[-1].names)
                # Behind a link that may be empty every table may be missing; a row that should point here is there.
                optional = parts[holder].optional or (link.concrete and link.null)
                parts.append(_part(target, end, holder, link, optional=optional))
                there, here = (link.target_field, link) if link.concrete else (link.field, link.field.target_field)
                joins.append(
                    f'{"LEFT JOIN" if optional else "JOIN"} "{target._meta.db_table}" t{place} '
                    f'ON t{place}."{there.column}" = t{holder}."{here.column}"'
                )
            holder = known[walked]
    columns = ", ".join(
        f't{place}."{field.column}"' for place, part in enumerate(parts) for field in part.model._meta.concrete_fields
    )
    return f'SELECT {columns} FROM "{model._meta.db_table}" t0 {" ".join(joins)}', parts


def _part(model: type[Model], start: int, holder: int, link: Any, *, optional: bool = False) -> _Part:
    fields = list(model._meta.concrete_fields)
    names = [field.attname for field in fields]
    return _Part(model, start, holder, link, optional, names, names.index(model._meta.pk.attname), _converters(model))
