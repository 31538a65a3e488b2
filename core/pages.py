"""Keyset paging: page one and page one thousand cost the same, and no list is ever counted whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core import signing
from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import HttpRequest

M = TypeVar("M", bound=Model)
COUNTED_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``next_url`` and ``first_url`` are empty where there is nothing to go to."""

    items: list[Any]
    next_url: str
    first_url: str


class Counted(int):
    """How many rows there are, as far as they were counted: the number ``most`` + 1 is written "1,000+"."""

    most: int

    def __new__(cls, number: int, most: int = COUNTED_AT_MOST) -> "Counted":
        counted = super().__new__(cls, number)
        counted.most = most
        return counted

    @property
    def is_capped(self) -> bool:
        """There are more than were counted."""
        return self > self.most

    def __str__(self) -> str:
        return f"{self.most:,}+" if self.is_capped else f"{int(self):,}"


def count_capped(rows: QuerySet[Any], most: int = COUNTED_AT_MOST, *, parts: Sequence[Q] = ()) -> Counted:
    """An exact count up to ``most``: nobody needs to know more, and counting all would cost the page. ``parts`` as for
    ``head_of``."""
    found = heads_of(rows.order_by(), most + 1, parts=parts) if parts else rows.order_by()[: most + 1].values("pk")
    return Counted(min(found.count(), most + 1), most)


def page_of(
    queryset: QuerySet[Any],
    request: HttpRequest,
    *,
    order: Sequence[str] = ("-id",),
    size: int = 50,
    parts: Sequence[Q] = (),
) -> Page:
    """The page of ``queryset`` that the request's ``after`` parameter asks for, ordered by ``order`` (last: unique).

    ``parts`` as for ``head_of``.
    """
    after = _read_cursor(request.GET.get("after", ""))
    rows = queryset.order_by(*order)
    if after is not None and len(after) == len(order):
        rows = beyond(rows, order, after)
    items: list[Model] = list(head_of(rows, size + 1, parts=parts))
    next_url = _url(request, _cursor(items[size - 1], order)) if len(items) > size else ""
    return Page(items[:size], next_url, _url(request, "") if after is not None else "")


def head_of(rows: QuerySet[Any], most: int, *, parts: Sequence[Q] = ()) -> QuerySet[Any]:
    """The first ``most`` of ordered ``rows``.

    Where an index holds the rows of each of ``parts`` in that order, but not those of one part or another, each part gives
    its own first rows, and of those the first are taken. Parts do not overlap, and every row is in one.
    """
    return rows.filter(pk__in=heads_of(rows, most, parts=parts))[:most] if parts else rows[:most]


def heads_of(rows: QuerySet[Any], most: int, *, parts: Sequence[Q]) -> QuerySet[Any]:
    """The keys of the first ``most`` of each part."""
    one, *others = (rows.filter(part).values("pk")[:most] for part in parts)
    return one.union(*others, all=True)


def beyond(rows: QuerySet[M], order: Sequence[str], values: Sequence[object]) -> QuerySet[M]:
    """The rows that come after the one with ``values`` in ``order``, whose columns all rise or all fall and are never empty.

    One comparison of rows, ``(a, b) < (x, y)``, begins reading an index on them at that place, where ``a < x OR a = x
    AND b < y`` reads it from the top. The bound of the first column says the same once more to partitions, which know no
    comparison of rows. Raises ValueError for an order in both directions.
    """
    names = [name.removeprefix("-") for name in order]
    falls = {name.startswith("-") for name in order}
    if len(falls) > 1:
        raise ValueError(f"{', '.join(order)} rises and falls: no row comparison can follow it")
    compare, bound = (TupleLessThan, "lte") if falls.pop() else (TupleGreaterThan, "gte")
    if len(names) == 1:
        return rows.filter(**{f"{names[0]}__{bound.removesuffix('e')}": values[0]})
    place = compare(Tuple(*(F(name) for name in names)), tuple(values))
    return rows.filter(Q(**{f"{names[0]}__{bound}": values[0]}), place)


def _cursor(item: Model, order: Sequence[str]) -> str:
    values = [_follow(item, name.removeprefix("-")) for name in order]
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
