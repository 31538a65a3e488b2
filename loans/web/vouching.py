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
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audit.waiting import waits
from core import business_date
from core.errors import DomainError
from core.writing import day
from loans.acts import vouching
from loans.models import LoanAct, Repayment
from loans.models.act import MERCHANT_REFUND
from loans.pages.loan_page import loan_by_number
from loans.servicing.given_up import given_by
from loans.web.forms import EvidenceForm
from staff.models import User
from staff.permissions import person, require

_UNPROVED = gettext_lazy(
    "No line of a bank stands behind it. Until a second person agrees, what it paid counts as still owed when money is "
    "lent, and none of it is refunded."
)
_GIVEN = gettext_lazy(
    "One person alone gave it up. Until a second person agrees, as much of the line cannot be drawn again."
)


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
    why: str | Promise

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
        why=_UNPROVED,
    )
    return _asked(request, word)


@require_http_methods(["GET", "POST"])
@require("loans.record_repayment")
def vouch_for_act(request: HttpRequest, number: str, act_id: str) -> HttpResponse:
    """Ask a second person to vouch for what a merchant is said to have given back, or one person gave up on a line."""
    loan = loan_by_number(number)
    told = get_object_or_404(LoanAct.objects.select_related("recorded_by"), loan=loan, public_id=act_id)
    told.loan = loan
    is_refund = told.kind == MERCHANT_REFUND
    title = _("Vouch for a merchant's refund") if is_refund else _("Vouch for what was given up")
    ask = vouching.ask_to_vouch_for_refund if is_refund else vouching.ask_to_vouch_for_gift
    word = _Word(
        told=told,
        amount=Decimal(told.parameters.get("amount", "0")) if is_refund else given_by(told),
        asks=title,
        title=title,
        when=(_("Counts from"), day(told.effective_on)),
        kind=vouching.OF_REFUND if is_refund else vouching.OF_GIVEN,
        ask=lambda **asked: ask(act_id=told.pk, **asked),
        sent=_("Sent for approval: a second person vouches for it."),
        back=reverse("loans:payments_by_word"),
        after=reverse("loans:loan_acts", args=[loan.number]),
        why=_UNPROVED if is_refund else _GIVEN,
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
