"""A night that failed and books that differ are somebody's task until they are mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from casework import clock, escalating, standing, working
from casework.models import Task, TaskStatus
from core import business_date
from operations import fresh_looks, jobs
from operations.models import EndOfDayRun, FailingJob, LongJob, Verification
from operations.tasks import look_at_changed, run_job
from tests.borrowers.factories import LIN_ID
from tests.casework.looking import look
from tests.operations.factories import (
    EndOfDayRunFactory,
    ImportBatchFactory,
    LongJobFactory,
    VerificationFactory,
)
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_night_that_failed_is_a_task_until_the_day_is_closed(client: Client) -> None:
    run = EndOfDayRunFactory(failed=True, step="positions", error="positions: 100 % of the disk is full")
    EndOfDayRunFactory(done=True)
    assert look()["night.failed"] == (1, 0)
    task = Task.objects.get(kind="night.failed")
    assert (task.object_label, task.priority, task.team) == (run.business_day.on.isoformat(), 100, "operations")
    client.force_login(UserFactory(roles=["operations"]))
    page = client.get(f"/app/tasks/{task.number}/").content.decode()
    assert "stopped at the step Accrued and aged: positions: 100 % of the disk is full" in page
    assert f'href="/app/end-of-day/{run.business_day.on.isoformat()}/"' in page
    # Started again it is not closed yet, and failing again it is the same task with the same owner.
    owner = UserFactory(roles=["operations"])
    working.take(task_id=task.pk, by=owner, now=clock.now())
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


def test_a_long_job_that_failed_until_a_later_one_did_it() -> None:
    LongJobFactory(status="failed", error="DatabaseError: gone")
    assert look()["job.died"] == (1, 0) and look() == {}
    LongJobFactory(status="done", kind="catch_up")
    assert look() == {}
    LongJobFactory(status="done")
    assert look()["job.died"] == (0, 1)
    assert Task.objects.get().outcome == "done"


def test_a_long_job_without_a_sign_of_life() -> None:
    job, before = LongJobFactory(status="running"), timezone.now() - timedelta(minutes=31)
    LongJob.objects.filter(pk=job.pk).update(requested_at=before, beat_at=timezone.now())
    assert look() == {}
    LongJob.objects.filter(pk=job.pk).update(beat_at=before)
    assert look()["job.died"] == (1, 0)
    # A sign of life is no end yet: the task stays until the job is through.
    jobs._counting(job)("loans", 1, 2)
    assert look() == {} and Task.objects.get().is_open
    LongJob.objects.filter(pk=job.pk).update(status=LongJob.Status.DONE)
    assert look()["job.died"] == (0, 1)


def test_a_job_that_went_less_far_is_not_the_one_that_failed() -> None:
    job = LongJobFactory(status="failed", argument="2026-11-30", error="no room")
    assert look()["job.died"] == (1, 0)
    LongJobFactory(status="done", kind=job.kind, argument="2026-10-31")
    assert look() == {} and Task.objects.get().is_open
    LongJobFactory(status="done", kind=job.kind, argument="2026-12-31")
    assert look()["job.died"] == (0, 1)


def test_why_a_job_failed_holds_no_number_of_a_person() -> None:
    job = jobs._end(LongJobFactory(status="running"), f"ValueError: {LIN_ID} twice")
    assert LIN_ID not in job.error and job.error.startswith("ValueError: ")


def test_a_verification_that_stopped_until_it_is_begun_again() -> None:
    run = VerificationFactory(running=True)
    assert look() == {}
    Verification.objects.filter(pk=run.pk).update(beat_at=timezone.now() - timedelta(minutes=4))
    assert look()["verification.died"] == (1, 0) and look() == {}
    VerificationFactory(running=True)
    assert look()["verification.died"] == (0, 1)


def test_refused_rows_of_an_import_until_a_later_tape_has_them() -> None:
    ImportBatchFactory(rows_read=3, rows_accepted=1, rejects=[{"line": 2}, {"line": 3}])
    assert look()["import.rejects"] == (1, 0) and look() == {}
    task = Task.objects.get()
    assert "2 of 3 rows" in task.declared.told(task.facts)
    ImportBatchFactory(file_name="another.csv", rows_read=3, rows_accepted=2, rows_known=1)
    assert look() == {}
    ImportBatchFactory(rows_read=500, rows_accepted=500)  # the tape of the next month is called so, too
    ImportBatchFactory(rows_read=1, rows_known=1)
    assert look() == {}
    ImportBatchFactory(rows_read=3, rows_accepted=2, rows_known=1)
    assert look()["import.rejects"] == (0, 1)


def test_refused_rows_left_out_on_purpose_are_not_asked_about_again() -> None:
    ImportBatchFactory(rows_read=3, rejects=[{"line": 2}])
    look()
    clerk = UserFactory(roles=["operations"])
    working.finish(
        task_id=Task.objects.get().pk,
        outcome="left_out",
        note="Sold to another lender",
        by=clerk,
        now=business_date.now(),
    )
    assert look() == {}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the job of the schedule that follows changed loans fails."""
    fails = [True]

    def work(**_given: object) -> int:
        if fails[0]:
            raise OSError(f"no answer for {LIN_ID}\nDETAIL: row of Lin")
        return 0

    monkeypatch.setattr(fresh_looks, "look_at_changed", work)
    return fails


def test_a_job_of_the_schedule_that_keeps_failing_until_it_works(broken: list[bool]) -> None:
    for _time in range(2):
        look_at_changed.apply(throw=False)
    assert look() == {}
    look_at_changed.apply(throw=False)
    assert look()["job.failing"] == (1, 0) and look() == {}
    task, row = Task.objects.get(), FailingJob.objects.get()
    assert row.failures == 3 and task.object_label == "operations.look_at_changed"
    assert LIN_ID not in row.error and "DETAIL" not in row.error and row.error.startswith("OSError: no answer")
    FailingJob.objects.update(failures=1)
    assert look() == {} and Task.objects.get().is_open  # failing less often is not yet working
    broken[0] = False
    look_at_changed.apply(throw=False)
    assert look()["job.failing"] == (0, 1)
    broken[0] = True
    look_at_changed.apply(throw=False)
    row.refresh_from_db()
    assert row.failures == 1 and look() == {}


def test_a_job_that_runs_seldom_is_told_of_after_an_hour(broken: list[bool]) -> None:
    look_at_changed.apply(throw=False)
    FailingJob.objects.update(since=timezone.now() - timedelta(minutes=61))
    assert look()["job.failing"] == (1, 0)


def test_what_pages_start_is_no_job_of_the_schedule() -> None:
    run_job.apply(kwargs={"job_id": 0}, throw=False)
    assert not FailingJob.objects.exists()


def test_a_condition_that_fails_stops_no_other_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    EndOfDayRunFactory(failed=True, step="accrue")

    def fails(_on: object) -> object:
        raise LookupError("no such rule")

    first = next(iter(standing._conditions.values()))
    monkeypatch.setitem(standing._conditions, first.kind.code, replace(first, stands=fails))
    with pytest.raises(LookupError):
        look()
    assert Task.objects.get().kind == "night.failed"
