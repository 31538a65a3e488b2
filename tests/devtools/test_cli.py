"""What each command of ./dev starts, with nothing really started."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devtools import cli
from devtools.home import Home, Stop
from devtools.mutation.exchange import KILLED, SURVIVED, Answer, Found, answer_to


class Started(list[list[str]]):
    """The commands that would have been run, and the codes they end with, by a word in them."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.settings: list[dict[str, str]] = []

    def __call__(self, command: list[str], settings: dict[str, str], *, folder: Path | None = None) -> int:
        self.append([word for word in command if not word.endswith("/python")])
        self.settings.append(settings)
        return next((code for word, code in self.codes.items() if word in command), 0)


@contextmanager
def servers(**_how: Any) -> Iterator[SimpleNamespace]:
    yield SimpleNamespace(environment={"DATABASE_URL": "a-database"})


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Started:
    found = Started()
    monkeypatch.setattr(cli, "run", found)
    monkeypatch.setattr(cli, "throw_away_services", servers)
    monkeypatch.setattr(cli.environment, "ensure", lambda: None)
    monkeypatch.setattr(cli, "lay_out", lambda _folder, *, check: [])
    monkeypatch.setattr(cli.test_database, "prepared", lambda _home: tmp_path)
    monkeypatch.setenv("LOANDESK_HOME", str(tmp_path / "home"))
    return found


def test_help_names_every_command_and_an_unknown_one_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == cli.main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(
        f"./dev {name}" in told for name in ("up", "test", "mutate", "manage", "lint", "messages", "bench", "reset")
    )
    assert cli.main(["tset"]) == 2


def test_a_reason_to_stop_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_arguments: list[str]) -> int:
        raise Stop("the port is taken")

    monkeypatch.setattr(cli, "lint", stop)

    assert cli.main(["lint"]) == 1
    assert capsys.readouterr().err.strip() == "the port is taken"


def test_every_check_is_made_even_when_one_fails(started: Started, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint"]) == 0
    assert "All clean." in capsys.readouterr().out
    started.clear()
    started.codes = {"check": 1, "mypy": 2}

    assert cli.main(["lint"]) == 1

    assert len(started) == 4
    assert "Not clean: ruff check, mypy\n" in capsys.readouterr().out


def test_what_fails_is_told_with_the_command_that_mends_it(
    started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "lay_out", lambda _folder, *, check: ["templates/page.html is not laid out"])
    monkeypatch.setattr(cli.environment, "folder", lambda: cli.REPOSITORY / ".venv")
    started.codes = {"check": 1, "format": 1, "mypy": 1}

    assert cli.main(["lint"]) == 1

    said = capsys.readouterr().out
    assert "templates/page.html is not laid out\n" in said
    told = said[said.index("Not clean") :].splitlines()
    assert told == [
        "Not clean: ruff check, ruff format, mypy, templates",
        "  ruff check   mend: .venv/bin/ruff check --fix .   (the rest by hand)",
        "  ruff format  mend: .venv/bin/ruff format .",
        "  mypy         mend: by hand, as told above",
        "  templates    mend: ./dev templates   (lines that are still too long by hand)",
    ]


def test_a_word_too_much_stops_the_checks(started: Started) -> None:
    assert cli.main(["lint", "loans"]) == 1
    assert started == []


def test_the_whole_suite_runs_in_workers_and_a_part_of_it_in_one_process(started: Started) -> None:
    cli.main(["test"])
    cli.main(["test", "tests/core", "-x"])
    cli.main(["test", "--pdb"])

    whole, part, debugged = started
    assert whole[:4] == ["-m", "pytest", "--reuse-db", "-n"]
    assert part == ["-m", "pytest", "--reuse-db", "tests/core", "-x"]
    assert debugged == ["-m", "pytest", "--reuse-db", "--pdb"]
    assert started.settings[0]["DJANGO_SETTINGS_MODULE"] == "config.testing"
    assert started.settings[0]["TEST_DATABASE_TEMPLATE"] == "test_loandesk"
    assert "COVERAGE_PROCESS_START" not in started.settings[0]


def test_what_tests_compile_is_kept_whatever_the_shell_says(
    started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("LOANDESK_HOME", str(tmp_path))

    cli.main(["test", "tests/core"])

    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    assert kept.items() <= started.settings[0].items()


def test_without_a_kept_database_pytest_makes_its_own(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.test_database, "prepared", lambda _home: None)

    assert cli.main(["test", "tests/core"]) == 0

    assert "TEST_DATABASE_TEMPLATE" not in started.settings[0]


def test_a_command_of_django_is_handed_on_with_its_words_and_its_code(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "services", lambda _home: servers())
    looked_at: list[object] = []
    monkeypatch.setattr(cli, "refuse_tables_of_another_version", looked_at.append)
    started.codes = {"close_day": 4}

    assert cli.main(["manage", "close_day", "--until", "2026-06-17"]) == 4

    assert started == [[str(cli.REPOSITORY / "manage.py"), "close_day", "--until", "2026-06-17"]]
    assert started.settings == [{"DATABASE_URL": "a-database"}] and len(looked_at) == 1


def test_a_mistyped_path_is_named_before_a_database_is_prepared(
    started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared: list[Home] = []
    monkeypatch.setattr(cli.test_database, "prepared", prepared.append)

    assert cli.main(["test", "tests/core", "tests/cor"]) == 1

    assert "There is no tests/cor in" in capsys.readouterr().err
    assert (started, prepared) == ([], [])


def test_measured_tests_are_told_where_the_rules_are_and_keep_what_they_measured(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def measuring(_python: list[str]) -> Iterator[dict[str, str]]:
        yield {"COVERAGE_PROCESS_START": "rules"}

    monkeypatch.setattr(cli, "measured", measuring)

    cli.main(["test", "--coverage", "tests/core"])

    assert started == [["-m", "pytest", "--reuse-db", "-p", "devtools.measuring.saving", "tests/core"]]
    assert started.settings[0]["COVERAGE_PROCESS_START"] == "rules"


def test_a_benchmark_is_asked_for_by_name(started: Started, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "no-such"]) == cli.main(["bench"]) == 1
    assert "repayments" in capsys.readouterr().err
    assert started == []


def test_a_benchmark_on_a_database_migrates_it_first_and_is_not_begun_when_that_fails(started: Started) -> None:
    assert cli.main(["bench", "repayments", "--loans", "5"]) == 0
    assert started[0][-3:] == ["migrate", "--verbosity", "0"]
    assert started[1] == ["-m", "benchmarks.repayments", "--loans", "5"]
    started.clear()
    started.codes = {"migrate": 3}

    assert cli.main(["bench", "repayments"]) == 3
    assert len(started) == 1


def test_a_benchmark_without_a_database_gets_its_libraries(
    started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli.bench_libraries, "ensured", lambda _home: tmp_path)

    cli.main(["bench", "schedules"])

    assert started == [["-m", "benchmarks.schedules"]]
    assert started.settings[0]["LOANDESK_BENCH_LIBRARIES"] == str(tmp_path)


def test_sentences_are_compiled_after_they_were_gathered(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.shutil, "which", lambda name: f"/usr/bin/{name}")

    assert cli.main(["messages"]) == 0
    assert [words[2] if words[0] == "-m" else words[0] for words in started] == ["makemessages", "msgfmt"]
    started.clear()
    started.codes = {"makemessages": 4}
    assert cli.main(["messages"]) == 4
    assert len(started) == 1


def test_without_gettext_nothing_is_gathered(
    started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli.shutil, "which", lambda _name: None)

    assert cli.main(["messages"]) == 1
    assert "gettext" in capsys.readouterr().err
    assert started == []


def test_reset_removes_a_data_folder_and_nothing_else(
    started: Started, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path / "home")
    assert cli.main(["reset"]) == 0
    assert "There is nothing" in capsys.readouterr().out

    home.root.mkdir()
    (home.root / "letters").touch()
    assert cli.main(["reset"]) == 1
    assert "does not look like a data folder" in capsys.readouterr().err and home.root.exists()

    home.make()
    (home.run / "doorway").touch()
    assert cli.main(["reset"]) == 0
    assert not home.root.exists() and not home.sockets.exists()


@pytest.mark.parametrize(("became", "code"), [(KILLED, 0), (SURVIVED, 1)])
def test_mutants_that_survive_end_it_with_one(
    started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], became: str, code: int
) -> None:
    def warm(command: list[str], settings: dict[str, str], *, folder: Path | None = None) -> int:
        assert (settings["HYPOTHESIS_PROFILE"], settings["DJANGO_SETTINGS_MODULE"]) == ("mutation", "config.testing")
        found = Found("loans.account.arrears", "arrears", "min → max", 42, became, 3, 3)
        Answer([found], []).write(answer_to(Path(command[-1])))
        return 0

    monkeypatch.setattr(cli, "run", warm)

    assert cli.main(["mutate", "loans.account.arrears", "--json"]) == code

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["modules"]["loans.account.arrears"][became] == 1
    assert last["below"] == (["loans.account.arrears"] if code else [])
