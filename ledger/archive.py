"""Months put away: their entries and lines go into files under seal, and what they came to stays in the books.

Days keep their sums (``AccountDay``) and loans what they are carried with (``CarriedBalance``), so every balance and every
trial balance stays as it was. Only closed months go, oldest first; they come back newest first. Whatever is interrupted
leaves nothing half done: files are written first and mean nothing without a seal, all else is one transaction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.events import record
from core import partitions
from core.dates import add_months, end_of_month
from core.errors import DomainError
from core.month_files import (
    PATIENCE,
    MonthInUse,
    MonthNotArchived,
    NotTheNextMonth,
    SealBroken,
    file_of,
    read,
    require_seal,
    waiting_a_moment,
    write,
)
from ledger.day_sums import LOCK, summed_through
from ledger.models import ArchivedMonth, JournalEntry, JournalLine, LateBooking
from ledger.queries import closed_through

TABLES = (JournalEntry._meta.db_table, JournalLine._meta.db_table)

_SUMS = """
SELECT (SELECT count(*) FROM {entries}), (SELECT count(*) FROM {lines}),
       (SELECT coalesce(min(id), 0) FROM {entries}), (SELECT coalesce(max(id), 0) FROM {entries}),
       (SELECT coalesce(sum(debit), 0) FROM {lines}), (SELECT coalesce(sum(credit), 0) FROM {lines})
"""
_BY_LOAN = """
SELECT l.subledger_id, l.account_id, e.event, {sign}sum(l.debit) AS debit, {sign}sum(l.credit) AS credit
  FROM {lines} l JOIN {entries} e ON e.id = l.entry_id
 WHERE l.subledger_id IS NOT NULL GROUP BY 1, 2, 3
"""
_CARRY = """
INSERT INTO ledger_carriedbalance AS c (subledger_id, account_id, event, debit, credit) {by_loan}
    ON CONFLICT (subledger_id, account_id, event) DO UPDATE SET debit = c.debit + excluded.debit,
                                                                credit = c.credit + excluded.credit
"""
_DAYS_DIFFER = """
SELECT 1 FROM (SELECT account_id, posted_on, sum(debit) AS debit, sum(credit) AS credit FROM {lines} GROUP BY 1, 2) l
  FULL JOIN (SELECT * FROM ledger_accountday WHERE posted_on >= %(first)s AND posted_on < %(next)s) d
    USING (account_id, posted_on)
 WHERE (l.debit, l.credit) IS DISTINCT FROM (d.debit, d.credit) LIMIT 1
"""


class MonthNotClosed(DomainError):
    code = "archive_month_not_closed"
    message = _("%(month)s cannot be archived: the books are not closed through its last day. Close them first.")


class MonthNotSummed(DomainError):
    code = "archive_month_not_summed"
    message = _("%(month)s cannot be archived: the sums of its days wait for the next end of day.")


class DaySumsDiffer(DomainError):
    code = "archive_day_sums_differ"
    message = _("%(month)s cannot be archived: its lines and the sums of its days differ. Run verify_books.")


class NothingToArchive(DomainError):
    code = "archive_nothing_booked"
    message = _("Nothing is booked in %(month)s, or it was archived before.")


@dataclass(frozen=True, slots=True)
class Sums:
    """What a month holds."""

    entries: int
    lines: int
    first_entry: int
    last_entry: int
    debit: Any
    credit: Any


def archive_month(month: date, folder: Path) -> ArchivedMonth:
    """Put ``month`` (its first day) away in files in ``folder``, and seal it.

    Raises NothingToArchive, MonthNotClosed, MonthNotSummed, NotTheNextMonth, DaySumsDiffer, BooksBusy.
    """
    _require_archivable(month)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for table in TABLES:
        write(table, month, folder, digest)
    with waiting_a_moment(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])  # no closing, reopening or summing meanwhile
        _require_archivable(month)
        cursor.execute(_named(_DAYS_DIFFER, month), {"first": month, "next": add_months(month, 1)})
        if cursor.fetchone():
            raise DaySumsDiffer(month=f"{month:%Y-%m}")
        sums = _sums(cursor, month)
        sealed = ArchivedMonth.objects.create(
            month=month,
            entries=sums.entries,
            lines=sums.lines,
            first_entry=sums.first_entry,
            last_entry=sums.last_entry,
            debit=sums.debit,
            credit=sums.credit,
            sha256=digest.hexdigest(),
            folder=str(folder),
            archived_at=timezone.now(),
        )
        cursor.execute(_CARRY.format(by_loan=_named(_BY_LOAN, month, sign="")))
        record("archived", sealed, after={"month": f"{month:%Y-%m}", "sha256": sealed.sha256})
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        for table in reversed(TABLES):
            partitions.take_away(cursor, table, month)
    partitions.forget()
    return sealed


def restore_month(month: date, folder: Path | None = None) -> ArchivedMonth:
    """Bring ``month`` back from its files, in ``folder`` or where they were written, and check them against the seal.

    Raises MonthNotArchived, NotTheNextMonth, ArchiveMissing, SealBroken, MonthInUse, BooksBusy.
    """
    sealed = ArchivedMonth.objects.filter(month=month, restored_at=None).first()
    if sealed is None:
        raise MonthNotArchived(month=f"{month:%Y-%m}")
    newest = ArchivedMonth.objects.filter(restored_at=None).latest("month")
    if newest.month != month:
        raise NotTheNextMonth(month=f"{newest.month:%Y-%m}")
    files = [file_of(folder or Path(sealed.folder), table, month) for table in TABLES]
    check_seal(sealed, folder)
    with waiting_a_moment(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [partitions.LOCK])
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        digest = hashlib.sha256()
        for table, file in zip(TABLES, files, strict=True):
            if not partitions.clear_the_place(cursor, table, month):
                raise MonthInUse(month=f"{month:%Y-%m}")
            partitions.create_apart(cursor, table, month)
            read(table, month, file, digest)
        _require_sealed(sealed, digest.hexdigest(), _sums(cursor, month))
        cursor.execute(_CARRY.format(by_loan=_named(_BY_LOAN, month, sign="-")))
        cursor.execute("DELETE FROM ledger_carriedbalance WHERE debit = 0 AND credit = 0")
        sealed.restored_at = timezone.now()
        sealed.save(update_fields=["restored_at"])
        record("restored", sealed, after={"month": f"{month:%Y-%m}"})
        for table in TABLES:
            partitions.attach(cursor, table, month)
    partitions.forget()
    return sealed


def check_seal(sealed: ArchivedMonth, folder: Path | None = None) -> None:
    """Whether the files still hold what was sealed. Raises ArchiveMissing, SealBroken."""
    files = [file_of(folder or Path(sealed.folder), table, sealed.month) for table in TABLES]
    require_seal(str(sealed), sealed.sha256, files)


def months_of_entry(number: int) -> list[ArchivedMonth]:
    """The archived months among whose entries ``number`` may be: mostly one, at the turn of a month two."""
    sealed = ArchivedMonth.objects.filter(restored_at=None, first_entry__lte=number, last_entry__gte=number)
    return list(sealed.order_by("month"))


def _require_archivable(month: date) -> None:
    name, last = f"{month:%Y-%m}", end_of_month(month)
    if not JournalEntry.objects.filter(posted_on__gte=month, posted_on__lte=last).exists():
        raise NothingToArchive(month=name)
    closed = closed_through()
    if closed is None or closed < last:
        raise MonthNotClosed(month=name)
    if earlier := JournalEntry.objects.filter(posted_on__lt=month).order_by("posted_on").first():
        raise NotTheNextMonth(month=f"{earlier.posted_on:%Y-%m}")
    if summed_through() < last or LateBooking.objects.filter(posted_on__lte=last).exists():
        raise MonthNotSummed(month=name)


def _require_sealed(sealed: ArchivedMonth, digest: str, sums: Sums) -> None:
    found = {"sha256": digest, **{name: getattr(sums, name) for name in Sums.__slots__}}
    for name, value in found.items():
        if getattr(sealed, name) != value:
            raise SealBroken(month=str(sealed), what=name)


def _sums(cursor: CursorWrapper, month: date) -> Sums:
    cursor.execute(_named(_SUMS, month))
    return Sums(*cursor.fetchone())


def _named(sql: str, month: date, **parts: str) -> str:
    entries, lines = (f'public."{partitions.partition_name(table, month)}"' for table in TABLES)
    return sql.format(entries=entries, lines=lines, **parts)
