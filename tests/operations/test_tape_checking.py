"""Each broken line is refused with its line, column and reason; the good ones give their facts."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from operations.tape.checking import REASONS, LoanFacts, Refusal, check_lines
from operations.tape.profiles import PROFILES
from operations.tape.reading import Line, read_tape
from tests.operations.tapes import ADA, BOLA, write_tape

PROFILE = PROFILES["repeat-loans"]
TODAY = date(2026, 6, 15)


def check(*rows: dict[str, str]) -> list[LoanFacts | Refusal]:
    lines = tuple(Line(number, "…", row) for number, row in enumerate(rows, start=2))
    return list(check_lines(lines, PROFILE, today=TODAY))


def test_a_good_line_gives_the_facts_of_its_loan() -> None:
    (facts,) = check(BOLA)

    assert facts == LoanFacts(
        line=2,
        loan_key="1002",
        borrower_key="bola",
        applied_at=datetime(2020, 3, 2, 17, 30),
        approved_at=datetime(2020, 3, 2, 18, 30),
        closed_at=datetime(2020, 3, 27, 12, 0),
        first_due_on=date(2020, 3, 17),
        term_days=15,
        principal=Decimal("10000.0"),
        total_due=Decimal("11500.0"),
    )


def test_a_loan_that_was_never_repaid_is_taken_as_open() -> None:
    (facts,) = check(ADA | {"closeddate": "", "firstrepaiddate": ""})

    assert isinstance(facts, LoanFacts)
    assert facts.closed_at is None


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("systemloanid", "", "missing"),
        ("customerid", "x" * 81, "too_long"),
        ("approveddate", "2020-02-30 10:00:00", "bad_date"),
        ("approveddate", "02/03/2020", "bad_date"),
        ("creationdate", "yesterday", "bad_date"),
        ("closeddate", "2020-04-01T08:15:00+01:00", "bad_date"),
        ("firstrepaiddate", "n/a", "bad_date"),
        ("approveddate", "0220-03-02 10:00:00", "date_out_of_range"),
        ("closeddate", "2026-06-16 00:00:00", "date_out_of_range"),
        ("creationdate", "2020-03-02 10:00:01", "applied_after_approval"),
        ("loanamount", "ten", "bad_number"),
        ("loanamount", "NaN", "bad_number"),
        ("loanamount", "Infinity", "bad_number"),
        ("loanamount", "-10000.0", "not_positive"),
        ("loanamount", "0", "not_positive"),
        ("loanamount", "10000.005", "too_precise"),
        ("totaldue", "1e15", "too_large"),
        ("totaldue", "9999.99", "less_than_principal"),
        ("termdays", "45", "unknown_term"),
        ("termdays", "-30", "unknown_term"),
        ("firstduedate", "2020-03-01 00:00:00", "due_before_approval"),
        ("firstduedate", "9999-12-31 00:00:00", "due_too_late"),
        ("closeddate", "2020-03-02 09:59:59", "closed_before_approval"),
        ("customerid", "ad\udce9", "encoding"),
    ],
)
def test_a_broken_value_is_refused_with_line_column_and_reason(column: str, value: str, reason: str) -> None:
    good, refusal = check(BOLA, ADA | {column: value})

    assert isinstance(good, LoanFacts)
    assert isinstance(refusal, Refusal)
    assert (refusal.line, refusal.problems[0].column, refusal.problems[0].reason) == (3, column, reason)
    assert reason in REASONS


def test_every_problem_of_a_line_is_told() -> None:
    (refusal,) = check(ADA | {"loanamount": "-1", "closeddate": "never"})

    assert isinstance(refusal, Refusal)
    assert [(problem.column, problem.reason) for problem in refusal.problems] == [
        ("loanamount", "not_positive"),
        ("closeddate", "bad_date"),
    ]


def test_the_second_line_with_a_number_is_refused_and_the_first_kept() -> None:
    first, second = check(ADA, BOLA | {"systemloanid": ADA["systemloanid"]})

    assert isinstance(first, LoanFacts)
    assert isinstance(second, Refusal)
    assert second.problems[0].reason == "duplicate"


def test_a_number_whose_first_line_was_refused_is_still_free() -> None:
    refused, taken = check(ADA | {"loanamount": "-1"}, ADA)

    assert isinstance(refused, Refusal)
    assert isinstance(taken, LoanFacts)


def test_bytes_that_are_not_utf8_spoil_their_own_line_only(tmp_path: Path) -> None:
    path = write_tape(tmp_path / "tape.csv")
    path.write_bytes(path.read_bytes().replace(b"bola", "bolá".encode("latin-1")))

    checked = list(check_lines(read_tape(path, PROFILE).lines, PROFILE, today=TODAY))

    assert [type(line) for line in checked] == [LoanFacts, Refusal, LoanFacts, LoanFacts]
    assert isinstance(checked[1], Refusal)
    assert checked[1].problems[0].reason == "encoding"


def test_a_line_with_too_few_or_too_many_values_is_refused(tmp_path: Path) -> None:
    path = write_tape(tmp_path / "tape.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:3], lines[3] + ",1", "a,b"]), encoding="utf-8")

    checked = list(check_lines(read_tape(path, PROFILE).lines, PROFILE, today=TODAY))

    assert [isinstance(line, LoanFacts) for line in checked] == [True, True, False, False]
