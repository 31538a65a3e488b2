"""Products as staff read them: what is sold now, each version and its conditions. Changing them is configuration (admin)."""

from __future__ import annotations

from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from loans.models import Loan, Product, ProductVersion, VersionStatus
from staff.permissions import require


@require_GET
@require("loans.view_product")
def product_list(request: HttpRequest) -> HttpResponse:
    live = ProductVersion.objects.filter(status=VersionStatus.LIVE)
    products = Product.objects.annotate(version_count=Count("versions")).prefetch_related(
        Prefetch("versions", queryset=live, to_attr="live_versions")
    )
    return render(request, "loans/products.html", {"products": products.order_by("-active", "name")})


@require_GET
@require("loans.view_product")
def product_page(request: HttpRequest, code: str) -> HttpResponse:
    """All versions side by side: reading what changed must not need a click for each."""
    product = get_object_or_404(Product, code=code)
    versions = list(product.versions.order_by("-version")[:6])
    loans = Loan.objects.filter(product_version__product=product).select_related("borrower", "position")
    context = {"product": product, "versions": versions, "latest_loans": loans.order_by("-id")[:8]}
    return render(request, "loans/product.html", context)
