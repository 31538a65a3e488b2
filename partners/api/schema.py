"""What OpenAPI says beyond the serializers: scopes, the idempotency key, the list parameters, the problems."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema_serializer,
    inline_serializer,
)
from rest_framework import serializers

from core.currencies import house_currency


class ProblemErrorSerializer(serializers.Serializer[Any]):
    """One wrong value."""

    pointer = serializers.CharField(help_text="JSON pointer into the request, such as /amount.")
    code = serializers.CharField(help_text="Stable, never translated.")
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.URLField(help_text="Address of the explanation.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable, never translated. GET /errors lists them all.")
    detail = serializers.CharField(help_text="For people, in the language of Accept-Language.")
    request_id = serializers.CharField()
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]
    current_status = serializers.CharField(required=False)
    allowed_actions = serializers.ListField(child=serializers.CharField(), required=False)
    existing = serializers.CharField(required=False, help_text="The id of the object that is there already.")
    missing = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The purposes of the consents that are missing."
    )
    missing_scope = serializers.CharField(required=False)


PROBLEMS = {
    400: "Malformed request",
    401: "API key missing or not accepted",
    403: "Scope missing, client suspended or address not allowed",
    404: "No such object, or not yours",
    409: "The state of the object does not allow this; or the same request is still running",
    412: "The object is no longer what If-Match names",
    422: "A value or a business rule refuses; or the Idempotency-Key was used for another request",
    429: "Too many requests; see Retry-After",
}

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="A text of your own, such as a UUID, one for each thing to be done. A repeat with that key gets the "
    "first answer again, for 7 days.",
)
FIELDS = OpenApiParameter("fields", str, description="Only these fields of each object, separated by commas.")
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of an earlier answer. While nothing has changed since, the answer is 304 and empty.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of the object as you read it, whole. If it has changed since, nothing is done: 412.",
)
ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The fingerprint of this answer, for If-None-Match and If-Match.",
    response=[200],
)
LOCATION = OpenApiParameter(
    "Location",
    OpenApiTypes.URI_REF,
    OpenApiParameter.HEADER,
    required=True,
    description="The address of what was made.",
    response=[201],
)


def example(**body: object) -> Callable[[Any], object]:
    """A body to start from, shown where the request is tried out."""
    return extend_schema_serializer(examples=[OpenApiExample("Example", value=body, request_only=True)])


def fen(amount: int) -> dict[str, object]:
    """Money for an example."""
    return {"amount": amount, "currency": house_currency()}


def list_of(serializer: type[serializers.Serializer[Any]]) -> Any:
    """The envelope around a list of such objects, for ``extend_schema``."""
    name = serializer.__name__.removesuffix("Serializer")
    return inline_serializer(
        f"{name}List",
        {
            "object": serializers.ChoiceField(choices=["list"]),
            "data": serializer(many=True),
            "has_more": serializers.BooleanField(),
            "next_cursor": serializers.CharField(allow_null=True),
            "total_count": serializers.IntegerField(required=False),
        },
    )


ANSWERED = "The answer"
MADE_ELSEWHERE = "Made; Location says where it is to be found"
MADE_HERE = "Made; it has no address of its own and is found in the list at this one"
NOT_MODIFIED = 304
EXAMPLES: dict[int, tuple[str, str, dict[str, object]]] = {
    400: ("idempotency_key_missing", "Send an Idempotency-Key header.", {}),
    401: ("api_key_not_accepted", "This API key is not accepted. It may be mistyped, expired or revoked.", {}),
    403: ("missing_scope", "This API key lacks the scope loans:read.", {"missing_scope": "loans:read"}),
    404: ("not_found", "This does not exist, or it is not yours.", {}),
    409: (
        "application_step_refused",
        "Application AP-2026-000418 is “withdrawn”: it cannot become “submitted”.",
        {"current_status": "withdrawn", "allowed_actions": []},
    ),
    412: ("changed_since", "The object has changed since you read it. Read it again.", {}),
    422: (
        "validation_failed",
        "Some values are not valid; errors says which.",
        {
            "errors": [
                {"pointer": "/amount", "code": "not_whole", "detail": "The amount is a whole number of minor units."}
            ]
        },
    ),
    429: ("rate_limited", "Too many requests. Wait as long as Retry-After says.", {}),
}


def name_of(status: int) -> str:
    """The name of a shared response: 404 is NotFound."""
    return HTTPStatus(status).phrase.replace(" ", "")


def shared_responses() -> dict[str, object]:
    """The refusals operations refer to, each with an example, and the answer that is none."""
    unchanged = {"description": "Nothing has changed since the answer that If-None-Match names"}
    return {name_of(NOT_MODIFIED): unchanged, **{name_of(status): _refusal(status) for status in PROBLEMS}}


def _refusal(status: int) -> dict[str, object]:
    code, detail, more = EXAMPLES[status]
    value = {
        "type": f"https://loans.example/api/docs/errors/#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": "req_5f0c1d2e3a4b",
        **more,
    }
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": value}
    return {"description": PROBLEMS[status], "content": {"application/problem+json": content}}


class PartnerSchema(AutoSchema):
    """The common part of every operation."""

    view: Any

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "meta")]

    def get_operation_id(self) -> str:
        return f"{self.method.lower()}_{self.view.name}"

    def get_description(self) -> str:  # type: ignore[override]
        text = self._handler().__doc__ or ""
        scope = self.view.scopes.get(self.method)
        return f"{text.strip()}\n\nScope: `{scope}`." if scope else text.strip()

    def get_override_parameters(self) -> list[Any]:
        handler = self._handler()
        known = {
            "idempotent": [IDEMPOTENCY_KEY],
            "tagged": [IF_NONE_MATCH, ETAG],
            "matched": [IF_MATCH, ETAG],
        }
        found: list[object] = [part for name, parts in known.items() if getattr(handler, name, False) for part in parts]
        if self.method == "POST" and self.view.made_at:
            found.append(LOCATION)
        if self.method == "GET":
            found.append(FIELDS)
            if self.view.expandable:
                names = ", ".join(sorted(self.view.expandable))
                found.append(
                    OpenApiParameter(
                        "expand",
                        str,
                        description=f"Open related objects up: {names}. Each needs the scope that reads it.",
                    )
                )
        query = getattr(handler, "query_class", None)
        return [*found, query] if query else found

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, object]:
        bodies = super()._get_response_bodies(direction)
        meanings = {"200": ANSWERED, "201": MADE_ELSEWHERE if self.view.made_at else MADE_HERE}
        for status, body in bodies.items():
            body["description"] = body["description"] or meanings.get(status, "")
        self.resolve_serializer(ProblemSerializer, direction)
        shared = {str(status): {"$ref": f"#/components/responses/{name_of(status)}"} for status in self._shared()}
        return {**bodies, **shared}

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, object]:
        """A body holds nothing that is not described."""
        schema = super()._map_basic_serializer(serializer, direction)
        return {**schema, "additionalProperties": False} if direction == "request" else schema

    def _handler(self) -> Any:
        return getattr(self.view, self.method.lower())

    def _shared(self) -> list[int]:
        """The statuses that mean the same everywhere."""
        statuses = [400, 401, 403, 429]
        if "{" in self.path:
            statuses.append(404)
        if self.method in {"POST", "PATCH"}:
            statuses += [409, 422]
        if getattr(self._handler(), "tagged", False):
            statuses.append(NOT_MODIFIED)
        if getattr(self._handler(), "matched", False):
            statuses.append(412)
        return sorted(statuses)


def documented_body(view: Any) -> type[serializers.Serializer[Any]] | None:
    """The shape that ``extend_schema`` of the method called names as its body; None where it has none."""
    kind = getattr(getattr(view, view.request.method.lower(), None), "kwargs", {}).get("schema")
    if kind is None:
        return None
    found = kind()
    found.view, found.method = view, view.request.method
    return found.get_request_serializer()


def tidy_paths(endpoints: list[Any]) -> list[object]:
    """Show addresses without the optional slash at their end (a preprocessing hook)."""
    return [(path.rstrip("/"), pattern, method, view) for path, pattern, method, view in endpoints]
