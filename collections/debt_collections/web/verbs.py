"""The small acts on a case behind its menu: one table, one view. Each draws a form and makes one domain call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from core import business_date
from core.errors import DomainError
from debt_collections import cases, solutions
from debt_collections.models import Case
from debt_collections.web import forms
from debt_collections.web.workbench import case_or_404
from loans.acts.asking import to_do
from loans.acts.kinds.extending import EXTENSION
from loans.acts.kinds.losses import WRITE_OFF
from loans.models import Loan
from staff.models import User
from staff.permissions import check, person, require

Call = Callable[[Case, dict[str, Any], date, User], object]


@dataclass(frozen=True, slots=True)
class Verb:
    """``call`` gets the case, the cleaned form, the business date and the person. ``first``: fields that open as the
    case has them."""

    title: str | LazyText
    button: str | LazyText
    done: str | LazyText
    form: type[forms.VerbForm]
    permission: str
    call: Call
    hint: str | LazyText = ""
    has_preview: bool = False
    first: tuple[str, ...] = ()
    asks: str = ""  # the kind of request it may raise about a loan of the case


def _assign(case: Case, data: dict[str, Any], on: date, by: User) -> object:
    return cases.assign(case_ids=[case.pk], assigned_to=data["assigned_to"], note=data["note"], on=on, by=by)


def _on_case(verb: Callable[..., object], *names: str) -> Call:
    """A verb that takes the named fields of the form."""

    def call(case: Case, data: dict[str, object], on: date, by: User) -> object:
        return verb(case_id=case.pk, on=on, by=by, **{name: data[name] for name in names})

    return call


def _on_loan(verb: Callable[..., object], *names: str) -> Call:
    """A verb on a loan of the case, which the key of its form makes safe to send twice."""

    def call(case: Case, data: dict[str, Any], on: date, by: User) -> object:
        facts = {name: data[name] for name in names}
        key = f"case:{data['key']}"
        return verb(case_id=case.pk, loan_id=data["loan"], on=on, by=by, idempotency_key=key, **facts)

    return call


VERBS: dict[str, Verb] = {
    "snooze": Verb(
        _("Put off"), _("Put off"), _("Put off until that day."), forms.SnoozeForm, "collections.work_case",
        _on_case(cases.snooze, "until", "note"),
    ),
    "hold": Verb(
        _("Pause collection"), _("Pause"), _("Collection is paused until that day."), forms.HoldForm,
        "collections.work_case", _on_case(cases.hold, "reason", "until", "note"),
        hint=_("No calls until then; a pending promise is cancelled. Collection resumes the next day."),
    ),
    "release": Verb(
        _("End pause"), _("Go on"), _("Collection resumed."), forms.NoteForm, "collections.work_case",
        _on_case(cases.release, "note"),
    ),
    "escalate": Verb(
        _("Escalate to the team lead"), _("Escalate"), _("The team lead sees it now."), forms.EscalateForm,
        "collections.work_case", _on_case(cases.escalate, "note"),
    ),
    "classify": Verb(
        _("Why is the payment late?"), _("Save"), _("Reason saved."), forms.ClassifyForm, "collections.work_case",
        _on_case(cases.classify, "reason", "note"), first=("reason",),
        hint=_("“Able but unwilling” needs evidence. It is never set by a rule and blacklists nobody."),
    ),
    "assign": Verb(
        _("Hand over"), _("Hand over"), _("Handed over."), forms.AssignForm, "collections.assign_case", _assign,
        first=("assigned_to",),
    ),
    "extend": Verb(
        _("Extend"), _("Grant"), _("Done: granted, or sent to a second person."), forms.ExtensionForm,
        "loans.grant_extension", _on_loan(solutions.grant_extension, "days", "reason"), has_preview=True,
        asks=to_do(EXTENSION),
    ),
    "write-off": Verb(
        _("Request a write-off"), _("Send for approval"), _("A second person must approve it."), forms.WriteOffForm,
        "loans.request_write_off", _on_loan(solutions.request_write_off, "reason"),
        hint=_("The claim stays: the loan leaves the books, the case goes on as recovery."),
        asks=to_do(WRITE_OFF),
    ),
}  # fmt: skip


@require_http_methods(["GET", "POST"])
@require("collections.view_case")
def act(request: HttpRequest, public_id: str, verb: str) -> HttpResponse:
    """Draw the verb's form (in a dialog, or as a page without script) or carry it out."""
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    check(request.user, chosen.permission)
    case, on = case_or_404(public_id), business_date.current()
    form = chosen.form(
        request.POST or None, auto_id="act_%s", initial=_first(case, chosen) | request.GET.dict(), case=case, on=on
    )
    if request.method == "POST" and form.is_valid():
        try:
            chosen.call(case, form.cleaned_data, on, person(request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, str(chosen.done))
            return _leave(request)
    return _draw(request, case, chosen, form, verb, on)


def _first(case: Case, verb: Verb) -> dict[str, object]:
    return {name: getattr(case, name) for name in verb.first}


def _draw(request: HttpRequest, case: Case, verb: Verb, form: forms.VerbForm, code: str, on: date) -> HttpResponse:
    context: dict[str, object] = {"case": case, "verb": verb, "code": code, "form": form, "back": _back(request)}
    if verb.asks:
        loans = Loan.objects.filter(borrower_id=case.borrower_id)
        context |= {"waits_about": list(loans), "waits_kinds": verb.asks}
    if verb.has_preview:
        context |= _preview(case, form, on)
    template = "collections/_act.html" if request.headers.get("HX-Request") else "collections/act.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _preview(case: Case, form: forms.VerbForm, on: date) -> dict[str, object]:
    """What the extension would do with the days typed so far."""
    loan, days = form["loan"].value(), form["days"].value()
    try:
        offer = solutions.preview_extension(case=case, loan_id=int(loan), days=int(days), on=on)
    except (TypeError, ValueError):
        return {"offer": None}
    except DomainError as refusal:
        return {"offer": None, "offer_refusal": refusal.detail}
    return {"offer": offer}


def _back(request: HttpRequest) -> str:
    """Where the person came from, if that is a page of ours."""
    came_from = request.POST.get("back") or request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}) and "/act/" not in came_from:
        return came_from
    return reverse("collections:workbench")


def _leave(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": _back(request)})
    return redirect(_back(request))
