"""What evidence is kept about in the apps below, and here: tasks, and requests for a second person."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.models import Approval
from audit.queries import approvals_for
from casework import queries
from casework.models import Evidence, Task
from casework.reach import tell_reach
from casework.subjects import Subject, declare
from casework.working import WORK
from core import business_date
from partners.introductions import reaches_every_origin
from partners.models import ApiKey
from staff.models import User


def _tasks(person: User) -> QuerySet[Any]:
    return queries.seen_by(person, Task.objects.all()) if person.has_perm(WORK) else Task.objects.none()


def _approvals(person: User) -> QuerySet[Any]:
    on = business_date.current()
    waiting, decided = (approvals_for(person, pending=pending, on=on) for pending in (True, False))
    return Approval.objects.filter(pk__in=waiting.values("pk").union(decided.values("pk")))


def _partners_evidence(key: ApiKey, writing: bool) -> QuerySet[Any]:
    rows = Evidence.objects.filter(brought_by__isnull=False)
    own = rows if reaches_every_origin(key, writing=writing) else rows.filter(brought_by=key.client_id)
    return own.annotate(partners_id=F("public_id"))


tell_reach(Evidence._meta.label_lower, _partners_evidence)

declare(Subject(model=Task, word="task", label=_("Task"), named_by="number", seen_by=_tasks, takes_notes=True))
declare(Subject(model=Approval, word="approval", label=_("Request for approval"), named_by="pk", seen_by=_approvals))
