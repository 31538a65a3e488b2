"""What payments, settlements, refunds, waivers, reversals and write-offs would change, for the pages that ask for them.

As with every act, the very call of the page runs and is taken back, so that a preview cannot differ from what follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core import business_date
from core.errors import DomainError
from loans.acts.previewing import preview
from loans.models import Loan, Repayment, RepaymentChannel
from loans.pages.loan_page import loan_by_number
from loans.servicing import refunds, repayments, settling, waiving, writing_off
from loans.web.forms import PaymentForm, RefundForm, ReverseForm, SettleForm, WaiveForm, WriteOffForm
from staff.permissions import check, require

# What stands in for the fields a preview does not need: who types an amount has not given a reason yet.
FILLED = {"key": "preview", "reason": "preview"}


@dataclass(frozen=True, slots=True)
class Previewed:
    """A page with a preview: the right it needs, its form, and the call it makes with the form's values on a day."""

    permission: str
    form: type[Form]
    act: Callable[[Loan, dict[str, Any], date], object]


def _pay(loan: Loan, data: dict[str, Any], on: date) -> object:
    return repayments.record_repayment(
        loan_id=loan.pk,
        amount=data["amount"],
        received_on=data["received_on"],
        recorded_on=on,
        channel=RepaymentChannel.COUNTER,
        idempotency_key=f"preview:{loan.public_id}",
        recorded_by=None,
    )


def _settle(loan: Loan, data: dict[str, Any], on: date) -> object:
    return settling.settle_early(
        loan_id=loan.pk,
        on=data["on"],
        recorded_on=on,
        channel=RepaymentChannel.COUNTER,
        idempotency_key=f"preview:{loan.public_id}",
    )


def _refund(loan: Loan, data: dict[str, Any], on: date) -> object:
    key = f"preview:{loan.public_id}"
    return refunds.refund_overpayment(loan_id=loan.pk, amount=data["amount"], on=on, idempotency_key=key)


def _waive(loan: Loan, data: dict[str, Any], on: date) -> object:
    return waiving.waive(loan_id=loan.pk, on=on, **data)


def _write_off(loan: Loan, data: dict[str, Any], on: date) -> object:
    """What approving the request would do today."""
    return writing_off.write_off(loan_id=loan.pk, on=on, reason=data["reason"])


PREVIEWED = {
    "pay": Previewed("loans.record_repayment", PaymentForm, _pay),
    "settle": Previewed("loans.record_repayment", SettleForm, _settle),
    "refund": Previewed("loans.refund_overpayment", RefundForm, _refund),
    "waive": Previewed("loans.waive_charges", WaiveForm, _waive),
    "write-off": Previewed("loans.request_write_off", WriteOffForm, _write_off),
}


@require_GET
def loan_preview(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Figures, schedule and journal before and after; redrawn while typing."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    previewed = PREVIEWED.get(code)
    if previewed is None:
        raise Http404
    check(request.user, previewed.permission)
    loan, on = loan_by_number(number), business_date.current()
    form = previewed.form({**request.GET.dict(), **FILLED})
    act = partial(previewed.act, loan, form.cleaned_data, on) if form.is_valid() else None
    return _drawn(request, loan, act)


@require_GET
@require("loans.reverse_repayment")
def reversal_preview(request: HttpRequest, number: str) -> HttpResponse:
    """The loan without this payment, everything after it divided again."""
    repayment = get_object_or_404(Repayment.objects.select_related("loan__borrower"), number=number)
    form = ReverseForm({**request.GET.dict(), **FILLED})
    act = partial(
        repayments.reverse_repayment,
        repayment_id=repayment.pk,
        reason=form["reason"].value(),
        reversed_on=business_date.current(),
    )
    return _drawn(request, repayment.loan, act)


def _drawn(request: HttpRequest, loan: Loan, act: Callable[[], object] | None) -> HttpResponse:
    shown, refusal = None, ""
    if act is not None:
        try:
            found = preview(loan, act)
            shown = {"preview": found, "changed": [pair for pair in found.rows if pair.changed]}
        except (DomainError, ValueError) as error:
            refusal = str(error)
    return render(request, "loans/_act_preview.html", {"loan": loan, "shown": shown, "refusal": refusal})
