"""Nothing is lost when somebody changes their job: tasks of teams they are no longer in go back to those.

Who leaves altogether is PostgreSQL's to notice (``law/tasks.sql``), by whatever door the account was shut.
"""

from datetime import datetime

from django.db import transaction

from casework.models import Task, TaskEvent, What
from casework.working import in_team
from staff.models import User


@transaction.atomic
def give_back_what_is_not_theirs(person: User, now: datetime) -> int:
    """Give back the open tasks of teams that ``person`` is not in by now; returns how many."""
    mine = Task.objects.open().filter(owner=person).select_for_update(of=("self",)).order_by("pk")
    lost = [task.pk for task in mine if not in_team(task, person)]
    Task.objects.filter(pk__in=lost).update(owner=None)
    TaskEvent.objects.bulk_create(TaskEvent(task_id=key, at=now, what=What.RETURNED, from_owner=person) for key in lost)
    return len(lost)
