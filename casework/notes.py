"""Writing notes: once, with personal numbers sealed, and a task for everybody who is mentioned."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.kinds import kind_named
from casework.models import Note, Task
from casework.models.task import TaskQuerySet
from casework.personal_numbers import masked
from casework.raising import raise_task, settle_for
from casework.subjects import label_of, sees, subject_of
from core.context import acting_for
from core.errors import DomainError, Invalid
from core.strict import require_plain
from staff.models import User
from staff.roles import roles_of

WRITE, READ = "casework.add_note", "casework.view_note"
MENTION = "note.mention"
MOST = 4000
MOST_LIKE = 3
# An address of e-mail mentions nobody: a mention stands at the beginning of a word.
_MENTION = re.compile(r"(?<![\w.@+-])@([\w.+-]*\w)")
# Chinese goes on without a blank: of ``@li.na请看`` the name is what is written in Latin letters.
_LATIN = re.compile(r"[\w.+-]*\w", re.ASCII)


class NoteEmpty(Invalid):
    code = "note_empty"
    field = "text"
    message = _("Write the note.")


class NoteTooLong(Invalid):
    code = "note_too_long"
    field = "text"
    message = _("A note has at most %(most)s signs.")


class NoteCorrectedAlready(DomainError):
    """``existing`` is the note that corrects it."""

    code = "note_corrected_already"
    message = _("This note was corrected already. Correct the correction.")


class NoteOfAnotherObject(Invalid):
    code = "note_of_another_object"
    message = _("A correction is about the same object as the note it corrects.")


class MentionUnknown(Invalid):
    code = "mention_unknown"
    field = "text"
    message = _("Nobody who works here is called @%(name)s. Check how the name is written.")


class MentionUnclear(MentionUnknown):
    """``like`` are the people whose name is like it, as they are mentioned."""

    message = _("Nobody who works here is called @%(name)s. Did you mean %(like)s?")


class MentionBlind(Invalid):
    """Who does not see the object does not hear of it by a note."""

    code = "mention_blind"
    field = "text"
    message = _("@%(name)s does not see what this note is about, so a mention would lead nowhere.")


@transaction.atomic
def write(subject: models.Model, text: str, *, by: User, now: datetime, corrects: Note | None = None) -> Note:
    """Keep the note. Raises SubjectNotFound, NoteEmpty, NoteTooLong, TextNotPlain, MentionUnknown, MentionBlind,
    NoteCorrectedAlready, NoteOfAnotherObject."""
    subject_of(subject._meta.label_lower)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise NoteEmpty
    if len(text) > MOST:
        raise NoteTooLong(most=MOST)
    require_plain(text, field="text", lines=True)
    mentioned = _mentioned(text, subject)
    shown = masked(text)
    note = _stored(subject, text, shown, by, now, corrects)
    with acting_for(by):
        for person in mentioned:
            _tell(person, note, by, now)
    return note


def _stored(subject: models.Model, text: str, shown: str, by: User, now: datetime, corrects: Note | None) -> Note:
    if corrects is not None:
        if (corrects.object_type, corrects.object_id) != (subject._meta.label_lower, str(subject.pk)):
            raise NoteOfAnotherObject
        if Note.objects.filter(corrects=corrects).exists():
            raise NoteCorrectedAlready
    try:
        with transaction.atomic():
            return Note.objects.create(
                object_type=subject._meta.label_lower,
                object_id=str(subject.pk),
                object_label=label_of(subject),
                text=shown,
                sealed_text=text if shown != text else "",
                corrects=corrects,
                written_at=now,
                written_by=by,
            )
    except IntegrityError:
        if corrects is None:
            raise
        raise NoteCorrectedAlready from None  # somebody was quicker


def _mentioned(text: str, subject: models.Model) -> list[User]:
    written = [(name, _latin_part(name)) for name in dict.fromkeys(_MENTION.findall(text))]
    asked = {name for forms in written for name in forms}
    people = User.objects.filter(username__in=asked, is_active=True, api_client__isnull=True)
    known = {person.username: person for person in people}
    names = list(dict.fromkeys(whole if whole in known else latin for whole, latin in written))
    for name in names:
        if name not in known:
            raise _unknown(name)
        person = known[name]
        if not person.has_perm(READ) or not sees(person, subject._meta.label_lower, str(subject.pk)):
            raise MentionBlind(name=name)
    return [known[name] for name in names]


def _latin_part(name: str) -> str:
    """What of the name is written in Latin letters, from its beginning; all of it where nothing is."""
    found = _LATIN.match(name)
    return found[0] if found else name


def _unknown(name: str) -> MentionUnknown:
    """With the people who may be meant: a colleague is known by their name, and mentioned by the name they sign in with."""
    staff = User.objects.filter(is_active=True, api_client__isnull=True).order_by("username")
    like = staff.filter(Q(username__icontains=name) | Q(display_name__icontains=name))[:MOST_LIKE]
    told = [f"@{person.username} ({person})" for person in like]
    return MentionUnclear(name=name, like=", ".join(told)) if told else MentionUnknown(name=name)


def _tell(person: User, note: Note, by: User, now: datetime) -> None:
    teams = kind_named(MENTION).teams
    team = next((role for role in roles_of(person) if role in teams), teams[0])
    facts = {"who": masked(str(by)), "about": masked(note.object_label)}
    raise_task(MENTION, note, cause=str(person.pk), facts=facts, team=team, owner=person, now=now)


def mark_read(note: Note, *, by: User, now: datetime) -> int:
    """End the tasks that told ``by`` of the note, and of the notes that it corrects; how many ended."""
    read: list[Note] = []
    one: Note | None = note
    while one is not None:
        read.append(one)
        one = one.corrects
    return settle_for(MENTION, _told_to(by, read), outcome="read", fact=note.public_id, now=now)


def _told_to(person: User, notes: list[Note]) -> TaskQuerySet:
    """The open tasks that tell the person of the notes: by whatever name they went then, and whoever handed them over."""
    keys = [str(note.pk) for note in notes]
    rows = Task.objects.open().filter(kind=MENTION, object_type=Note._meta.label_lower, object_id__in=keys)
    return rows.filter(Q(owner=person) | Q(owner=None, cause=str(person.pk)))


def unread_by(person: User, notes: list[Note]) -> set[str]:
    """The keys of those of the notes that mention the person, while they have not said that they read them."""
    return set(_told_to(person, notes).values_list("object_id", flat=True))
