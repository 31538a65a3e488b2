"""A mistyped path is named before anything is prepared; what is no path is left to pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools.home import Stop
from devtools.pytest_arguments import refuse_what_is_not_there, workers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tests" / "core").mkdir(parents=True)
    (tmp_path / "tests" / "core" / "test_money.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["tests/cor"],
        ["-x", "tests/cor"],
        ["-q", "--lf", "tests/core", "tests/cor"],
        ["-n4", "--maxfail=1", "tests/cor::test_money"],
        ["-k", "money", "tests/cor"],
    ],
)
def test_the_path_that_is_not_there_is_named(arguments: list[str], folder: Path) -> None:
    with pytest.raises(Stop, match=rf"There is no tests/cor(::test_money)? in {folder}; no test was run"):
        refuse_what_is_not_there(arguments, folder)


def test_all_that_are_not_there_are_named(folder: Path) -> None:
    with pytest.raises(Stop, match="no tests/loan and no tests/ledgr"):
        refuse_what_is_not_there(["tests/loan", "tests/core", "tests/ledgr"], folder)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["tests/core", "tests/core/test_money.py::test_sums", "-q"],
        ["-k", "money and not dates", "-m", "browser", "-n", "2"],
        ["--ignore", "tests/old", "--junit-xml", "out/report.xml", "--durations", "10"],
        ["@chosen.txt"],
    ],
)
def test_what_is_there_and_what_belongs_to_an_option_is_left_to_pytest(arguments: list[str], folder: Path) -> None:
    refuse_what_is_not_there(arguments, folder)


@pytest.mark.parametrize(("arguments", "parallel"), [([], True), (["tests/core"], False), (["-n", "2"], False)])
def test_workers_are_for_the_whole_suite(arguments: list[str], parallel: bool, folder: Path) -> None:
    assert (workers(arguments, folder)[:1] == ["-n"]) is parallel
