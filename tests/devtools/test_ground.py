"""The parts of ./dev that can be known without starting a server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import processes, test_database, up
from devtools.cli import main
from devtools.home import SECRETS, Home, Stop
from devtools.processes import Known, command_of, end, started_at, tail
from devtools.programs import Program, end_leftovers, pause_before, remember
from devtools.up import check_port, fingerprint, only_run, run_manage, static_folders


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    yield made
    made.sockets.rmdir()


def sleeper(home: Home, name: str = "web") -> Program:
    return Program(name, [sys.executable, "-c", "import time; time.sleep(600)"], dict(os.environ), home)


def test_secrets_are_made_once_and_kept_private(home: Home) -> None:
    first = home.secrets()
    assert set(first) == set(SECRETS)
    assert home.secrets() == first
    assert (home.root / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_damaged_file_of_secrets_stops_the_start_instead_of_locking_the_data(home: Home) -> None:
    (home.root / "secrets.json").write_text("{")
    with pytest.raises(Stop, match="keys of the stored data"):
        home.secrets()


def test_socket_paths_stay_short_however_deep_the_data_lies(tmp_path: Path) -> None:
    deep = Home(tmp_path / ("folder-" * 20))
    assert len(str(deep.sockets / ".s.PGSQL.5432.lock")) < 100


def test_two_data_folders_have_two_socket_folders() -> None:
    assert Home(Path("/one")).sockets != Home(Path("/two")).sockets


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Stop, match=rf"Port {port} cannot be used.*\n.*--port {port + 1}"):
            check_port(port)


def test_one_data_folder_has_one_run(home: Home) -> None:
    with only_run(home), pytest.raises(Stop, match="already runs"), only_run(home):
        pass


def test_a_process_is_known_by_number_and_start_time() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    process = Known.of(child.pid)
    assert process.alive()
    assert not Known(child.pid, "another time").alive()
    child.kill()
    child.wait()
    assert not process.alive()


def test_a_process_that_will_not_listen_is_ended_anyway() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    end(Known.of(child.pid), seconds=0.2)
    assert child.wait() == -9


@pytest.mark.skipif(not shutil.which("ps"), reason="there is no ps on this machine")
def test_without_a_folder_of_processes_ps_knows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PROC", tmp_path)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    process = Known.of(child.pid)

    assert process.alive() and "time.sleep(600)" in command_of(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken note: a zombie
    assert not process.alive()
    child.wait()
    assert (started_at(child.pid), command_of(child.pid)) == ("", "")


def test_a_log_that_is_not_there_ends_with_nothing(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    assert tail(log) == ""
    log.write_text("one\ntwo\nthree\n")
    assert tail(log, 2) == "two\nthree"


def test_a_number_without_a_process_has_no_start_time() -> None:
    assert started_at(2**22 + 1) == ""


def test_programs_of_a_killed_run_are_ended_by_the_next(home: Home) -> None:
    left = sleeper(home)
    left.start()
    remember(home, [left], port=8000)
    assert end_leftovers(home) == 1
    assert not left.running()
    assert end_leftovers(home) == 0


def test_a_program_that_falls_is_started_again_after_a_pause(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtools.programs.pause_before", lambda falls: 0.0)
    program = sleeper(home, "worker")
    program.start()
    first = program.pid
    end(Known.of(first), seconds=5)
    assert "worker ended with code -15" in program.supervise()
    assert program.supervise() == "worker started again"
    assert program.running()
    assert program.pid != first
    assert program.supervise() == ""
    program.finish()
    assert not program.running()


def test_pauses_grow_to_half_a_minute() -> None:
    assert [pause_before(falls) for falls in (1, 2, 3, 4, 5, 6, 20)] == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize("ending", ["os.kill(os.getpid(), signal.SIGINT)", "sys.exit(130)"])
def test_a_command_ended_by_ctrl_c_ends_the_run_as_well(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "manage.py"
    script.write_text(f"import os, signal, sys\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n{ending}\n")
    monkeypatch.setattr(up, "MANAGE", str(script))
    monkeypatch.setattr(up.environment, "python", lambda: Path(sys.executable))
    with pytest.raises(KeyboardInterrupt):
        run_manage(dict(os.environ), "sign_ins")


def test_the_fingerprint_of_static_files_follows_their_content(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("body{}")
    before = fingerprint([tmp_path])
    assert fingerprint([tmp_path]) == before
    (tmp_path / "app.css").write_text("body{margin:0}")
    assert fingerprint([tmp_path]) != before


def test_what_was_collected_is_no_source_of_static_files(tmp_path: Path) -> None:
    for folder in ("static", "loans/static", "collections/cases/static", ".loandesk/static", ".venv/static"):
        (tmp_path / folder).mkdir(parents=True)

    found = {folder.relative_to(tmp_path).as_posix() for folder in static_folders(tmp_path)}

    assert found == {"static", "loans/static", "collections/cases/static"}


@pytest.mark.parametrize("made_from", ["migrations/0001_tables.py", "law/offers.sql", "seeds/rules.toml"])
def test_the_kept_test_database_belongs_to_what_it_is_made_from(
    made_from: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "loans" / made_from
    file.parent.mkdir(parents=True)
    file.write_text("first")
    monkeypatch.setattr("devtools.test_database.REPOSITORY", tmp_path)
    before = test_database.key()
    assert test_database.key() == before
    file.write_text("second")
    assert test_database.key() != before


def test_a_mistyped_reset_removes_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANDESK_HOME", str(home.root))

    assert main(["reset", "--help"]) == 1
    assert home.root.exists()
