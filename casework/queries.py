"""Reads of tasks: the inbox by its tabs, and the tasks of an object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import models
from django.db.models import Q, QuerySet

from casework.absences import covered_people
from casework.kinds import kinds_for
from casework.models import Task
from staff.models import User
from staff.roles import roles_of

FIRST_OF_ALL = ("ranked_at", "id")


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
    rows = Task.objects.filter(kind=kind) if kind else Task.objects.all()
    match tab:
        case Tab.MINE:
            owners = [person.pk, *covered_people(person, now.date())]
            return Inbox(rows.open(), [Q(owner_id=owner) for owner in owners])
        case Tab.TEAM:
            return Inbox(rows.open(), [Q(team=team) for team in roles_of(person)])
        case Tab.LATE:
            # In the order of their hours: the first of them has waited for longest.
            late = rows.open().filter(due_at__lt=now)
            return Inbox(late, [Q(team=team) for team in roles_of(person)], ("due_at", "id"))
        case Tab.ESCALATED:
            told = rows.open().filter(escalated_at__isnull=False)
            return Inbox(told, [Q(escalated_to=role) for role in roles_of(person)])
        case Tab.ENDED:
            return Inbox(rows.filter(closed_by=person), order=("-closed_at", "-id"))


def waiting_for(person: User, on: date) -> QuerySet[Task]:
    """What the count in the navigation tells: open tasks of one's own, and of those one covers for today."""
    covered = Q(pk__in=covered_people(person, on))
    return Task.objects.open().filter(owner_id__in=User.objects.filter(Q(pk=person.pk) | covered).values("pk"))


def seen_by(person: User, rows: QuerySet[Task]) -> QuerySet[Task]:
    """Tasks that somebody may open: of kinds that their roles own or are told of, and what they have or had in hand."""
    own = [kind.code for kind in kinds_for(roles_of(person))]
    return rows.filter(Q(kind__in=own) | Q(owner=person) | Q(raised_by=person) | Q(closed_by=person))


def open_about(*subjects: models.Model) -> QuerySet[Task]:
    """The open tasks of the objects, the most urgent first."""
    about = Q()
    for subject in subjects:
        about |= Q(object_type=subject._meta.label_lower, object_id=str(subject.pk))
    return Task.objects.open().filter(about).select_related("owner").order_by(*FIRST_OF_ALL)
