"""A night that failed and books that differ are somebody's task until they are mended."""

from __future__ import annotations

import pytest
from django.test import Client

from casework.models import Task, TaskStatus
from casework.standing import look
from core import business_date
from operations.models import EndOfDayRun
from tests.operations.factories import EndOfDayRunFactory, VerificationFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_night_that_failed_is_a_task_until_the_day_is_closed(client: Client) -> None:
    run = EndOfDayRunFactory(failed=True, step="accrue", error="accrue: 100 % of the disk is full")
    EndOfDayRunFactory(done=True)
    assert look(now=business_date.now())["night.failed"] == (1, 0)
    task = Task.objects.get(kind="night.failed")
    assert (task.object_label, task.priority, task.team) == (run.business_day.on.isoformat(), 100, "operations")
    client.force_login(UserFactory(roles=["operations"]))
    page = client.get(f"/app/tasks/{task.number}/").content.decode()
    assert "stopped at the step accrue: accrue: 100 % of the disk is full" in page
    assert f'href="/app/end-of-day/{run.business_day.on.isoformat()}/"' in page
    EndOfDayRun.objects.filter(pk=run.pk).update(status=EndOfDayRun.Status.RUNNING)
    assert look(now=business_date.now())["night.failed"] == (0, 1)
    task.refresh_from_db()
    assert (task.status, task.outcome) == (TaskStatus.DONE, "closed")


def test_books_that_differ_are_a_task_until_a_later_verification_finds_nothing() -> None:
    VerificationFactory(done=True, found=7)
    assert look(now=business_date.now())["books.differ"] == (1, 0)
    task = Task.objects.get(kind="books.differ")
    assert "found 7 differences" in task.declared.told(task.facts)
    VerificationFactory(running=True)
    assert "books.differ" not in look(now=business_date.now())
    VerificationFactory(done=True, found=0)
    assert look(now=business_date.now())["books.differ"] == (0, 1)
    assert Task.objects.get().status == TaskStatus.DONE
