"""A night whose chunks are done by real workers comes out the same, whoever of them is killed wherever."""

import os
import signal
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from config.celery import app
from core import business_date
from loans.models import LoanPosition
from loans.proof.verifying import verify
from operations import chunks, end_of_day, hands
from operations.chunks import help_with, run_chunk
from operations.coordinator import AlreadyClosing, only_coordinator, somebody_coordinates
from operations.end_of_day import close_day
from operations.models import EndOfDayChunk, EndOfDayRun
from operations.steps import STEPS
from tests.examples import BY_NIGHT
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory, MandateFactory
from tests.operations.factories import EndOfDayRunFactory
from tests.operations.fanned_out import (
    CHUNK,
    House,
    forget_messages,
    kill_all,
    parts,
    totals,
    undisturbed,
    waiting_messages,
)
from tests.operations.nights import MONDAY, TUESDAY, Night, marks
from tests.operations.pooling import PROGRAM, pooler

committing = pytest.mark.django_db(transaction=True, serialized_rollback=True)
DUE = date(2026, 2, 15)
BY_DAY = ("notices", "positions", "limits")  # by night every step that comes in parts


@pytest.fixture(autouse=True)
def _fanned_out(settings: Settings) -> None:
    settings.END_OF_DAY_CHUNK_SIZE = CHUNK
    settings.END_OF_DAY_FAN_OUT = True


@pytest.fixture
def _really_sent(settings: Settings) -> None:
    """Messages go to the broker, as on a server."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    forget_messages()


@pytest.fixture
def night(db: None, monkeypatch: pytest.MonkeyPatch) -> Night:
    business_date.move_to(MONDAY)
    made = Night(monkeypatch).of(accrue=(0, 6), remind=(0, 4))
    monkeypatch.setattr(chunks, "STEPS", end_of_day.STEPS)
    return made


WHOLE = ["accrue 0-2", "accrue 2-4", "accrue 4-6", "remind 0-2", "remind 2-4"]


# --- by itself --------------------------------------------------------------------------------------------------------


def test_handed_out_the_night_is_the_same(night: Night) -> None:
    assert close_day().finished
    assert sorted(marks(MONDAY)) == WHOLE
    assert business_date.current() == TUESDAY


@pytest.mark.usefixtures("_really_sent")
def test_without_any_worker_the_coordinator_does_it_all_and_what_is_left_over_is_dropped(night: Night) -> None:
    run = close_day()

    assert run.finished
    assert sorted(marks(MONDAY)) == WHOLE
    assert waiting_messages() == 5
    assert [help_with(run_id=run.pk, code=step, lo=0) for step in ("accrue", "remind")] == [False, False]
    assert sorted(marks(MONDAY)) == WHOLE


def test_a_broker_that_is_down_leaves_the_night_to_the_coordinator(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(**_message: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(app.tasks[hands.TASK], "apply_async", down)

    assert close_day().finished
    assert sorted(marks(MONDAY)) == WHOLE


def test_a_chunk_is_dropped_when_nobody_coordinates_or_another_step_is_under_way(night: Night) -> None:
    run = close_day()
    EndOfDayRun.objects.filter(pk=run.pk).update(status=EndOfDayRun.Status.RUNNING, step="accrue")
    EndOfDayChunk.objects.all().delete()
    done = len(marks(MONDAY))

    assert not help_with(run_id=run.pk, code="accrue", lo=0)
    with only_coordinator():
        assert not help_with(run_id=run.pk, code="remind", lo=0)
        assert not help_with(run_id=run.pk, code="unheard_of", lo=0)
        assert not help_with(run_id=run.pk + 1, code="accrue", lo=0)
        assert len(marks(MONDAY)) == done
        assert help_with(run_id=run.pk, code="accrue", lo=0)

    assert marks(MONDAY)[done:] == ["accrue 0-2"]


def test_a_message_that_comes_twice_does_nothing_the_second_time(night: Night) -> None:
    run = close_day()
    EndOfDayRun.objects.filter(pk=run.pk).update(status=EndOfDayRun.Status.RUNNING, step="accrue")
    with only_coordinator():
        help_with(run_id=run.pk, code="accrue", lo=0)

    assert sorted(marks(MONDAY)) == WHOLE
    assert EndOfDayChunk.objects.get(run=run, step="accrue", lo=0).attempts == 1


def test_a_failure_of_a_worker_keeps_the_day_open_and_a_retry_does_what_is_missing(night: Night) -> None:
    night.fail_in(("accrue", 2))
    run = close_day()
    assert (run.status, "accrue from 2 is broken" in run.error) == (EndOfDayRun.Status.FAILED, True)
    assert close_day().status == EndOfDayRun.Status.FAILED
    assert sorted(marks(MONDAY)) == ["accrue 0-2", "accrue 4-6"]

    night.recover()

    assert close_day().finished
    assert sorted(marks(MONDAY)) == WHOLE


def test_a_chunk_is_left_to_whoever_is_at_it(night: Night) -> None:
    """A chunk whose lock another connection has is not begun a second time."""
    begun: list[tuple[int, int, date]] = []
    run = EndOfDayRunFactory()
    step = replace(end_of_day.STEPS[0], beforehand=lambda *chunk: begun.append(chunk))
    with connection.copy().cursor() as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"end of day {run.pk} accrue 0"])
        assert run_chunk(run, step, (0, 2), MONDAY, wait=False) is None
        assert marks(MONDAY) == begun == []
        other.execute("SELECT pg_advisory_unlock_all()")
        other.connection.close()

    assert run_chunk(run, step, (0, 2), MONDAY, wait=False) == ""
    assert marks(MONDAY) == ["accrue 0-2"]


# --- with real processes ----------------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path, _really_sent: None) -> House:
    """Six loans on the eve of their first due date, two of which are debited."""
    for number in range(6):
        MandateFactory() if number < 2 else LoanFactory(active=True)
    close_until(DUE - timedelta(days=1))
    return House(tmp_path)


def steps_in_parts() -> list[str]:
    """Steps with something to hand out tonight."""
    return [code for code, begins in parts().items() if len(begins) > 1]


@pytest.mark.long
@committing
def test_a_worker_killed_in_any_step_leaves_the_night_as_it_is_without(house: House) -> None:
    """Its child is killed, night after night in another step."""
    killed = set()
    with house.worker() as worker:
        for _night in range(len(STEPS)):
            left = [code for code in steps_in_parts() if code not in killed and (BY_NIGHT or code in BY_DAY)]
            if not left:
                break
            expected = undisturbed()
            house.stop_at("worker", left[0], parts()[left[0]][0])
            coordinator = house.coordinator()
            os.kill(house.somebody_stopped(worker, coordinator), signal.SIGKILL)
            out, error = coordinator.communicate()
            assert out == "done\n", error
            assert worker.poll() is None
            assert totals() == expected, left[0]
            killed.add(left[0])

    assert set(BY_DAY) <= killed
    assert list(verify()) == []


@pytest.mark.long
@committing
def test_a_worker_killed_with_its_children_and_its_messages_is_not_waited_for(house: House) -> None:
    expected = undisturbed()
    house.stop_at("worker", "positions", parts()["positions"][0])
    with house.worker() as worker:
        coordinator = house.coordinator()
        house.somebody_stopped(worker, coordinator)
        kill_all(worker)
        forget_messages()
        out, error = coordinator.communicate()

    assert out == "done\n", error
    assert totals() == expected


@pytest.mark.long
@committing
def test_a_coordinator_killed_in_any_step_is_resumed_equal(house: House) -> None:
    """It does everything itself, since no worker listens; the last chunk of a step is the one it begins with."""
    every = [code for code, begins in parts().items() if begins]
    for code in every if BY_NIGHT else every[::5]:
        expected = undisturbed()
        house.stop_at("coordinator", code, parts()[code][-1])
        coordinator = house.coordinator()
        os.kill(house.somebody_stopped(coordinator), signal.SIGKILL)
        coordinator.communicate()
        assert coordinator.returncode == -signal.SIGKILL

        while somebody_coordinates():  # PostgreSQL learns of the death when it looks at the connection
            pass
        assert close_day().finished
        assert totals() == expected, code
    assert LoanPosition.objects.exclude(as_of=business_date.current() - timedelta(days=1)).count() == 0


@pytest.mark.long
@committing
def test_a_worker_still_at_work_when_its_coordinator_dies_ends_first(house: House) -> None:
    """Its chunk is kept out of the next attempt's way until it is over; what else was handed out is dropped."""
    expected = undisturbed()
    house.stop_at("worker", "positions", parts()["positions"][0])
    with house.worker() as worker:
        coordinator = house.coordinator()
        stopped = house.somebody_stopped(worker, coordinator)
        coordinator.kill()
        coordinator.communicate()
        second = house.coordinator()
        os.kill(stopped, signal.SIGKILL)
        out, error = second.communicate()

    assert out == "done\n", error
    assert totals() == expected


# --- through a pooler -------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.skipif(PROGRAM is None, reason="no PgBouncer on this machine: install Debian's package pgbouncer")
@committing
def test_through_a_pooler_the_night_is_the_same_and_has_one_coordinator(house: House, tmp_path: Path) -> None:
    """Each transaction may get another connection of the server: the pool is smaller than the processes that use it."""
    expected = undisturbed()
    (tmp_path / "pooled").mkdir()
    with pooler(connections=4) as address:
        pooled = House(tmp_path / "pooled", DATABASE_URL=address, DATABASE_POOLED="on")
        pooled.stop_at("worker", "positions", parts()["positions"][0])
        with pooled.worker() as worker:
            coordinator = pooled.coordinator()
            stopped = pooled.somebody_stopped(worker, coordinator)
            assert somebody_coordinates()
            assert "AlreadyClosing" in pooled.coordinator().communicate()[1]
            with pytest.raises(AlreadyClosing):
                close_day()
            os.kill(stopped, signal.SIGKILL)
            out, error = coordinator.communicate()

    assert out == "done\n", error
    assert totals() == expected
    assert not somebody_coordinates()
