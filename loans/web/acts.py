"""The page of every act: what can be done with a loan, what an act would change, doing it, and undoing it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import Approval
from core import business_date
from core.errors import DomainError
from loans.acts.menu import groups_for
from loans.acts.performing import Wish, agreed_by_two, perform, perform_or_ask, undo_or_ask
from loans.acts.previewing import Preview, preview
from loans.events.act_kinds import ActKind, act_kind
from loans.models import Disbursement, Loan, LoanAct
from loans.pages.loan_page import loan_by_number
from loans.web.act_forms import ActForm, UndoForm
from staff.permissions import check, person, require


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
    kind = act_kind(code)
    check(request.user, kind.permission)
    loan, on = loan_by_number(number), business_date.current()
    begins_with = kind.initial(loan) if kind.initial is not None else {}
    form = ActForm(kind, request.POST or None, initial={"effective_on": on, **begins_with})
    if request.method == "POST" and form.is_valid():
        try:
            done = perform_or_ask(_wish(request, loan, form, on))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, _said(kind, done))
            return redirect("desk:loan", loan.number)
    context = {"loan": loan, "position": getattr(loan, "position", None), "form": form, "kind": kind}
    return render(request, kind.template, context, status=422 if form.errors else 200)


def _wish(request: HttpRequest, loan: Loan, form: ActForm, on: date) -> Wish:
    return Wish(
        loan_id=loan.pk,
        kind=form.kind.code,
        values=form.values(),
        effective_on=form.cleaned_data["effective_on"],
        recorded_on=on,
        reason=form.cleaned_data["reason"],
        idempotency_key=f"web:{form.cleaned_data['key']}",
        by=request.user,
    )


def _said(kind: ActKind, done: LoanAct | Approval | Disbursement) -> str:
    if isinstance(done, Approval):
        return _("Sent for approval: a second person decides on “%(act)s”.") % {"act": kind.label}
    if isinstance(done, Disbursement):
        return _("Order %(number)s is written. The loan changes when the bank has paid.") % {"number": done.number}
    return _("Done: %(act)s.") % {"act": kind.label}


@require_GET
def act_preview(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Schedule, journal and figures before and after; redrawn while typing. The act is run and taken back."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    kind = act_kind(code)
    check(request.user, kind.permission)
    loan, on = loan_by_number(number), business_date.current()
    form = ActForm(kind, {**request.GET.dict(), "key": "preview", "reason": "preview"})
    shown, refusal = None, ""
    if form.is_valid():
        shown, refusal = _previewed(_wish(request, loan, form, on), loan, kind)
    return render(request, "loans/_act_preview.html", {"loan": loan, "kind": kind, "shown": shown, "refusal": refusal})


def _previewed(wish: Wish, loan: Loan, kind: ActKind) -> tuple[dict[str, Any] | None, str]:
    try:
        found: Preview = preview(loan, lambda: perform(wish, approved=True))
    except (DomainError, ValueError) as error:
        return None, str(error)
    return {"preview": found, "changed": [pair for pair in found.rows if pair.changed]}, ""


@require_http_methods(["GET", "POST"])
@require("loans.undo_act")
def act_undo(request: HttpRequest, number: str, act_id: str) -> HttpResponse:
    """Undoing an act: everything after it is applied again without it."""
    loan = loan_by_number(number)
    done = get_object_or_404(LoanAct.objects.select_related("recorded_by"), loan=loan, public_id=act_id)
    kind, form = act_kind(done.kind), UndoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            undone = undo_or_ask(act_id=done.pk, reason=reason, on=business_date.current(), by=request.user)
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
        else:
            said = _said(kind, undone) if isinstance(undone, Approval) else _("Undone: %(act)s.") % {"act": kind.label}
            messages.success(request, said)
            return redirect("loans:loan_acts", loan.number)
    context = {"loan": loan, "position": getattr(loan, "position", None), "form": form, "kind": kind, "done": done}
    context["by_two"] = agreed_by_two(done)
    return render(request, "loans/act_undo.html", context, status=422 if form.errors else 200)
