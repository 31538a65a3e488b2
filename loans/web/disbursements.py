"""Ordering the bank to pay a loan out."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.waiting import waits
from core import business_date
from core.errors import DomainError
from loans.disbursement import disbursing, other_accounts
from loans.models import Disbursement, Loan
from loans.pages.loan_page import loan_by_number
from loans.web import bank_orders
from loans.web.forms import OtherAccountForm
from staff.models import User
from staff.permissions import person, require


@require_POST
@require("loans.disburse_loan")
def disburse(request: HttpRequest, number: str) -> HttpResponse:
    loan = loan_by_number(number)

    def act() -> str:
        sent = _order(loan, business_date.current(), person(request))
        facts = {"amount": f"{sent.amount:,.2f}", "state": sent.get_status_display()}
        return _("Disbursement of %(amount)s: %(state)s.") % facts

    bank_orders.tell(request, act)
    return redirect("desk:loan", number)


@require_http_methods(["GET", "POST"])
@require("loans.disburse_loan")
def other_account(request: HttpRequest, number: str, order: str) -> HttpResponse:
    """Ask a second person to agree that an order the bank does not hold goes to another account."""
    disbursement = get_object_or_404(
        Disbursement.objects.select_related("loan__borrower", "loan__merchant"), loan__number=number, public_id=order
    )
    accounts = other_accounts.accounts_to_choose(disbursement)
    form = OtherAccountForm(request.POST or None, accounts=accounts)
    if request.method == "POST" and form.is_valid():
        try:
            other_accounts.ask_for_other_account(
                disbursement_id=disbursement.pk,
                account_id=form.cleaned_data.get("account"),
                reason=form.cleaned_data["reason"],
                on=business_date.current(),
                by=person(request),
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            facts = {"number": disbursement.number}
            messages.success(request, _("Sent for approval: a second person decides where %(number)s is paid.") % facts)
            return redirect("desk:loan", number)
    context = {"loan": disbursement.loan, "disbursement": disbursement, "form": form, "accounts": accounts}
    context |= waits(disbursement, other_accounts.KIND)
    return render(request, "loans/other_account.html", context, status=422 if form.errors else 200)


def _order(loan: Loan, on: date, by: User) -> Disbursement:
    """A first order, or a new one after the bank refused the last."""
    refused = loan.disbursements.refused().filter(is_drawdown=False).first()
    if refused is not None:
        disbursing.retry(disbursement_id=refused.pk, on=on, requested_by=by)
    return disbursing.disburse(loan_id=loan.pk, on=on, requested_by=by)
