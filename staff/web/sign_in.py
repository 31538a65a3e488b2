"""Sign-in with a lock-out that says how long it lasts, and sign-out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff.demo_people import demo_people
from staff.first_administrator import wanted
from staff.permissions import person
from staff.web.cookies import remember_language


class SignInForm(AuthenticationForm):
    # One sentence for a wrong name and a wrong password: it must not tell which names exist.
    error_messages = {
        "invalid_login": _("Wrong user name or password (case-sensitive)."),
        "inactive": _("Wrong user name or password (case-sensitive)."),
    }


class SignIn(auth_views.LoginView):
    template_name = "staff/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """In a demo every role is one click away; an empty system says how its first administrator is made."""
        people = demo_people()
        password = settings.DEMO_PASSWORD if people else ""
        return super().get_context_data(demo_people=people, demo_password=password, empty=wanted(), **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        remember_language(response, person(self.request).language)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class SignOut(auth_views.LogoutView):
    http_method_names = ["post", "options"]


class PasswordChange(auth_views.PasswordChangeView):
    template_name = "staff/password.html"
    success_url = "/app/me/"

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


def locked_out(
    request: HttpRequest, _response: object = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Shown by axes after too many failures: how long, and who can help sooner."""
    username = (credentials or {}).get("username") or request.POST.get("username", "")
    seconds = seconds_left(username)
    context = {"seconds": seconds, "minutes": -(-seconds // 60), "limit": settings.AXES_FAILURE_LIMIT}
    response = render(request, "staff/locked.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def seconds_left(username: str) -> int:
    """Until the newest failure of this name is old enough."""
    cool_off = get_cool_off() or timedelta(0)
    last = (
        AccessAttempt.objects.filter(username=username)
        .order_by("-attempt_time")
        .values_list("attempt_time", flat=True)
        .first()
    )
    if last is None:
        return int(cool_off.total_seconds())
    return max(1, int((last + cool_off - timezone.now()).total_seconds()))
