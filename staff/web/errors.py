"""Failure pages: each says what is wrong, what is possible instead, and the number to name when asking for help."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from core.errors import DomainError
from staff.permissions import MissingPermission
from staff.roles import role_label

PAGES = {403: "403.html", 404: "404.html", 409: "409.html", 422: "409.html"}


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if _is_fragment(request):
        return _sentence(str(exception or ""), 403)
    context: dict[str, object] = {"detail": str(exception or "")}
    if isinstance(exception, MissingPermission):
        context |= {"permission": exception.permission, "roles": [role_label(role) for role in exception.roles]}
    return render(request, "403.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", {"path": request.path}, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Draws no navigation and reads no database: that may be what failed."""
    page = render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(page, status=500)


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal of the domain that no page caught: its own sentence, with the way back."""
    if _is_fragment(request):
        return _sentence(error.detail, error.status)
    context = {"detail": error.detail, "code": error.code, "back": request.headers.get("Referer", "/app/")}
    return render(request, PAGES.get(error.status, "409.html"), context, status=error.status)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was opened before sign-in, or long ago: its token fits no more. Opening it again mends it."""
    detail = _("This form was opened too long ago, or before you signed in. Open the page again and repeat it.")
    if _is_fragment(request):
        return _sentence(detail, 403)
    return render(request, "403.html", {"detail": detail}, status=403)


def _is_fragment(request: HttpRequest) -> bool:
    """Asked for by htmx: a page within the page would help nobody, the sentence alone is shown at the top."""
    return bool(getattr(request, "htmx", False))


def _page_of(request: HttpRequest) -> str:
    return getattr(request, "htmx").current_url_abs_path or "/app/"  # noqa: B009 (added by django-htmx)


def _sentence(detail: str, status: int) -> HttpResponse:
    return HttpResponse(detail, status=status, content_type="text/plain; charset=utf-8")


class RefusalPages:
    """Turns a DomainError that leaves a staff page into its page. The API has its own translation.

    It also sends the whole page to sign-in when a fragment was asked for after the session had ended.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.get_response(request)
        to_sign_in = response.status_code == 302 and response["Location"].startswith(settings.LOGIN_URL)
        if to_sign_in and _is_fragment(request):
            return HttpResponseClientRedirect(f"{settings.LOGIN_URL}?next={quote(_page_of(request))}")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError) and request.path.startswith("/app/"):
            return refused(request, exception)
        return None
