"""The order of a further part of an approved amount, on the page of its loan: to the bank, again, or given up."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import business_date
from core.errors import DomainError
from loans import disbursing
from loans.models import Disbursement
from staff.permissions import require


@require_POST
@require("loans.disburse_loan")
def send(request: HttpRequest, number: str, order: str) -> HttpResponse:
    """To the bank now, or ask it what became of the order."""

    def act(drawdown: Disbursement) -> str:
        sent = disbursing.send(disbursement_id=drawdown.pk, on=business_date.current())
        return _("Disbursement %(number)s: %(state)s.") % {"number": sent.number, "state": sent.get_status_display()}

    return _acted(request, number, order, act)


@require_POST
@require("loans.disburse_loan")
def retry(request: HttpRequest, number: str, order: str) -> HttpResponse:
    """Again, after the bank refused it."""

    def act(drawdown: Disbursement) -> str:
        disbursing.retry(disbursement_id=drawdown.pk, on=business_date.current(), requested_by=request.user)
        return _("The disbursement is queued again under a new reference.")

    return _acted(request, number, order, act)


@require_POST
@require("loans.disburse_loan")
def cancel(request: HttpRequest, number: str, order: str) -> HttpResponse:
    """Not at all: the loan stays as it is."""

    def act(drawdown: Disbursement) -> str:
        reason = request.POST.get("reason", "")
        disbursing.cancel(disbursement_id=drawdown.pk, on=business_date.current(), reason=reason)
        return _("The further part will not be paid out.")

    return _acted(request, number, order, act)


def _acted(request: HttpRequest, number: str, order: str, act: Callable[[Disbursement], str]) -> HttpResponse:
    """One act, its sentence or its refusal, and back to the loan."""
    drawdown = get_object_or_404(Disbursement, loan__number=number, public_id=order, is_drawdown=True)
    try:
        messages.success(request, act(drawdown))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("desk:loan", number)
