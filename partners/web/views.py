"""Clients of the API and their keys: made, changed, suspended, revoked by administrators."""

from datetime import date, datetime, time

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import business_date
from core.choices import Shown, Tone
from core.errors import DomainError
from partners import agreeing, keys
from partners.models import ApiClient, ApiKey
from partners.queries import client_of, clients, keys_of
from partners.scopes import SCOPES, usual
from partners.web.forms import ChangeClientForm, ClientForm, KeyForm, as_initial, posted, refuse
from staff.permissions import person, require

MANAGE = "partners.manage_apiclient"


def _client(public_id: str) -> ApiClient:
    client = client_of(public_id, timezone.now())
    if client is None:
        raise Http404
    return client


@require_safe
@require(MANAGE)
def client_list(request: HttpRequest) -> HttpResponse:
    return render(request, "partners/client_list.html", {"clients": clients(timezone.now())})


@require_safe
@require(MANAGE)
def client_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    return _client_page(request, _client(public_id))


def _client_page(request: HttpRequest, client: ApiClient, token: str = "") -> HttpResponse:
    now = timezone.now()
    rows = [(key, _state(key, now)) for key in keys_of(client)]
    context = {"client": client, "rows": rows, "token": token, "most": keys.LIVE_KEYS_AT_ONCE}
    return render(request, "partners/client.html", context)


def _state(key: ApiKey, at: datetime) -> Shown:
    if key.revoked_at is not None:
        return Shown(pgettext("API key", "revoked"), Tone.NEUTRAL)
    if key.waits:
        return Shown(pgettext("API key", "waits for a second person"), Tone.ATTENTION)
    if not key.is_live(at):
        return Shown(pgettext("API key", "expired"), Tone.NEUTRAL)
    if key.read_only:
        return Shown(pgettext("API key", "live, read-only"), Tone.INFO)
    return Shown(pgettext("API key", "live"), Tone.GOOD)


@require_http_methods(["GET", "POST"])
@require(MANAGE)
def new_client(request: HttpRequest) -> HttpResponse:
    form = ClientForm(posted(request))
    if form.is_valid():
        try:
            client = keys.make_client(**form.cleaned_data)
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Client created. Create a key to call the API."))
            return redirect("partners:client", client.public_id)
    return _form_page(request, form, title=_("New API client"), button=_("Create client"))


@require_http_methods(["GET", "POST"])
@require(MANAGE)
def change_client(request: HttpRequest, public_id: str) -> HttpResponse:
    client = _client(public_id)
    form = ChangeClientForm(posted(request), initial=as_initial(client))
    if form.is_valid():
        try:
            asked = agreeing.change_or_ask(
                client_id=client.pk, **form.cleaned_data, on=business_date.current(), by=person(request)
            )
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            if asked is None:
                messages.success(request, _("The client was changed."))
            else:
                messages.warning(
                    request,
                    _("Asked for: another contact or more networks hold once a second person agrees under Approvals."),
                )
            return redirect("partners:client", client.public_id)
    return _form_page(request, form, title=_("Change the client"), button=_("Save"), client=client)


def _form_page(request: HttpRequest, form: forms.Form, **context: object) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "partners/client_form.html", {"form": form, **context}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@require(MANAGE)
def new_key(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page that answers shows the token: once, not to be stored by anything on the way."""
    client = _client(public_id)
    form = KeyForm(posted(request), initial={"scopes": usual()})
    if form.is_valid():
        given = {**form.cleaned_data, "expires_at": _beginning_of(form.cleaned_data["expires_at"])}
        try:
            issued, waits = agreeing.issue_or_ask(
                client_id=client.pk, at=timezone.now(), on=business_date.current(), by=person(request), **given
            )
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            if waits:
                messages.warning(request, _("The key opens nothing until a second person agrees under Approvals."))
            return _client_page(request, _client(public_id), issued.token)
    context = {"form": form, "client": client, "scopes": SCOPES.items()}
    return render(request, "partners/key_form.html", context, status=422 if form.errors else 200)


def _beginning_of(on: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(on, time.min)) if on else None


@require_POST
@require(MANAGE)
def revoke_key(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    client = _client(public_id)
    key = keys.revoke_key(key_id=get_object_or_404(ApiKey, pk=pk, client=client).pk, at=timezone.now())
    messages.success(request, _("The key %(key)s is revoked.") % {"key": key.prefix})
    return redirect("partners:client", client.public_id)


@require_POST
@require(MANAGE)
def suspend_client(request: HttpRequest, public_id: str) -> HttpResponse:
    client = keys.suspend_client(client_id=_client(public_id).pk)
    messages.success(request, _("%(name)s is suspended; its keys no longer work.") % {"name": client.name})
    return redirect("partners:client", client.public_id)


@require_POST
@require(MANAGE)
def reinstate_client(request: HttpRequest, public_id: str) -> HttpResponse:
    client, on = _client(public_id), business_date.current()
    try:
        asked = agreeing.reinstate_or_ask(client_id=client.pk, at=timezone.now(), on=on, by=person(request))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("partners:client", client.public_id)
    if asked is not None:
        messages.warning(request, _("Asked for: a second person must agree before its keys open anything again."))
        return redirect("partners:client", client.public_id)
    messages.success(request, _("%(name)s may call again.") % {"name": client.name})
    return redirect("partners:client", client.public_id)
