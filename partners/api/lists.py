"""Lists: newest first, page by page from an object's id, never counted unless asked for, no parameter ignored."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.request import Request

from core.errors import DomainError, Invalid
from core.pages import beyond, count_capped
from partners.api.fields import InstantField
from partners.api.strict import checked
from partners.models import ApiKey

M = TypeVar("M", bound=Model)
Q = TypeVar("Q", bound=serializers.Serializer[Any])
LARGEST_PAGE = 200
COUNTED_UP_TO = 10_000
NEWEST_FIRST = ("-pk",)


class ParameterUnknown(DomainError):
    code = "parameter_unknown"
    status = 400
    message = _("There is no parameter %(name)s here. Known: %(known)s.")


class ParameterRepeated(DomainError):
    code = "parameter_repeated"
    status = 400
    message = _("The parameter %(name)s is given more than once. Give it once; several words are separated by commas.")


class CursorUnknown(Invalid):
    code = "cursor_unknown"
    field = "starting_after"
    message = _("starting_after names no object of this list.")


class WordsField(serializers.Field):
    """``status=active,settled``: known words, separated by commas."""

    default_error_messages = {"unknown": _("{word} is not one of {known}.")}

    def __init__(self, *, words: list[str], **options: Any) -> None:
        self.words = words
        super().__init__(**{"required": False, **options})

    def to_internal_value(self, data: object) -> list[str]:
        given = [word.strip() for word in str(data).split(",") if word.strip()]
        for word in given:
            if word not in self.words:
                self.fail("unknown", word=word, known=", ".join(self.words))
        return given

    def to_representation(self, value: list[str]) -> str:
        return ",".join(value)


class ListQuery(serializers.Serializer[Any]):
    """The parameters of every list; a list with filters adds its own and overrides ``narrow``."""

    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=50)
    starting_after = serializers.CharField(required=False, max_length=60)
    include_total = serializers.BooleanField(default=False)
    created_gte = InstantField(required=False)
    created_lte = InstantField(required=False)

    created_path = "created_at"

    def narrow(self, rows: QuerySet[M], given: dict[str, object]) -> QuerySet[M]:
        """The rows that meet the filters."""
        bounds = {f"{self.created_path}__{end}": given.get(f"created_{end}") for end in ("gte", "lte")}
        return rows.filter(**{path: value for path, value in bounds.items() if value is not None})


# Understood by every reading view, list or not.
SHAPING = frozenset({"fields", "expand", "format"})


def read_query(request: Request, query_class: type[Q], key: ApiKey) -> Q:
    """The checked query parameters; an unknown one is refused rather than ignored, so a typo cannot widen a list."""
    query = query_class(data={}, context={"key": key})
    require_known_parameters(request, set(query.fields))
    given = {name: request.query_params[name] for name in request.query_params if name in query.fields}
    query.initial_data = given
    checked(query, given, as_text=True)
    return query


def require_known_parameters(request: Request, known: set[str]) -> None:
    """Raises ParameterUnknown, and ParameterRepeated for one that is given twice: which of them was meant?"""
    known = known | SHAPING
    for name, values in request.query_params.lists():
        if name not in known:
            raise ParameterUnknown(name=name, known=", ".join(sorted(known - {"format"})))
        if len(values) > 1:
            raise ParameterRepeated(name=name)


def page(rows: QuerySet[M], query: ListQuery) -> tuple[list[M], dict[str, object]]:
    """One page and the envelope around it."""
    given = query.validated_data
    everything, rows = rows, query.narrow(rows, given)
    extra = {"total_count": min(count_capped(rows, COUNTED_UP_TO), COUNTED_UP_TO)} if given["include_total"] else {}
    if after := given.get("starting_after"):
        rows = beyond(rows, NEWEST_FIRST, [_place_of(everything, after)])
    # Which ones they are is asked of the few tables that know: with all that an answer tells of them joined, PostgreSQL
    # would join the whole book before it leaves out what is not this partner's (config.settings).
    keys = list(rows.order_by(*NEWEST_FIRST).values_list("pk", flat=True)[: given["limit"] + 1])
    items = list(everything.filter(pk__in=keys[: given["limit"]]).order_by(*NEWEST_FIRST))
    has_more = len(keys) > given["limit"]
    cursor = items[-1].public_id if has_more else None  # type: ignore[attr-defined]
    return items, {"has_more": has_more, "next_cursor": cursor, **extra}


def _place_of(rows: QuerySet[M], public_id: str) -> int:
    """Where the object stands; it may have left the filter since the last page, the place stays."""
    place = rows.filter(public_id=public_id).values_list("pk", flat=True).first()
    if place is None:
        raise CursorUnknown
    return place


def envelope(
    data: list[object], *, has_more: bool = False, next_cursor: str | None = None, **extra: Any
) -> dict[str, object]:
    return {"object": "list", "data": data, "has_more": has_more, "next_cursor": next_cursor, **extra}


class WordsSchema(OpenApiSerializerFieldExtension):
    target_class = "partners.api.lists.WordsField"

    def map_serializer_field(self, auto_schema: object, direction: object) -> dict[str, object]:
        words = ", ".join(self.target.words)
        return {"type": "string", "description": f"One or several of {words}, separated by commas."}
