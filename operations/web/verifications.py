"""Verifications of the books: start one, watch it, cancel it, and read what it found."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core import business_date
from core.errors import DomainError
from core.pages import page_of
from operations import tasks, verifications
from operations.models import Verification
from operations.web.views import whole_page_again
from staff.permissions import person, require


@require_GET
@require("ledger.view_journalentry")
def overview(request: HttpRequest) -> HttpResponse:
    """All runs, the newest first."""
    page = page_of(Verification.objects.select_related("requested_by"), request, size=30)
    newest = Verification.objects.first()
    context = {"page": page, "busy": newest is not None and newest.waiting}
    return render(request, "operations/verifications.html", context)


@require_POST
@require("ledger.close_period")
def start(request: HttpRequest) -> HttpResponse:
    """Ask the worker to verify the books; ``all`` row by row from the first line on."""
    try:
        with transaction.atomic():
            run = verifications.request(
                on=business_date.current(), from_the_first="all" in request.POST, requested_by=person(request)
            )
            transaction.on_commit(lambda: tasks.verify_books.delay(run_id=run.pk))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("operations:verifications")
    return redirect(run)


@require_GET
@require("ledger.view_journalentry")
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: how far it is, and the differences it found."""
    found = _run(run_id)
    page = page_of(found.differences.all(), request, order=("place", "id"), size=50)
    return render(request, "operations/verification.html", {**_progress(found), "page": page})


@require_GET
@require("ledger.view_journalentry")
def progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """The part of the page that changes while the run is under way."""
    found = _run(run_id)
    answer = render(request, "operations/_verification.html", _progress(found))
    return answer if found.waiting else whole_page_again(answer)


@require_POST
@require("ledger.close_period")
def resume(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask the worker to do what an interrupted run has left."""
    found = _run(run_id)
    if found.may_resume:
        tasks.verify_books.delay(run_id=found.pk)
    return redirect(found)


@require_POST
@require("ledger.close_period")
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Let no further part begin."""
    found = _run(run_id)
    verifications.cancel(found)
    messages.success(request, _("Cancelled. What it had found stays on record."))
    return redirect(found)


def _run(run_id: int) -> Verification:
    return get_object_or_404(Verification.objects.select_related("requested_by"), pk=run_id)


def _progress(found: Verification) -> dict[str, object]:
    done, total = verifications.progress_of(found)
    return {"run": found, "done": done, "total": total, "found": verifications.found_so_far(found)}
