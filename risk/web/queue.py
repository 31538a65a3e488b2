"""The underwriters' queue: what waits, who works on it, and the next one for me."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.pages import page_of
from loans.models import Application
from loans.origination.decisions import reason_labels
from risk import work_queue
from risk.queries import waiting_applications
from staff.permissions import person, require


@require_GET
@require("loans.decide_application")
def underwriting(request: HttpRequest) -> HttpResponse:
    page = page_of(waiting_applications(), request, order=("submitted_on", "id"))
    for application in page.items:
        application.reasons_in_words = reason_labels(application.decision_reasons)
    return render(request, "risk/underwriting.html", {"page": page})


@require_POST
@require("loans.decide_application")
def take_next(request: HttpRequest) -> HttpResponse:
    found = work_queue.claim_next(by=person(request), now=timezone.now())
    if found is None:
        messages.info(request, _("Nothing waits that is not taken already."))
        return redirect("risk:underwriting")
    return redirect("risk:application", found.number)


@require_POST
@require("loans.decide_application")
def claim(request: HttpRequest, number: str) -> HttpResponse:
    application_id = get_object_or_404(Application, number=number).pk
    now = timezone.now()
    return _acted(request, number, lambda: work_queue.claim(application_id=application_id, by=person(request), now=now))


@require_POST
@require("loans.decide_application")
def release(request: HttpRequest, number: str) -> HttpResponse:
    application_id = get_object_or_404(Application, number=number).pk
    return _acted(request, number, lambda: work_queue.release(application_id=application_id, by=person(request)))


def _acted(request: HttpRequest, number: str, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("risk:application", number)
