"""The embedded servers for real: shared by several runs, and started again after everything was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devtools import test_database
from devtools.cli import main
from devtools.embedded import Services, alone, services, sweep, throw_away_services
from devtools.home import Home, Stop
from devtools.known_tables import refuse_tables_of_another_version
from devtools.processes import Known, wait_until
from devtools.servers import Valkey

pytestmark = pytest.mark.machine


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path / "home")


@pytest.fixture
def stranger() -> Iterator[int]:
    """A living process that has nothing to do with us."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield child.pid
    child.kill()
    child.wait()


def ask(found: Services, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(found.environment["DATABASE_URL"], autocommit=True) as connection:
        answer = connection.execute(question)
        return answer.fetchall() if answer.description else []


def pids(found: Services) -> list[int]:
    return [server.process.pid for server in found.servers if server.process]


def test_the_last_run_to_leave_stops_the_servers(home: Home) -> None:
    with services(home) as first:
        with services(home) as second:
            assert pids(second) == pids(first)
        assert all(server.alive() for server in first.servers)
        with pytest.raises(Stop, match="still uses"), alone(home):
            pass
    assert not any(server.alive() for server in first.servers)
    assert not home.sockets.exists()


def test_after_everything_was_killed_the_data_is_there_again(home: Home, stranger: int) -> None:
    with services(home) as before:
        ask(before, "CREATE TABLE kept AS SELECT 42 AS answer")
        for pid in pids(before):
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: not any(server.alive() for server in before.servers), seconds=10)
        # The note of the killed server now carries the number of somebody else.
        note = home.postgres / "postmaster.pid"
        note.write_text("\n".join([str(stranger), *note.read_text().splitlines()[1:]]))
        assert sorted(before.supervise()) == ["PostgreSQL", "Valkey"]
        assert ask(before, "SELECT answer FROM kept") == [(42,)]
    os.kill(stranger, 0)  # and nobody touched it


def test_servers_of_ones_own_are_used_as_they_are(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"DATABASE_URL": "postgresql://elsewhere/loans", "REDIS_URL": "redis://elsewhere:6379/3"}
    for name, address in given.items():
        monkeypatch.setenv(name, address)

    with services(home) as found:
        assert {name: found.environment[name] for name in given} == given
        assert found.servers == [] and not home.postgres.exists()


def test_a_server_that_does_not_start_is_told_with_the_end_of_its_log(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devtools.servers.time.sleep", lambda _seconds: None)  # between its three attempts
    home.make()
    home.postgres.mkdir(mode=0o700)
    (home.postgres / "loandesk-ready").touch()  # as if it had been made, and nothing is in it

    with (
        pytest.raises(Stop, match=r"(?s)PostgreSQL did not start\. Its log .*(PG_VERSION|postgresql\.conf)"),
        services(home),
    ):
        pass

    assert not home.sockets.exists()


def test_a_machine_without_a_valkey_is_told_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtools.servers.environment.packages", lambda: tmp_path)

    with pytest.raises(Stop, match="Set REDIS_URL"):
        Valkey(Home(tmp_path)).command()


def killed_run(root: Path) -> list[int]:
    """What SIGKILL does to a run: its locks fall, its servers stay; their numbers."""
    script = (
        "import os, signal, sys; from pathlib import Path; from devtools.home import Home;"
        "from devtools.embedded import services\n"
        "with services(Home(Path(sys.argv[1]))) as found:\n"
        "    print(*[server.process.pid for server in found.servers], flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(root)], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    return [int(pid) for pid in killed.stdout.split()]


def test_throw_away_servers_of_a_killed_run_are_swept_away(home: Home, tmp_path: Path) -> None:
    left = tmp_path / "ld-test-left"
    in_use = Home(tmp_path / "ld-test-in-use")
    numbers = [Known.of(pid) for pid in killed_run(left)]
    assert all(process.alive() for process in numbers)
    with services(in_use):
        assert sweep(tmp_path) == 1
        assert in_use.root.exists()
    assert not left.exists()
    assert not any(process.alive() for process in numbers)


def test_servers_left_running_by_a_killed_run_are_used_again(home: Home) -> None:
    numbers = killed_run(home.root)
    with services(home) as found:
        assert pids(found) == numbers
    assert not any(server.alive() for server in found.servers)


@pytest.mark.parametrize("command", [["up", "--port", "0"], ["manage", "check"]])
def test_a_data_folder_of_another_version_is_refused_by_name(
    command: list[str], home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOANDESK_HOME", str(home.root))
    with services(home) as found:
        ask(found, "CREATE TABLE django_migrations (app text, name text)")
        ask(found, "INSERT INTO django_migrations VALUES ('loans', '0001_tables'), ('collections', '0001_initial')")
        ask(found, "INSERT INTO django_migrations VALUES ('loans', '0001_initial'), ('axes', '0000_folded')")

        assert main(command) == 1
        said = capfd.readouterr().err
        rows = ask(found, "SELECT count(*) FROM django_migrations")
        tables = ask(found, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")

    assert f"The database in {home.root} was made by another version" in said
    assert "(collections.0001_initial, loans.0001_initial)" in said and "./dev reset" in said
    assert (rows, tables) == ([(4,)], [(1,)])


def test_tables_of_this_version_and_a_database_without_tables_are_worked_on(home: Home) -> None:
    with services(home) as found:
        refuse_tables_of_another_version(found)
        ask(found, "CREATE TABLE django_migrations AS SELECT 'loans' AS app, '0001_tables' AS name")
        refuse_tables_of_another_version(found)
        ask(found, "INSERT INTO django_migrations VALUES ('loans', '9999_of_tomorrow')")
        with pytest.raises(Stop, match=r"loans\.9999_of_tomorrow"):
            refuse_tables_of_another_version(found)


# --- the database of the tests ----------------------------------------------------------------------------------------
MAKES_A_TABLE = (
    "import os, psycopg\n"
    "with psycopg.connect(os.environ['DATABASE_URL']) as line: line.execute('CREATE TABLE made AS SELECT 42 AS answer')"
)
FAILS = "raise SystemExit(3)"


def test_the_kept_database_is_made_once_and_copied_by_each_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    older = [home.root / "test-databases" / f"older-{number}" for number in range(test_database.KEPT)]
    for number, folder in enumerate(older):
        folder.mkdir(parents=True)
        os.utime(folder, (number, number))
    monkeypatch.setattr(test_database, "CREATE", MAKES_A_TABLE)

    made = test_database.prepared(home)
    monkeypatch.setattr(test_database, "CREATE", FAILS)

    assert made is not None and test_database.prepared(home) == made
    assert [folder.exists() for folder in older] == [False, *[True] * (test_database.KEPT - 1)]
    with throw_away_services(database=made) as found:
        assert ask(found, "UPDATE made SET answer = 0 RETURNING answer") == [(0,)]
    assert not found.home.root.exists() and not found.home.sockets.exists()
    with throw_away_services(database=made) as found:
        assert ask(found, "SELECT answer FROM made") == [(42,)]


def test_a_database_that_cannot_be_made_leaves_nothing_behind(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_database, "CREATE", FAILS)

    assert test_database.prepared(home) is None
    assert list((home.root / "test-databases").iterdir()) == []
