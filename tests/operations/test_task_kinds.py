"""A night that failed and books that differ are somebody's task until they are mended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from casework import escalating, working
from casework.models import Task, TaskStatus
from casework.standing import look
from operations.models import EndOfDayRun
from tests.operations.factories import EndOfDayRunFactory, VerificationFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_night_that_failed_is_a_task_until_the_day_is_closed(client: Client) -> None:
    run = EndOfDayRunFactory(failed=True, step="accrue", error="accrue: 100 % of the disk is full")
    EndOfDayRunFactory(done=True)
    assert look()["night.failed"] == (1, 0)
    task = Task.objects.get(kind="night.failed")
    assert (task.object_label, task.priority, task.team) == (run.business_day.on.isoformat(), 100, "operations")
    client.force_login(UserFactory(roles=["operations"]))
    page = client.get(f"/app/tasks/{task.number}/").content.decode()
    assert "stopped at the step accrue: accrue: 100 % of the disk is full" in page
    assert f'href="/app/end-of-day/{run.business_day.on.isoformat()}/"' in page
    # Started again it is not closed yet, and failing again it is the same task with the same owner.
    owner = UserFactory(roles=["operations"])
    working.take(task_id=task.pk, by=owner)
    for status in (EndOfDayRun.Status.QUEUED, EndOfDayRun.Status.RUNNING, EndOfDayRun.Status.FAILED):
        EndOfDayRun.objects.filter(pk=run.pk).update(status=status)
        assert "night.failed" not in look()
    task.refresh_from_db()
    assert task.is_open and task.owner == owner
    EndOfDayRun.objects.filter(pk=run.pk).update(status=EndOfDayRun.Status.DONE)
    assert look()["night.failed"] == (0, 1)
    task.refresh_from_db()
    assert (task.status, task.outcome) == (TaskStatus.DONE, "closed")


def test_books_that_differ_are_a_task_until_a_later_verification_finds_nothing() -> None:
    VerificationFactory(done=True, found=7)
    assert look()["books.differ"] == (1, 0)
    task = Task.objects.get(kind="books.differ")
    assert "found 7 differences" in task.declared.told(task.facts)
    VerificationFactory(running=True)
    assert "books.differ" not in look()
    # Books that differ night after night are one task, which grows old.
    VerificationFactory(done=True, found=9)
    assert "books.differ" not in look() and Task.objects.get() == task
    VerificationFactory(done=True, found=0)
    assert look()["books.differ"] == (0, 1)
    assert (Task.objects.get().status, Task.objects.get().outcome) == (TaskStatus.DONE, "agree")
    VerificationFactory(done=True, found=2)
    assert look()["books.differ"] == (1, 0)


def test_books_that_differ_for_a_month_are_escalated() -> None:
    first = timezone.make_aware(datetime(2026, 9, 14, 10))
    for day in range(30):
        VerificationFactory(done=True, found=7)
        look(first + timedelta(days=day))
        escalating.escalate_late(first + timedelta(days=day, hours=12))
    assert Task.objects.get().escalated_to == "checker"
