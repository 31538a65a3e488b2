"""Every refusal as ``application/problem+json`` (RFC 9457) with a code that never changes and the request's id."""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from core.context import current
from core.errors import DomainError

MEDIA_TYPE = "application/problem+json"
DOCUMENTATION = "/api/docs/errors/#"
log = logging.getLogger(__name__)

# What a DomainError may add to the problem, when it names it in its context.
EXTENSIONS = ("current_status", "allowed_actions", "existing", "missing", "missing_scope", "checks")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that cannot be taken: where it stands, a code that never changes, and a sentence."""

    pointer: str
    code: str
    detail: str


class ValuesRefused(exceptions.ValidationError):
    """Everything that is wrong with a request, each by its JSON pointer."""

    def __init__(self, wrong: list[Wrong]) -> None:
        super().__init__()
        self.wrong = wrong


FRAMEWORK_CODES: dict[type[Exception], str] = {
    exceptions.ParseError: "malformed",
    exceptions.ValidationError: "validation_failed",
    ValuesRefused: "validation_failed",
    exceptions.PermissionDenied: "not_allowed",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "rate_limited",
}
INTERNAL_ERROR = _("Something failed on our side. Nothing was changed. Give us the request_id if it happens again.")
FRAMEWORK_ERRORS: list[tuple[str, int, Any]] = [
    ("malformed", 400, _("The body is not the JSON this address expects.")),
    ("not_found", 404, _("This does not exist, or it is not yours.")),
    ("method_not_allowed", 405, _("This address does not know that method.")),
    ("not_acceptable", 406, _("The API answers in JSON only.")),
    ("unsupported_media_type", 415, _("Send application/json.")),
    ("validation_failed", 422, _("Some values are not valid; errors says which.")),
    ("rate_limited", 429, _("Too many requests. Wait as long as Retry-After says.")),
    ("internal_error", 500, INTERNAL_ERROR),
]
_SENTENCES = {code: text for code, _status, text in FRAMEWORK_ERRORS}


def answer_problem(exc: Exception, context: dict[str, Any]) -> Response:
    """The exception handler of the API."""
    exc = _as_api_exception(exc)
    request = context["request"]
    if isinstance(exc, DomainError):
        return _from_domain(exc, request)
    if isinstance(exc, exceptions.APIException):
        return _from_framework(exc, request)
    return _from_accident(exc, context)


def problem(
    request: Request, *, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None, **more: Any
) -> Response:
    """The answer itself."""
    body: dict[str, object] = {
        "type": request.build_absolute_uri(f"{DOCUMENTATION}{code}"),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": _printable(detail),
        "request_id": current().request_id,
    }
    if errors:
        body["errors"] = errors
    return Response({**body, **more}, status=status, content_type=MEDIA_TYPE)


def _printable(text: str) -> str:
    """The text with halves of characters, which JSON can bring and no answer can carry, as question marks."""
    return text.encode("utf-8", "replace").decode()


def _as_api_exception(exc: Exception) -> Exception:
    if isinstance(exc, Http404):
        return exceptions.NotFound(_SENTENCES["not_found"])
    return exceptions.PermissionDenied() if isinstance(exc, PermissionDenied) else exc


def _from_domain(refusal: DomainError, request: Request) -> Response:
    exc = refusal.told_outside()
    where = _printable(f"/{exc.field}")
    errors = [{"pointer": where, "code": exc.code, "detail": _printable(exc.detail)}] if exc.field else None
    more = {name: exc.context[name] for name in EXTENSIONS if name in exc.context}
    response = problem(request, status=exc.status, code=exc.code, detail=exc.detail, errors=errors, **more)
    if wait := getattr(exc, "retry_after", None):
        response["Retry-After"] = str(wait)
    if exc.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="loandesk"'
    return response


def _from_framework(exc: exceptions.APIException, request: Request) -> Response:
    code = FRAMEWORK_CODES.get(type(exc), "refused")
    status = exc.status_code
    if isinstance(exc, exceptions.ValidationError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        wrong = exc.wrong if isinstance(exc, ValuesRefused) else pointers_of(exc.detail, "")
        errors = [{name: _printable(value) for name, value in asdict(one).items()} for one in wrong]
        response = problem(request, status=status, code=code, detail=str(_SENTENCES[code]), errors=errors)
    else:
        response = problem(request, status=status, code=code, detail=str(_detail_of(exc, code)))
    if wait := getattr(exc, "wait", None):
        response["Retry-After"] = str(int(wait))
    return response


def _detail_of(exc: exceptions.APIException, code: str) -> Any:
    """The framework's sentence where it says more than ours, such as the place of a JSON mistake."""
    return exc.detail if code in {"malformed", "method_not_allowed"} else _SENTENCES.get(code, exc.detail)


def _from_accident(exc: Exception, context: dict[str, Any]) -> Response:
    """A defect of ours: logged and reported as Django would, told to the caller without its insides."""
    request = context["request"]
    log.exception("the API failed", exc_info=exc)
    got_request_exception.send(sender=type(context["view"]), request=request._request)
    return problem(request, status=500, code="internal_error", detail=str(INTERNAL_ERROR))


def pointers_of(detail: object, path: str) -> Iterator[Wrong]:
    """Validation errors of any nesting as JSON pointers into the request's body."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from pointers_of(inner, path if name == "non_field_errors" else f"{path}/{escaped(str(name))}")
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            yield from pointers_of(inner, f"{path}/{place}" if isinstance(inner, dict | list) else path)
    else:
        yield Wrong(path, getattr(detail, "code", "invalid"), str(detail))


def escaped(name: str) -> str:
    """A name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
