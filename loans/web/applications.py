"""Pages of applications that need nothing but loans: the list, the live quote, and what follows a decision."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core import business_date
from core.errors import DomainError
from core.pages import page_of
from loans.models import Application, Disbursement, Offer, OfferStatus
from loans.origination import origination
from loans.pricing.quotes import Quote, quote_for, require_sellable, version_on_sale
from loans.web import bank_orders
from loans.web.application_forms import ApplicationFilter, WishForm
from staff.permissions import person, require
from staff.visibility import Kind, seen


@require_GET
@require("loans.view_application")
def application_list(request: HttpRequest) -> HttpResponse:
    form = ApplicationFilter(request.GET)
    rows = form.apply(Application.objects.select_related("borrower", "product", "claimed_by"))
    rows = seen(rows, request.user, Kind.APPLICATION)
    return render(request, "loans/application_list.html", {"page": page_of(rows, request), "form": form})


@require_GET
@require("loans.submit_application")
def quote(request: HttpRequest) -> HttpResponse:
    """The quote for what stands in the form now; an unfinished form gives none."""
    context: dict[str, object] = {}
    form = WishForm({**request.GET.dict(), "key": "preview"})
    if form.is_valid():
        try:
            context["quote"] = _quote(form)
        except DomainError as refusal:
            context["refusal"] = refusal.detail
    return render(request, "loans/_quote.html", context)


def _quote(form: WishForm) -> Quote:
    on, values = business_date.current(), form.cleaned_data
    version = version_on_sale(values["product"].pk, on)
    require_sellable(version, values["amount"], values["term_count"], values["price"], values["first_drawdown"])
    down_payment = values["price"] - values["amount"] if values["price"] else Decimal("0.00")
    return quote_for(
        version=version,
        principal=values["amount"],
        term_count=values["term_count"],
        on=on,
        down_payment=down_payment,
        first_drawdown=values["first_drawdown"],
        agreed_instalment=values["agreed_instalment"],
    )


@require_POST
@require("loans.submit_application")
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """The borrower accepts at the desk. Pressed twice, it is one loan."""
    offers = Offer.objects.filter(application__number=number, status__in=[OfferStatus.OPEN, OfferStatus.ACCEPTED])
    offer = get_object_or_404(offers)

    def act() -> str:
        loan = origination.accept_offer(
            offer_id=offer.pk, on=business_date.current(), accepted_via="counter", by=person(request)
        )
        return _("Contract made: loan %(number)s waits for its money.") % {"number": loan.number}

    return _acted(request, number, act)


@require_POST
@require("loans.submit_application")
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    application = get_object_or_404(Application, number=number)

    def act() -> str:
        origination.withdraw(application_id=application.pk, on=business_date.current())
        return _("The application was withdrawn.")

    return _acted(request, number, act)


@require_POST
@require("loans.disburse_loan")
def disburse(request: HttpRequest, number: str) -> HttpResponse:
    """Send the order to the bank now, or ask what became of it."""
    order = _disbursement(number)
    return _acted(request, number, lambda: bank_orders.send(order))


@require_POST
@require("loans.disburse_loan")
def retry_disbursement(request: HttpRequest, number: str) -> HttpResponse:
    order = _disbursement(number)
    return _acted(request, number, lambda: bank_orders.retry(order, person(request)))


@require_POST
@require("loans.disburse_loan")
def cancel_disbursement(request: HttpRequest, number: str) -> HttpResponse:
    order = _disbursement(number)
    return _acted(request, number, lambda: bank_orders.cancel(order, request.POST.get("reason", "")))


def _disbursement(number: str) -> Disbursement:
    rows = Disbursement.objects.filter(loan__application__number=number, is_drawdown=False).order_by("-id")
    return get_object_or_404(rows[:1])


def _acted(request: HttpRequest, number: str, act: Callable[[], str]) -> HttpResponse:
    """One act, its sentence or its refusal, and back to the application."""
    bank_orders.tell(request, act)
    return redirect("risk:application", number)
