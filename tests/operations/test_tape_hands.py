"""The hands of a replay: each borrower keeps to one of them, and one that fails or ends stops the replay by name."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest

from operations.tape.living import Event, HandFailed, Hands, Kind, OwnHands, crew_for, serve
from operations.tape.profiles import PROFILES

PROFILE = PROFILES["repeat-loans"]
MORNING = datetime(2020, 3, 2, 10, tzinfo=UTC)
# Stand-ins for `live_tape_events`, with what it says over the pipe: an empty text for each event, or an error.
TIDY = "import json, sys\nfor line in sys.stdin:\n    for event in json.loads(line): print(json.dumps(''), flush=True)"
FAILING = "import sys\nsys.stdin.readline()\nprint('\"ValueError: no such loan\"', flush=True)\nsys.stdin.read()"
ENDING = "import sys\nsys.stdin.readline()"
Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def begin(program: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def events(count: int) -> list[Event]:
    return [Event(MORNING, number, number, f"borrower {number % 7}", Kind.LENT) for number in range(1, count + 1)]


def test_every_event_is_told_once_it_was_lived(start: Start) -> None:
    told: list[None] = []

    Hands([start(TIDY), start(TIDY)]).live(events(20), lambda: told.append(None))

    assert len(told) == 20


@pytest.mark.parametrize(
    ("program", "error"), [(FAILING, "ValueError: no such loan"), (ENDING, "a helping process has ended")]
)
def test_a_hand_that_fails_stops_the_replay_with_its_reason(program: str, error: str, start: Start) -> None:
    with pytest.raises(HandFailed, match=error):
        Hands([start(program)]).live(events(2), lambda: None)


def test_a_hand_that_is_gone_is_noticed_when_it_is_given_work(start: Start) -> None:
    gone = start("")
    gone.wait()

    with pytest.raises(HandFailed, match="a helping process has ended"):
        Hands([gone]).live(events(2), lambda: None)


def test_little_work_is_done_without_help() -> None:
    with crew_for(PROFILE, events=10) as crew:
        assert isinstance(crew, OwnHands)


@pytest.fixture
def _garbage_as_before() -> Iterator[None]:
    """A hand sets its collector for a process of its own."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.django_db
@pytest.mark.usefixtures("_garbage_as_before")
def test_a_hand_says_what_went_wrong_before_it_ends() -> None:
    said = StringIO()

    with pytest.raises(AssertionError):
        serve(PROFILE, StringIO(json.dumps([[0, Kind.LENT]]) + "\n"), said)

    assert json.loads(said.getvalue()).startswith("AssertionError")
