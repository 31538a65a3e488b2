"""`./dev mutate` on a module of three functions: what is killed, what survives, what a person judged equivalent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devtools.home import REPOSITORY, Stop
from devtools.mutation.command import Wanted, ask, read_arguments, reported
from devtools.mutation.equivalents import read_equivalents, stale
from devtools.mutation.exchange import Answer
from devtools.mutation.modules import FIRST, chosen, pure_rooms
from devtools.mutation.mutants import QUESTION, instrumented, mutants_of, sample
from devtools.mutation.report import Report

TOLLS = '''
def toll(axles: int) -> int:
    """A lorry pays by axle, and none less than two."""
    if axles < 2:
        raise ValueError(f"{axles + 0} axles")
    return 7 * axles


def is_free(hour: int) -> bool:
    return hour >= 22


def nobody_asks(value: int) -> int:
    return value
'''
TESTS = """
import pytest
from tolls import is_free, toll

def test_a_lorry_pays_by_axle():
    assert [toll(2), toll(3)] == [14, 21]

def test_one_axle_is_no_lorry():
    with pytest.raises(ValueError):
        toll(1)

@pytest.mark.parametrize("hour", [6, 23])
def test_nights_are_free(hour):
    assert is_free(hour) == (hour > 20)
"""
SURVIVOR = ("tolls", "is_free", "hour >= 22 → hour > 22")


@pytest.fixture
def road(tmp_path: Path) -> Wanted:
    (tmp_path / "tolls.py").write_text(TOLLS)
    (tmp_path / "test_tolls.py").write_text(TESTS)
    return Wanted({"tolls": tmp_path / "tolls.py"}, mutants=60, seed=1, threshold=90.0, as_json=False)


def start(folder: Path) -> Callable[[Path], int]:
    """The warm process on a folder that has nothing to do with Loandesk."""
    path = os.pathsep.join([str(REPOSITORY), str(folder)])
    command = [sys.executable, "-m", "devtools.mutation.warm"]
    return lambda asked: (
        subprocess.run([*command, str(asked)], cwd=folder, env={**os.environ, "PYTHONPATH": path}).returncode
    )


def tried(road: Wanted, reasons: dict[tuple[str, str, str], str] | None = None) -> Report:
    return reported(road, answered(road), reasons or {})


def answered(road: Wanted) -> Answer:
    folder = road.modules["tolls"].parent
    alone = ["-p", "no:django", "-p", "no:xdist", "-p", "no:cacheprovider", "--capture=sys", "-qq", str(folder)]
    return ask(road, alone, start(folder))


def became(report: Report) -> dict[str, str]:
    return {
        f"{function}: {change}": outcome.became for outcome in report.outcomes for _, function, change in [outcome.key]
    }


def test_each_fault_is_killed_survives_or_is_reached_by_nobody(road: Wanted) -> None:
    report = tried(road)

    assert became(report) == {
        "toll: axles < 2 → axles <= 2": "killed",
        "toll: 2 → 3": "killed",
        "toll: 2 → 1": "killed",
        "toll: 7 * axles → 7 / axles": "killed",
        "toll: 7 * axles → None": "killed",
        "toll: 7 → 8": "killed",
        "toll: 7 → 6": "killed",
        "is_free: hour >= 22 → hour > 22": "survived",
        "is_free: hour >= 22 → None": "killed",
        "is_free: 22 → 23": "survived",
        "is_free: 22 → 21": "survived",
        "nobody_asks: value → None": "not reached",
    }
    (tally,) = report.tallies
    assert tally.counts == {"killed": 8, "survived": 3, "equivalent": 0, "not reached": 1}
    assert round(tally.per_cent or 0) == 67
    assert (report.below, report.ended) == (["tolls"], 1)
    assert "tolls.py:10 is_free: hour >= 22 → hour > 22" in "\n".join(report.lines())


def test_an_equivalent_one_is_no_fault_and_is_not_counted(road: Wanted) -> None:
    reasons = {(*SURVIVOR[:2], change): "for the test" for change in (SURVIVOR[2], "22 → 23", "22 → 21")}

    report = tried(road, reasons)

    (tally,) = report.tallies
    assert tally.counts == {"killed": 8, "survived": 0, "equivalent": 3, "not reached": 1}
    assert round(tally.per_cent or 0) == 89
    assert not report.stale


def test_an_entry_whose_mutant_is_gone_or_killed_is_stale(road: Wanted) -> None:
    gone, killed = ("tolls", "toll", "8 → 9"), ("tolls", "toll", "7 → 8")
    elsewhere = ("another.module", "toll", "8 → 9")

    report = tried(road, dict.fromkeys([gone, killed, elsewhere], "for the test"))

    assert report.stale == [gone, killed]
    assert report.ended == 1
    assert " ".join(gone) in report.lines() and " ".join(elsewhere) not in report.lines()


def test_a_test_that_is_red_without_a_mutant_kills_none(road: Wanted) -> None:
    tests = road.modules["tolls"].with_name("test_tolls.py")
    tests.write_text(tests.read_text() + "\ndef test_red():\n    assert toll(2) == 15\n")

    report = tried(road)

    assert [name.split("::")[-1] for name in report.red] == ["test_red"]
    assert became(report)["is_free: 22 → 23"] == "survived"
    assert report.ended == 1
    assert report.lines()[report.lines().index("Red without any mutant, therefore left out") + 1] == report.red[0]


def test_a_fault_that_never_ends_is_killed(road: Wanted, monkeypatch: pytest.MonkeyPatch) -> None:
    road.modules["tolls"].write_text(
        "def toll(axles):\n    left = axles\n    while left > 0:\n        left -= 1\n    return left\n"
    )
    road.modules["tolls"].with_name("test_tolls.py").write_text(
        "from tolls import toll\n\ndef test_it():\n    assert toll(3) == 0\n"
    )
    monkeypatch.setattr("devtools.mutation.command.PATIENCE", 0.5)

    assert became(tried(road))["toll: left -= 1 → left += 1"] == "killed"


def test_an_answer_kept_from_before_hides_no_fault(road: Wanted) -> None:
    road.modules["tolls"].write_text("from functools import cache\n\n@cache\ndef toll(axles):\n    return 7 * axles\n")
    road.modules["tolls"].with_name("test_tolls.py").write_text(
        "from tolls import toll\n\ndef test_first():\n    toll(2)\n\ndef test_then():\n    assert toll(2) == 14\n"
    )

    assert set(became(tried(road)).values()) == {"killed"}


def test_tests_that_cannot_be_read_stop_it(road: Wanted) -> None:
    road.modules["tolls"].with_name("test_tolls.py").write_text("import no_such_module")

    with pytest.raises(Stop, match="no mutant was tried"):
        answered(road)


def test_a_module_with_its_mutants_off_is_as_written() -> None:
    mutants = mutants_of(TOLLS, "tolls")
    built = instrumented(TOLLS, "tolls", {mutant.key: n for n, mutant in enumerate(mutants)})
    space: dict[str, object] = {QUESTION: lambda number: False}
    exec(compile(built, "tolls.py", "exec"), space)

    assert [space["toll"](2), space["is_free"](22), space["is_free"](21)] == [14, True, False]  # type: ignore[operator]


def test_alike_changes_of_one_function_are_told_apart_by_number() -> None:
    source = "def twice(a):\n    return (a + 1) * (a + 1)\n"

    changes = [mutant.change for mutant in mutants_of(source, "twice") if mutant.change.startswith("a + 1")]

    assert changes == ["a + 1 → a - 1", "a + 1 → a - 1 #2"]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("if a: pass", {"a → not a"}),
        ("if not a: pass", {"not a → a"}),
        ("b = min(a, b)", {"min → max"}),
        ("b = a and b", {"a and b → a or b"}),
        ("b = -a", {"-a → a"}),
        ("b += a", {"b += a → b -= a"}),
        ("b = a if a is None else b", {"a is None → a is not None", "a if a is None else b → b if a is None else a"}),
        ("b = a[::True]", {"True → False"}),
        ("b = a < b == a", {"a < b == a → a <= b == a", "a < b == a → a < b != a"}),
        ("assert a < b", set()),
        ("raise ValueError(a + b)", set()),
        ("b: int | None = a", set()),
        ("b = 'a' 'b'", set()),
    ],
)
def test_which_faults_are_made_of_a_line(source: str, changes: set[str]) -> None:
    assert {mutant.change for mutant in mutants_of(f"def f(a, b):\n    {source}\n", "lines")} == changes


def test_what_stands_outside_of_functions_is_left_alone() -> None:
    assert mutants_of("LIMIT = 3 + 4\n\nclass A:\n    most: int = 1 + 1\n", "constants") == []


def test_a_sample_is_the_same_each_time_and_another_seed_draws_another() -> None:
    mutants = mutants_of((REPOSITORY / "core" / "money.py").read_text(), "core.money")

    assert sample(mutants, 20, 1) == sample(mutants, 20, 1) != sample(mutants, 20, 2)
    assert len(sample(mutants, 20, 1)) == 20
    assert set(sample(mutants, 20, 1)) < set(sample(mutants, 21, 1))


def test_the_modules_tried_first_are_pure_and_packages_give_all_they_hold() -> None:
    assert list(chosen([])) == list(FIRST)
    assert list(chosen(["risk.policy"])) == ["risk.policy.checks", "risk.policy.policy"]
    assert set(chosen([])) < set(chosen(["all"]))
    assert "loans.account" in pure_rooms()


def test_a_room_with_a_framework_in_it_is_refused() -> None:
    with pytest.raises(Stop, match="lies in no pure room"):
        chosen(["loans.models"])
    with pytest.raises(Stop, match="There is no module"):
        read_arguments(["loans.account.no_such_room"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[equivalent]]\nmodule = "a"\nfunction = "f"\nchange = "1 → 2"\n', "without why"),
        ('[[equivalent]]\nmodule = "a"\nfunction = "f"\nchange = "1 → 2"\nwhy = "same"\n' * 2, "twice the same"),
    ],
)
def test_an_entry_needs_its_reason_and_stands_there_once(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "equivalents.toml").write_text(text)

    with pytest.raises(Stop, match=said):
        read_equivalents(tmp_path / "equivalents.toml")


def test_no_entry_of_the_file_of_equivalents_is_for_a_mutant_that_is_gone() -> None:
    reasons = read_equivalents()
    modules = chosen(sorted({module for module, _function, _change in reasons}))
    known = {mutant.key for name, path in modules.items() for mutant in mutants_of(path.read_text(), name)}

    assert stale(reasons, known, killed=set(), modules=modules) == []
