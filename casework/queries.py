"""Reads of tasks: the inbox by its tabs, and the tasks of an object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import models
from django.db.models import Case, CharField, Q, QuerySet, When
from django.db.models.functions import Cast
from django.db.models.lookups import IsNull

from casework.absences import covered_people
from casework.kinds import kinds, kinds_for
from casework.models import Evidence, Note, Task, TaskStatus
from casework.models.task import TaskQuerySet
from casework.programs import is_program_of_house
from casework.subjects import is_among, parts_of, rows_seen, subjects
from staff.models import User
from staff.roles import roles_of
from staff.visibility import sees_everything

FIRST_OF_ALL = ("ranked_at", "id")
# The parts of a tab of somebody who is in no team: without any, a list is everybody's.
NOTHING = [Q(pk__in=[])]
# What is on file about an object is seen by whoever sees that.
_ON_FILE: tuple[type[models.Model], ...] = (Evidence, Note)


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
    """The tasks of ``person`` under ``tab`` that they see; of one ``kind`` only where it is named."""
    rows, roles = seen_by(person, Task.objects.filter(kind=kind) if kind else Task.objects.all()), roles_of(person)
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
    """What the count in the navigation tells: open tasks of one's own, and of those one covers for today."""
    return seen_by(person, Task.objects.open().filter(owner_id__in=_in_hand_of(person, on)))


def _in_hand_of(person: User, on: date) -> QuerySet[User, int]:
    covered = Q(pk__in=covered_people(person, on))
    return User.objects.filter(Q(pk=person.pk) | covered).values_list("pk", flat=True)


def seen_by(person: User, rows: TaskQuerySet) -> TaskQuerySet:
    """Tasks that somebody sees, by every door: of kinds that are theirs, about objects that they see.

    Theirs are the kinds that their roles own or are told of, and what they have or had in hand; a personal one is its
    owner's, and the team's while it is nobody's. Where nobody told who sees an object, the kind alone decides.
    """
    return rows if person.is_superuser else rows.filter(_of_ones_kinds(person), _about_what_is_seen(person))


def sees_subject(person: User, task: Task) -> bool:
    """Whether the person sees what the task is about. A program of the house does, where the kind is for those."""
    if person.is_superuser or Task.objects.filter(_about_what_is_seen(person), pk=task.pk).exists():
        return True
    return task.declared.programs and is_program_of_house(person)


def _of_ones_kinds(person: User) -> Q:
    roles = roles_of(person)
    own = kinds_for(roles)
    shared, personal = ([kind.code for kind in own if kind.personal is wanted] for wanted in (False, True))
    waits = Q(owner=None, team__in=roles) | Q(escalated_to__in=roles)
    retired = ~Q(kind__in=[kind.code for kind in kinds()]) & Q(team__in=roles)
    in_hand = Q(owner=person) | Q(raised_by=person) | Q(closed_by=person)
    return Q(kind__in=shared) | in_hand | (Q(kind__in=personal) & waits) | retired


def _about_what_is_seen(person: User) -> Q:
    sees_all = sees_everything(person)
    told, seen = [], Q()
    on_file = {model._meta.label_lower: model for model in _ON_FILE}
    for object_type in sorted({kind.about for kind in kinds()}.difference(on_file)):
        rows = rows_seen(person, object_type)
        if rows is None or (sees_all and not rows.query.is_empty() and not rows.query.where):
            continue
        told.append(object_type)
        if not rows.query.is_empty():
            seen |= Q(object_type=object_type) & Q(is_among(rows))
    if not sees_all:
        for object_type, model in on_file.items():
            told.append(object_type)
            seen |= Q(object_type=object_type) & Q(_what_it_is_about_is_seen(person, model))
    return ~Q(object_type__in=told) | seen if told else Q()


def _what_it_is_about_is_seen(person: User, model: type[models.Model]) -> IsNull:
    """Whether the person sees what the note or paper of a task is about."""
    about = Q(pk__in=[])
    for subject in subjects():
        # Who sees what is on file about a task sees the task, by the road that asks for nothing further on file.
        rows = Task.objects.filter(_of_ones_kinds(person)) if subject.model is Task else subject.seen_by(person)
        if (subject.takes_notes or model is not Note) and not rows.query.is_empty():
            about |= Q(object_type=subject.object_type) & Q(is_among(rows))
    return is_among(model._default_manager.filter(about))


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
    rows = seen_by(person, Task.objects.filter(pk__in=wanted)).select_related("owner")
    return rows.order_by(Case(When(status=TaskStatus.OPEN, then=0), default=1), *FIRST_OF_ALL)


def open_about(person: User, *subjects: models.Model) -> QuerySet[Task]:
    """Those of them that are open."""
    return about(person, *subjects).filter(status=TaskStatus.OPEN)
