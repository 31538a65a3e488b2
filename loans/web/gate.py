"""Asking for an override, and the page that counts them."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from core import business_date
from core.errors import DomainError
from core.forms import StrictForm
from core.pages import page_of
from loans.gate import overrides
from loans.gate.gate import BindingAct
from loans.models import Application, GateOverride, Loan
from loans.pages.gate_page import checks_in_words, tallies
from loans.pages.loan_page import loan_by_number
from loans.web.forms import money_input
from staff.permissions import person, require
from staff.visibility import Kind, seen


class OverrideForm(StrictForm):
    """Why a second person should agree; and for a drawdown how much."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)
    amount = money_input(gettext_lazy("Amount"), required=False)


class PeriodForm(StrictForm):
    """Of which days overrides are counted; empty: of the last 30."""

    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


@require_POST
@require("loans.decide_application")
def override_acceptance(request: HttpRequest, number: str) -> HttpResponse:
    """The offer stands, and soft checks keep it from being accepted."""
    application = get_object_or_404(Application, number=number)
    _ask(request, application, BindingAct.ACCEPTANCE)
    return redirect("risk:application", number)


@require_POST
@require("loans.disburse_loan")
def override_payout(request: HttpRequest, number: str) -> HttpResponse:
    """Soft checks keep a loan from being paid out, or a part of it from being drawn."""
    loan = loan_by_number(number)
    drawdown = loan.disbursed_on is not None
    _ask(request, loan, BindingAct.DRAWDOWN if drawdown else BindingAct.DISBURSEMENT)
    return redirect(loan)


def _ask(request: HttpRequest, obj: Application | Loan, act: BindingAct) -> None:
    form = OverrideForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a reason, so that the second person knows why."))
        return
    try:
        overrides.request(
            obj=obj,
            act=act,
            reason=form.cleaned_data["reason"],
            amount=form.cleaned_data["amount"] if act is BindingAct.DRAWDOWN else None,
            on=business_date.current(),
            by=person(request),
        )
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("Asked: a second person now decides on the override."))


@require_GET
@require("risk.view_assessment")
def override_list(request: HttpRequest) -> HttpResponse:
    """Overrides of a period: how many, of which checks, by whom; and each of them."""
    today = business_date.current()
    form = PeriodForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    since, until = chosen.get("since") or today - timedelta(days=30), chosen.get("until") or today
    named = ("borrower", "application", "loan", "asked_by", "agreed_by")
    found = GateOverride.objects.filter(agreed_on__range=(since, until)).select_related(*named)
    found = seen(found, request.user, Kind.BORROWER, path="borrower_id").order_by("-agreed_on", "-id")
    page = page_of(found, request)
    context = {
        "form": form,
        "since": since,
        "until": until,
        "page": page,
        "rows": [(override, checks_in_words(override)) for override in page.items],
        "tallies": tallies(found),
    }
    return render(request, "loans/overrides.html", context)
