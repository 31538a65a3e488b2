"""Ordering the bank to pay a loan out."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import business_date
from loans.disbursement import disbursing
from loans.models import Disbursement, Loan
from loans.pages.loan_page import loan_by_number
from loans.web import bank_orders
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


def _order(loan: Loan, on: date, by: User) -> Disbursement:
    """A first order, or a new one after the bank refused the last."""
    refused = loan.disbursements.refused().filter(is_drawdown=False).first()
    if refused is not None:
        disbursing.retry(disbursement_id=refused.pk, on=on, requested_by=by)
    return disbursing.disburse(loan_id=loan.pk, on=on, requested_by=by)
