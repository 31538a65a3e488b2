"""A person's own settings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from staff.models import Language
from staff.people import change_preferences
from staff.permissions import person
from staff.roles import role_label, roles_of
from staff.web.cookies import remember_language
from staff.web.forms import SettingsForm


@login_required
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    user = person(request)
    fields = ("display_name", "language", "theme", "shortcuts_enabled")
    form = SettingsForm(request.POST or None, initial={name: getattr(user, name) for name in fields})
    if request.method == "POST" and form.is_valid():
        change_preferences(user=user, **form.cleaned_data)
        with override(user.language):
            messages.success(request, _("Your settings are stored."))
        response: HttpResponse = redirect("staff:me")
        remember_language(response, user.language)
        return response
    context = {"form": form, "roles": [role_label(code) for code in roles_of(user)]}
    return render(request, "staff/me.html", context, status=422 if form.errors else 200)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language of this browser, and of the person once known."""
    wanted = request.POST.get("language", "")
    target = request.POST.get("next", "/app/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/app/"
    response = HttpResponseRedirect(target)
    if wanted in Language.values:
        remember_language(response, wanted)
        if request.user.is_authenticated:
            change_preferences(user=person(request), language=wanted)
    return response
