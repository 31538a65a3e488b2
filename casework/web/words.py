"""What a partner wrote of a task, with the numbers of people in it: for a reason, in one answer alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from casework import opening
from casework.evidence_queries import OPEN
from casework.web.evidence_forms import OpeningForm
from casework.web.task import task_or_404
from core.errors import DomainError
from staff.permissions import person, require


@never_cache
@require_http_methods(["GET", "POST"])
@require(OPEN)
def reveal(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    user, form = person(request), OpeningForm(request.POST or None)
    task = task_or_404(user, number)
    event = get_object_or_404(task.events.exclude(sealed_note=""), pk=pk)
    context: dict[str, object] = {"form": form, "place": task.get_absolute_url(), "back": task.number}
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            context["text"] = opening.read_words(event, why=given["reason"], words=given["other"], by=user)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
    return render(request, "casework/note_reveal.html", context, status=422 if form.errors else 200)
