"""What a benchmark measures beside is installed once, apart from the environment, and missed aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools import bench_libraries, environment
from devtools.home import Home

BENCH = {"amortization", "pyloan", "mortgage", "numpy-financial", "pyxirr"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, list[str]]]:
    calls: list[tuple[Path, list[str]]] = []

    def install(target: Path, wanted: list[str]) -> str:
        calls.append((target, wanted))
        return ""

    monkeypatch.setattr(environment, "install_into", install)
    return calls


def test_the_libraries_are_installed_once_into_the_data_folder(
    tmp_path: Path, asked: list[tuple[Path, list[str]]]
) -> None:
    folders = {bench_libraries.ensured(Home(tmp_path)) for _time in range(2)}

    ((target, wanted),) = asked
    assert folders == {target} == {tmp_path / "bench-libraries"}
    assert {name.partition("==")[0] for name in wanted} == BENCH


def test_another_list_is_installed_afresh(tmp_path: Path, asked: list[tuple[Path, list[str]]]) -> None:
    folder = bench_libraries.ensured(Home(tmp_path))
    (folder / "installed").write_text("an earlier list")
    (folder / "left_over.py").touch()

    bench_libraries.ensured(Home(tmp_path))

    assert len(asked) == 2
    assert not (folder / "left_over.py").exists()


def test_a_failure_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "install_into", lambda _target, _wanted: "no registry")
    folder = bench_libraries.ensured(Home(tmp_path))

    assert not (folder / "installed").exists()
    said = capsys.readouterr().err
    assert "no registry" in said and "could not be installed" in said and "pyloan" in said
