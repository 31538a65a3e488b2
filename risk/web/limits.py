"""Credit limits: who may owe how much, how that moved and why, and changing it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import approvals
from audit.lookups import LookupQuotaReached
from borrowers import lookups
from borrowers.models import Borrower
from core import business_date
from core.errors import DomainError
from core.pages import page_of
from risk import do_not_lend, limits
from risk.models import CreditLimit, DoNotLendEntry, LimitChange
from risk.web.forms import DoNotLendForm, LimitFilter, LimitForm
from staff.models import User
from staff.permissions import check, person, require
from staff.visibility import Kind, seen

LISTING_IDS = "listing_%s"  # two forms on one page, each with a reason


@require_GET
@require("risk.view_assessment")
def limit_list(request: HttpRequest) -> HttpResponse:
    form, rows, status = LimitFilter(request.GET), CreditLimit.objects.select_related("borrower"), 200
    try:
        rows = _filtered(rows, form, person(request))
    except LookupQuotaReached as refusal:
        form.add_error("q", refusal.detail)
        rows, status = rows.none(), refusal.status
    page = page_of(seen(rows, request.user, Kind.BORROWER, path="borrower_id"), request, order=("-changed_on", "-id"))
    return render(request, "risk/limits.html", {"page": page, "form": form}, status=status)


def _filtered(rows: QuerySet[CreditLimit], form: LimitFilter, by: User) -> QuerySet[CreditLimit]:
    """Raises LookupQuotaReached."""
    values = form.cleaned_data if form.is_valid() else {}
    if values.get("q"):
        rows = rows.filter(borrower__in=lookups.find(values["q"], by=by))
    if values.get("moved") == "up":
        rows = rows.filter(raised_on=F("changed_on"))
    if values.get("moved") == "ended":
        rows = rows.filter(amount=0)
    return rows


@require_http_methods(["GET", "POST"])
@require("risk.view_assessment")
def limit(request: HttpRequest, number: str) -> HttpResponse:
    """One borrower's limit with every move of it; people with the right change it here."""
    borrower = get_object_or_404(Borrower, number=number)
    form = LimitForm(request.POST or None)
    if request.method == "POST":
        check(request.user, "risk.change_limit")
        if form.is_valid() and _changed(request, borrower, form):
            return redirect("risk:limit", number)
    return _page(request, borrower, form, DoNotLendForm(auto_id=LISTING_IDS))


@require_POST
@require("risk.change_limit")
def put_on_list(request: HttpRequest, number: str) -> HttpResponse:
    borrower = get_object_or_404(Borrower, number=number)
    form = DoNotLendForm(request.POST, auto_id=LISTING_IDS)
    if not form.is_valid():
        return _page(request, borrower, LimitForm(), form)
    do_not_lend.put_on(borrower_id=borrower.pk, on=business_date.current(), by=person(request), **form.cleaned_data)
    messages.success(request, _("On the do-not-lend list."))
    return redirect("risk:limit", number)


@require_POST
@require("risk.change_limit")
def take_off_list(request: HttpRequest, number: str) -> HttpResponse:
    borrower = get_object_or_404(Borrower, number=number)
    try:
        reason = request.POST.get("reason", "")
        on, by = business_date.current(), person(request)
        do_not_lend.ask_to_take_off(borrower_id=borrower.pk, reason=reason, on=on, by=by)
        messages.success(request, _("A second person must agree."))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("risk:limit", number)


def _page(request: HttpRequest, borrower: Borrower, form: LimitForm, listing: DoNotLendForm) -> HttpResponse:
    changes = LimitChange.objects.filter(borrower=borrower).select_related("by")
    entry = DoNotLendEntry.objects.filter(borrower=borrower, lifted_on=None).select_related("listed_by").first()
    context = {
        "borrower": borrower,
        "limit": CreditLimit.objects.filter(borrower=borrower).first(),
        "entry": entry,
        "lifting": entry and approvals.pending(do_not_lend.LIFT, entry),
        "form": form,
        "listing": listing,
        "page": page_of(changes, request),
    }
    return render(request, "risk/limit.html", context, status=422 if form.errors or listing.errors else 200)


def _changed(request: HttpRequest, borrower: Borrower, form: LimitForm) -> bool:
    amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
    try:
        after = limits.change(
            borrower_id=borrower.pk, amount=amount, reason=reason, on=business_date.current(), by=person(request)
        )
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return False
    messages.success(request, _("Limit changed.") if after.amount == amount else _("A second person must agree."))
    return True
