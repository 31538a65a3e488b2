"""Merchants: the list, adding one, and the page of one with its latest loans and what is changed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Approval
from core import business_date
from core.errors import DomainError
from core.pages import page_of
from loans.merchants.changing import change_merchant, details_asked_for
from loans.merchants.merchants import (
    PARTS,
    SEE_ACCOUNT,
    account_asked_for,
    add_merchant,
    ask_for_account,
    is_agreed,
    show_account,
)
from loans.models import Loan, Merchant
from loans.web.merchant_forms import (
    AskForAccountForm,
    ChangeMerchantForm,
    MerchantFilter,
    NewMerchantForm,
    ShowAccountForm,
)
from staff.permissions import person, require
from staff.visibility import Kind, seen

MOST_LOANS = 10
T = TypeVar("T")


@require_GET
@require("loans.view_merchant")
def merchant_list(request: HttpRequest) -> HttpResponse:
    form = MerchantFilter(request.GET)
    rows = form.apply(Merchant.objects.all())
    return render(request, "loans/merchant_list.html", {"page": page_of(rows, request), "form": form})


@require_http_methods(["GET", "POST"])
@require("loans.add_merchant")
def merchant_new(request: HttpRequest) -> HttpResponse:
    form, on = NewMerchantForm(request.POST or None), business_date.current()
    if request.method == "POST" and form.is_valid():
        merchant = _kept(form, lambda: add_merchant(**form.cleaned_data, on=on, by=person(request)))
        if merchant is not None:
            messages.success(
                request, _("%(name)s is on file; a second person decides on it.") % {"name": merchant.name}
            )
            return redirect(merchant)
    return render(request, "loans/merchant_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@require("loans.view_merchant")
def merchant_page(request: HttpRequest, merchant_id: str) -> HttpResponse:
    return _page(request, get_object_or_404(Merchant, public_id=merchant_id))


@require_http_methods(["GET", "POST"])
@require("loans.change_merchant")
def merchant_edit(request: HttpRequest, merchant_id: str) -> HttpResponse:
    merchant = get_object_or_404(Merchant, public_id=merchant_id)
    form = ChangeMerchantForm(request.POST or None, initial={"name": merchant.name, "active": merchant.active})
    if request.method == "POST" and form.is_valid():
        wanted = {**form.cleaned_data, "on": business_date.current(), "by": person(request)}
        changed = _kept(form, lambda: change_merchant(merchant_id=merchant.pk, **wanted))
        if isinstance(changed, Approval):
            messages.warning(request, _("Asked for: a second person agrees under Approvals before it holds."))
        elif changed is not None:
            messages.success(request, _("Changed."))
        if changed is not None:
            return redirect(merchant)
    context = {"merchant": merchant, "form": form}
    return render(request, "loans/merchant_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@require("loans.change_merchant")
def merchant_account(request: HttpRequest, merchant_id: str) -> HttpResponse:
    merchant = get_object_or_404(Merchant, public_id=merchant_id)
    form, on = AskForAccountForm(request.POST or None), business_date.current()
    if request.method == "POST" and form.is_valid():
        wanted = {**form.cleaned_data, "on": on, "by": person(request)}
        asked = _kept(form, lambda: ask_for_account(merchant_id=merchant.pk, **wanted))
        if asked is not None:
            messages.success(request, _("Sent for approval: a second person decides on the new account."))
            return redirect(merchant)
    context = {"merchant": merchant, "form": form}
    return render(request, "loans/merchant_account.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@require(SEE_ACCOUNT)
def merchant_account_show(request: HttpRequest, merchant_id: str, asked: bool = False) -> HttpResponse:
    """The page that answers shows the account unmasked: once, not to be stored by anything on the way."""
    merchant = get_object_or_404(Merchant, public_id=merchant_id)
    which = "asked" if asked else "on_file"
    form = ShowAccountForm(request.POST, auto_id=f"{which}_%s")
    if not form.is_valid():
        return _page(request, merchant, **{f"{which}_form": form})
    try:
        shown = show_account(
            merchant_id=merchant.pk,
            asked=asked,
            why=form.cleaned_data["reason"],
            note=form.cleaned_data["other"],
            by=person(request),
        )
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect(merchant)
    return _page(request, merchant, **{f"{which}_shown": shown})


def _page(request: HttpRequest, merchant: Merchant, **changes: Any) -> HttpResponse:
    found = Loan.objects.filter(merchant=merchant).select_related("borrower", "position")
    loans = seen(found, request.user, Kind.BORROWER, path="borrower_id").order_by("-id")
    asked = account_asked_for(merchant)
    context = {
        "merchant": merchant,
        "agreed": is_agreed(merchant),
        "asked": asked,
        "details_asked": details_asked_for(merchant),
        "asked_for": {part: asked.after[word] for part, word in PARTS.items()} if asked else None,
        "asked_form": ShowAccountForm(auto_id="asked_%s"),
        "on_file_form": ShowAccountForm(auto_id="on_file_%s"),
        "latest_loans": loans[:MOST_LOANS],
        **changes,
    }
    wrong = context["asked_form"].errors or context["on_file_form"].errors
    return render(request, "loans/merchant.html", context, status=422 if wrong else 200)


def _kept(form: Form, act: Callable[[], T]) -> T | None:
    """What the act returns; its refusal stands beside the field it concerns."""
    try:
        return act()
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return None
