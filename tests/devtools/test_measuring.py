"""`./dev test --coverage`: every process is measured, and rooms are added up by app, in lending by wing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.measuring.rooms import measured, room_of, table

RATE = """
def rate(days: int) -> int:
    if days > 30:
        return 7
    return 3
"""


def test_what_processes_run_together_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").touch()
    (tmp_path / "core" / "rates.py").write_text(RATE)

    with measured([sys.executable], tmp_path) as settings:
        for days in (31, 3):
            told = f"import sys; sys.path.insert(0, '.'); from core.rates import rate; rate({days})"
            subprocess.run([sys.executable, "-c", told], cwd=tmp_path, env={**os.environ, **settings}, check=True)

    (core,) = (line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("core"))
    assert core == ["core", "4", "0", "2", "0", "100.0"]


def test_what_only_one_process_runs_leaves_a_branch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "rates.py").write_text(RATE)

    with measured([sys.executable], tmp_path) as settings:
        told = "import sys; sys.path.insert(0, '.'); from core.rates import rate; rate(31)"
        subprocess.run([sys.executable, "-c", told], cwd=tmp_path, env={**os.environ, **settings}, check=True)

    (core,) = (line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("core"))
    assert core == ["core", "4", "1", "2", "1", "66.7"]


def summary(lines: int, run: int, branches: int, taken: int) -> dict[str, dict[str, int]]:
    counts = {"num_statements": lines, "covered_lines": run, "num_branches": branches, "covered_branches": taken}
    return {"summary": counts}


def test_rooms_are_added_up() -> None:
    files = {
        "core/money.py": summary(6, 6, 2, 2),
        "core/dates.py": summary(10, 8, 2, 0),
        "loans/rates/apr.py": summary(3, 0, 0, 0),
    }

    _head, *rows = (line.split() for line in table({"files": files}))

    assert rows == [
        ["core", "16", "2", "4", "2", "80.0"],
        ["loans/rates", "3", "3", "0", "0", "0.0"],
        ["all", "19", "5", "4", "2", "69.6"],
    ]


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("core/money.py", "core"),
        ("risk/policy/policy.py", "risk"),
        ("loans/account/changes/base.py", "loans/account"),
        ("loans/apps.py", "loans"),
        ("collections/debt_collections/models.py", "debt_collections"),
    ],
)
def test_a_room_is_an_app_and_in_lending_a_wing(path: str, room: str) -> None:
    assert room_of(Path(path)) == room_of(Path("/house") / path, Path("/house")) == room
