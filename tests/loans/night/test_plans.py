"""A chunk costs a chunk: no statement of the night reads more of any table than the loans it is about.

On a book of which a chunk is one per cent, each statement is run with EXPLAIN, and what its plan read of each table is
held against the chunk's part of that table. PostgreSQL carries a range of ids from one table to no other that is joined
by it; a statement that forgets to say it twice reads the book once a chunk, and the night grows with its square.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from benchmarks import book
from core import business_date
from operations.end_of_day import close_day
from operations.steps import STEPS, Step

pytestmark = pytest.mark.django_db
LOANS = 6_000
CHUNK = LOANS // 100
LARGE = 1_000  # rows from which on a table counts: a smaller one is read whole for less than an index costs
MOST = 3  # times the chunk's part of the table
WHOLE = {"months", "portfolio", "approvals", "account_days", "books", "period"}  # once a night and not by the chunk
SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}


@dataclass(frozen=True, slots=True)
class Read:
    table: str
    rows: float
    statement: str


@pytest.fixture
def sizes() -> dict[str, int]:
    """A book read once, and how many rows its large tables have."""
    business_date.move_to(book.DAY)
    book.write(LOANS)
    assert close_day().finished
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT relname, reltuples::int FROM pg_class WHERE relkind = 'r' AND reltuples >= %s", [LARGE])
        return dict(cursor.fetchall())


def scans(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    if plan["Node Type"] in SCANS and "Relation Name" in plan:
        passed_over = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        yield plan["Relation Name"], (plan["Actual Rows"] + passed_over) * plan["Actual Loops"]
    for inner in plan.get("Plans", ()):
        yield from scans(inner)


@contextmanager
def explained(reads: list[Read]) -> Iterator[None]:
    """Every statement is run twice: explained and taken back, then for good."""

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not many and sql.lstrip().split(maxsplit=1)[0] in {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"}:
            cursor = context["cursor"]
            cursor.execute("SAVEPOINT explained")
            cursor.cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {sql}", params)
            (told,) = cursor.cursor.fetchone()
            plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
            cursor.execute("ROLLBACK TO SAVEPOINT explained")
            reads.extend(Read(table, rows, sql) for table, rows in scans(plan))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def chunk_of(step: Step) -> tuple[int, int] | None:
    """One per cent of the step's ids, from their middle."""
    ends = step.id_range()
    if ends is None:
        return None
    middle = (ends[0] + ends[1]) // 2
    return middle, middle + max((ends[1] - ends[0]) // 100, 1)


@pytest.mark.parametrize("full", [True, False], ids=["every loan read", "an ordinary night"])
def test_no_statement_of_a_chunk_reads_more_than_three_times_the_chunk(sizes: dict[str, int], full: bool) -> None:
    on = business_date.current()
    if full:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE loans_loanposition SET quiet_before = NULL")
    worked = []
    for step in STEPS:
        chunk = chunk_of(step)
        if step.code in WHOLE or chunk is None:
            continue
        reads: list[Read] = []
        with transaction.atomic(), explained(reads):
            connection.cursor().execute("SET LOCAL plan_cache_mode TO force_custom_plan")
            step.function(*chunk, on)
        worked.append(step.code)
        too_much = [
            (step.code, read.table, read.rows, sizes[read.table] * MOST / 100, read.statement)
            for read in reads
            if read.rows > sizes.get(read.table, 10**9) * MOST / 100
        ]
        assert too_much == []
    assert {"notices", "positions", "reminders", "cases", "limits", "promises"} <= set(worked)
