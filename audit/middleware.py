"""Gives every request an id and puts the signed-in person into the context of its changes."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.context import acting

_ACCEPTED_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def _channel_of(path: str) -> str:
    if path.startswith("/api/"):
        return "api"
    return "admin" if path.startswith("/admin/") else "web"


class AuditContext:
    """Placed after authentication. The id comes back in the ``Request-Id`` header and on error pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("Request-Id", "")
        request_id = given if _ACCEPTED_ID.match(given) else f"req_{uuid.uuid4().hex}"
        request.request_id = request_id  # type: ignore[attr-defined]
        user = getattr(request, "user", None)
        actor = user if user is not None and user.is_authenticated else None
        with acting(actor=actor, request_id=request_id, channel=_channel_of(request.path), reason=""):
            response = self.get_response(request)
        response["Request-Id"] = request_id
        return response
