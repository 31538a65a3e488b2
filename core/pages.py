"""Keyset paging: page one and page one thousand cost the same, and no list is ever counted whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``next_url`` and ``first_url`` are empty where there is nothing to go to."""

    items: list[Any]
    next_url: str
    first_url: str


def page_of(queryset: QuerySet[Any], request: HttpRequest, *, order: Sequence[str] = ("-id",), size: int = 50) -> Page:
    """The page of ``queryset`` that the request's ``after`` parameter asks for, ordered by ``order`` (last: unique)."""
    after = _read_cursor(request.GET.get("after", ""))
    rows = queryset.order_by(*order)
    if after is not None and len(after) == len(order):
        rows = rows.filter(_beyond(order, after))
    items: list[Model] = list(rows[: size + 1])
    next_url = _url(request, _cursor(items[size - 1], order)) if len(items) > size else ""
    return Page(items[:size], next_url, _url(request, "") if after is not None else "")


def _beyond(order: Sequence[str], values: list[object]) -> Q:
    condition, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        lookup = f"{name.lstrip('-')}__{'lt' if name.startswith('-') else 'gt'}"
        condition |= equal & Q(**{lookup: value})
        equal &= Q(**{name.lstrip("-"): value})
    return condition


def _cursor(item: Model, order: Sequence[str]) -> str:
    values = [_follow(item, name.lstrip("-")) for name in order]
    return signing.dumps([str(value) for value in values], salt="page", compress=True)


def _follow(item: object, path: str) -> Any:
    for name in path.split("__"):
        item = getattr(item, name)
    return item


def _read_cursor(token: str) -> list[object] | None:
    try:
        return signing.loads(token, salt="page") if token else None
    except signing.BadSignature:
        return None


def _url(request: HttpRequest, cursor: str) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if cursor:
        query["after"] = cursor
    return f"{request.path}?{query.urlencode()}" if query else request.path
