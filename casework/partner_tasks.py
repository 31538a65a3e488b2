"""Tasks and partners: what is asked of a partner about its own objects, its answers, and what it asks for itself.

A partner sees the kinds that are declared for partners, about what it may see; what it is told of them tells nothing of the
house: neither who does the task, nor notes, nor why it is urgent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.approvals import ReasonMissing
from casework.causes import one_spelling
from casework.evidence import attach
from casework.kinds import TaskKind, kind_named, kinds
from casework.models import Evidence, Task, TaskEvent, What
from casework.personal_numbers import masked
from casework.raising import TaskSubjectWrong, raise_task
from casework.reach import keys_within, reached_types
from casework.working import locked
from core.errors import DomainError, Invalid, NotAllowed
from core.strict import require_plain
from partners.introductions import reaches_every_origin
from partners.models import ApiClient, ApiKey
from staff.models import User

MOST_OPEN = 100
MOST_ANSWERS = 50
LONGEST_WORDS = 2_000


class TaskKindNotRaised(NotAllowed):
    code = "task_kind_not_raised"
    field = "kind"
    message = _("Partners raise no tasks of the kind %(kind)s.")


class TaskNotForPartners(NotAllowed):
    code = "task_not_answered"
    message = _("You asked for this task yourself: it is answered by the lender.")


class TasksTooMany(DomainError):
    code = "tasks_too_many"
    status = 429
    message = _("You have %(most)s requests and complaints that are open. Wait until some of them are answered.")


class AnswersTooMany(DomainError):
    code = "task_answers_too_many"
    message = _("You have answered this task %(most)s times. The lender has to look at it first.")


class EvidenceUnknown(Invalid):
    """Evidence that the partner did not bring; ``field`` says which."""

    code = "evidence_unknown"
    message = _("You brought no evidence %(public_id)s that is kept.")


def seen_by(key: ApiKey, *, writing: bool) -> QuerySet[Task]:
    """The tasks that the key sees, or with ``writing`` answers, with ``answered``: whether its partner has."""
    every = reaches_every_origin(key, writing=writing)
    mine = Q() if every else Q(raised_by=key.client.acts_as_id)
    shown, codes = Q(pk__in=[]), list[str]()
    for object_type in reached_types():
        asked = [kind.code for kind in kinds() if kind.for_partners and kind.about == object_type]
        raised = [kind.code for kind in kinds() if kind.partners_raise and kind.about == object_type]
        if asked or raised:
            codes += [*asked, *raised]
            about = Q(object_type=object_type, object_id__in=keys_within(object_type, key, writing=writing))
            shown |= about & (Q(kind__in=asked) | Q(kind__in=raised) & mine)
    answers = TaskEvent.objects.filter(task=OuterRef("pk"), what=What.ANSWERED)
    return Task.objects.filter(shown, kind__in=codes).annotate(answered=Exists(answers))


def kind_partners_raise(code: str) -> TaskKind:
    """Raises TaskKindUnknown, TaskKindNotRaised."""
    kind = kind_named(code)
    if not kind.partners_raise:
        raise TaskKindNotRaised(kind=code)
    return kind


@transaction.atomic
def raise_by_partner(
    kind: TaskKind, subject: models.Model, *, words: str, cause: str, client: ApiClient, now: datetime
) -> Task:
    """What a partner asks for about ``subject``, which it may change, in its own words; for one ``cause`` it is one task.

    The words are sealed. Raises ReasonMissing, TextNotPlain, TaskSubjectWrong, TasksTooMany.
    """
    _require_words(words, "words")
    if subject._meta.label_lower != kind.about:
        raise TaskSubjectWrong(kind=kind.code, about=kind.about, given=subject._meta.label_lower, field="about")
    ApiClient.objects.select_for_update(no_key=True).get(pk=client.pk)
    by = client.acts_as
    mine = Task.objects.filter(raised_by=by)
    named = {"kind": kind.code, "object_type": kind.about, "object_id": str(subject.pk)}
    known = mine.filter(**named, cause=one_spelling(cause)).first()
    if known is not None:
        return known
    if mine.open().filter(kind__in=[one.code for one in kinds() if one.partners_raise]).count() >= MOST_OPEN:
        raise TasksTooMany(most=MOST_OPEN)
    task, _new = raise_task(kind.code, subject, cause=cause, facts={"partner": masked(client.name)}, now=now)
    _tell(task, What.ASKED, by, words, now)
    return task


@transaction.atomic
def answer(*, task_id: int, note: str, evidence: Sequence[str], client: ApiClient, by: User, now: datetime) -> Task:
    """Note what a partner answers, and attach evidence that it brought. The task stays open until its team has looked.

    Raises TaskNotFound, TaskEnded, TaskNotForPartners, ReasonMissing, TextNotPlain, EvidenceUnknown, AnswersTooMany.
    """
    task = locked(task_id)
    if not task.declared.for_partners:
        raise TaskNotForPartners()
    _require_words(note, "note")
    if task.events.filter(what=What.ANSWERED).count() >= MOST_ANSWERS:
        raise AnswersTooMany(most=MOST_ANSWERS)
    for paper in _brought(evidence, client):
        attach(paper, task, by=by, now=now)
    _tell(task, What.ANSWERED, by, note, now)
    return task


def _brought(public_ids: Collection[str], client: ApiClient) -> list[Evidence]:
    found = {one.public_id: one for one in Evidence.objects.kept().filter(brought_by=client, public_id__in=public_ids)}
    for place, public_id in enumerate(public_ids):
        if public_id not in found:
            raise EvidenceUnknown(public_id=public_id, field=f"evidence/{place}")
    return list(found.values())


def _require_words(words: str, field: str) -> None:
    require_plain(words, field=field, lines=True)
    if not words.strip():
        raise ReasonMissing(field=field)


def _tell(task: Task, what: What, by: User, words: str, now: datetime) -> None:
    """Whoever sees the task reads them without numbers of people; those are seen for a reason (``opening.read_words``)."""
    shown = masked(words)
    sealed = words if shown != words else ""
    TaskEvent.objects.create(task=task, at=now, what=what, by=by, note=shown, sealed_note=sealed)
