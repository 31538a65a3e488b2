"""The base of every API view: who calls, how often, with which right; in which shape the answer goes out."""

import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.context import acting
from core.errors import DomainError, NotAllowed
from partners.api.authentication import ApiKeyAuthentication
from partners.api.conditions import Handler
from partners.api.lists import ListQuery, envelope, page, read_query, require_known_parameters
from partners.api.parsing import BoundedJSONParser
from partners.api.problems import ValuesRefused, answer_problem
from partners.api.rate_limit import Allowance, count_request, refuse_excess
from partners.api.schema import PartnerSchema, documented_body
from partners.api.strict import checked, unknown_fields
from partners.idempotency import Answer, IdempotencyKeyMissing, answer_once, fingerprint
from partners.introductions import reaches_every_origin, within_reach
from partners.models import ApiClient, ApiKey
from partners.scopes import SEE_EVERY_ORIGIN

API_VERSION = "2026-11-23"
M = TypeVar("M", bound=Model)
Q = TypeVar("Q", bound=serializers.Serializer[Any])
DEEPEST_EXPANSION = 2
READING_METHODS = frozenset({"GET", "HEAD"})
# What each object that can be opened up needs, by its name in the answer.
EXPANDED_NEEDS = {
    "application": "applications:read",
    "borrower": "borrowers:read",
    "loan": "loans:read",
    "merchant": "products:read",
}


class ApiKeyMissing(DomainError):
    code = "api_key_missing"
    status = 401
    message = _("Send an API key: Authorization: Bearer lk_….")


class MissingScope(NotAllowed):
    code = "missing_scope"
    message = _("This API key lacks the scope %(missing_scope)s.")


class BodyNotAnObject(DomainError):
    code = "malformed"
    status = 400
    message = _("The body must be a JSON object.")


class FieldUnknown(DomainError):
    code = "field_unknown"
    status = 400
    message = _("There is no field %(name)s. Known: %(known)s.")


class ExpansionUnknown(DomainError):
    code = "expansion_unknown"
    status = 400
    message = _("%(name)s cannot be expanded here. Possible: %(known)s.")


class PartnerView(APIView):
    """``scopes`` names the right each method needs; a method without one is a mistake the tests find.

    ``made_at`` names the address of what POST makes, where that has one of its own: it is sent as Location.
    """

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = []
    throttle_classes = []
    renderer_classes = [JSONRenderer]
    parser_classes = [BoundedJSONParser]
    metadata_class = None
    schema = PartnerSchema()
    name = ""
    tag = "meta"
    scopes: dict[str, str | None] = {}
    made_at: str = ""
    expandable: frozenset[str] = frozenset()

    allowance: Allowance | None = None
    checked_query = False

    # --- the way in
    def dispatch(self, request: Any, *args: object, **kwargs: object) -> Any:
        with ExitStack() as self.circumstances:
            return super().dispatch(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response]:
        return answer_problem

    def handle_exception(self, exc: Exception) -> Response:
        response = answer_problem(exc, self.get_exception_handler_context())
        response.exception = True
        return response

    def perform_authentication(self, request: Request) -> None:
        """Then count, then name the client as the actor of whatever follows."""
        if request.auth is None:
            raise ApiKeyMissing
        self.allowance = count_request(self.client, timezone.now())
        refuse_excess(self.allowance)
        self.circumstances.enter_context(acting(actor=request.user))

    def check_permissions(self, request: Request) -> None:
        method = "GET" if request.method == "HEAD" else str(request.method)
        scope = self.scopes.get(method)
        if scope is not None and not self.key.allows(scope):
            raise MissingScope(missing_scope=scope)
        self._require_expandable()

    @property
    def writing(self) -> bool:
        """Whether the request changes something or tries what would: then only what the key may change exists for it."""
        return self.request.method not in READING_METHODS

    def reachable(self, rows: QuerySet[M], kind: str, path: str = "pk") -> QuerySet[M]:
        """The rows this request may see or change; ``path`` leads to the object of that kind that was brought in."""
        return within_reach(rows, key=self.key, kind=kind, writing=self.writing, path=path)

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Before anything is looked for or done, a parameter or a field that the reference does not name is refused."""
        super().initial(request, *args, **kwargs)
        if self.writing:
            require_known_parameters(request, set())
            if not getattr(getattr(self, str(request.method).lower(), None), "idempotent", False):
                self.refuse_unknown_fields()

    def refuse_unknown_fields(self) -> None:
        """Raises ValuesRefused where the body has a field that the reference of this method does not name."""
        shape = documented_body(self)
        fields = shape(context={"key": self.key, "request": self.request}).fields if shape else {}
        if wrong := unknown_fields(fields, self._object_sent()):
            raise ValuesRefused(wrong)

    @property
    def key(self) -> ApiKey:
        return self.request.auth  # type: ignore[return-value]

    @property
    def client(self) -> ApiClient:
        return self.key.client

    # --- what was asked
    def body(self, serializer_class: type[serializers.Serializer[Any]], **options: Any) -> dict[str, Any]:
        """The checked body of the request."""
        data = self._object_sent()
        return checked(serializer_class(data=data, context=self.context(), **options), data)

    def _object_sent(self) -> dict[str, Any]:
        if not isinstance(self.request.data, dict):
            raise BodyNotAnObject
        return self.request.data

    def query(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The checked query parameters of a view that is no list of pages."""
        return self._read_query(serializer_class).validated_data

    def _read_query(self, serializer_class: type[Q]) -> Q:
        self.checked_query = True
        return read_query(self.request, serializer_class, self.key)

    def found(self, rows: QuerySet[M], public_id: str) -> M:
        """The object of that id among the rows within reach."""
        item = rows.filter(public_id=public_id).first()
        if item is None:
            raise NotFound
        return item

    def require_repeatable(self, answer: dict[str, Any], **address: str) -> None:
        """Before a kept ``answer`` goes out again: what it is about is looked for anew, as the call itself would, so that a
        repeat shows nothing that a fresh call would not. Views that answer about people say how. Raises what that raises."""

    # --- what is answered
    def context(self) -> dict[str, object]:
        """What serializers need to know of the caller."""
        return {"key": self.key, "request": self.request, "expand": self._expansions()}

    def answer(self, serializer_class: type[serializers.BaseSerializer[Any]], item: object, **more: Any) -> Response:
        self._refuse_unknown_parameters()
        data = serializer_class(item, context={**self.context(), **more.pop("context", {})}).data
        response = Response(self._shaped(data), **more)
        if response.status_code == HTTPStatus.CREATED and self.made_at:
            response["Location"] = reverse(self.made_at, args=[response.data["id"]])
        return response

    def made(
        self, serializer_class: type[serializers.BaseSerializer[Any]], item: object, **context: object
    ) -> Response:
        """The answer to a creation."""
        return self.answer(serializer_class, item, context=context, status=HTTPStatus.CREATED)

    def answer_list(
        self,
        serializer_class: type[serializers.BaseSerializer[Any]],
        rows: QuerySet[M],
        query_class: type[ListQuery] = ListQuery,
        prepare: Callable[[list[M]], dict[str, object]] | None = None,
    ) -> Response:
        """One page of the rows. ``prepare`` reads in one go what the serializer needs for all of them."""
        items, around = page(rows, self._read_query(query_class))
        context = {**self.context(), **(prepare(items) if prepare else {})}
        return self.answer_whole_list(serializer_class, items, context, **around)

    def answer_whole_list(
        self,
        serializer_class: type[serializers.BaseSerializer[Any]],
        items: object,
        context: dict[str, Any] | None = None,
        **around: Any,
    ) -> Response:
        """All the items, whose number is small by nature."""
        self._refuse_unknown_parameters()
        data = serializer_class(items, many=True, context={**self.context(), **(context or {})}).data
        return Response(envelope([self._shaped(item) for item in data], **around))

    def _refuse_unknown_parameters(self) -> None:
        """A reading view that asked for no parameters understands none."""
        if self.request.method == "GET" and not self.checked_query:
            self.query(serializers.Serializer)

    def _wanted(self) -> frozenset[str]:
        return frozenset(name for name in self.request.query_params.get("expand", "").split(",") if name)

    def _expansions(self) -> frozenset[str]:
        wanted = self._wanted()
        return wanted | {name.partition(".")[0] for name in wanted}

    def _require_expandable(self) -> None:
        """An object is opened up for who may read it, also in the answer to a change. Raises what says what is missing."""
        for name in sorted(self._wanted()):
            if name not in self.expandable or name.count(".") >= DEEPEST_EXPANSION:
                raise ExpansionUnknown(name=name, known=", ".join(sorted(self.expandable)) or "-")
            needed = [EXPANDED_NEEDS[part] for part in name.split(".")]
            if self.writing and reaches_every_origin(self.key, writing=True):
                needed.append(SEE_EVERY_ORIGIN)
            for scope in needed:
                if not self.key.allows(scope):
                    raise MissingScope(missing_scope=scope, field="expand")

    def _shaped(self, data: dict[str, object]) -> dict[str, object]:
        """Only the fields asked for by ``fields=a,b``; the id always."""
        wanted = self.request.query_params.get("fields")
        if not wanted:
            return data
        names = {*wanted.split(","), "object", "id"}
        for name in names - {*data, "object", "id"}:
            raise FieldUnknown(name=name, known=", ".join(data))
        return {name: value for name, value in data.items() if name in names}

    def finalize_response(self, request: Request, response: Any, *args: object, **kwargs: object) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["API-Version"] = API_VERSION
        response["Cache-Control"] = "no-store"
        for name, value in (self.allowance.headers() if self.allowance else {}).items():
            response[name] = value
        return response


def idempotent(handler: Handler) -> Handler:
    """For methods that create or move money: the Idempotency-Key is compulsory and the answer is given once."""

    def once(view: PartnerView, request: Request, *args: object, **kwargs: object) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            raise IdempotencyKeyMissing
        asked = fingerprint(method=str(request.method), path=_address(request), body=request.data)

        def work() -> Answer:
            view.refuse_unknown_fields()
            return _kept(handler(view, request, *args, **kwargs))

        answer = answer_once(client=view.client, key=key, fingerprint=asked, work=work)
        if answer.replayed:
            view.require_repeatable(json.loads(answer.body), **kwargs)  # type: ignore[arg-type]
        return _sent(answer)

    once.__name__, once.__doc__, once.__module__ = handler.__name__, handler.__doc__, handler.__module__
    once.__dict__.update(handler.__dict__)
    once.idempotent = True  # type: ignore[attr-defined]
    return once


def use_case_key(request: Request) -> str:
    """The Idempotency-Key as use cases keep it: unique over all clients, and short however long it came."""
    key: ApiKey = request.auth  # type: ignore[assignment]
    digest = hashlib.sha256(request.headers["Idempotency-Key"].encode()).hexdigest()
    return f"api:{key.client_id}:{digest}"


def _address(request: Request) -> str:
    """With what is to be opened up: the answer kept for a repeat shows no more than the repeat may ask for."""
    expand = request.query_params.get("expand", "")
    return f"{request.path.rstrip('/')}?expand={expand}" if expand else request.path.rstrip("/")


def _kept(response: Response) -> Answer:
    body = JSONRenderer().render(response.data).decode()
    return Answer(response.status_code, body, response.get("Location", ""))


def _sent(answer: Answer) -> Response:
    headers = {"Location": answer.location} if answer.location else {}
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(json.loads(answer.body), status=answer.status, headers=headers)
