"""A task as lists draw it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from audit.deciding import same_account
from casework.models import Task
from core.choices import Shown
from staff.models import User
from staff.roles import role_label


@dataclass(frozen=True, slots=True)
class TaskCard:
    """A task in the words of its reader. ``covered``: it is another person's, whom the reader covers for or gives tasks."""

    task: Task
    kind: str
    told: str
    lateness: Shown
    team: str
    covered: bool


def cards_of(tasks: Iterable[Task], reader: User, now: datetime) -> list[TaskCard]:
    return [_card(task, reader, now) for task in tasks]


def _card(task: Task, reader: User, now: datetime) -> TaskCard:
    kind = task.declared
    return TaskCard(
        task=task,
        kind=str(kind.label),
        told=kind.told(task.facts),
        lateness=task.lateness(now),
        team=role_label(task.team),
        covered=task.owner_id is not None and not same_account(task.owner_id, reader.pk),
    )
