"""What was received by word alone, while it waits for a bank line or a second person."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import business_date
from core.calendars import days_between
from core.errors import DomainError
from core.fields import money_field
from core.pages import page_of
from loans.acts.vouching import ask_to_vouch_for_gift, ask_to_vouch_for_refund
from loans.models import LoanAct, LoanStatus, Repayment
from loans.models.act import MERCHANT_REFUND
from loans.pages.loan_page import loan_by_number
from loans.servicing.given_up import given_alone_on_lines, given_by
from loans.web.forms import EvidenceForm
from staff.permissions import person, require
from staff.visibility import Kind, seen

_REFUNDS_SHOWN = 50


@require_GET
@require("loans.view_bankfile")
def by_word_list(request: HttpRequest) -> HttpResponse:
    """The oldest first: what waits longest is the likeliest never to have come."""
    on = business_date.current()
    told = Repayment.objects.by_word().select_related("loan__borrower", "recorded_by")
    receipts = seen(told, request.user, Kind.BORROWER, path="loan__borrower_id")
    page = page_of(receipts, request, order=("recorded_on", "id"))
    for receipt in page.items:
        receipt.age_in_days = days_between(receipt.recorded_on, on)
    given_back = LoanAct.objects.by_word().select_related("loan__borrower", "recorded_by")
    refunds = seen(given_back, request.user, Kind.BORROWER, path="loan__borrower_id")
    refunds = refunds.annotate(amount=Cast(KT("parameters__amount"), money_field()))
    shown = list(refunds.order_by("recorded_on", "id")[:_REFUNDS_SHOWN])
    for refund in shown:
        refund.age_in_days = days_between(refund.recorded_on, on)  # type: ignore[attr-defined]
    given = (
        given_alone_on_lines().filter(loan__status=LoanStatus.ACTIVE).select_related("loan__borrower", "recorded_by")
    )
    gifts = list(seen(given, request.user, Kind.BORROWER, path="loan__borrower_id")[:_REFUNDS_SHOWN])
    for gift in gifts:
        gift.age_in_days, gift.amount = days_between(gift.recorded_on, on), given_by(gift)  # type: ignore[attr-defined]
    tables = [
        (_("Merchant refunds"), shown),
        (_("Given up on lines by one person"), [gift for gift in gifts if gift.amount]),  # type: ignore[attr-defined]
    ]
    return render(request, "loans/payments_by_word.html", {"page": page, "tables": tables, "place": "by_word"})


@require_http_methods(["GET", "POST"])
@require("loans.record_repayment")
def vouch_for_refund(request: HttpRequest, number: str, act_id: str) -> HttpResponse:
    """Ask a second person to vouch for what a merchant is said to have given back, or one person gave up on a line."""
    loan, form = loan_by_number(number), EvidenceForm(request.POST or None)
    act = get_object_or_404(LoanAct.objects.select_related("recorded_by"), loan=loan, public_id=act_id)
    is_refund = act.kind == MERCHANT_REFUND
    if request.method == "POST" and form.is_valid():
        asked = {"reason": form.cleaned_data["reason"], "on": business_date.current(), "by": person(request)}
        try:
            (ask_to_vouch_for_refund if is_refund else ask_to_vouch_for_gift)(act_id=act.pk, **asked)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, _("Sent for approval: a second person vouches for it."))
            return redirect("loans:loan_acts", loan.number)
    context = {"loan": loan, "act": act, "is_refund": is_refund, "form": form}
    context["amount"] = Decimal(act.parameters.get("amount", "0")) if is_refund else given_by(act)
    return render(request, "loans/vouch_refund.html", context, status=422 if form.errors else 200)
