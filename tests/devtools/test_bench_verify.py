"""The benchmark of verifications runs on a small book; it is run by command and rarely otherwise."""

import pytest

from benchmarks import book
from benchmarks import verify as bench
from core import business_date

pytestmark = pytest.mark.django_db


def test_it_measures_a_small_book_and_judges_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "PROCESSES", (1,))
    monkeypatch.setattr(bench, "ASKED", 2)
    business_date.move_to(book.DAY)
    book.write(100)

    found = bench._measured(100)

    assert {"loans", "repayments", "entries", "control_accounts"} <= found["parts_us"].keys()
    assert found["times_reading"]["1"] > 0
    slow = {**found, "us": {"1": 900.0, "2": 500.0}}
    fast = {**found, "us": {"1": 300.0, "2": 150.0}, "oracle_ms_a_loan": 30.0}
    assert (bench._judge([slow, slow]), bench._judge([fast, fast])) == (1, 0)
