"""Which objects a partner's key reaches, and by which id it knows them: told by the apps that own the objects.

Upper apps tell it in ``subjects_declared.py``, beside what evidence is kept about.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import models
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast

from partners.models import ApiKey

# The rows that the key may see, or with True change, each with ``partners_id``: by what its partner knows it.
Reach = Callable[[ApiKey, bool], QuerySet[Any]]
_reaches: dict[str, Reach] = {}


def tell_reach(object_type: str, reach: Reach) -> None:
    """Have it known which objects of the type keys reach; called when Django starts."""
    _reaches[object_type] = reach


def reached_types() -> list[str]:
    """The types of which keys reach anything."""
    return sorted(_reaches)


def keys_within(object_type: str, key: ApiKey, *, writing: bool) -> QuerySet[Any]:
    """The numbers of the objects within reach as text, as a query."""
    rows = _reaches[object_type](key, writing).order_by()
    return rows.annotate(key_as_text=Cast("pk", CharField())).values("key_as_text")


def found_by(key: ApiKey, public_id: str, *, writing: bool) -> models.Model | None:
    """The object that the key knows so, None where there is none or not for it."""
    for reach in _reaches.values():
        found: models.Model | None = reach(key, writing).filter(partners_id=public_id).first()
        if found is not None:
            return found
    return None


def ids_of(objects: Iterable[tuple[str, str]], key: ApiKey, *, writing: bool) -> dict[tuple[str, str], str]:
    """Of (type, number) by what the key knows it: one query a type, whatever the number of objects."""
    wanted: dict[str, set[str]] = {}
    for object_type, object_id in objects:
        wanted.setdefault(object_type, set()).add(object_id)
    return {
        (object_type, str(pk)): public_id
        for object_type, keys in wanted.items()
        for pk, public_id in _ids(object_type, keys, key, writing)
    }


def _ids(object_type: str, keys: Collection[str], key: ApiKey, writing: bool) -> Iterable[tuple[int, str]]:
    return _reaches[object_type](key, writing).filter(pk__in=list(keys)).values_list("pk", "partners_id")
