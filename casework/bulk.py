"""Giving, handing back and dropping many tasks at once, with one reason; what cannot be done is told task by task."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from casework import queries, working
from casework.models import Task
from casework.raising import PREFIX
from core.errors import DomainError, Invalid
from core.identifiers import number_given
from staff.models import User

MOST = 200


class TooManyTasks(Invalid):
    code = "too_many_tasks"
    field = "tasks"
    message = _("Choose from 1 to %(most)s tasks at a time.")


@dataclass(frozen=True, slots=True)
class Done:
    """How many were done, and of each other one why not, by its number."""

    count: int
    refused: dict[str, str]


def hand_over(numbers: Collection[str], *, to: User, by: User, note: str, now: datetime) -> Done:
    """Give each of the tasks to ``to``. Raises TooManyTasks; what one task refuses leaves the others done."""
    return _each(numbers, by, lambda task_id: working.hand_over(task_id=task_id, to=to, by=by, note=note, now=now))


def give_back(numbers: Collection[str], *, by: User, note: str, now: datetime) -> Done:
    """Leave each of the tasks to its team. Raises TooManyTasks."""
    return _each(numbers, by, lambda task_id: working.give_back(task_id=task_id, by=by, note=note, now=now))


def drop(numbers: Collection[str], *, by: User, reason: str, now: datetime) -> Done:
    """End each of the tasks undone. Raises TooManyTasks."""
    return _each(numbers, by, lambda task_id: working.drop(task_id=task_id, by=by, reason=reason, now=now))


def _each(numbers: Collection[str], by: User, act: Callable[[int], Task]) -> Done:
    if not 0 < len(numbers) <= MOST:
        raise TooManyTasks(most=MOST)
    wanted = [number for number in dict.fromkeys(numbers) if number_given(number, PREFIX) == number]
    # What one does not see is not there, and nobody's name is told with it.
    rows = queries.seen_by(by, Task.objects.filter(number__in=wanted))
    keys = dict(rows.order_by("pk").values_list("number", "pk"))
    missing = str(working.TaskNotFound().detail)
    refused = {_shown(number): missing for number in numbers if number not in keys}
    for number, key in keys.items():
        try:
            with transaction.atomic():
                act(key)
        except DomainError as error:
            refused[number] = str(error.detail)
    return Done(sum(number not in refused for number in keys), refused)


def _shown(number: str) -> str:
    """Of what is no number of a task its beginning, as far as it can be shown."""
    return "".join(sign for sign in number[:20] if sign.isprintable())
