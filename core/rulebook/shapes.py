"""What the data of a rule may be: a JSON Schema (draft 2020-12) with three words of our own.

``decimal`` bounds a number that is kept as text, so that nothing is rounded on the way: ``{"least": "0", "most": "1"}``.
``ascending`` names properties whose values, where given, do not fall in that order. ``rising`` says at which place of the
rows of a list a number rises strictly from row to row.

The same document is read twice: by ``core.rulebook.fitting`` with a library, for the sentence a person gets, and by
PostgreSQL (``core/law/rules.sql``), which stores nothing that does not fit. Nothing else of JSON Schema is used.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Shape = dict[str, Any]

# What PostgreSQL and Python read alike: no sign of plus, no exponent, at most fifteen digits before the point. The end is
# said by "nothing follows": Python's `$` lets a line break pass, and PostgreSQL has no `\Z` of the same meaning.
_END = r"(?![\s\S])"
DECIMAL = rf"^-?(0|[1-9][0-9]{{0,14}})(\.[0-9]{{1,10}})?{_END}"
CLOCK_TIME = rf"^([01][0-9]|2[0-3]):[0-5][0-9]{_END}"
CODE = rf"^[A-Za-z][A-Za-z0-9_.]{{0,59}}{_END}"


def amount(*, least: str = "0", most: str = "999999999999999") -> Shape:
    """An amount of money in currency units, as text."""
    return {"type": "string", "pattern": DECIMAL, "decimal": {"least": least, "most": most}}


def share(*, least: str = "0", most: str = "1") -> Shape:
    """A part of one, as text: 0.20 is 20 %."""
    return amount(least=least, most=most)


def rate(*, least: str = "0", most: str = "10") -> Shape:
    """A rate a year as a fraction, as text: 0.24 is 24 %. More than 1,000 % is a slip of the pen."""
    return amount(least=least, most=most)


def figure(*, least: str = "0", most: str = "999999999") -> Shape:
    """A plain number as text: hours, days, instalments."""
    return amount(least=least, most=most)


def whole(*, least: int = 0, most: int = 100_000) -> Shape:
    """A whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


def days(*, least: int = 0, most: int = 3_660) -> Shape:
    """A number of days, up to ten years."""
    return whole(least=least, most=most)


def flag() -> Shape:
    """Yes or no."""
    return {"type": "boolean"}


def clock_time() -> Shape:
    """A time of the day, from 00:00 to 23:59. There is no 24:00: the day ends where the next begins."""
    return {"type": "string", "pattern": CLOCK_TIME}


def code() -> Shape:
    """A name by which programs know something."""
    return {"type": "string", "pattern": CODE}


def one_of(*codes: str | None) -> Shape:
    """One of the codes; None stands for nothing."""
    return {"enum": list(codes)}


def nothing_or(shape: Shape) -> Shape:
    """What ``shape`` allows, or nothing (null)."""
    return {"anyOf": [{"type": "null"}, shape]}


def list_of(item: Shape, *, at_least: int = 0, at_most: int = 200, distinct: bool = True) -> Shape:
    """A list, by default of different items."""
    return {"type": "array", "items": item, "minItems": at_least, "maxItems": at_most, "uniqueItems": distinct}


def rows_of(*columns: Shape, rising: int, at_least: int = 1) -> Shape:
    """A list of rows, each as long as ``columns``, in which the number at place ``rising`` rises strictly."""
    row = {"type": "array", "prefixItems": list(columns), "minItems": len(columns), "maxItems": len(columns)}
    return {"type": "array", "items": row, "minItems": at_least, "maxItems": 200, "rising": rising}


def table_of(value: Shape, *, names: Sequence[str] | None = None, at_least: int = 0) -> Shape:
    """A value for each of several names: of any code, or of ``names`` only."""
    named: Shape = {"enum": list(names)} if names is not None else {"pattern": CODE}
    return {"type": "object", "propertyNames": named, "additionalProperties": value, "minProperties": at_least}


def record(
    needed: Mapping[str, Shape], *, optional: Mapping[str, Shape] | None = None, ascending: Sequence[str] = ()
) -> Shape:
    """Named values, all of ``needed`` and any of ``optional``, and no others."""
    shape: Shape = {
        "type": "object",
        "properties": {**needed, **(optional or {})},
        "required": list(needed),
        "additionalProperties": False,
    }
    return shape | ({"ascending": list(ascending)} if ascending else {})


def either(*shapes: Shape) -> Shape:
    """What one of the shapes allows."""
    return {"anyOf": list(shapes)}
