"""What goes by ranges of ids reads its range: no statement of a verification walks a table that grows with the book."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection

from loans.proof import rebuilding
from loans.proof.book_checks import CHECKS, CLOSED_SUMS

pytestmark = pytest.mark.django_db
GROWING = {
    "loans_loan", "loans_loanposition", "loans_instalment", "loans_repayment", "loans_repaymentline", "loans_loanact",
    "loans_accrual", "loans_incomingpayment", "loans_incomingpaymentshare", "ledger_journalentry", "ledger_journalline",
}  # fmt: skip
MONTH = re.compile(r"_\d{4}_\d{2}$|_default$")  # what a partition is called more than its table
STATEMENTS = {
    **{check.code: check.sql for check in CHECKS if check.over},
    "loans": rebuilding._LOANS,
    "instalments": rebuilding._INSTALMENTS,
    "receipts": rebuilding._RECEIPTS,
    "sums": CLOSED_SUMS,
}


def walks(plan: dict[str, Any]) -> Iterator[str]:
    """Each place where a growing table is read without a condition on an index."""
    bounded = "Index Cond" in plan or plan["Node Type"] == "Bitmap Heap Scan"
    if MONTH.sub("", plan.get("Relation Name", "")) in GROWING and not bounded:
        yield f"{plan['Node Type']} on {plan['Relation Name']}"
    for part in plan.get("Plans", []):
        yield from walks(part)


@pytest.mark.parametrize("code", STATEMENTS)
def test_each_statement_reads_its_range_by_an_index(code: str) -> None:
    day = date(2026, 1, 31)
    values = {"lo": 1, "hi": 50, "since": day, "closed": day, "through": day}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of an empty table it would be the cheapest way
        cursor.execute(f"EXPLAIN (FORMAT JSON) {STATEMENTS[code]}", values)
        (plan,) = cursor.fetchone()

    plan = json.loads(plan) if isinstance(plan, str) else plan
    assert list(walks(plan[0]["Plan"])) == []


def test_a_statement_without_a_range_would_be_seen() -> None:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) SELECT count(*) FROM ledger_journalline")
        (plan,) = cursor.fetchone()

    assert list(walks((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])) != []
