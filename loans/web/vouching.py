"""What one person only said was received: asking a second person to vouch for it, on one page for receipts and refunds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.waiting import waits
from core import business_date
from core.errors import DomainError
from core.writing import day
from loans.acts import vouching
from loans.models import LoanAct, Repayment
from loans.pages.loan_page import loan_by_number
from loans.web.forms import EvidenceForm
from staff.models import User
from staff.permissions import person, require


@dataclass(frozen=True, kw_only=True)
class _Word:
    """What somebody is to vouch for, in the page's words, and how it is asked."""

    told: Repayment | LoanAct
    amount: Decimal
    asks: str
    title: str
    when: tuple[str, str]
    kind: str
    ask: Callable[..., Any]
    sent: str
    back: str
    after: str

    @property
    def recorded_by(self) -> User | None:
        return self.told.recorded_by


@require_http_methods(["GET", "POST"])
@require("loans.record_repayment")
def vouch(request: HttpRequest, number: str) -> HttpResponse:
    """Ask a second person to vouch for a receipt that no line of a bank stands behind."""
    told = get_object_or_404(Repayment.objects.select_related("loan__borrower", "recorded_by"), number=number)
    facts = {"number": told.number}
    page = reverse("loans:receipt", args=[told.number])
    word = _Word(
        told=told,
        amount=told.amount,
        asks=_("Vouch for a receipt"),
        title=_("Vouch for receipt %(number)s") % facts,
        when=(_("Received"), f"{day(told.received_on)}, {told.get_channel_display()}"),
        kind=vouching.KIND,
        ask=lambda **asked: vouching.ask_to_vouch(repayment_id=told.pk, **asked),
        sent=_("Sent for approval: a second person vouches for receipt %(number)s.") % facts,
        back=page,
        after=page,
    )
    return _asked(request, word)


@require_http_methods(["GET", "POST"])
@require("loans.record_repayment")
def vouch_for_refund(request: HttpRequest, number: str, act_id: str) -> HttpResponse:
    """Ask a second person to vouch for what a merchant is said to have given back."""
    loan = loan_by_number(number)
    told = get_object_or_404(LoanAct.objects.select_related("recorded_by"), loan=loan, public_id=act_id)
    told.loan = loan
    word = _Word(
        told=told,
        amount=Decimal(told.parameters.get("amount", "0")),
        asks=_("Vouch for a merchant's refund"),
        title=_("Vouch for a merchant's refund"),
        when=(_("Counts from"), day(told.effective_on)),
        kind=vouching.OF_REFUND,
        ask=lambda **asked: vouching.ask_to_vouch_for_refund(act_id=told.pk, **asked),
        sent=_("Sent for approval: a second person vouches for the merchant's refund."),
        back=reverse("loans:payments_by_word"),
        after=reverse("loans:loan_acts", args=[loan.number]),
    )
    return _asked(request, word)


def _asked(request: HttpRequest, word: _Word) -> HttpResponse:
    form = EvidenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            word.ask(reason=form.cleaned_data["reason"], on=business_date.current(), by=person(request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, word.sent)
            return redirect(word.after)
    context = {"loan": word.told.loan, "word": word, "form": form, **waits(word.told, word.kind)}
    return render(request, "loans/vouch.html", context, status=422 if form.errors else 200)
