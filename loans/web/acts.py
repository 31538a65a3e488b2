"""The page of every act: what can be done with a loan, what an act would change, doing it, and undoing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import Approval, ApprovalStatus
from audit.waiting import waits
from core import business_date
from core.errors import DomainError
from loans.acts.asking import Done, perform_or_ask, to_do, to_undo, undo_or_ask
from loans.acts.authority import always
from loans.acts.menu import groups_for
from loans.acts.performing import previewed
from loans.acts.undoing import undo_previewed
from loans.events.act_kinds import ActKind, Wish, act_kind, asked_kind
from loans.gate import overrides
from loans.models import Disbursement, Loan, LoanAct, LoanStatus, Repayment
from loans.pages.act_page import extra_context, own_figures, shown
from loans.pages.loan_page import loan_by_number
from loans.servicing.settling import settlement_quote
from loans.web.act_forms import DAY, REASON, ActForm, DayForm, UndoForm
from staff.permissions import check, person, require
from staff.visibility import require_seen, sees


@require_GET
@require("loans.view_loan")
def act_menu(request: HttpRequest, number: str) -> HttpResponse:
    """Every kind of act, by what it is about, open or with the reason why not; and what was done before."""
    loan = loan_by_number(number)
    groups = groups_for(loan, person(request).has_perm)
    context = {"loan": loan, "position": getattr(loan, "position", None), "groups": groups, "done": _done(loan)}
    return render(request, "loans/act_menu.html", context)


def _done(loan: Loan) -> list[tuple[LoanAct, ActKind]]:
    acts: QuerySet[LoanAct] = loan.acts.select_related("recorded_by").order_by("-id")
    return [(act, act_kind(act.kind)) for act in acts[:100]]


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """The act's form and, once it can be read, what it would change. A refusal stands beside the field it concerns."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    kind = asked_kind(code)
    loan, on = _loan_to_act_on(request, kind, number), business_date.current()
    named = {parameter.name for parameter in kind.parameters} & set(request.GET)  # where a link says what it is about
    begins_with = {**_begins_with(kind, loan, on), **{name: request.GET[name] for name in named}}
    form = ActForm(kind, loan, request.POST or None, initial={DAY: on, **begins_with})
    if request.method == "POST" and form.is_valid():
        try:
            done = perform_or_ask(_wish(request, loan, form, on))
        except DomainError as refusal:
            form.refused(refusal)
        else:
            _tell(request, kind, done)
            # A case that the act put to rest takes its loan out of a collector's sight.
            return redirect("desk:loan", loan.number) if sees(request.user, loan.number) else redirect("desk:home")
    context = {"loan": loan, "position": getattr(loan, "position", None), "form": form, "kind": kind, "on": on}
    context |= extra_context(kind, loan, on)
    context |= waits(loan, to_do(kind), overrides.AHEAD, instead=kind.beyond_authority is always)
    return render(request, kind.template, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """Money that came in: for a loan written off it is a recovery."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    written_off = Loan.objects.filter(number=number, status=LoanStatus.WRITTEN_OFF).exists()
    return act(request, number, "recovery" if written_off else "repayment")


def _begins_with(kind: ActKind, loan: Loan, on: date) -> Mapping[str, Any]:
    return kind.initial(loan, on) if kind.initial is not None else {}


def _wish(request: HttpRequest, loan: Loan, form: ActForm, on: date) -> Wish:
    return Wish(
        loan_id=loan.pk,
        kind=form.kind.code,
        values=form.values(),
        effective_on=form.cleaned_data.get(DAY, on),
        recorded_on=on,
        reason=form.cleaned_data.get(REASON, ""),
        idempotency_key=f"web:{form.cleaned_data['key']}",
        by=person(request),
    )


def _tell(request: HttpRequest, kind: ActKind, done: Done) -> None:
    if isinstance(done, Approval) and done.status != ApprovalStatus.PENDING:
        facts = {"act": kind.label, "status": done.get_status_display()}
        messages.warning(
            request, _("This was asked for before, and “%(act)s” was %(status)s. Open the page anew.") % facts
        )
    else:
        messages.success(request, _said(kind, done))


def _said(kind: ActKind, done: Done) -> str:
    if isinstance(done, Approval):
        return _("Sent for approval: a second person decides on “%(act)s”.") % {"act": kind.label}
    if isinstance(done, Disbursement):
        return _("Order %(number)s is written. The loan changes when the bank has paid.") % {"number": done.number}
    if isinstance(done, Repayment):
        facts = {"act": kind.label, "amount": f"{done.amount:,.2f}", "number": done.number}
        return _("Done: %(act)s, %(amount)s, receipt %(number)s.") % facts
    return _("Done: %(act)s.") % {"act": kind.label}


def _loan_to_act_on(request: HttpRequest, kind: ActKind, number: str) -> Loan:
    """For whoever has the kind's right and sees the loan. Raises MissingPermission, and Http404 as if it were not there."""
    check(request.user, kind.permission)
    require_seen(request.user, {"number": number})
    return loan_by_number(number)


@require_GET
def act_preview(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Schedule, journal and figures before and after; redrawn while typing. The act is run and taken back."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    kind = asked_kind(code)
    loan, on = _loan_to_act_on(request, kind, number), business_date.current()
    form = ActForm(kind, loan, {**request.GET.dict(), "key": "preview", REASON: "preview"})
    context: dict[str, Any] = {"loan": loan, "kind": kind, "form": form}
    if form.is_valid():
        try:
            context["shown"] = shown(previewed(_wish(request, loan, form, on), loan))
        except DomainError as refusal:
            form.refused(refusal)
            context["refusal"] = "" if form.has_question else refusal.detail
    return render(request, "loans/_act_preview.html", context)


@require_GET
@require("loans.record_repayment")
def settle_quote(request: HttpRequest, number: str) -> HttpResponse:
    """What settles the loan on the day typed so far, and that sum for the form."""
    loan, today = loan_by_number(number), business_date.current()
    asked = DayForm(request.GET)
    on = asked.cleaned_data["effective_on"] if asked.is_valid() else today
    context: dict[str, Any] = {"loan": loan, "today": today, "asked_for": on}
    try:
        context["quote"] = settlement_quote(loan, on)
    except DomainError as refusal:
        context["refusal"] = refusal.detail
    return render(request, "loans/_settle_quote.html", context)


@require_http_methods(["GET", "POST"])
@require("loans.undo_act")
def act_undo(request: HttpRequest, number: str, act_id: str) -> HttpResponse:
    """Undoing an act: what it would change, a reason, and one call; everything after it is applied again without it."""
    loan, on = loan_by_number(number), business_date.current()
    done = get_object_or_404(LoanAct.objects.select_related("recorded_by", "agreed_by"), loan=loan, public_id=act_id)
    kind, form = act_kind(done.kind), UndoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            undone = undo_or_ask(act_id=done.pk, reason=form.cleaned_data["reason"], on=on, by=person(request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            said = _said(kind, undone) if isinstance(undone, Approval) else _("Undone: %(act)s.") % {"act": kind.label}
            messages.success(request, said)
            return redirect("loans:loan_acts", loan.number)
    context = {"loan": loan, "position": getattr(loan, "position", None), "form": form, "kind": kind, "done": done}
    context["figures"] = own_figures(done)
    context |= _undo_shown(done, on)
    context |= waits(loan, to_undo(kind), instead=kind.undone_by_two)
    return render(request, "loans/act_undo.html", context, status=422 if form.errors else 200)


def _undo_shown(done: LoanAct, on: date) -> dict[str, Any]:
    """The undo is run and taken back; where it is refused, the page says so before anybody types a reason."""
    if done.is_undone:
        return {}
    try:
        return {"shown": shown(undo_previewed(done, on))}
    except DomainError as refusal:
        return {"refusal": refusal.detail}
