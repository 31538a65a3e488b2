"""Programs of the house: what they raise, and that they do tasks by the same rules as people (``casework.working``).

A program of the house has a live key that may change every origin and may work on tasks; no partner's key may.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.kinds import TaskKind, kind_named, kinds
from casework.models import Task
from casework.personal_numbers import masked
from casework.raising import raise_task
from core.errors import Invalid, NotAllowed
from core.strict import require_plain
from partners.models import ApiClient, ApiKey
from partners.scopes import CHANGE_EVERY_ORIGIN
from staff.models import User

WORK = "tasks:write"
# By what people and programs know an object.
_NAMES = ("public_id", "number")
LONGEST_FACT = 200


class TaskKindForPeople(NotAllowed):
    code = "task_kind_for_people"
    field = "kind"
    message = _("Tasks of the kind %(kind)s are for people, or raised by the fact alone.")


class FactUnknown(Invalid):
    """A fact that the words of the kind have no place for; ``field`` says which."""

    code = "task_fact_unknown"
    message = _("Tasks of this kind tell nothing called %(name)s.")


class FactTooLong(Invalid):
    code = "task_fact_too_long"
    message = _("A fact has at most %(most)s signs.")


def is_program_of_house(person: User) -> bool:
    """Whether the account is that of a program that works on tasks of the house."""
    return _keys_that_work(timezone.now()).filter(client__acts_as=person).exists()


def _keys_that_work(at: datetime) -> models.QuerySet[ApiKey]:
    keys = ApiKey.objects.live(at).filter(client__status=ApiClient.Status.ACTIVE)
    return keys.filter(read_only=False, scopes__contains=[WORK, CHANGE_EVERY_ORIGIN])


def give_back_what_none_does(now: datetime) -> int:
    """Give back to their teams the open tasks of programs that do none any more: their key was withdrawn, has expired or
    may do less, or their client is suspended. Returns how many; PostgreSQL notes it of each (law/tasks.sql)."""
    working = _keys_that_work(now).values("client__acts_as")
    gone = list(User.objects.filter(api_client__isnull=False).exclude(pk__in=working).values_list("pk", flat=True))
    return Task.objects.open().filter(owner_id__in=gone).update(owner=None) if gone else 0


def tasks_of_programs() -> models.QuerySet[Task]:
    """The tasks that programs of the house know of."""
    return Task.objects.filter(kind__in=[kind.code for kind in kinds() if kind.programs])


def subject_named(kind: TaskKind, name: str) -> models.Model | None:
    """The object of the kind's type that is known by ``name``: its id or its number."""
    model = apps.get_model(kind.about)
    columns = {field.name for field in model._meta.get_fields()}
    known = [Q(**{column: name}) for column in _NAMES if column in columns]
    if not known:
        return None
    condition = known[0]
    for other in known[1:]:
        condition |= other
    found: models.Model | None = model._default_manager.filter(condition).first()
    return found


def kind_for_programs(code: str) -> TaskKind:
    """Raises TaskKindUnknown, TaskKindForPeople."""
    kind = kind_named(code)
    if not kind.programs:
        raise TaskKindForPeople(kind=code)
    return kind


def raise_by_program(
    kind: TaskKind, subject: models.Model, *, cause: str, facts: Mapping[str, str], now: datetime, **urgency: Any
) -> tuple[Task, bool]:
    """As ``raise_task``: what is open for the kind, subject and cause stays the one task.

    Personal numbers in the cause and among the facts are masked. Raises FactUnknown, FactTooLong, TextNotPlain and as
    ``raise_task`` does.
    """
    told = _checked(kind, facts)
    return raise_task(kind.code, subject, cause=masked(cause), facts=told, now=now, **urgency)


def _checked(kind: TaskKind, facts: Mapping[str, str]) -> dict[str, str]:
    checked = {}
    for name, value in facts.items():
        field = f"facts/{name}"
        if f"%({name})s" not in str(kind.words):
            raise FactUnknown(name=name, field=field)
        if len(value) > LONGEST_FACT:
            raise FactTooLong(most=LONGEST_FACT, field=field)
        checked[name] = masked(require_plain(value, field=field))
    return checked
