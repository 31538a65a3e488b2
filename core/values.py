"""Frozen values with some fields changed, for loops that do it for every instalment of every loan (pure)."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

Value = TypeVar("Value")
Put = Callable[[Any, Any], None]


def changed(value: Value, **changes: Any) -> Value:
    """As ``dataclasses.replace`` at less than half its price, for a frozen dataclass with slots; but nothing is checked or
    filled in anew (``__post_init__`` is not called): only for changes that ask for neither."""
    cls: Any = type(value)
    read, puts = _fields(cls)
    copy: Value = object.__new__(cls)
    for put, kept in zip(puts.values(), read(value), strict=True):
        put(copy, kept)
    for name, new in changes.items():
        puts[name](copy, new)
    return copy


@cache
def _fields(cls: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, Put]]:
    names = [field.name for field in fields(cls)]
    return attrgetter(*names), {name: cls.__dict__[name].__set__ for name in names}
