"""The whole case file, and the list of promises."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core import business_date
from core.errors import DomainError
from core.pages import page_of
from core.together import together
from debt_collections import promises, queries
from debt_collections.case_file import case_file
from debt_collections.models import Promise
from debt_collections.web.forms import CancelForm, PromiseFilter
from debt_collections.web.workbench import VERB_KEYS, case_or_404, contact_form
from staff.permissions import person, require
from staff.visibility import Kind, seen


@require_GET
@require("collections.view_case")
def case_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Everything about one case; the stages it went through and every promise in tables of their own."""
    case = case_or_404(public_id)
    file = case_file(case, person=person(request), now=business_date.now(), on=business_date.current())
    moves, earlier = together(queries.moves_of(case), queries.earlier_cases(case, seen_by=person(request)))
    can_work = case.is_open and request.user.has_perm("collections.work_case")
    context = {
        "file": file,
        "form": contact_form(file, request) if can_work else None,
        "moves": moves,
        "promised": file.promised,
        "earlier": earlier,
        "today": business_date.current(),
        "verb_keys": VERB_KEYS if can_work else (),
    }
    return render(request, "collections/case.html", context)


@require_GET
@require("collections.view_case")
def promise_list(request: HttpRequest) -> HttpResponse:
    form = PromiseFilter(request.GET)
    data = form.cleaned_data if form.is_valid() else {}
    mine = person(request) if data.get("whose") == "mine" else None
    on = business_date.current()
    due_on = on if data.get("due") == "today" else None
    rows = queries.promise_list(seen_by=person(request), status=data.get("status", ""), person=mine, due_on=due_on)
    parts = queries.parts_of_promises(person(request))
    page = page_of(rows, request, order=("-due_on", "-id"), parts=parts)
    totals = queries.promise_totals(on, seen_by=person(request))
    context = {"form": form, "page": page, "totals": totals, "today": on}
    return render(request, "collections/promises.html", context)


@require_POST
@require("collections.work_case")
def cancel_promise(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a pending promise back, with a reason."""
    get_object_or_404(seen(Promise.objects.filter(pk=pk), request.user, Kind.CASE, path="case_id"))
    form = CancelForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a reason for cancelling the promise."))
        return redirect("collections:promises")
    try:
        promise = promises.cancel(
            promise_id=pk, reason=form.cleaned_data["reason"], on=business_date.current(), by=person(request)
        )
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("collections:promises")
    messages.success(request, _("The promise is cancelled."))
    return redirect("collections:case", promise.case.public_id)
