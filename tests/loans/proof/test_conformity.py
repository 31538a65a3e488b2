"""The engine against published numbers, and the command that says where they differ."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from loans.models import Loan, Product
from loans.proof.conformity import business_days, day_counts
from tests.places import BESIDE_THE_PROJECT

pytestmark = pytest.mark.django_db

PUBLISHED = Path(os.environ.get("LOANDESK_VECTORS") or BESIDE_THE_PROJECT / "vectors")
ONCE_MISSED = Path(os.environ.get("LOANDESK_CASES") or BESIDE_THE_PROJECT / "cases")

HALF_YEAR = {
    "id": "half-year",
    "convention": "30E/360_ISDA",
    "start": "2008-08-31",
    "end": "2009-02-28",
    "termination_date": "2012-02-29",
    "expected_days": 180,
    "expected_year_fraction": 0.5,
    "tolerance": 1e-10,
}
REMARK_C = {
    "id": "remark-c",
    "convention": "EU_CCD_REMARK_C",
    "regular_period": "month",
    "start": "2013-01-12",
    "end": "2013-02-15",
    "expected_expression": "3/366+1/12",
    "expected_year_fraction": 0.091530054645,
    "tolerance": 1e-12,
}
COUPON = {
    "id": "coupon",
    "convention": "ACT/ACT_ICMA",
    "start": "2000-01-30",
    "end": "2000-06-30",
    "reference_periods": [["2000-01-30", "2000-07-30"]],
    "frequency": 2,
    "expected_days": None,
    "expected_year_fraction": 0.417582417582,
}
SPRING_FESTIVAL = {
    "id": "spring-festival",
    "calendar": "CN_2026",
    "convention": "MODIFIED_FOLLOWING",
    "input": "2026-02-15",
    "is_working_day": False,
    "expected": "2026-02-24",
}
SATURDAY = {
    "id": "saturday",
    "calendar": "SAT_SUN",
    "convention": "NEAREST",
    "input": "2014-07-12",
    "expected": "2014-07-11",
}


def file_of(folder: Path, cases: Any, name: str = "cases.json") -> str:
    path = folder / name
    path.write_text(json.dumps(cases))
    return str(path)


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("conformity", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


# --- the checkers ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", [HALF_YEAR, REMARK_C, COUPON])
def test_published_day_counts_are_met(case: dict[str, Any]) -> None:
    assert day_counts.mismatches(case) == []


@pytest.mark.parametrize("case", [SPRING_FESTIVAL, SATURDAY])
def test_published_rolls_are_met(case: dict[str, Any]) -> None:
    assert business_days.mismatches(case) == []


@pytest.mark.parametrize(
    ("case", "changes", "cells"),
    [
        (HALF_YEAR, {"expected_days": 179}, ["expected_days"]),
        (HALF_YEAR, {"expected_year_fraction": 0.5000000002}, ["expected_year_fraction"]),
        (HALF_YEAR, {"expected_days": 1, "expected_year_fraction": 1}, ["expected_days", "expected_year_fraction"]),
        (HALF_YEAR, {"termination_date": None}, ["expected_days", "expected_year_fraction"]),
        (HALF_YEAR, {"convention": "30/365"}, ["convention"]),
        (HALF_YEAR, {"expected_interest": 12}, ["expected_interest"]),
        (REMARK_C, {"expected_expression": "3/365+1/12"}, ["expected_expression"]),
        (REMARK_C, {"expected_expression": None, "expected_year_fraction": None}, ["expected"]),
        (COUPON, {"frequency": 4}, ["expected_year_fraction"]),
    ],
)
def test_each_figure_of_a_day_count_is_checked(case: dict[str, Any], changes: dict[str, Any], cells: list[str]) -> None:
    assert [row.cell for row in day_counts.mismatches(case | changes)] == cells


@pytest.mark.parametrize(
    ("case", "changes", "cells"),
    [
        (SPRING_FESTIVAL, {"expected": "2026-02-25"}, ["expected"]),
        (SPRING_FESTIVAL, {"is_working_day": True}, ["is_working_day"]),
        (SPRING_FESTIVAL, {"calendar": "MOON_2026"}, ["calendar"]),
        (SATURDAY, {"convention": "BACK_AND_FORTH"}, ["convention"]),
        (SATURDAY, {"expected_days": 1}, ["expected_days"]),
        (SATURDAY, {"expected": None}, ["expected"]),
    ],
)
def test_each_figure_of_a_roll_is_checked(case: dict[str, Any], changes: dict[str, Any], cells: list[str]) -> None:
    assert [row.cell for row in business_days.mismatches(case | changes)] == cells


# --- the command ----------------------------------------------------------------------------------------------------
def test_files_of_two_kinds_are_recognised_and_pass(tmp_path: Path) -> None:
    spans = file_of(tmp_path, [HALF_YEAR, REMARK_C, COUPON], "spans.json")
    rolls = file_of(tmp_path, [SPRING_FESTIVAL, SATURDAY], "rolls.json")
    assert run(spans, rolls) == (0, "5 passed, 0 failed\n")


def test_a_changed_figure_is_named_and_ends_with_code_1(tmp_path: Path) -> None:
    spans = file_of(tmp_path, [HALF_YEAR | {"expected_days": 179}, COUPON])
    code, said = run(spans)
    assert code == 1
    lines = said.splitlines()
    assert lines == ["cases.json  half-year  expected_days: expected 179, got 180", "1 passed, 1 failed"]


def test_a_case_that_cannot_be_read_fails_and_does_not_hide_the_others(tmp_path: Path) -> None:
    nameless = {name: value for name, value in HALF_YEAR.items() if name != "id"}
    code, said = run(file_of(tmp_path, [COUPON, nameless | {"start": "31 August"}, REMARK_C]))
    assert code == 1
    assert "cases.json  case 2  case: expected one that can be checked, got ValueError" in said
    assert said.endswith("2 passed, 1 failed\n")


def test_json_is_one_object_with_every_difference(tmp_path: Path) -> None:
    spans = file_of(
        tmp_path, [HALF_YEAR | {"expected_days": 179, "expected_year_fraction": 0.25}, COUPON], "spans.json"
    )
    rolls = file_of(tmp_path, [SATURDAY], "rolls.json")
    code, said = run(spans, rolls, "--json")
    whole = json.loads(said)
    assert code == 1
    assert (whole["passed"], whole["failed"]) == (2, 1)
    assert [(file["kind"], file["passed"], file["failed"]) for file in whole["files"]] == [
        ("day_counts", 1, 1),
        ("business_days", 1, 0),
    ]
    assert whole["files"][0]["file"] == spans
    assert whole["files"][0]["failures"] == [
        {"id": "half-year", "cell": "expected_days", "expected": 179, "actual": 180},
        {"id": "half-year", "cell": "expected_year_fraction", "expected": "0.25", "actual": "0.5"},
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{not json", "conformity_file_not_json"),
        (b"\xff\xfe\x00", "conformity_file_not_json"),
        (b"[]", "conformity_kind_unknown"),
        (b'"text"', "conformity_kind_unknown"),
        (b'[{"convention": "ACT/360"}]', "conformity_kind_unknown"),
        (b'[{"convention": "ACT/360", "start": "2026-01-01", "end": "2026-02-01"}, {}]', "conformity_kind_unknown"),
    ],
)
def test_a_file_that_is_none_of_cases_is_refused_by_name(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    good = file_of(tmp_path, [COUPON])
    with pytest.raises(CommandError) as refusal:
        run(good, str(path))
    assert "odd.json" in str(refusal.value)
    assert f"[{code}]" in str(refusal.value)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="conformity_file_unreadable"):
        run(str(tmp_path / "nowhere.json"))


# --- a repayment case runs on a real loan, of which nothing is left -----------------------------------------------------
LATE = {
    "id": "four-days-late",
    "principal": 1200,
    "annual_rate_percent": 12,
    "number_of_repayments": 2,
    "repay_every": 1,
    "repay_frequency": "MONTHS",
    "disbursement_date": "2026-01-01",
    "day_count": {"days_in_year": "365", "days_in_month": "ACTUAL"},
    "amortization": "equal principal",
    "interest_type": "declining",
    "interest_calculation_period": "daily",
    "installment_amount_multiple_of": None,
    "interest_recalculation": {"rest": "daily", "compounding": "none", "strategy": "reschedule next repayments"},
    "events": [{"type": "repayment", "on": "2026-02-05", "amount": 612.23}],
    "expected": [
        {"n": 1, "due_date": "2026-02-01", "days": 31, "principal": 600, "interest": 12.23, "paid_late": 612.23},
        # 4 days on 1,200.00 and 24 on 600.00
        {"n": 2, "due_date": "2026-03-01", "days": 28, "principal": 600, "interest": 6.31, "outstanding": 606.31},
    ],
}


def test_a_repayment_case_is_played_through_the_servicing_functions(tmp_path: Path) -> None:
    code, said = run(file_of(tmp_path, {"meta": {}, "cases": [LATE]}))

    assert (code, said.strip()) == (0, "1 passed, 0 failed")
    assert not Loan.objects.exists() and not Product.objects.filter(code__startswith="conformity").exists()


def test_a_changed_figure_of_a_repayment_case_is_named(tmp_path: Path) -> None:
    rows = [LATE["expected"][0], {**LATE["expected"][1], "interest": 6.32}]  # type: ignore[index, dict-item]

    code, said = run(file_of(tmp_path, {"meta": {}, "cases": [{**LATE, "expected": rows}]}))

    assert code == 1
    assert "four-days-late  2.interest: expected 6.32, got 6.31" in said
    assert said.strip().endswith("0 passed, 1 failed")


def test_a_field_that_no_check_reads_is_an_error_of_the_run_and_named(tmp_path: Path) -> None:
    recalculation = {**LATE["interest_recalculation"], "moon_phase": "full"}  # type: ignore[dict-item]
    event = {**LATE["events"][0], "teller": 7, "amount": LATE["events"][0]["amount"]}  # type: ignore[index]
    odd = {**LATE, "interest_recalculation": recalculation, "events": [event], "hair_colour": "red", "balloon": None}

    code, said = run(file_of(tmp_path, {"meta": {}, "cases": [odd, LATE]}))
    whole = json.loads(run(file_of(tmp_path, {"meta": {}, "cases": [odd]}), "--json")[1])

    assert code == 1
    assert said.splitlines() == [
        "cases.json  four-days-late  not understood: events.teller, hair_colour, interest_recalculation.moon_phase",
        "2 passed, 0 failed, 3 fields not understood",
    ]
    assert [row["field"] for row in whole["files"][0]["unknown_fields"]] == [
        "events.teller",
        "hair_colour",
        "interest_recalculation.moon_phase",
    ]


@pytest.mark.parametrize(
    "case", [{**HALF_YEAR, "leap": 1}, {**SATURDAY, "leap": 1}, {"method": "IRR", "inputs": {}, "leap": 1}]
)
def test_so_it_is_in_files_of_every_kind(tmp_path: Path, case: dict[str, Any]) -> None:
    code, said = run(file_of(tmp_path, [case]))

    assert code == 1 and "not understood: leap" in said


@pytest.mark.parametrize(
    "settings",
    [
        {"rest": "hourly"},
        {"compounding": "hope"},
        {"strategy": "wait and see"},
        {"compounding": "interest", "compounding_frequency": "yearly"},
    ],
)
def test_a_word_that_is_not_known_fails_its_case(tmp_path: Path, settings: dict[str, str]) -> None:
    case = {**LATE, "interest_recalculation": {**LATE["interest_recalculation"], **settings}}  # type: ignore[dict-item]

    code, said = run(file_of(tmp_path, {"meta": {}, "cases": [case]}))

    assert code == 1
    assert "expected one that can be checked" in said


# --- the published files, where they are ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("folder", "name", "kind"),
    [
        (PUBLISHED, "daycount_vectors.json", "day_counts"),
        (PUBLISHED, "businessday_vectors.json", "business_days"),
        (PUBLISHED, "apr_vectors.json", "rates"),
        (PUBLISHED, "schedule_and_repayment_cases.json", "schedules"),
        (ONCE_MISSED, "schedule_and_repayment_cases.json", "schedules"),
    ],
)
def test_the_published_files_pass_whole(folder: Path, name: str, kind: str) -> None:
    path = folder / name
    if not path.is_file():
        pytest.skip(
            f"NO PUBLISHED NUMBERS: {path} is not there; name their folder in LOANDESK_VECTORS or LOANDESK_CASES"
        )
    code, said = run(str(path), "--json")
    whole = json.loads(said)
    assert whole["files"][0]["failures"] == []
    assert whole["files"][0]["unknown_fields"] == []
    assert code == 0
    assert whole["files"][0]["kind"] == kind
    content = json.loads(path.read_text())
    assert whole["passed"] == len(content["cases"] if isinstance(content, dict) else content)
