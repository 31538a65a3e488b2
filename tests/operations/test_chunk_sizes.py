"""How many ids a chunk has: as many as the last night says will fit."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from core import business_date
from operations import steps
from operations.checkpoints import fitting_sizes
from operations.end_of_day import close_day
from operations.models import EndOfDayChunk, EndOfDayRun
from tests.operations.factories import EndOfDayChunkFactory, EndOfDayRunFactory
from tests.operations.nights import MONDAY, Killed, Night


def a_night_that_took(seconds: float, *, ids: int) -> EndOfDayRun:
    run = EndOfDayRunFactory(done=True, chunk_size=20_000, chunk_sizes={"accrue": ids})
    EndOfDayChunkFactory(run=run, took=timedelta(seconds=0.01))
    EndOfDayChunkFactory(run=run, took=timedelta(seconds=seconds))
    return run


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "ids", "fits"),
    [
        (0.59, 20_000, 20_000),
        (0.61, 20_000, 10_000),
        (2.0, 20_000, 5_000),  # 2 s, 1 s, 0.5 s
        (900.0, 20_000, 100),
        (0.14, 5_000, 10_000),
        (0.16, 5_000, 5_000),
        (0.01, 20_000, 20_000),  # never above the setting
    ],
)
def test_a_chunk_is_as_large_as_the_slow_ones_of_the_last_night_allow(seconds: float, ids: int, fits: int) -> None:
    a_night_that_took(seconds, ids=ids)

    assert fitting_sizes([a_step("accrue"), a_step("new")], most=20_000) == {"accrue": fits, "new": 20_000}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "ids", "fits"),
    [
        (0.59, 20_000, 1_250),  # 0.59 s, 0.30 s, 0.15 s, 0.074 s, 0.04 s
        (0.59, 1_250, 1_250),  # the way to the database takes that long: smaller chunks would only go it more often
        (2.0, 1_250, 312),  # 2 s, 1 s, 0.5 s: nobody waits longer than for any other chunk
        (0.01, 1_250, 2_500),
    ],
)
def test_a_step_that_holds_what_payments_wait_for_has_shorter_chunks(seconds: float, ids: int, fits: int) -> None:
    a_night_that_took(seconds, ids=ids)

    (positions,) = (step for step in steps.STEPS if step.code == "positions")
    holding = a_step("accrue", longest=positions.longest)

    assert fitting_sizes([holding], most=20_000) == {"accrue": fits}


@pytest.mark.django_db
def test_one_chunk_that_waited_for_somebody_makes_none_smaller() -> None:
    run = a_night_that_took(30.0, ids=20_000)
    EndOfDayChunkFactory.create_batch(18, run=run, took=timedelta(seconds=0.5))

    assert fitting_sizes([a_step("accrue")], most=20_000) == {"accrue": 20_000}


def a_step(code: str, longest: timedelta = steps.LONGEST) -> steps.Step:
    return steps.Step(code, code, lambda lo, hi, on: {}, lambda: None, longest=longest)


@pytest.mark.django_db
def test_sizes_are_fixed_when_a_run_begins(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    business_date.move_to(MONDAY)
    night = Night(monkeypatch).of(accrue=(1, 25), remind=(3, 12))
    a_night_that_took(2.0, ids=400)
    settings.END_OF_DAY_CHUNK_SIZE, settings.END_OF_DAY_WORKERS = 400, 1
    night.kill_in_chunk(1)
    with pytest.raises(Killed):
        close_day()
    EndOfDayChunk.objects.update(took=timedelta(seconds=0.2))  # nothing would be cut any more

    night.recover()

    assert close_day().chunk_sizes == {"accrue": 100, "remind": 400}
