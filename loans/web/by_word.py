"""What was received by word alone, while it waits for a bank line or a second person."""

from __future__ import annotations

from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core import business_date
from core.calendars import days_between
from core.fields import money_field
from core.pages import page_of
from loans.models import LoanAct, LoanStatus, Repayment
from loans.servicing.given_up import given_alone_on_lines, given_by
from staff.permissions import require
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
