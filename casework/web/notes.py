"""One note: where it stands, its sealed numbers for a reason, and saying that one has read it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from casework import clock, notes, opening
from casework.evidence_queries import OPEN
from casework.models import Note
from casework.subjects import sees, subject_of
from casework.web.evidence_forms import OpeningForm
from core.errors import DomainError
from staff.permissions import person, require


def _note(request: HttpRequest, public_id: str) -> Note:
    note = get_object_or_404(Note.objects.select_related("written_by"), public_id=public_id)
    if not sees(person(request), note.object_type, note.object_id):
        raise Http404
    return note


def _place_of(note: Note) -> str:
    subject = subject_of(note.object_type)
    name = subject.name_of(subject.model._default_manager.get(pk=note.object_id))
    return f"{reverse('casework:papers', args=[subject.word, name])}#{note.public_id}"


@require_GET
@require(notes.READ)
def note_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Among the papers of its object, where its corrections stand too."""
    return redirect(_place_of(_note(request, public_id)))


@require_POST
@require(notes.READ)
def mark_read(request: HttpRequest, public_id: str) -> HttpResponse:
    note = _note(request, public_id)
    if notes.mark_read(note, by=person(request), now=clock.now()):
        messages.success(request, _("Noted that you have read it."))
    return redirect(_place_of(note))


@never_cache
@require_http_methods(["GET", "POST"])
@require(OPEN)
def reveal(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for the reason, then show the note as it was written, in this answer alone."""
    note, form = _note(request, public_id), OpeningForm(request.POST or None)
    context: dict[str, object] = {"note": note, "form": form, "place": _place_of(note)}
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            context["text"] = opening.read_sealed(note, why=given["reason"], words=given["other"], by=person(request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
    return render(request, "casework/note_reveal.html", context, status=422 if form.errors else 200)
