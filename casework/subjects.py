"""What evidence and notes are about, and who sees it there: declared by the apps that own the objects.

Upper apps declare theirs in ``subjects_declared.py``. Who sees an object sees what is on file about it, and nobody else:
for others neither the object nor the paper is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.db.models.lookups import IsNull
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.events import label_of as label_of_record
from casework.models import Note
from core.errors import NotFound
from partners.models import ApiKey
from staff.models import User

Ends = Callable[[Collection[str]], Mapping[str, date | None]]
Parts = Callable[[Any], Sequence[QuerySet[Any]]]


class SubjectNotFound(NotFound):
    code = "subject_not_found"
    message = _("There is no such object, or not for you.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Objects that evidence is kept about.

    ``word`` names them in addresses, ``named_by`` is the field people know them by. ``seen_by`` gives the rows that somebody
    sees, none to whom they are not shown at all. ``partners_name`` gives the row that a partner's key names so and may
    change, if partners bring evidence about it. ``takes_notes`` says whether people write notes there. ``labelled_by`` is
    the field by which lists call it, where it has no number of its own.
    """

    model: type[models.Model]
    word: str
    label: str | Promise
    named_by: str
    seen_by: Callable[[User], QuerySet[Any]]
    partners_name: Callable[[ApiKey, str], QuerySet[Any]] | None = None
    takes_notes: bool = False
    labelled_by: str = ""

    @property
    def object_type(self) -> str:
        return self.model._meta.label_lower

    def name_of(self, found: models.Model) -> str:
        return str(getattr(found, self.named_by))


_subjects: dict[str, Subject] = {}
_seen: dict[str, Callable[[User], QuerySet[Any]]] = {}
_ends: dict[str, list[Ends]] = {}
_parts: dict[str, list[Parts]] = {}


def declare(subject: Subject) -> Subject:
    """Make the kind of object known; called when Django starts."""
    _subjects[subject.object_type] = subject
    return subject


def tell_seen(object_type: str, seen_by: Callable[[User], QuerySet[Any]]) -> None:
    """Have it known which objects of the type somebody sees, where nothing is kept on file about them but tasks are."""
    _seen[object_type] = seen_by


def rows_seen(person: User, object_type: str) -> QuerySet[Any] | None:
    """The objects of the type that the person sees; None where nobody told who sees them."""
    subject = _subjects.get(object_type)
    told = subject.seen_by if subject is not None else _seen.get(object_type)
    return None if told is None else told(person)


def tell_ends(object_type: str, ends: Ends) -> None:
    """Have it known when objects of the type come to their end; evidence is kept for years after that.

    ``ends`` gives of each key the day of its end, None while it runs. Of one that is left out nothing is known to run.
    Several apps may tell of one type: it runs while one of them says so, and ends on the last day that one says.
    """
    _ends.setdefault(object_type, []).append(ends)


def ends_of(object_type: str, keys: Collection[str]) -> Mapping[str, date | None]:
    """The ends of those of the objects of which one is told. Of a type that nobody tells of, everything runs."""
    if not keys:
        return {}
    if object_type not in _ends:
        return dict.fromkeys(keys)
    found: dict[str, date | None] = {}
    for ends in _ends[object_type]:
        for key, end in ends(keys).items():
            known = found.get(key, date.min)
            found[key] = None if end is None or known is None else max(known, end)
    return found


def ends_after(rows: Iterable[tuple[str, str, str, date | None]]) -> dict[str, date | None]:
    """The ends of rows (key, type and key of what it is about, day of its own end or None) that are about something else.

    Such a row runs as long as that runs, where anybody tells of its type, and otherwise until its own end.
    """
    told = list(rows)
    about: dict[str, set[str]] = {}
    for _key, object_type, object_id, _own in told:
        if object_type in _ends:
            about.setdefault(object_type, set()).add(object_id)
    ends = {object_type: ends_of(object_type, keys) for object_type, keys in about.items()}
    found: dict[str, date | None] = {}
    for key, object_type, object_id, own in told:
        end = ends.get(object_type, {}).get(object_id, own)
        found[key] = None if own is None or end is None else max(own, end)
    return found


def tell_parts(object_type: str, parts: Parts) -> None:
    """Have it known what belongs to an object of the type: tasks about that are shown on its page too.

    ``parts`` gives of an object the rows that do, a query for each kind of row.
    """
    _parts.setdefault(object_type, []).append(parts)


def parts_of(found: models.Model) -> list[QuerySet[Any]]:
    """The rows that belong to the object, kind by kind."""
    return [rows for parts in _parts.get(found._meta.label_lower, ()) for rows in parts(found)]


def subjects() -> list[Subject]:
    """All declared, by their word."""
    return sorted(_subjects.values(), key=lambda subject: subject.word)


def label_of(found: models.Model) -> str:
    """What lists call the object. A note is called by what it is about: its own id tells nobody anything."""
    subject = _subjects.get(found._meta.label_lower)
    if subject is None and isinstance(found, Note):
        return found.object_label
    if subject is None or not subject.labelled_by:
        return label_of_record(found)
    return str(getattr(found, subject.labelled_by))[:120]


def subject_of(object_type: str) -> Subject:
    """Raises SubjectNotFound."""
    try:
        return _subjects[object_type]
    except KeyError:
        raise SubjectNotFound from None


def subject_with_word(word: str) -> Subject:
    """Raises SubjectNotFound."""
    found = next((subject for subject in _subjects.values() if subject.word == word), None)
    if found is None:
        raise SubjectNotFound
    return found


def find(word: str, name: str, person: User) -> tuple[Subject, models.Model]:
    """The object that an address names, if the person sees it. Raises SubjectNotFound."""
    subject = subject_with_word(word)
    found = subject.seen_by(person).filter(**{subject.named_by: name}).first()
    if found is None:
        raise SubjectNotFound
    return subject, found


def sees(person: User, object_type: str, object_id: str) -> bool:
    """Whether the person sees the object."""
    subject = _subjects.get(object_type)
    return subject is not None and subject.seen_by(person).filter(pk=object_id).exists()


def there_is(rows: QuerySet[Any]) -> IsNull:
    """The condition that the row of the outer query has such rows: one value a row, which PostgreSQL asks for row by row.
    For EXISTS and IN it would draw up all of them first, not minding that a page shows fifty."""
    return IsNull(Subquery(rows.order_by().values("pk")[:1]), False)


def is_among(rows: QuerySet[Any]) -> IsNull:
    """The condition that the object of a row with ``object_id`` is among ``rows``; each is read by its key."""
    return there_is(rows.filter(pk=Cast(OuterRef("object_id"), rows.model._meta.pk)))


def about_what_is_seen(person: User, *, sees_all: bool) -> Q:
    """The condition on rows with ``object_type`` and ``object_id`` that the person sees their objects.

    Each row looks its own object up by its key: a list of the keys of all that somebody sees would be drawn up for every
    page, however few rows it shows. For who sees every row of a kind nothing is looked up.
    """
    found = Q(pk__in=[])
    for subject in _subjects.values():
        rows = subject.seen_by(person)
        if rows.query.is_empty():
            continue
        about = Q(object_type=subject.object_type)
        if not (sees_all and not rows.query.where):
            about &= Q(is_among(rows))
        found |= about
    return found
