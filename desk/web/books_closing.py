"""Closed books: up to which day, who closed or opened them, closing up to a day and asking to open them again."""

from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audit.models import Approval, ApprovalStatus
from audit.waiting import as_seen_by
from core import business_date
from core.errors import DomainError
from core.pages import page_of
from core.rules import rule
from desk.web.books_forms import ClosingForm, ReopeningForm
from ledger.models import PeriodClosing
from ledger.queries import closed_through
from operations import books, jobs, tasks
from operations.models import LongJob
from staff.permissions import person, require


@require_GET
@require("ledger.view_journalentry")
def closing(request: HttpRequest) -> HttpResponse:
    return _page(request, {})


@require_POST
@require("ledger.close_period")
def close(request: HttpRequest) -> HttpResponse:
    """Ask the worker to verify the books and close them."""
    form = ClosingForm(request.POST)
    if not form.is_valid():
        return _page(request, {"closing_form": form}, status=422)
    try:
        with transaction.atomic():
            through, on = form.cleaned_data["through"], business_date.current()
            job = jobs.request_closing(through=through, on=on, requested_by=person(request))
            transaction.on_commit(lambda: tasks.run_job.delay(job_id=job.pk))
    except DomainError as refusal:
        form.add_error("through" if refusal.field else None, refusal.detail)
        return _page(request, {"closing_form": form}, status=refusal.status)
    return redirect("desk:books_closing")


@require_POST
@require("ledger.close_period")
def reopen(request: HttpRequest) -> HttpResponse:
    """Ask a second person to open closed books again."""
    form = ReopeningForm(request.POST)
    if not form.is_valid():
        return _page(request, {"reopening_form": form}, status=422)
    try:
        books.request_reopening(**form.cleaned_data, on=business_date.current(), by=person(request))
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return _page(request, {"reopening_form": form}, status=refusal.status)
    messages.success(request, _("Asked for. Another person decides under Approvals."))
    return redirect("desk:books_closing")


def _page(request: HttpRequest, forms: dict[str, object], status: int = 200) -> HttpResponse:
    on, closed = business_date.current(), closed_through()
    eve = on - timedelta(days=1)
    asked = Approval.objects.filter(kind=books.REOPENING, status=ApprovalStatus.PENDING, expires_on__gte=on)
    context = {
        "on": on,
        "closed_through": closed,
        "may_close": closed is None or closed < eve,
        "automatic": rule(books.RULE, on),
        "job": LongJob.objects.filter(kind=jobs.CLOSING).first(),
        "pending": as_seen_by(asked.select_related("requested_by"), person(request), on),
        "page": page_of(PeriodClosing.objects.select_related("by", "approved_by"), request, size=30),
        "closing_form": ClosingForm(initial={"through": eve}),
        "reopening_form": ReopeningForm(initial={"day": closed}),
        **forms,
    }
    return render(request, "desk/books_closing.html", context, status=status)
