"""Several reads in one statement: a page shows rows of a dozen tables, and each read by itself is a way to the database.

PostgreSQL sends the rows of each query as one JSON text; they become the same objects that the query by itself would give,
through the same converters of the ORM. What is sent is text as well, so that no figure passes through a float.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models import QuerySet

Reader: TypeAlias = Callable[[str], Any]
T = TypeVar("T")

# How the driver's value comes out of its text; a JSON column is text to the driver as well, and its field reads it.
_READERS: tuple[tuple[Any, Reader], ...] = (
    (models.BooleanField, lambda text: text == "true"),
    (models.DateTimeField, datetime.fromisoformat),
    (models.DateField, date.fromisoformat),
    (models.DecimalField, Decimal),
    (models.IntegerField, int),
    (models.UUIDField, UUID),
    (models.JSONField, str),
    (models.CharField, str),
    (models.TextField, str),
)


class NotReadTogether(TypeError):
    """A column of a kind that nobody has needed here yet, or rows that are fetched by further queries."""


def together(*querysets: QuerySet[Any]) -> list[list[Any]]:
    """The rows of each query, in its order, all read by one statement. Raises NotReadTogether."""
    asked = [_Query(queryset) for queryset in querysets]
    shown = [query for query in asked if query.sql]
    if shown:
        with connection.cursor() as cursor:
            sql = "SELECT " + ", ".join(query.as_json() for query in shown)
            cursor.execute(sql, [value for query in shown for value in query.parameters])
            for query, text in zip(shown, cursor.fetchone(), strict=True):
                query.answer = text
    return [query.rows() for query in asked]


class _Query:
    """One query as the ORM would send it, and its answer."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        # What prefetch_related asks for comes by queries of its own.
        if queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise NotReadTogether(queryset.model.__name__)
        self.queryset: Any = queryset._chain()  # type: ignore[attr-defined]
        self.compiler = self.queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.answer: str | None = None
        self.sql = ""
        self.parameters: tuple[Any, ...] = ()
        try:
            self.sql, self.parameters = self.compiler.as_sql()
        except EmptyResultSet:
            return
        self.fields = [column.output_field for column, _sql, _alias in self.compiler.select]
        self.readers = [_reader(field) for field in self.fields]

    def as_json(self) -> str:
        names = [f"c{place}" for place in range(len(self.fields))]
        sent = ", ".join(
            f"to_json({name})::text" if isinstance(field, ArrayField) else f"{name}::text"
            for name, field in zip(names, self.fields, strict=True)
        )
        return f"(SELECT json_agg(ARRAY[{sent}])::text FROM ({self.sql}) AS t({', '.join(names)}))"

    def rows(self) -> list[Any]:
        if self.answer is None:
            return []
        held = [
            [None if value is None else read(value) for value, read in zip(row, self.readers, strict=True)]
            for row in json.loads(self.answer)
        ]
        # The ORM makes its objects of what its compiler brings; here the rows have been brought already.
        self.compiler.execute_sql = lambda *_given, **_named: iter([held])
        self.queryset.query.get_compiler = lambda *_given, **_named: self.compiler
        return list(self.queryset._iterable_class(self.queryset))


def _reader(field: Any) -> Reader:
    if isinstance(field, models.ForeignKey):
        return _reader(field.target_field)
    if isinstance(field, ArrayField):
        return _elements(_reader(field.base_field))
    for kind, read in _READERS:
        if isinstance(field, kind):
            return read
    raise NotReadTogether(type(field).__name__)


def _elements(read: Reader) -> Reader:
    def elements(text: str) -> list[Any]:
        return [None if value is None else read(str(value)) for value in json.loads(text)]

    return elements


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a part of a page is made of: its queries, and how their rows, a list each, make it."""

    queries: tuple[QuerySet[Any], ...]
    made_of: Callable[..., T]

    def read(self) -> T:
        """The part by itself, in one statement."""
        return self.made_of(*together(*self.queries))


def read_together(*readings: Reading[Any]) -> list[Any]:
    """Several parts of a page in one statement, in their order."""
    return joined(readings).read()


def joined(readings: Iterable[Reading[T]]) -> Reading[list[T]]:
    """Parts of one kind as one part."""
    parts = list(readings)

    def made_of(*rows: list[Any]) -> list[T]:
        left = iter(rows)
        return [part.made_of(*islice(left, len(part.queries))) for part in parts]

    return Reading(tuple(query for part in parts for query in part.queries), made_of)


def first(rows: list[T]) -> T | None:
    """The first of the rows, or None."""
    return rows[0] if rows else None
