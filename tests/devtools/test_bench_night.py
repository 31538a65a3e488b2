"""The benchmark of nights runs on a small book as anybody runs it; it is run by command and rarely otherwise."""

import json
import sys

import pytest
from django.conf import LazySettings

from benchmarks import night as bench
from loans.models import Loan

SIZES = (300, 600)


@pytest.mark.django_db(transaction=True)
def test_it_measures_small_books_and_a_second_run_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "SAMPLE", 20)
    monkeypatch.setattr(bench, "NIGHTS", 1)
    settings.END_OF_DAY_WORKERS = 1  # what it changes itself is put back
    monkeypatch.setattr(sys, "argv", ["night", "--sizes", ",".join(map(str, SIZES)), "--json"])

    missed = bench.main()

    shown = capsys.readouterr().out
    told = json.loads(shown.splitlines()[-1])
    assert told["ratios"].keys() == bench.GOALS.keys() | bench.LEAST.keys()
    assert all(ratio > 0 for name, ratio in told["ratios"].items() if name not in {"changed", "written_again"})
    assert set(told["missed"]) <= told["ratios"].keys() and missed == bool(told["missed"])
    assert [int(size) for size in told["sizes"]] == list(SIZES)
    figures = {
        "night",
        "full",
        "raw",
        "again_seconds",
        "steps_again_seconds",
        "changed_seconds",
        "bytes_a_loan",
        "memory_mb",
        "a_loan",
    }
    assert all(figures <= of_size.keys() for of_size in told["sizes"].values())
    assert [of_size["written_again"] for of_size in told["sizes"].values()] == [0, 0]
    assert Loan.objects.count() == SIZES[-1]


@pytest.mark.django_db
def test_it_refuses_a_database_in_which_somebody_lent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["night"])
    monkeypatch.setattr(bench.Loan.objects, "exists", lambda: True)

    assert bench.main() == 2
    assert "needs an empty database" in capsys.readouterr().err
