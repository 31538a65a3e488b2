"""The night step by step, as its pages tell it: what is done, what failed, what it comes to so far."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from core import business_date
from operations import end_of_day, queries
from operations.end_of_day import close_day, request_close
from operations.models import EndOfDayRun
from operations.queries import StepStatus, last_night, steps_of
from operations.steps import STEPS
from tests.operations.factories import BEGAN, EndOfDayRunFactory
from tests.operations.nights import MONDAY, Night

pytestmark = pytest.mark.django_db


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Night:
    settings.END_OF_DAY_CHUNK_SIZE = 10
    business_date.move_to(MONDAY)
    made = Night(monkeypatch).of(accrue=(1, 25), remind=(3, 12))
    monkeypatch.setattr(queries, "STEPS", end_of_day.STEPS)
    return made


def told(run: EndOfDayRun) -> list[tuple[str, StepStatus, int, int, int]]:
    return [(state.step.code, state.status, state.planned, state.done, state.failed) for state in steps_of(run)]


def test_what_was_only_asked_for_waits(night: Night) -> None:
    run = request_close(on=MONDAY, today=MONDAY, requested_by=None)

    assert told(run) == [("accrue", StepStatus.WAITING, 0, 0, 0), ("remind", StepStatus.WAITING, 0, 0, 0)]
    assert [state.seconds for state in steps_of(run)] == ["", ""]


def test_the_step_that_failed_is_told_and_those_after_it_wait(night: Night) -> None:
    night.fail_in(("accrue", 10))

    assert told(close_day()) == [("accrue", StepStatus.FAILED, 3, 2, 1), ("remind", StepStatus.WAITING, 2, 0, 0)]


def test_under_way_the_sums_are_those_of_the_parts_that_are_done(night: Night) -> None:
    night.fail_in(("accrue", 10))
    run = close_day()
    run.status, run.counts = EndOfDayRun.Status.RUNNING, {}

    assert told(run) == [("accrue", StepStatus.RUNNING, 3, 2, 1), ("remind", StepStatus.WAITING, 2, 0, 0)]
    accrue, remind = steps_of(run)
    assert (sorted(accrue.counts), remind.counts) == ([("loans", "20"), ("note", "fine")], ())


def test_a_night_that_is_over_tells_all_it_did(night: Night) -> None:
    run = close_day()

    assert told(run) == [("accrue", StepStatus.DONE, 3, 3, 0), ("remind", StepStatus.DONE, 2, 2, 0)]
    assert sorted(steps_of(run)[0].counts) == [("loans", "30"), ("note", "fine")]


@pytest.mark.parametrize(("seconds", "text"), [(38.4, "38"), (3.84, "3.8"), (0.0384, "0.04")])
def test_how_long_a_night_took_is_told_in_two_figures(seconds: float, text: str) -> None:
    EndOfDayRunFactory(done=True, finished_at=BEGAN + timedelta(seconds=seconds))

    night = last_night()

    assert night is not None and night.seconds == text


def test_every_count_of_the_night_has_its_words() -> None:
    business_date.move_to(MONDAY)
    returned = {name for step in STEPS for name in step.function(1, 2, MONDAY)}
    of_policies = {f"policies_{done}" for done in ("capitalised", "warned", "notified", "cured", "lapsed", "released")}

    assert {"rates_changed", "lines_closed", "portfolio_days", "write_offs_told", "requests_expired"} <= returned
    assert returned | of_policies <= queries.COUNT_LABELS.keys()
