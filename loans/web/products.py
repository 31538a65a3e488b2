"""Products as staff read them: what is sold now, each version and its conditions. They are changed in ``product_design``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core import business_date
from core.errors import DomainError
from loans.models import Loan, Product, ProductVersion, VersionStatus
from loans.pricing.price_tables import price_table
from loans.pricing.quotes import versions_on_sale
from staff.permissions import require
from staff.visibility import Kind, seen


@require_GET
@require("loans.view_product")
def product_list(request: HttpRequest) -> HttpResponse:
    sold = {version.product_id: version for version in versions_on_sale(business_date.current())}
    products: list[Any] = list(Product.objects.order_by("-active", "name"))
    for product in products:
        product.sold = sold.get(product.pk)
    return render(request, "loans/products.html", {"products": products})


@require_GET
@require("loans.view_product")
def product_page(request: HttpRequest, code: str) -> HttpResponse:
    """All versions side by side: reading what changed must not need a click for each."""
    product = get_object_or_404(Product, code=code)
    versions = list(product.versions.select_related("product").order_by("-version")[:6])
    found = Loan.objects.filter(product_version__product=product).select_related("borrower", "position")
    loans = seen(found, request.user, Kind.BORROWER, path="borrower_id")
    context = {
        "product": product,
        "versions": versions,
        "latest_loans": loans.order_by("-id")[:8],
        **_prices(_version_asked_for(versions, request.GET.get("version", ""))),
    }
    return render(request, "loans/product.html", context)


def _version_asked_for(versions: list[ProductVersion], number: str) -> ProductVersion | None:
    """The version of that number, else the one on sale, else the newest."""
    asked = [version for version in versions if str(version.version) == number]
    live = [version for version in versions if version.status == VersionStatus.LIVE]
    return next(iter([*asked, *live, *versions]), None)


def _prices(version: ProductVersion | None) -> dict[str, object]:
    """The price table of the version, or why there is none; a version to come is priced for its first day."""
    if version is None:
        return {}
    on = max(business_date.current(), version.effective_from)
    try:
        return {"priced": version, "table": price_table(version, on)}
    except DomainError as refusal:
        return {"priced": version, "no_table": refusal.detail}
