"""Pages on which a product is designed: the draft with its live comparison, its request, a copy, the end of sale."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import approvals
from core import business_date
from core.errors import DomainError
from loans.models import Product, ProductVersion, VersionStatus
from loans.pages.product_design import compared, examples
from loans.products import designing, ending_sale
from loans.products.examples import usual
from loans.web.product_forms import AskForm, CopyForm, DesignForm, EndOfSaleForm, ExamplesForm
from staff.permissions import person, require


@require_http_methods(["GET", "POST"])
@require("loans.design_product")
def product_design(request: HttpRequest, code: str) -> HttpResponse:
    """The draft as a form; what it would mean stands beside it while it is typed."""
    product, on = get_object_or_404(Product, code=code), business_date.current()
    draft = designing.begun(product, on)
    form = DesignForm(request.POST or None, instance=draft)
    if request.method == "POST" and form.is_valid():
        try:
            kept = designing.keep_draft(
                product_id=product.pk,
                terms=form.terms,
                effective_from=form.cleaned_data["effective_from"],
                on=on,
                by=person(request),
            )
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            messages.success(request, _("The draft is kept. Nobody is lent by it before a second person agrees."))
            return redirect(kept)
    context = {
        "product": product,
        "draft": draft,
        "form": form,
        "examples_form": ExamplesForm(initial=_filled(draft)),
        "earliest": designing.earliest_start(product, on),
    }
    return render(request, "loans/product_design.html", context, status=422 if form.errors else 200)


@require_POST
@require("loans.design_product")
def product_design_preview(request: HttpRequest, code: str) -> HttpResponse:
    """What the typed terms would mean, beside what holds now. Nothing is stored."""
    product, on = get_object_or_404(Product, code=code), business_date.current()
    form = DesignForm(request.POST, instance=designing.begun(product, on))
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context |= _side_by_side(form.save(commit=False), ExamplesForm(request.POST))
    return render(request, "loans/_design_preview.html", context)


@require_GET
@require("loans.view_product")
def product_version(request: HttpRequest, pk: int) -> HttpResponse:
    return _version_page(request, _version(pk), AskForm())


@require_POST
@require("loans.design_product")
def product_version_ask(request: HttpRequest, pk: int) -> HttpResponse:
    version, form = _version(pk), AskForm(request.POST)
    if form.is_valid():
        try:
            designing.ask_for_version(
                version_id=pk, reason=form.cleaned_data["reason"], on=business_date.current(), by=person(request)
            )
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            messages.success(request, _("Sent for approval: a second person decides on the new terms."))
            return redirect(version)
    return _version_page(request, version, form, status=422)


@require_http_methods(["GET", "POST"])
@require("loans.design_product")
def product_copy(request: HttpRequest, code: str) -> HttpResponse:
    source = get_object_or_404(Product, code=code)
    form = CopyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = designing.copy_product(
                source_id=source.pk, on=business_date.current(), by=person(request), **form.cleaned_data
            )
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            return redirect("loans:product_design", draft.product.code)
    context = {"product": source, "form": form}
    return render(request, "loans/product_copy.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@require("loans.design_product")
def product_end_of_sale(request: HttpRequest, code: str) -> HttpResponse:
    product = get_object_or_404(Product, code=code)
    form = EndOfSaleForm(request.POST or None, initial={"last_day": product.sale_ends_on})
    if request.method == "POST" and form.is_valid():
        try:
            ending_sale.ask_for_end_of_sale(
                product_id=product.pk, on=business_date.current(), by=person(request), **form.cleaned_data
            )
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            messages.success(request, _("Sent for approval: a second person decides on the end of sale."))
            return redirect(product)
    context = {"product": product, "form": form}
    return render(request, "loans/product_end_of_sale.html", context, status=422 if form.errors else 200)


def _version(pk: int) -> ProductVersion:
    return get_object_or_404(ProductVersion.objects.select_related("product"), pk=pk)


def _version_page(request: HttpRequest, version: ProductVersion, form: AskForm, status: int = 200) -> HttpResponse:
    is_draft = version.status == VersionStatus.DRAFT
    examples_form = ExamplesForm(request.GET) if request.GET else ExamplesForm(initial=_filled(version))
    context = {
        "product": version.product,
        "version": version,
        "form": form,
        "examples_form": examples_form,
        "is_draft": is_draft,
        "pending": approvals.pending(designing.NEW_VERSION, version) if is_draft else None,
        **_side_by_side(version, examples_form),
    }
    return render(request, "loans/product_version.html", context, status=status)


def _side_by_side(version: ProductVersion, examples_form: ExamplesForm) -> dict[str, Any]:
    """The version beside what it would replace, or has replaced, and three loans under both."""
    on = business_date.current()
    is_to_come = version.status in {VersionStatus.DRAFT, VersionStatus.AGREED}
    before = designing.standing(version.product, on) if is_to_come else designing.replaced_by(version)
    wanted = examples_form.wanted(usual(version))
    return {
        "version": version,
        "before": before,
        "answers": compared(before, version),
        "examples": examples(before, version, wanted, max(on, version.effective_from)),
        "refusals": designing.refusals(version, on) if version.status == VersionStatus.DRAFT else [],
    }


def _filled(version: ProductVersion) -> dict[str, Any]:
    places = enumerate(usual(version), start=1)
    return {f"{what}_{place}": getattr(one, what) for place, one in places for what in ("amount", "count")}


def _tell(form: Form | DesignForm, refusal: DomainError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
