"""What PostgreSQL reads for a query, as it says itself: for tests that hold a page to its indexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

_LOST = ("Rows Removed by Filter", "Rows Removed by Index Recheck")


@dataclass(frozen=True)
class Reading:
    """The tables of which rows were asked for, and how many rows were read of them all."""

    tables: set[str]
    rows: int

    def months(self, table: str) -> list[str]:
        """The months of a table laid by the month that were read."""
        return sorted(name.removeprefix(f"{table}_") for name in self.tables if name.startswith(f"{table}_20"))


def steps(sql: str, parameters: Any, *, carried_out: bool = False) -> Iterator[dict[str, Any]]:
    """Every step of the plan of a statement; ``carried_out`` with what each did."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({'ANALYZE, ' if carried_out else ''}FORMAT JSON) {sql}", parameters)
        waiting = [cursor.fetchone()[0][0]["Plan"]]
    while waiting:
        step = waiting.pop()
        waiting.extend(step.get("Plans", []))
        yield step


def reading_of(sql: str, parameters: Any) -> Reading:
    """Carry a statement out and say what it read. Small tables are read and joined by their indexes, as large ones are."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    done = [step for step in steps(sql, parameters, carried_out=True) if "Relation Name" in step]
    read = [step for step in done if step["Actual Loops"] and step["Node Type"] != "ModifyTable"]
    rows = sum(step["Actual Loops"] * (step["Actual Rows"] + sum(step.get(lost, 0) for lost in _LOST)) for step in read)
    return Reading({step["Relation Name"] for step in read}, int(rows))


def reading(rows: QuerySet[Any]) -> Reading:
    """What a query of the ORM reads."""
    return reading_of(*rows.query.sql_with_params())
