"""The order of a further part of an approved amount, on the page of its loan: to the bank, again, or given up."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from loans.models import Disbursement
from loans.web import bank_orders
from staff.permissions import person, require


@require_POST
@require("loans.disburse_loan")
def send(request: HttpRequest, number: str, order: str) -> HttpResponse:
    return _acted(request, number, order, bank_orders.send)


@require_POST
@require("loans.disburse_loan")
def retry(request: HttpRequest, number: str, order: str) -> HttpResponse:
    return _acted(request, number, order, lambda drawdown: bank_orders.retry(drawdown, person(request)))


@require_POST
@require("loans.disburse_loan")
def cancel(request: HttpRequest, number: str, order: str) -> HttpResponse:
    return _acted(request, number, order, lambda drawdown: bank_orders.cancel(drawdown, request.POST.get("reason", "")))


def _acted(request: HttpRequest, number: str, order: str, act: Callable[[Disbursement], str]) -> HttpResponse:
    drawdown = get_object_or_404(Disbursement, loan__number=number, public_id=order, is_drawdown=True)
    bank_orders.tell(request, lambda: act(drawdown))
    return redirect("desk:loan", number)
