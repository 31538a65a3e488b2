"""Work a person starts and watches ends on record, whatever becomes of it, and is not done twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from core import business_date
from operations import tasks
from operations.demo.story import STEPS
from operations.demo.time import let_days_pass
from operations.end_of_day import EndOfDayFailed, request_close
from operations.jobs import JobUnknown, request_catch_up, run_job
from operations.models import DemoStory, EndOfDayRun, LongJob
from tests.operations.factories import LongJobFactory
from tests.operations.nights import MONDAY, TUESDAY, WEDNESDAY, Night, marks, somebody_else_closes

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Night:
    settings.END_OF_DAY_CHUNK_SIZE = 10
    business_date.move_to(MONDAY)
    return Night(monkeypatch).of(accrue=(1, 5))


def test_a_job_is_done_once_and_tells_how_far_it_came(night: Night) -> None:
    job = run_job(job_id=request_catch_up(today=WEDNESDAY, requested_by=None).pk)

    assert (job.status, job.done, job.total, job.error) == (LongJob.Status.DONE, 2, 2, "")
    assert run_job(job_id=job.pk) == job and marks(WEDNESDAY) == []


def test_a_night_that_fails_ends_the_catch_up_with_its_error(night: Night) -> None:
    night.fail_in(("accrue", 0))

    job = run_job(job_id=request_catch_up(today=WEDNESDAY, requested_by=None).pk)

    assert job.status == LongJob.Status.FAILED and "accrue from 0 is broken" in job.error
    assert business_date.current() == MONDAY


def test_a_refusal_ends_the_job_in_words(night: Night) -> None:
    job = run_job(job_id=LongJobFactory(kind="close_books", argument=TUESDAY.isoformat()).pk)

    assert job.status == LongJob.Status.FAILED and str(TUESDAY) in job.error


def test_what_nobody_foresaw_is_on_record_and_goes_on_to_the_worker(night: Night) -> None:
    job = LongJobFactory(kind="story:0", argument=MONDAY.isoformat())

    with pytest.raises(DemoStory.DoesNotExist):
        run_job(job_id=job.pk)

    job.refresh_from_db()
    assert job.status == LongJob.Status.FAILED and job.error.startswith("DoesNotExist: ")


def test_a_job_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(JobUnknown):
        run_job(job_id=0)


def test_days_stop_passing_at_a_night_that_fails(night: Night) -> None:
    night.fail_in(("accrue", 0))

    with pytest.raises(EndOfDayFailed, match="accrue from 0 is broken"):
        let_days_pass(WEDNESDAY)
    assert business_date.current() == MONDAY


def test_the_worker_leaves_a_day_to_whoever_is_closing_it(night: Night) -> None:
    run = request_close(on=MONDAY, today=MONDAY, requested_by=None)

    with somebody_else_closes():
        assert tasks.close_day(run_id=run.pk) == EndOfDayRun.Status.QUEUED

    assert tasks.close_day(run_id=run.pk) == EndOfDayRun.Status.DONE


# --- on the pages -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "address"), [("operations", "/app/end-of-day/catch-up"), ("officer", "/app/demo/advance")]
)
def test_while_something_is_under_way_nothing_else_begins(
    night: Night, client: Client, signed_in: SignIn, role: str, address: str
) -> None:
    LongJobFactory(kind="close_books")

    page = signed_in(client, role).post(address, follow=True).content.decode()

    assert "This is under way already." in page
    assert LongJob.objects.count() == 1 and business_date.current() == MONDAY


def test_a_story_at_its_end_says_so(night: Night, client: Client, signed_in: SignIn) -> None:
    DemoStory.objects.create(step=len(STEPS))

    page = signed_in(client, "officer").post("/app/demo/step", follow=True).content.decode()

    assert "The tour is complete. Start again." in page
