"""Reads of the books."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import Sum

from core import replica
from core.dates import end_of_month
from core.money import ZERO
from ledger.day_sums import entries_through, moved
from ledger.models import ArchivedMonth, CarriedBalance, JournalEntry, JournalLine, PeriodClosing


def balances(subledger_id: int | None = None) -> dict[str, Decimal]:
    """Debit balance (credit balances negative) by account code, of all books or of one loan."""
    if subledger_id is None:
        return {row.code: row.opening + row.debit - row.credit for row in moved()}
    found: dict[str, Decimal] = {}
    for part in (JournalLine, CarriedBalance):
        rows = part.objects.filter(subledger_id=subledger_id).values_list("account_id")
        for code, debits, credits in rows.annotate(d=Sum("debit"), c=Sum("credit")):
            found[code] = found.get(code, ZERO) + debits - credits
    return dict(sorted(found.items()))


def difference() -> Decimal:
    """Sum of all debits less all credits: 0.00, or the books are broken."""
    return sum((row.debit - row.credit for row in moved()), ZERO)


def closed_through() -> date | None:
    """The last day the books are closed for; nothing while they are open from the beginning."""
    return PeriodClosing.objects.order_by("-id").values_list("closed_through", flat=True).first()


def archived_through() -> date | None:
    """The last day whose entries lie in the archive; nothing while all are here."""
    newest = ArchivedMonth.objects.filter(restored_at=None).order_by("-month").values_list("month", flat=True).first()
    return end_of_month(newest) if newest else None


def sums_through(on: date) -> tuple[int, Decimal, Decimal]:
    """How many entries were posted up to and including ``on``, their debits and their credits."""
    rows = moved(last=on)
    return entries_through(on), sum((row.debit for row in rows), ZERO), sum((row.credit for row in rows), ZERO)


def fetch_entries(rows: Iterable[Any]) -> None:
    """Give each row that names its entry by ``entry_id`` and ``booked_on`` the entry itself, in one query of the months
    asked for; None where it lies in the archive. What names none, or is None, is left alone."""
    naming = [row for row in rows if getattr(row, "entry_id", None) is not None]
    if not naming:
        return
    days = {row.booked_on for row in naming}
    found = JournalEntry.objects.filter(posted_on__in=days).in_bulk([row.entry_id for row in naming])
    for row in naming:
        row._meta.get_field("entry").set_cached_value(row, found.get(row.entry_id))


def newest_entry() -> int:
    """A number that every entry made from now on is above, whoever makes it: asked of the sequence, not of every month."""
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ledger_journalentry_id_seq")
        return int(cursor.fetchone()[0])
