"""Reads of tasks: the inbox by its tabs, and the tasks of an object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import models
from django.db.models import Case, CharField, Q, QuerySet, When
from django.db.models.functions import Cast

from casework.absences import covered_people
from casework.kinds import kinds, kinds_for
from casework.models import Task, TaskStatus
from casework.subjects import parts_of
from staff.models import User
from staff.roles import roles_of

FIRST_OF_ALL = ("ranked_at", "id")
# The parts of a tab of somebody who is in no team: without any, a list is everybody's.
NOTHING = [Q(pk__in=[])]


class Tab(StrEnum):
    """The tabs of the inbox."""

    MINE = "mine"
    TEAM = "team"
    LATE = "late"
    ESCALATED = "escalated"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Inbox:
    """The tasks of a tab. Each of ``parts`` is in the order of an index of its own, and no task is in two."""

    rows: QuerySet[Task]
    parts: Sequence[Q] = ()
    order: tuple[str, ...] = FIRST_OF_ALL


def inbox(person: User, tab: Tab, now: datetime, *, kind: str = "") -> Inbox:
    """The tasks of ``person`` under ``tab``; of one ``kind`` only where it is named."""
    rows, roles = Task.objects.filter(kind=kind) if kind else Task.objects.all(), roles_of(person)
    match tab:
        case Tab.MINE:
            owners = [person.pk, *covered_people(person, now.date())]
            return Inbox(rows.open(), [Q(owner_id=owner) for owner in owners])
        case Tab.TEAM:
            return Inbox(rows.open(), [Q(team=team) for team in roles] or NOTHING)
        case Tab.LATE:
            # In the order of their hours: the first of them has waited for longest.
            late = rows.open().filter(due_at__lt=now)
            own = Q(owner_id__in=_in_hand_of(person, now.date())) & ~Q(team__in=roles)  # such as were handed over
            return Inbox(late, [own, *(Q(team=team) for team in roles)], ("due_at", "id"))
        case Tab.ESCALATED:
            told = rows.open().filter(escalated_at__isnull=False)
            return Inbox(told, [Q(escalated_to=role) for role in roles] or NOTHING)
        case Tab.ENDED:
            return Inbox(rows.filter(closed_by=person), order=("-closed_at", "-id"))


def waiting_for(person: User, on: date) -> QuerySet[Task]:
    """Open tasks of one's own, and of those one covers for today."""
    return Task.objects.open().filter(owner_id__in=_in_hand_of(person, on))


def _in_hand_of(person: User, on: date) -> QuerySet[User, int]:
    covered = Q(pk__in=covered_people(person, on))
    return User.objects.filter(Q(pk=person.pk) | covered).values_list("pk", flat=True)


def seen_by(person: User, rows: QuerySet[Task]) -> QuerySet[Task]:
    """Tasks that somebody may open: of kinds that their roles own or are told of, and what they have or had in hand."""
    own = [kind.code for kind in kinds_for(roles_of(person))]
    return rows.filter(Q(kind__in=own) | Q(owner=person) | Q(raised_by=person) | Q(closed_by=person))


def about(person: User, *subjects: models.Model) -> QuerySet[Task]:
    """The tasks that the person may open about the objects and what belongs to them, the open and most urgent first.

    Each kind of object is looked up by the index of subjects, however many tasks there are.
    """
    found = [Task.objects.about(subject) for subject in subjects]
    for subject in subjects:
        for rows in parts_of(subject):
            keys = rows.order_by().annotate(task_key=Cast("pk", CharField())).values("task_key")
            found.append(Task.objects.filter(object_type=rows.model._meta.label_lower, object_id__in=keys))
    keyed = [tasks.order_by().values("pk") for tasks in found]
    wanted = keyed[0].union(*keyed[1:]) if len(keyed) > 1 else keyed[0]
    known = [kind.code for kind in kinds()]
    rows = seen_by(person, Task.objects.filter(pk__in=wanted, kind__in=known)).select_related("owner")
    return rows.order_by(Case(When(status=TaskStatus.OPEN, then=0), default=1), *FIRST_OF_ALL)


def open_about(person: User, *subjects: models.Model) -> QuerySet[Task]:
    """Those of them that are open."""
    return about(person, *subjects).filter(status=TaskStatus.OPEN)
