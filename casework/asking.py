"""Raising a task by hand: somebody asks a team to see to something about an object that they see themselves."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from casework.kinds import kind_named
from casework.models import Task
from casework.personal_numbers import masked
from casework.raising import TaskTeamUnknown, raise_task
from casework.subjects import SubjectNotFound, sees
from casework.working import WORK
from core.context import acting_for
from core.errors import Invalid, NotAllowed
from core.strict import require_plain
from staff.models import User

MOST = 120
URGENT = 80


class TaskNotByPeople(NotAllowed):
    code = "task_not_by_people"
    field = "kind"
    message = _("People do not raise tasks of this kind: they are raised when what they are about happens.")


class TaskWordsMissing(Invalid):
    code = "task_words_missing"
    field = "what"
    message = _("Say in at most %(most)s characters what is to be done.")


class TaskWordsPersonal(Invalid):
    """What a task says stands in lists, in clear."""

    code = "task_words_personal"
    message = _("Leave identity, card and phone numbers out. Put them into a note, where they are sealed.")


@transaction.atomic
def ask_for(
    kind: str, subject: models.Model, *, what: str, team: str, by: User, urgent_because: str = "", now: datetime
) -> tuple[Task, bool]:
    """The open task of ``kind`` in which ``team`` is asked for ``what`` about ``subject``, and whether it is new.

    The same words about the same object are the same task; it rises to URGENT points where ``urgent_because`` says why.
    Raises TaskKindUnknown, TaskNotByPeople, TaskTeamUnknown, SubjectNotFound, TaskWordsMissing, TaskWordsPersonal and what
    ``raise_task`` raises.
    """
    declared = kind_named(kind)
    if not declared.people_raise or not by.has_perm(WORK):
        raise TaskNotByPeople()
    if team not in declared.teams:
        raise TaskTeamUnknown()
    if not sees(by, subject._meta.label_lower, str(subject.pk)):
        raise SubjectNotFound(field="about")
    words, why = _plain(what, "what"), _plain(urgent_because, "urgent_because")
    if not 0 < len(words) <= MOST:
        raise TaskWordsMissing(most=MOST)
    with acting_for(by):
        return raise_task(
            kind,
            subject,
            cause=unicodedata.normalize("NFKC", words).casefold()[:MOST],
            facts={"what": words},
            priority=URGENT if why else None,
            priority_reason=why,
            team=team,
            now=now,
        )


def _plain(text: str, field: str) -> str:
    words = " ".join(text.split())
    require_plain(words, field=field)
    if masked(words) != words:
        raise TaskWordsPersonal(field=field)
    return words
