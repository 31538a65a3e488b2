"""Pages that may be a little behind are read from a replica, and from the primary when it is not to be had."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import RequestFactory

from core import replica
from devtools import servers, sizing
from devtools.home import Home
from devtools.servers import FOR_TESTS, Postgres
from staff.models import User
from tests.places import ROOT


class Standby(Postgres):
    """A streaming replica of another embedded server."""

    def __init__(self, home: Home, primary: Postgres) -> None:
        super().__init__(home)
        self.primary = primary

    def prepare(self) -> None:
        self._hand_over(self.home.sockets)
        copying = ["pg_basebackup", "-D", str(self.home.postgres), "-h", str(self.primary.home.sockets)]
        self._call(
            [servers.postgres_program(copying[0]), *copying[1:], "-U", servers.NAME, "-R", "-c", "fast", "--no-sync"]
        )
        self.home.postgres.chmod(0o700)

    def say(self, command: str) -> None:
        assert self.ask(f"SELECT {command}()") == [""]


def manage(environment: dict[str, str], *command: str) -> None:
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, capture_output=True)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, str], Standby]]:
    """The environment of a primary with all tables and its replica, and the replica."""
    monkeypatch.setattr(sizing, "of_this_machine", lambda folder: FOR_TESTS)
    one, other = Home(tmp_path / "primary"), Home(tmp_path / "standby")
    one.make(), other.make()
    primary = Postgres(one)
    standby = Standby(other, primary)
    environment = os.environ | {
        "DATABASE_URL": primary.url, "DJANGO_SETTINGS_MODULE": "config.testing",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "collections")]),
    }  # fmt: skip
    try:
        primary.ensure()
        manage(environment, "manage.py", "migrate", "--verbosity", "0")
        standby.ensure()
        yield environment | {"DATABASE_REPLICA_URL": standby.url, "DATABASE_REPLICA_LAG_SECONDS": "0"}, standby
    finally:
        standby.stop(), primary.stop()


@pytest.mark.long
def test_pages_are_read_from_a_real_replica_while_it_keeps_up(two: tuple[dict[str, str], Standby]) -> None:
    environment, standby = two
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.core.replica_pages"],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    doings = {
        "pause": lambda: standby.say("pg_wal_replay_pause"),
        "resume": lambda: standby.say("pg_wal_replay_resume"),
        "stop": standby.stop,
        "done": lambda: None,
    }
    told = []
    for line in process.stdout:
        told.append(line.strip())
        doings[told[-1]]()
        process.stdin.write("\n")
        process.stdin.flush()
    _out, error = process.communicate()

    assert told == list(doings), error
    assert process.returncode == 0, error


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("get", "/app/", True),
        ("get", "/app/books/accounts/1201/", True),
        ("get", "/app/audit/", True),
        ("get", "/admin/loans/loan/", True),
        ("get", "/app/loans/LN-2026-000001/books.csv", True),
        ("get", "/app/loans/LN-2026-000001", False),
        ("get", "/api/v1/loans", False),
        ("get", "/app/workbench", False),
        ("post", "/app/books/closing/close", False),
        ("head", "/app/books/", False),
    ],
)
def test_only_what_may_be_behind_is(method: str, path: str, may: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    request = getattr(RequestFactory(), method)(path)
    assert not replica._may_be_behind(request)  # there is no replica here

    monkeypatch.setitem(connections.databases, replica.ALIAS, {})

    assert replica._may_be_behind(request) is may


@pytest.mark.django_db
def test_without_a_replica_nothing_is_said_and_the_primary_is_read() -> None:
    request = RequestFactory().get("/app/books/")

    assert replica.alias() == "default"
    assert replica.for_pages(request) == {"replica_lag": None}
    assert replica.for_admin(request) is None


def test_who_somebody_is_is_read_from_the_primary() -> None:
    with replica.reading(1.0):
        assert {replica.Router().db_for_read(model) for model in (Session, User)} == {"default"}
        assert replica.Router().db_for_write(User) == "default"
        assert str(replica.lag_shown()) == "Read from the replica, 1 second behind."
    assert not replica.Router().allow_migrate("replica", "loans")
