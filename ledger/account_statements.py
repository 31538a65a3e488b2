"""The statement of an account: its lines in the order they were booked, each with the balance after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import F, QuerySet, Sum, Window

from core import replica
from ledger.models import JournalEntry, JournalLine

NEWEST_FIRST = ("-entry_id", "-id")
_WALK = """
SELECT id, running FROM (
    SELECT id, sum(debit - credit) OVER (ORDER BY entry_id, id) AS running
      FROM ledger_journalline WHERE account_id = %s AND (entry_id, id) <= (%s, %s)) walked
 WHERE id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """What is wanted of an account; empty means any. Days are those of ``posted_on``, included."""

    account: str
    first: date | None = None
    last: date | None = None
    event: str = ""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line and the debit balance of the whole account after it, whatever the filter leaves out."""

    line: JournalLine
    balance: Decimal


def lines_of(wanted: StatementFilter) -> QuerySet[JournalLine]:
    """The lines that meet the filter, with their entries; in no order yet."""
    lines = JournalLine.objects.filter(account_id=wanted.account).select_related("entry")
    if wanted.first:
        lines = lines.filter(entry__posted_on__gte=wanted.first)
    if wanted.last:
        lines = lines.filter(entry__posted_on__lte=wanted.last)
    if wanted.event:
        lines = lines.filter(entry__event=wanted.event)
    return lines


def with_balances(lines: Sequence[JournalLine]) -> list[StatementLine]:
    """``lines`` of one account, newest first, with their balances in one more query."""
    if not lines:
        return []
    newest = lines[0]
    with connections[replica.alias()].cursor() as cursor:
        parameters: list[Any] = [newest.account_id, newest.entry_id, newest.pk, [line.pk for line in lines]]
        cursor.execute(_WALK, parameters)
        balances: dict[int, Decimal] = dict(cursor.fetchall())
    return [StatementLine(line, balances[line.pk]) for line in lines]


def walk(wanted: StatementFilter) -> Iterator[StatementLine]:
    """The whole statement, oldest first, streamed: for an export of any length."""
    everything = JournalLine.objects.filter(account_id=wanted.account).annotate(
        running=Window(Sum(F("debit") - F("credit")), order_by=[F("entry_id").asc(), F("id").asc()])
    )
    for line in everything.select_related("entry").order_by("entry_id", "id").iterator(chunk_size=2000):
        if _is_wanted(line.entry, wanted):
            yield StatementLine(line, line.running)


def _is_wanted(entry: JournalEntry, wanted: StatementFilter) -> bool:
    on = entry.posted_on
    within = (wanted.first is None or on >= wanted.first) and (wanted.last is None or on <= wanted.last)
    return within and wanted.event in ("", entry.event)


def events_booked() -> list[str]:
    """Every kind of event the journal knows: one step of the index for each, not one for every entry."""
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE known AS ("
            " (SELECT event FROM ledger_journalentry ORDER BY event LIMIT 1)"
            " UNION ALL SELECT (SELECT e.event FROM ledger_journalentry e WHERE e.event > k.event ORDER BY e.event LIMIT 1)"
            " FROM known k WHERE k.event IS NOT NULL) SELECT event FROM known WHERE event IS NOT NULL"
        )
        return [event for (event,) in cursor.fetchall()]
