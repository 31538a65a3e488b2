"""The statement of an account: its lines in the order they were booked, each with the balance after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from core.money import ZERO
from ledger.day_sums import balances_after, moved
from ledger.models import JournalLine
from ledger.queries import archived_through

NEWEST_FIRST = ("-posted_on", "-entry_id", "-id")


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
        lines = lines.filter(posted_on__gte=wanted.first)
    if wanted.last:
        lines = lines.filter(posted_on__lte=wanted.last)
    if wanted.event:
        lines = lines.filter(entry__event=wanted.event)
    return lines


def with_balances(lines: Sequence[JournalLine]) -> list[StatementLine]:
    """``lines`` of one account with their balances, whatever was booked on it before and between them."""
    if not lines:
        return []
    balances = balances_after(lines[0].account_id, [(line.posted_on, line.entry_id, line.pk) for line in lines])
    return [StatementLine(line, balances[line.pk]) for line in lines]


def walk(wanted: StatementFilter) -> Iterator[StatementLine]:
    """The whole statement, oldest first, streamed: for an export of any length."""
    opening, eve = ZERO, archived_through()
    if wanted.first:
        eve = max(wanted.first - timedelta(days=1), eve or date.min)
    if eve:
        opening = sum((row.debit - row.credit for row in moved(last=eve, account=wanted.account)), ZERO)
    lines = lines_of(replace(wanted, event="")).order_by("posted_on", "entry_id", "id")
    for line in lines.iterator(chunk_size=2000):
        opening += line.debit - line.credit
        if wanted.event in ("", line.entry.event):
            yield StatementLine(line, opening)
