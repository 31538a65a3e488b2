"""A receipt reversed: what it would change, a reason, and one call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import Approval
from audit.waiting import waits
from core import business_date
from core.errors import DomainError
from loans.acts import receipts
from loans.acts.authority import receipt_needs_second_person
from loans.acts.receipts import reversal_previewed, reverse_or_ask
from loans.models import Repayment, RepaymentStatus
from loans.pages.act_page import shown
from loans.web.forms import ReverseForm
from staff.permissions import person, require


def _receipt(number: str) -> Repayment:
    return get_object_or_404(Repayment.objects.select_related("loan__borrower", "recorded_by"), number=number)


@require_http_methods(["GET", "POST"])
@require("loans.reverse_repayment")
def reverse(request: HttpRequest, number: str) -> HttpResponse:
    """The money did not stay: the loan without this payment, everything after it divided again."""
    repayment, form = _receipt(number), ReverseForm(request.POST or None)
    loan = repayment.loan
    if request.method == "POST" and form.is_valid():
        try:
            done = reverse_or_ask(
                repayment_id=repayment.pk,
                reason=form.cleaned_data["reason"],
                on=business_date.current(),
                by=person(request),
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, _said(done, repayment))
            return redirect("desk:loan", loan.number)
    later = Repayment.objects.filter(
        loan_id=loan.pk, received_on__gte=repayment.received_on, status=RepaymentStatus.POSTED
    ).exclude(pk=repayment.pk)
    context = {"loan": loan, "form": form, "repayment": repayment, "later_count": later.count()}
    context["position"] = getattr(loan, "position", None)
    context |= waits(repayment, receipts.REQUEST)
    return render(request, "loans/reverse.html", context, status=422 if form.errors else 200)


def _said(done: Repayment | Approval, repayment: Repayment) -> str:
    if isinstance(done, Approval):
        return _("Sent for approval: a second person decides on reversing receipt %(number)s.") % {
            "number": repayment.number
        }
    return _("Receipt %(number)s was reversed.") % {"number": repayment.number}


@require_GET
@require("loans.reverse_repayment")
def reverse_preview(request: HttpRequest, number: str) -> HttpResponse:
    """The loan without this payment. The reversal is run and taken back."""
    repayment, today = _receipt(number), business_date.current()
    context: dict[str, Any] = {"loan": repayment.loan}
    try:
        found = reversal_previewed(repayment, today)
    except DomainError as refusal:
        context["refusal"] = refusal.detail
    else:
        context["shown"] = replace(
            shown(found), needs_second_person=receipt_needs_second_person(repayment, today, person(request))
        )
    return render(request, "loans/_act_preview.html", context)
