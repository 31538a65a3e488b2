"""What is on file about one object: its evidence and its notes, and the forms that add to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from casework import clock, evidence_queries, notes, queries
from casework.cards import cards_of
from casework.evidence import ADD, limits, take_in
from casework.evidence_queries import VIEW
from casework.examining.refusals import EvidenceTooLarge
from casework.kinds import kinds_people_raise
from casework.models import Evidence, Note
from casework.subjects import Subject, SubjectNotFound, find, label_of
from casework.web.evidence_forms import EvidenceForm, NoteTextForm
from casework.web.receiving import Bounded
from casework.working import WORK
from core import business_date
from core.errors import DomainError
from staff.models import User
from staff.permissions import person, require
from staff.roles import roles_of

MOST_SHOWN = 100
ON_A_CARD = 3
TASKS_ON_A_CARD = 5


@dataclass(frozen=True, slots=True)
class About:
    """The object an address names, as its page needs it."""

    subject: Subject
    found: Model

    @property
    def word(self) -> str:
        return self.subject.word

    @property
    def name(self) -> str:
        return self.subject.name_of(self.found)

    @property
    def label(self) -> str:
        return label_of(self.found)

    @property
    def url(self) -> str:
        address = getattr(self.found, "get_absolute_url", None)
        return str(address()) if address else ""


def about_or_404(user: User, word: str, name: str) -> About:
    try:
        return About(*find(word, name, user))
    except (SubjectNotFound, ValueError):  # a word where a key is asked for
        raise Http404 from None


@require_GET
@require(VIEW)
def papers(request: HttpRequest, word: str, name: str) -> HttpResponse:
    return _page(request, about_or_404(person(request), word, name), {})


@require_GET
@require(VIEW)
def card(request: HttpRequest, word: str, name: str) -> HttpResponse:
    """The open tasks and the newest papers, for the page of the object, which loads them after itself."""
    user, about = person(request), about_or_404(person(request), word, name)
    evidence = list(evidence_queries.on_file(user, about.found)[: ON_A_CARD + 1])
    noted = list(evidence_queries.notes_on(user, about.found)[: ON_A_CARD + 1])
    tasks = list(queries.open_about(user, about.found)[: TASKS_ON_A_CARD + 1]) if user.has_perm(WORK) else []
    context = {
        "about": about,
        "word": word,
        "name": name,
        "may_ask": bool(kinds_people_raise(about.subject.object_type)),
        "cards": cards_of(tasks[:TASKS_ON_A_CARD], user, clock.now()),
        "more_tasks": len(tasks) > TASKS_ON_A_CARD,
        "evidence": evidence[:ON_A_CARD],
        "notes": noted[:ON_A_CARD],
        "more": len(evidence) > ON_A_CARD or len(noted) > ON_A_CARD,
        "on": business_date.current(),
    }
    return render(request, "casework/_papers_card.html", context)


def _page(request: HttpRequest, about: About, refused: dict[str, Form], status: int = 200) -> HttpResponse:
    user = person(request)
    evidence = list(evidence_queries.on_file(user, about.found)[: MOST_SHOWN + 1])
    noted = list(evidence_queries.notes_on(user, about.found)[: MOST_SHOWN + 1])
    adds, writes = user.has_perm(ADD), about.subject.takes_notes and user.has_perm(notes.WRITE)
    fresh = EvidenceForm(roles=roles_of(user), initial={"replaces": request.GET.get("replaces", "")})
    written = NoteTextForm(prefix="note", initial={"corrects": request.GET.get("corrects", "")})
    context = {
        "about": about,
        "evidence": evidence[:MOST_SHOWN],
        "notes": noted[:MOST_SHOWN],
        "more": len(evidence) > MOST_SHOWN or len(noted) > MOST_SHOWN,
        "unread": notes.unread_by(user, noted),
        "form": refused.get("evidence", fresh) if adds else None,
        "note_form": refused.get("note", written) if writes else None,
        "replaces": request.GET.get("replaces", ""),
        "corrects": request.GET.get("corrects", ""),
        "on": business_date.current(),
    }
    return render(request, "casework/papers.html", context, status=status)


@csrf_exempt  # the token is asked for below, once it is settled how much of the form is read
@require_POST
@require(ADD)
def add(request: HttpRequest, word: str, name: str) -> HttpResponse:
    """Take a file or a statement in."""
    about = about_or_404(person(request), word, name)
    bounded = Bounded(request, limits(business_date.current()).most_bytes)
    request.upload_handlers = [bounded]
    return _add(request, about, bounded)


@csrf_protect
def _add(request: HttpRequest, about: About, bounded: Bounded) -> HttpResponse:
    user, on = person(request), business_date.current()
    form = EvidenceForm(request.POST, request.FILES, roles=roles_of(user))
    complete = form.is_valid()
    try:
        if bounded.too_large:
            form.errors.pop("file", None)  # that it is missing, since none of it was taken
            raise EvidenceTooLarge(most=limits(on).megabytes)
        if not complete:
            return _page(request, about, {"evidence": form}, 422)
        data, told = form.sent
        replaces = _replaced(user, form.cleaned_data["replaces"])
        evidence = take_in(data, about.found, told, by=user, on=on, now=clock.now(), replaces=replaces)
    except DomainError as refusal:
        return _refused(request, about, "evidence", form, refusal)
    messages.success(request, _("On file as %(number)s.") % {"number": evidence.public_id})
    return redirect("casework:papers", about.word, about.name)


def _replaced(user: User, public_id: str) -> Evidence | None:
    if not public_id:
        return None
    found = evidence_queries.seen_by(user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


@require_POST
@require(notes.WRITE)
def write_note(request: HttpRequest, word: str, name: str) -> HttpResponse:
    user, about = person(request), about_or_404(person(request), word, name)
    if not about.subject.takes_notes:
        raise Http404
    form = NoteTextForm(request.POST, prefix="note")
    if not form.is_valid():
        return _page(request, about, {"note": form}, 422)
    try:
        corrects = _corrected(about, form.cleaned_data["corrects"])
        note = notes.write(about.found, form.cleaned_data["text"], by=user, now=clock.now(), corrects=corrects)
    except DomainError as refusal:
        return _refused(request, about, "note", form, refusal)
    sealed, plain = _("The note is written. Its personal numbers are sealed."), _("The note is written.")
    messages.success(request, sealed if note.sealed_text else plain)
    return redirect("casework:papers", about.word, about.name)


def _corrected(about: About, public_id: str) -> Note | None:
    if not public_id:
        return None
    found = Note.objects.about(about.found).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _refused(request: HttpRequest, about: About, which: str, form: Any, refusal: DomainError) -> HttpResponse:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
    return _page(request, about, {which: form}, refusal.status)
