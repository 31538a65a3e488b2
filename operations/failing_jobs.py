"""Jobs of the schedule that fail: counted as they end, so that one that keeps failing becomes somebody's task.

Celery tells of the end of each job, well or badly, in the process that did it (``receivers``).
"""

from __future__ import annotations

from django.conf import settings
from django.db.models import Case, F, Value, When
from django.utils import timezone

from casework.personal_numbers import masked
from operations.models import FailingJob


def is_scheduled(name: str) -> bool:
    """Whether the schedule names the job; what pages start is watched by its own row."""
    return any(entry["task"] == name for entry in settings.CELERY_BEAT_SCHEDULE.values())


def failed(name: str, failure: BaseException) -> None:
    """Note that the job failed once more."""
    now = timezone.now()
    known = {"last_at": now, "error": in_a_line(failure)}
    _row, made = FailingJob.objects.get_or_create(name=name, defaults={"failures": 1, "since": now, **known})
    if not made:
        since = Case(When(failures=0, then=Value(now)), default=F("since"))
        FailingJob.objects.filter(name=name).update(failures=F("failures") + 1, since=since, **known)


def succeeded(name: str) -> None:
    """Note that the job did its work: it fails no longer."""
    FailingJob.objects.filter(name=name, failures__gt=0).update(failures=0)


def in_a_line(failure: BaseException) -> str:
    """What went wrong, without the values that a database adds in further lines."""
    first = str(failure).strip().partition("\n")[0]
    return masked(f"{type(failure).__name__}: {first}" if first else type(failure).__name__)[:200]
