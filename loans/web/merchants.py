"""Merchants: the list, adding one, and the page of one with its latest loans and what is changed there."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError
from core.pages import page_of
from loans.merchants import account_asked_for, add_merchant, change_merchant
from loans.models import Loan, Merchant
from loans.web.merchant_forms import ChangeMerchantForm, MerchantFilter, NewMerchantForm
from staff.permissions import require

MOST_LOANS = 10


@require_GET
@require("loans.view_merchant")
def merchant_list(request: HttpRequest) -> HttpResponse:
    form = MerchantFilter(request.GET)
    rows = form.apply(Merchant.objects.all())
    return render(request, "loans/merchant_list.html", {"page": page_of(rows, request), "form": form})


@require_http_methods(["GET", "POST"])
@require("loans.add_merchant")
def merchant_new(request: HttpRequest) -> HttpResponse:
    form = NewMerchantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            merchant = add_merchant(**form.cleaned_data, by=request.user)
        except DomainError as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, _("%(name)s is on file.") % {"name": merchant.name})
            return redirect(merchant)
    return render(request, "loans/merchant_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@require("loans.view_merchant")
def merchant_page(request: HttpRequest, merchant_id: str) -> HttpResponse:
    merchant = get_object_or_404(Merchant, public_id=merchant_id)
    loans = Loan.objects.filter(merchant=merchant).select_related("borrower", "position").order_by("-id")
    context = {"merchant": merchant, "asked": account_asked_for(merchant), "latest_loans": loans[:MOST_LOANS]}
    return render(request, "loans/merchant.html", context)


@require_http_methods(["GET", "POST"])
@require("loans.change_merchant")
def merchant_edit(request: HttpRequest, merchant_id: str) -> HttpResponse:
    merchant = get_object_or_404(Merchant, public_id=merchant_id)
    known = {"name": merchant.name, "bank_name": merchant.bank_name, "active": merchant.active}
    form = ChangeMerchantForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            asked = change_merchant(merchant_id=merchant.pk, **form.cleaned_data, by=request.user)
        except DomainError as refusal:
            _refuse(form, refusal)
        else:
            said = _("Sent for approval: a second person decides on the new account.") if asked else _("Changed.")
            messages.success(request, said)
            return redirect(merchant)
    context = {"merchant": merchant, "form": form}
    return render(request, "loans/merchant_edit.html", context, status=422 if form.errors else 200)


def _refuse(form: Form, refusal: DomainError) -> None:
    """The refusal stands beside the field it concerns."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
