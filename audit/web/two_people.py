"""What takes two people, who holds which right, rights lent until a date, and what one person decided in an emergency."""

from __future__ import annotations

import csv
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import approvals, breaking_glass, delegations, two_people
from audit.events import record
from audit.models import Approval, BrokenGlass, Delegation
from audit.web.two_people_forms import DelegationForm
from core import business_date
from core.currencies import house_currency
from core.errors import DomainError
from core.pages import page_of
from staff import apart
from staff.permissions import check, person, require
from staff.roles import LABELS, role_label

SEE = "audit.view_two_people"


@require_GET
@require(SEE)
def table(request: HttpRequest) -> HttpResponse:
    on = business_date.current()
    context = {
        "rows": two_people.rows(on),
        "rule": two_people.in_force(on),
        "currency": house_currency(),
        "both_ends": two_people.people_with_both_ends(),
        "open_emergencies": breaking_glass.open_count(),
    }
    return render(request, "audit/two_people.html", context)


@require_GET
@require(SEE)
def matrix(request: HttpRequest) -> HttpResponse:
    context = {
        "lines": two_people.matrix(),
        "roles": [role_label(role) for role in LABELS],
        "apart": list(apart.pairs()),
    }
    return render(request, "audit/matrix.html", context)


@require_GET
@require(SEE)
def matrix_file(request: HttpRequest) -> HttpResponse:
    """The matrix as a file; who took it is on record."""
    record("exported", person(request), after={"matrix": _("Role × right")})
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rights.csv"'
    writer = csv.writer(response)
    roles = [role_label(role) for role in LABELS]
    writer.writerow([_("Right"), _("Name"), *roles, _("Asks for"), _("Decides on")])
    for line in two_people.matrix():
        held = ["x" if holds else "" for holds in line.held]
        writer.writerow([line.code, line.name, *held, "; ".join(line.asks), "; ".join(line.decides)])
    return response


@require_http_methods(["GET", "POST"])
@require(SEE)
def lent(request: HttpRequest) -> HttpResponse:
    """Rights lent until a date; whoever may lend asks for it here."""
    user, on = person(request), business_date.current()
    form = DelegationForm(request.POST or None, giver=user)
    if request.method == "POST":
        check(user, delegations.ASK)
        if form.is_valid() and _kept(form, lambda: delegations.ask(**form.cleaned_data, given_by=user, on=on)):
            messages.warning(request, _("Asked for. The right is lent once a third person agrees under Approvals."))
            return redirect("audit:delegations")
    rows = Delegation.objects.select_related("given_by", "given_to", "agreed_by")
    page, names = page_of(rows, request, order=("-id",)), two_people.names_of_rights()
    context = {
        "page": page,
        "rows": [(row, names.get(row.permission, row.permission)) for row in page.items],
        "form": form,
        "on": on,
        "most": delegations.most_days(on),
    }
    return render(request, "audit/delegations.html", context, status=422 if form.errors else 200)


def _kept(form: DelegationForm, ask: Callable[[], object]) -> bool:
    try:
        ask()
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return False
    return True


@require_POST
@require(SEE)
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Delegation, pk=pk)
    try:
        delegations.take_back(delegation_id=pk, by=person(request), on=business_date.current())
        messages.success(request, _("The right is taken back."))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("audit:delegations")


@require_GET
@require(SEE)
def emergencies(request: HttpRequest) -> HttpResponse:
    return _emergencies(request)


def _emergencies(request: HttpRequest, status: int = 200, refused: dict[str, object] | None = None) -> HttpResponse:
    rows = BrokenGlass.objects.select_related("approval__requested_by", "by", "reviewed_by")
    page = page_of(rows, request, order=("-id",), size=25)
    rows_shown = [(broken, approvals.kind_of(broken.approval).label) for broken in page.items]
    context = {
        "page": page,
        "rows": rows_shown,
        "refused": refused or {},
        "open_emergencies": breaking_glass.open_count(),
    }
    return render(request, "audit/emergencies.html", context, status=status)


@require_POST
@require(breaking_glass.REVIEW)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(BrokenGlass, pk=pk)
    note = request.POST.get("note", "").strip()
    try:
        breaking_glass.review(
            broken_id=pk,
            by=person(request),
            on=business_date.current(),
            objects="objects" in request.POST,
            note=note,
        )
    except DomainError as refusal:
        return _emergencies(request, refusal.status, {"pk": pk, "detail": refusal.detail, "note": note})
    messages.success(request, _("The review is on record."))
    return redirect("audit:emergencies")


@require_POST
@login_required
def decide_alone(request: HttpRequest, pk: int) -> HttpResponse:
    """Break the glass: approve what nobody else is there for."""
    check(request.user, breaking_glass.BREAK)
    get_object_or_404(Approval, pk=pk)
    reason = request.POST.get("reason", "").strip()
    try:
        breaking_glass.decide_alone(approval_id=pk, by=person(request), on=business_date.current(), reason=reason)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("/app/approvals/?state=every")
    messages.warning(request, _("Decided alone. An alarm was raised; another person must review it."))
    return redirect("audit:emergencies")
