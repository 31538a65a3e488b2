"""The end-of-day page: where the books stand, closing by hand, catching up, and each run step by step."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core import business_date
from core.errors import DomainError
from core.pages import page_of
from core.strict import calendar_day
from operations import end_of_day, jobs, queries, tasks
from operations.models import EndOfDayChunk, EndOfDayRun, LongJob
from operations.steps import LABELS
from staff.permissions import person, require


@require_GET
@require("operations.view_endofdayrun")
def overview(request: HttpRequest) -> HttpResponse:
    """The business date, what is behind, and all runs."""
    on, today = business_date.current(), timezone.localdate()
    context = {
        "on": on,
        "today": today,
        "behind": max((today - on).days, 0),
        "may_close": on <= today,
        "run": queries.run_of(on),
        "job": LongJob.objects.filter(kind="catch_up").first(),
        "night": queries.last_night(),
        "page": page_of(queries.runs(), request, order=("-business_day__on",), size=30),
    }
    return render(request, "operations/end_of_day.html", context)


@require_POST
@require("operations.close_day")
def close(request: HttpRequest) -> HttpResponse:
    """Ask the worker to close the business day, or to retry what failed."""
    on = business_date.current()
    try:
        with transaction.atomic():
            run = end_of_day.request_close(on=on, today=timezone.localdate(), requested_by=person(request))
            transaction.on_commit(lambda: tasks.close_day.delay(run_id=run.pk))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("operations:end_of_day")
    return redirect("operations:run", on=on)


@require_POST
@require("operations.close_day")
def catch_up(request: HttpRequest) -> HttpResponse:
    """Ask the worker to close all missed days, in order."""
    try:
        with transaction.atomic():
            job = jobs.request_catch_up(today=timezone.localdate(), requested_by=person(request))
            transaction.on_commit(lambda: tasks.run_job.delay(job_id=job.pk))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("operations:end_of_day")


@require_GET
@require("operations.view_endofdayrun")
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far the catch-up is; the page asks again while it runs."""
    found = get_object_or_404(LongJob, pk=job_id)
    answer = render(request, "operations/_job.html", {"job": found, "job_url": request.path})
    return answer if found.waiting else whole_page_again(answer)


@require_GET
@require("operations.view_endofdayrun")
def run(request: HttpRequest, on: str) -> HttpResponse:
    """One run: its steps, what each did, its failures."""
    return render(request, "operations/run.html", _run_context(on))


@require_GET
@require("operations.view_endofdayrun")
def progress(request: HttpRequest, on: str) -> HttpResponse:
    """The part of the run page that changes while the run is under way."""
    context = _run_context(on)
    answer = render(request, "operations/_run.html", context)
    return answer if context["run"].waiting else whole_page_again(answer)


def whole_page_again(answer: HttpResponse) -> HttpResponse:
    """What was waited for is over: business date, lists and buttons around it are no longer what they were."""
    answer["HX-Refresh"] = "true"
    return answer


def _run_context(on: str) -> dict[str, Any]:
    found = queries.run_of(_day(on))
    if found is None:
        raise Http404(_("There was no end of day on this date."))
    done, total = queries.progress_of(found)
    return {
        "run": found,
        "steps": queries.steps_of(found),
        "failures": _failures(found),
        "done": done,
        "total": total,
        "is_open": found.business_day.on == business_date.current(),
    }


def _failures(run: EndOfDayRun) -> list[tuple[str, EndOfDayChunk]]:
    """What failed, with the step in words."""
    if run.status != EndOfDayRun.Status.FAILED:
        return []
    return [(str(LABELS.get(chunk.step, chunk.step)), chunk) for chunk in queries.failures_of(run)]


def _day(text: str) -> date:
    try:
        return calendar_day(text)
    except ValueError:
        raise Http404(_("This is not a date.")) from None
