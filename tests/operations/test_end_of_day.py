"""A day is closed once and whole, whatever happens in between."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from core import business_date
from operations import end_of_day, steps
from operations.checkpoints import ChunkAlreadyDone, record_done
from operations.coordinator import AlreadyClosing, somebody_coordinates
from operations.end_of_day import (
    DayNeverOpen,
    DayNotOver,
    DayNotReached,
    close_day,
    close_due,
    close_until,
    request_close,
)
from operations.models import BusinessDay, EndOfDayChunk, EndOfDayRun
from tests.operations.factories import ImportBatchFactory
from tests.operations.nights import MONDAY, TUESDAY, WEDNESDAY, Killed, Night, marks, somebody_else_closes

WHOLE_NIGHT = ["accrue 0-10", "accrue 10-20", "accrue 20-30", "remind 0-10", "remind 10-20"]


@pytest.fixture(autouse=True)
def _small_chunks(settings: Settings) -> None:
    settings.END_OF_DAY_CHUNK_SIZE = 10
    settings.END_OF_DAY_WORKERS = 1


@pytest.fixture
def night(db: None, monkeypatch: pytest.MonkeyPatch) -> Night:
    business_date.move_to(MONDAY)
    return Night(monkeypatch).of(accrue=(1, 25), remind=(3, 12))


def test_closing_runs_every_step_in_order_and_opens_the_next_day(night: Night) -> None:
    run = close_day()

    assert marks(MONDAY) == WHOLE_NIGHT
    assert run.status == EndOfDayRun.Status.DONE
    assert business_date.current() == TUESDAY
    assert list(BusinessDay.objects.order_by("on").values_list("on", "status")) == [
        (MONDAY, "closed"),
        (TUESDAY, "open"),
    ]


def test_counts_are_summed_over_chunks_and_words_are_kept(night: Night) -> None:
    run = close_day()

    assert run.counts == {"accrue": {"loans": 30, "note": "fine"}, "remind": {"loans": 20, "note": "fine"}}
    assert run.plan == {"accrue": 3, "remind": 2}


def test_closing_a_closed_day_again_changes_nothing(night: Night) -> None:
    first = close_day()

    second = close_day(on=MONDAY)

    assert second == first
    assert marks(MONDAY) == WHOLE_NIGHT
    assert business_date.current() == TUESDAY


@pytest.mark.parametrize("chunk", range(1, len(WHOLE_NIGHT) + 1))
def test_killed_in_any_chunk_and_started_again_gives_the_same_night(night: Night, chunk: int) -> None:
    night.kill_in_chunk(chunk)
    with pytest.raises(Killed):
        close_day()
    assert marks(MONDAY) == WHOLE_NIGHT[: chunk - 1]
    assert business_date.current() == MONDAY

    night.recover()
    run = close_day()

    assert marks(MONDAY) == WHOLE_NIGHT
    assert run.attempts == 2
    assert run.counts["accrue"]["loans"] == 30
    assert business_date.current() == TUESDAY


def test_killed_between_the_last_chunk_and_the_end_the_day_is_still_closed_once(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(end_of_day, "_finish", die)
        with pytest.raises(Killed):
            close_day()
    assert business_date.current() == MONDAY

    close_day()

    assert marks(MONDAY) == WHOLE_NIGHT
    assert business_date.current() == TUESDAY


def test_another_chunk_size_after_a_kill_moves_no_border(night: Night, settings: Settings) -> None:
    night.kill_in_chunk(3)
    with pytest.raises(Killed):
        close_day()

    night.recover()
    settings.END_OF_DAY_CHUNK_SIZE = 7
    close_day()

    assert marks(MONDAY) == WHOLE_NIGHT


def test_a_failed_chunk_is_on_record_and_keeps_the_day_open(night: Night) -> None:
    night.fail_in(("accrue", 10))

    run = close_day()

    assert run.status == EndOfDayRun.Status.FAILED
    assert "accrue from 10 is broken" in run.error
    assert marks(MONDAY) == ["accrue 0-10", "accrue 20-30"]  # the rest of the step is done, the next is not begun
    failed = EndOfDayChunk.objects.get(status=EndOfDayChunk.Status.FAILED)
    assert (failed.step, failed.lo, failed.error) == ("accrue", 10, "ValueError: accrue from 10 is broken")
    assert business_date.current() == MONDAY


def test_a_retry_does_only_what_is_missing(night: Night) -> None:
    night.fail_in(("accrue", 10))
    close_day()
    close_day()

    night.recover()
    run = close_day()

    assert sorted(marks(MONDAY)) == sorted(WHOLE_NIGHT)
    assert EndOfDayChunk.objects.get(step="accrue", lo=10).attempts == 3
    assert (run.status, run.error) == (EndOfDayRun.Status.DONE, "")


def test_a_chunk_that_is_done_cannot_be_put_on_record_again(night: Night) -> None:
    run = close_day()

    with pytest.raises(ChunkAlreadyDone, match="accrue from id 10"):
        record_done(run, "accrue", (10, 20), {"loans": 10}, timedelta())

    assert EndOfDayChunk.objects.get(step="accrue", lo=10).attempts == 1


def test_ids_that_came_after_a_kill_are_worked_too(night: Night) -> None:
    night.kill_in_chunk(2)
    with pytest.raises(Killed):
        close_day()

    night.recover()
    night.of(accrue=(1, 35), remind=(3, 12))
    close_day()

    assert marks(MONDAY)[:4] == ["accrue 0-10", "accrue 10-20", "accrue 20-30", "accrue 30-40"]


def test_a_step_without_ids_is_done_at_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    business_date.move_to(MONDAY)
    nothing = steps.Step("nothing", "nothing", lambda lo, hi, on: {}, lambda: None)
    monkeypatch.setattr(end_of_day, "STEPS", (nothing,))

    assert close_day().finished


def test_progress_is_told_after_each_chunk(night: Night) -> None:
    seen: list[tuple[str, int, int]] = []

    close_day(progress=lambda step: seen.append((str(step.label), step.done, step.total)))

    assert seen == [("accrue", 1, 5), ("accrue", 2, 5), ("accrue", 3, 5), ("remind", 4, 5), ("remind", 5, 5)]


def test_only_one_coordinator_works_at_a_time(night: Night) -> None:
    with somebody_else_closes():
        with pytest.raises(AlreadyClosing):
            close_day()
        assert marks(MONDAY) == []

    assert close_day().finished


def test_the_place_of_the_coordinator_is_free_again_after_a_refusal(night: Night) -> None:
    with pytest.raises(DayNotReached):
        close_day(on=WEDNESDAY)

    assert not somebody_coordinates()


def test_a_day_ahead_or_before_the_beginning_is_refused_by_name(night: Night) -> None:
    with pytest.raises(DayNotReached):
        close_day(on=TUESDAY)
    with pytest.raises(DayNeverOpen):
        close_day(on=date(2026, 6, 14))


def test_missed_days_are_caught_up_in_order(night: Night) -> None:
    runs = close_until(WEDNESDAY)

    assert [run.business_day.on for run in runs] == [MONDAY, TUESDAY]
    assert marks(TUESDAY) == WHOLE_NIGHT
    assert business_date.current() == WEDNESDAY


def test_catching_up_stops_at_a_day_that_fails(night: Night) -> None:
    night.fail_in(("remind", 0))

    runs = close_until(WEDNESDAY)

    assert [run.finished for run in runs] == [False]
    assert business_date.current() == MONDAY


@pytest.fixture
def _with_a_loan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_of_day.Loan.objects, "exists", lambda: True, raising=False)


@pytest.mark.usefixtures("_with_a_loan")
def test_the_schedule_closes_up_to_the_calendar_and_never_beyond(night: Night) -> None:
    assert [run.business_day.on for run in close_due(today=WEDNESDAY)] == [MONDAY, TUESDAY]
    assert close_due(today=WEDNESDAY) == []
    assert business_date.current() == WEDNESDAY


@pytest.mark.usefixtures("db", "_with_a_loan")
def test_the_schedule_begins_with_the_day_on_which_nobody_had_set_one() -> None:
    assert not business_date.is_set()

    assert close_due(today=MONDAY) == []
    assert business_date.current() == MONDAY


@pytest.mark.usefixtures("_with_a_loan")
def test_the_schedule_leaves_the_days_of_a_replay_alone(night: Night) -> None:
    ImportBatchFactory(replaying=True)

    assert close_due(today=WEDNESDAY) == []
    assert business_date.current() == MONDAY


@pytest.mark.usefixtures("_with_a_loan")
def test_the_schedule_finishes_a_run_that_was_asked_for_and_never_began(night: Night, staff_member: Any) -> None:
    request_close(on=MONDAY, today=MONDAY, requested_by=staff_member("operations"))

    runs = close_due(today=MONDAY)

    assert [run.finished for run in runs] == [True]
    assert business_date.current() == TUESDAY


def test_a_desk_without_loans_has_no_days_to_close(night: Night) -> None:
    assert close_due(today=WEDNESDAY) == []
    assert marks(MONDAY) == []


def test_the_running_day_can_be_closed_by_hand_but_no_future_day(night: Night, staff_member: Any) -> None:
    operator = staff_member("operations")

    with pytest.raises(DayNotOver):
        request_close(on=MONDAY, today=date(2026, 6, 14), requested_by=operator)
    with pytest.raises(DayNotReached):
        request_close(on=TUESDAY, today=TUESDAY, requested_by=operator)
    run = request_close(on=MONDAY, today=MONDAY, requested_by=operator)

    assert (run.status, run.requested_by) == (EndOfDayRun.Status.QUEUED, operator)


def test_asking_twice_is_one_run_and_asking_after_a_failure_queues_it_again(night: Night, staff_member: Any) -> None:
    operator = staff_member("operations")
    first = request_close(on=MONDAY, today=MONDAY, requested_by=operator)
    assert request_close(on=MONDAY, today=MONDAY, requested_by=operator) == first

    night.fail_in(("remind", 0))
    close_day()
    again = request_close(on=MONDAY, today=MONDAY, requested_by=operator)

    assert (again, again.status) == (first, EndOfDayRun.Status.QUEUED)


def test_unbalanced_books_keep_the_day_open(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    business_date.move_to(MONDAY)
    books = next(step for step in steps.STEPS if step.code == "books")
    monkeypatch.setattr(end_of_day, "STEPS", (books,))
    monkeypatch.setattr(steps.books, "difference", lambda: Decimal("0.01"))

    run = close_day()

    assert run.status == EndOfDayRun.Status.FAILED
    assert "0.01" in run.error


def test_balanced_books_are_told_as_no_difference(db: None) -> None:
    assert steps.check_books(0, 1, MONDAY) == {"difference": "0.00"}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_workers_give_the_same_night(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.END_OF_DAY_WORKERS = 3
    business_date.move_to(MONDAY)
    Night(monkeypatch).of(accrue=(1, 25), remind=(3, 12))

    run = close_day()

    assert run.finished
    assert sorted(marks(MONDAY)) == sorted(WHOLE_NIGHT)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_each_worker_keeps_its_connection_for_the_night_and_closes_it(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.END_OF_DAY_WORKERS = 2
    business_date.move_to(MONDAY)
    night = Night(monkeypatch).of(accrue=(1, 45), remind=(1, 45), count=(1, 45))
    used = []
    night.disturb = lambda code, lo: used.append(connection.connection)

    close_day()

    assert 1 <= len(set(used)) <= 2
    assert connection.connection not in used
    assert all(theirs.closed for theirs in used)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_connection_lost_between_two_steps_costs_no_chunk(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.END_OF_DAY_WORKERS = 2
    business_date.move_to(MONDAY)
    night = Night(monkeypatch).of(accrue=(1, 45), alone=(0, 1), remind=(1, 45))
    used: set[int] = set()

    def lose(code: str, lo: int) -> None:
        if code == "alone":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) AS pid", [list(used)])
        used.add(connection.connection.info.backend_pid)

    night.disturb = lose

    run = close_day()

    assert run.finished, run.error
    assert len(marks(MONDAY)) == 11


def test_the_night_has_the_steps_of_a_lender_in_their_order() -> None:
    assert [step.code for step in steps.STEPS] == [
        "months",
        "mandates",
        "repricing",
        "notices",
        "late_rates",
        "positions",
        "lines",
        "portfolio",
        "policies",
        "reminders",
        "promises",
        "cases",
        "limits",
        "approvals",
        "account_days",
        "books",
        "period",
    ]
