"""What evidence is kept about in the apps below, and here: tasks, and requests for a second person."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Approval, ApprovalStatus
from audit.queries import approvals_for
from casework import queries
from casework.models import Task
from casework.subjects import Subject, declare, ends_after, tell_ends
from casework.working import WORK
from core import business_date
from staff.models import User


def _tasks(person: User) -> QuerySet[Any]:
    return queries.seen_by(person, Task.objects.all()) if person.has_perm(WORK) else Task.objects.none()


def _approvals(person: User) -> QuerySet[Any]:
    on = business_date.current()
    waiting, decided = (approvals_for(person, pending=pending, on=on) for pending in (True, False))
    return Approval.objects.filter(pk__in=waiting.values("pk").union(decided.values("pk")))


def _ends_of_tasks(keys: Collection[str]) -> Mapping[str, date | None]:
    rows = Task.objects.filter(pk__in=list(keys)).values_list("pk", "object_type", "object_id", "closed_at")
    return ends_after(
        (str(key), object_type, object_id, timezone.localdate(closed_at) if closed_at else None)
        for key, object_type, object_id, closed_at in rows
    )


def _ends_of_approvals(keys: Collection[str]) -> Mapping[str, date | None]:
    rows = Approval.objects.filter(pk__in=list(keys))
    told = rows.values_list("pk", "object_type", "object_id", "status", "decided_at", "expires_on")
    return ends_after(
        (str(key), object_type, object_id, _end_of_approval(status, decided_at, expires_on))
        for key, object_type, object_id, status, decided_at, expires_on in told
    )


def _end_of_approval(status: str, decided_at: datetime | None, expires_on: date) -> date | None:
    """A request that expired or was taken back has no day of its own: it ended at the latest when its time was over."""
    if status == ApprovalStatus.PENDING:
        return None
    return timezone.localdate(decided_at) if decided_at else expires_on


tell_ends(Task._meta.label_lower, _ends_of_tasks)
tell_ends(Approval._meta.label_lower, _ends_of_approvals)

declare(Subject(model=Task, word="task", label=_("Task"), named_by="number", seen_by=_tasks, takes_notes=True))
declare(Subject(model=Approval, word="approval", label=_("Request for approval"), named_by="pk", seen_by=_approvals))
