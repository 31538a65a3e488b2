"""The pages on which a waiver, an extension or a refund is taken back: what it would change, a reason, and one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from core import business_date
from core.errors import DomainError
from loans.acts.previewing import preview
from loans.models import Extension, Loan, Refund, Waiver
from loans.pages.loan_page import loan_by_number
from loans.servicing import reversing
from loans.web.forms import ReverseForm
from staff.permissions import require

GET_OR_POST = require_http_methods(["GET", "POST"])


@dataclass(frozen=True, slots=True)
class Door:
    """What one of the pages takes back, by which verb, and in which words."""

    rows: Any
    verb: Callable[..., Any]
    argument: str
    heading: str | Promise
    said: str | Promise
    template: str = "loans/reversal.html"


WAIVER = Door(
    Waiver.objects.select_related("waived_by"),
    reversing.reverse_waiver,
    "waiver_id",
    _("Reverse waiver"),
    _("The waiver was reversed."),
)
EXTENSION = Door(
    Extension.objects.select_related("granted_by"),
    reversing.reverse_extension,
    "extension_id",
    _("Reverse extension"),
    _("The extension was reversed."),
)
REFUND = Door(
    Refund.objects.select_related("refunded_by"),
    reversing.reverse_refund,
    "refund_id",
    _("Reverse refund"),
    _("The refund was reversed."),
)


@GET_OR_POST
@require("loans.undo_act")
def waiver(request: HttpRequest, number: str, public_id: str) -> HttpResponse:
    return _reversal(request, number, public_id, WAIVER)


@GET_OR_POST
@require("loans.undo_act")
def extension(request: HttpRequest, number: str, public_id: str) -> HttpResponse:
    return _reversal(request, number, public_id, EXTENSION)


@GET_OR_POST
@require("loans.undo_act")
def refund(request: HttpRequest, number: str, public_id: str) -> HttpResponse:
    return _reversal(request, number, public_id, REFUND)


def _reversal(request: HttpRequest, number: str, public_id: str, door: Door) -> HttpResponse:
    """Draw what the reversal would change, or do it and say so. A refusal stands beside the field it concerns."""
    loan, on = loan_by_number(number), business_date.current()
    row = get_object_or_404(door.rows, loan=loan, public_id=public_id)
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            door.verb(**{door.argument: row.pk}, reason=form.cleaned_data["reason"], on=on, by=request.user)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, str(door.said))
            return redirect("desk:loan_tab", loan.number, "transactions")
    context = {
        "loan": loan,
        "position": getattr(loan, "position", None),
        "form": form,
        "row": row,
        "door": door,
        **_previewed(loan, row, door, on),
    }
    return render(request, door.template, context, status=422 if form.errors else 200)


def _previewed(loan: Loan, row: Any, door: Door, on: date) -> dict[str, Any]:
    """The reversal is run and taken back; where it is refused, the page says so before anybody types a reason."""
    if row.is_reversed:
        return {}
    try:
        found = preview(loan, lambda: door.verb(**{door.argument: row.pk}, reason="preview", on=on))
    except DomainError as refusal:
        return {"refusal": refusal.detail}
    return {"shown": {"preview": found, "changed": [pair for pair in found.rows if pair.changed]}}
