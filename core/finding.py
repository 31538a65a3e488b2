"""Rows found by any of several look-ups, each by its own index: one condition with OR would read the whole table."""

from typing import Any, TypeVar

from django.db.models import QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])


def any_of(first: Rows, *others: Rows) -> Rows:
    """The rows of a model that at least one of the look-ups finds, in no order."""
    found: Rows = first.model._default_manager.filter(pk__in=keys_of(first, *others))
    return found


def keys_of(first: Rows, *others: Rows) -> QuerySet[Any, Any]:
    """Their keys, for ``pk__in`` of a list that joins several tables: PostgreSQL begins with what is found only while
    there are few to join (config.settings)."""
    keys = [rows.order_by().values("pk") for rows in (first, *others)]
    return keys[0].union(*keys[1:]) if others else keys[0]
