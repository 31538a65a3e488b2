"""Whole rows of one model, read and written by SQL that is put together once a process.

The ORM compiles every statement anew; on the way every payment takes that costs more than PostgreSQL needs to carry it
out. Values go through the model's own fields, so what is stored is what the ORM would store. No signals are sent: a
model with a history is inserted by ``core.history.insert_tracked``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
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

from core.sending import Named, execute, later

Row = TypeVar("Row", bound=Model)
SqlValue: TypeAlias = bool | int | Decimal | str | date | datetime | list[int] | list[str] | None
Parameters: TypeAlias = dict[str, SqlValue]  # of a statement with %(names)s


_NOT_THERE = object()
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

    A path may also lead the other way, by a one-to-one link that a row of another model has to this one; where that row may
    be missing, its name ends with ``?``. In ``tail`` the model's own table is ``t0``, those of the paths are ``t1``, ``t2``
    … in the order in which the paths first name them.
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
    sql = f"{inserting(written(model), len(rows))} RETURNING {model._meta.pk.column}"
    numbered = execute(sql, [value for row in rows for value in new_values(row)])
    if len(rows) == 1:
        stored(rows[0], numbered.fetchone()[0])


def insert_later(*rows: Model, named: Named | None = None) -> None:
    """Insert new rows of one model as ``core.sending.later`` does: under the numbers they have (``stored``), or under
    numbers that nobody needs to know."""
    if rows:
        fields = written(type(rows[0])) if rows[0].pk is None else every(type(rows[0]))
        values = [value for row in rows for value in values_of(row, fields, add=True)]
        later(inserting(fields, len(rows)), values, named=named)


def update_later(row: Model) -> None:
    """Write every column of a row that is known to be stored, because it is locked, as ``core.sending.later`` does."""
    fields = written(type(row))
    later(updating(fields), [*values_of(row, fields), row.pk])


def update(row: Model, *names: str) -> None:
    """Write the fields ``names`` of a stored row, or every column."""
    fields = chosen(type(row), names) if names else written(type(row))
    if execute(updating(fields), [*values_of(row, fields), row.pk]).rowcount != 1:
        raise ObjectDoesNotExist(f"{row._meta.label} {row.pk} is not stored")


class Fields:
    """Columns of a model that are written together, in their order. There is one object for each such choice."""

    __slots__ = ("columns", "fields", "model", "ways")

    def __init__(self, model: type[Model], fields: Iterable[Any]) -> None:
        self.model = model
        self.fields: tuple[Field[Any, Any], ...] = tuple(fields)
        self.columns = tuple(f'"{field.column}"' for field in self.fields)
        # Each with the class of values that it stores as they stand; None where it has something to do with each.
        self.ways = tuple((field, field.attname, _stored_as_it_stands(field)) for field in self.fields)


@cache
def written(model: type[Model]) -> Fields:
    """What an insert fills: all but the number the database gives."""
    return Fields(model, (field for field in model._meta.concrete_fields if not isinstance(field, AutoField)))


@cache
def every(model: type[Model]) -> Fields:
    """All columns: what an insert fills under a number that is known."""
    return Fields(model, model._meta.concrete_fields)


@cache
def chosen(model: type[Model], names: tuple[str, ...]) -> Fields:
    """The columns of some fields."""
    return Fields(model, (model._meta.get_field(name) for name in names))


@cache
def inserting(fields: Fields, count: int = 1) -> str:
    """``INSERT INTO … VALUES …`` for so many rows, without its end."""
    places = f"({', '.join(['%s'] * len(fields.columns))})"
    table = fields.model._meta.db_table
    return f'INSERT INTO "{table}" ({", ".join(fields.columns)}) VALUES {", ".join([places] * count)}'


@cache
def updating(fields: Fields) -> str:
    """``UPDATE … SET … WHERE`` the number of the row is the last value."""
    assignments = ", ".join(f"{column} = %s" for column in fields.columns)
    options = fields.model._meta
    return f'UPDATE "{options.db_table}" SET {assignments} WHERE "{options.pk.column}" = %s'


def sequence_of(model: type[Model]) -> str:
    """The sequence that numbers its rows."""
    return f"{model._meta.db_table}_{model._meta.pk.column}_seq"


def new_values(row: Model) -> list[Any]:
    """What an insert of ``row`` stores, in the order of the columns; moments of creation are set now."""
    return values_of(row, written(type(row)), add=True)


def as_stored(fields: Fields, values: Sequence[Any]) -> list[Any]:
    """``values`` of all ``fields`` as an insert stores them."""
    database = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(value, database) for field, value in zip(fields.fields, values, strict=True)]


def new(model: type[Row], related: Mapping[str, Model | None] = MappingProxyType({}), /, **values: Any) -> Row:
    """A row that is not stored yet, as ``model(**values)`` makes it, at a fifth of the price: no signals are sent.

    Fields are given as their columns hold them (``loan_id``, not ``loan``); ``related`` are the rows they lead to, where
    they are at hand.
    """
    row = model.__new__(model)
    row._state = ModelState()
    row._state.fields_cache.update(related)
    plain, made = _defaults(model)
    row.__dict__.update(plain)
    row.__dict__.update(values)
    for name, make in made:
        if name not in values:
            row.__dict__[name] = make()
    return row


@cache
def _defaults(model: type[Model]) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """What each field holds where nothing is said, and those that are made anew for each row."""
    made = [field for field in model._meta.concrete_fields if field.has_default() and callable(field.default)]
    plain = {field.attname: field.get_default() for field in model._meta.concrete_fields if field not in made}
    return plain, [(field.attname, field.default) for field in made]


def stored(row: Model, number: Any) -> None:
    """Tell a row that it is in the database, under ``number``."""
    row.pk = number
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def values_of(row: Model, fields: Fields, *, add: bool = False) -> list[Any]:
    """What a write of ``fields`` stores."""
    held, values = row.__dict__, []
    for field, name, plain in fields.ways:
        value = held.get(name, _NOT_THERE)
        if value.__class__ is not plain and not (value is None and plain):
            value = field.get_db_prep_save(field.pre_save(row, add), connections[DEFAULT_DB_ALIAS])
        values.append(value)
    return values


def _stored_as_it_stands(field: Field[Any, Any]) -> type | None:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return None
    if isinstance(field, ForeignKey):
        return _stored_as_it_stands(field.target_field)
    return _AS_THEY_STAND.get(type(field))


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
                link: Any = parts[holder].model._meta.get_field(name.removesuffix("?"))
                place = known[walked] = len(parts)
                target, end = link.related_model, parts[-1].start + len(parts[-1].names)
                # Behind a link that may be empty every table may be missing.
                optional = parts[holder].optional or name.endswith("?") or (link.concrete and link.null)
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
