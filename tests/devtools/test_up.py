"""`./dev up` for real: from a data folder to pages, what falls is started again, and Ctrl-C ends everything."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devtools import test_database, up
from devtools.cli import main
from devtools.embedded import Services, services
from devtools.home import REPOSITORY, SECRETS, Home, Stop, home_from_environment
from devtools.processes import Known, wait_until
from devtools.up import answers, prepare

OF_THE_TESTS = {*SECRETS, "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "HTTPS", "LOG_LEVEL"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A data folder whose tables are made: making them would be most of what a first start does."""
    kept = test_database.prepared(home_from_environment())
    assert kept is not None
    for name in OF_THE_TESTS:
        monkeypatch.delenv(name, raising=False)
    made = Home(tmp_path / "home")
    monkeypatch.setenv("LOANDESK_HOME", str(made.root))
    made.make()
    shutil.copytree(kept, made.postgres, copy_function=shutil.copy)
    with services(made), psycopg.connect(f"host={made.sockets} user=loandesk dbname=postgres", autocommit=True) as line:
        line.execute("DROP DATABASE loandesk")
        line.execute(f"ALTER DATABASE {test_database.NAME} RENAME TO loandesk")
    return made


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A `./dev up` in a process of its own, of which each line can be waited for."""

    def __init__(self, port: int) -> None:
        self.command = [sys.executable, str(REPOSITORY / "dev"), "up", "--empty", "--port", str(port)]
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )

    def until(self, text: str) -> str:
        """What it says, up to the line with this text."""
        said = ""
        for line in self.process.stdout or ():
            said += line
            if text in line:
                return said
        raise AssertionError(f"It ended before it said {text!r}:\n{said}")

    def ended(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGINT)
        said, _nothing = self.process.communicate()
        return self.process.returncode, said


@pytest.fixture
def running(home: Home, port: int) -> Iterator[Running]:
    started = Running(port)
    yield started
    if started.process.poll() is None:
        started.ended()


def server(home: Home, name: str) -> Known:
    found = home.note(f"run/{name}")
    return Known(int(found["pid"]), str(found["started"]))


def everything(home: Home) -> list[Known]:
    """The web server, the worker, beat, and the two servers."""
    programs = [Known(pid, started) for pid, started in home.note("run/up")["programs"]]
    return [*programs, server(home, "valkey"), server(home, "postgresql")]


@pytest.mark.machine
@pytest.mark.long
def test_it_answers_starts_again_what_falls_and_leaves_nothing_behind(home: Home, port: int, running: Running) -> None:
    """One way through on purpose: a start costs more than all its steps."""
    said = running.until("Ctrl-C ends it.")
    assert f"Loandesk answers on http://127.0.0.1:{port}/" in said and answers(f"http://127.0.0.1:{port}/healthz")
    assert f"http://127.0.0.1:{port}/welcome/?token=" in said
    assert "PostgreSQL (embedded), Redis (embedded Valkey)" in said

    second = subprocess.run(running.command, capture_output=True, text=True)
    assert (
        second.returncode == 1 and f"Loandesk already runs from {home.root}: http://127.0.0.1:{port}/" in second.stderr
    )
    assert main(["reset"]) == 1 and home.root.exists()

    assert [process.alive() for process in everything(home)] == [True] * 5
    everything(home)[2].signal(signal.SIGKILL)
    assert "beat ended with code -9; starting it again in 1 s" in running.until("beat started again")

    server(home, "valkey").signal(signal.SIGKILL)
    running.until("Valkey had stopped and was started again.")
    assert wait_until(lambda: all(process.alive() for process in everything(home)), seconds=60)

    left = everything(home)
    code, said = running.ended()
    assert code == 0 and said.endswith("Ending everything …\n")
    assert not any(process.alive() for process in left)
    assert not (home.root / "run/up.json").exists() and not home.sockets.exists()


# --- what a start does before the web server --------------------------------------------------------------------------
@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of manage.py: a program that notes what it was asked for, and does as if. Fails when told by FAIL."""
    notes, script = tmp_path / "done", tmp_path / "manage.py"
    script.write_text(
        "import os, pathlib, sys\n"
        f"with open({str(notes)!r}, 'a') as notes: print(sys.argv[1], file=notes)\n"
        "if sys.argv[1] == 'collectstatic': pathlib.Path(os.environ['STATIC_ROOT'], 'staticfiles.json').touch()\n"
        "sys.exit(3 if os.environ.get('FAIL') == sys.argv[1] else 0)\n"
    )
    monkeypatch.setattr(up, "MANAGE", str(script))
    return notes


def prepared(home: Home, *, demo: bool, **settings: str) -> None:
    settings |= {"DATABASE_URL": "postgresql://here", "STATIC_ROOT": str(home.static), "PATH": os.environ["PATH"]}
    prepare(Services(home, settings), demo=demo)


def test_tables_are_looked_at_each_time_static_files_and_the_demo_once(tmp_path: Path, done: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()

    prepared(home, demo=False)
    prepared(home, demo=True)
    prepared(home, demo=True)

    assert done.read_text().split() == ["migrate", "collectstatic", "migrate", "load_demo", "migrate"]
    home.sockets.rmdir()


def test_a_step_that_fails_stops_the_start_and_is_done_again_by_the_next(tmp_path: Path, done: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()

    with pytest.raises(Stop, match="manage load_demo ended with code 3"):
        prepared(home, demo=True, FAIL="load_demo")
    prepared(home, demo=True)

    assert done.read_text().split() == ["migrate", "collectstatic", "load_demo", "migrate", "load_demo"]
    home.sockets.rmdir()


def test_where_nobody_answers_there_is_no_answer(port: int) -> None:
    assert not answers(f"http://127.0.0.1:{port}/healthz")


def test_a_wait_for_what_never_comes_ends() -> None:
    assert not wait_until(lambda: False, seconds=0, step=0)
