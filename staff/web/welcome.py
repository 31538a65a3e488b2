"""The page that an empty system leads to: name and password of the first administrator."""

from __future__ import annotations

import secrets

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.core.validators import MaxLengthValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from core.forms import StrictForm
from staff.first_administrator import create_first_administrator, wanted
from staff.models import User


class WelcomeForm(StrictForm):
    username = forms.CharField(
        label=_("User name"), max_length=150, validators=[User.username_validator, MaxLengthValidator(150)]
    )
    display_name = forms.CharField(label=_("Name"), max_length=80, required=False)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least eight characters; not only digits, not a common word."),
    )


@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Only with the token of this start, and only while there is no administrator; otherwise it does not exist."""
    token = request.GET.get("token", "")
    expected = settings.FIRST_ADMIN_TOKEN
    if not expected or not secrets.compare_digest(token.encode(), expected.encode()) or not wanted():
        raise Http404
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = create_first_administrator(**form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            login(request, user, backend="staff.backends.StaffBackend")
            return redirect("/app/")
    return render(request, "staff/welcome.html", {"form": form}, status=422 if form.errors else 200)
