"""Months of messages, of the audit log and of moves of loans put away in files under seal, and brought back.

What PostgreSQL keeps by the month besides the books (``ledger.archive``): a model says by ``archived_as`` under which name
its months go. Months go oldest first, none of the last ``KEPT_MONTHS``, and none of which something that still runs needs a
row: who knows of such things says so by ``register_need`` in an app's ``before_archiving.py``. The row of the seal, the file
and what is taken away are one transaction; a file without a seal means nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.events import record
from audit.models import ArchivedRecords
from core import kept, partitions
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

KEPT_MONTHS = 13  # before the running one: a year and what is compared with the year before
_KNOWN = "audit.archived_records"
Need = Callable[[date], str]
_needs: defaultdict[str, list[Need]] = defaultdict(list)


class NoRecords(DomainError):
    code = "archive_no_records"
    message = _("There is nothing of %(month)s to archive, or it was archived before.")


class MonthTooRecent(DomainError):
    code = "archive_month_too_recent"
    message = _("%(month)s cannot be archived yet: the records of the last %(months)s months stay.")


class StillNeeded(DomainError):
    code = "archive_month_still_needed"
    message = _("%(month)s cannot be archived: %(what)s still runs and needs it.")


def groups() -> dict[str, str]:
    """The tables whose months can be put away, by the name of the group."""
    return {
        str(model.archived_as): model._meta.db_table for model in apps.get_models() if hasattr(model, "archived_as")
    }


def register_need(group: str, need: Need) -> None:
    """``need`` names something that still needs a row of the month of ``group`` that begins on a day; empty for nothing."""
    _needs[group].append(need)


def archive_records(group: str, month: date, folder: Path, *, on: date) -> ArchivedRecords:
    """Put ``month`` (its first day) of ``group`` away in a file in ``folder`` and seal it; ``on`` is the business date.

    Raises MonthTooRecent, NoRecords, NotTheNextMonth, StillNeeded, BooksBusy.
    """
    table, name = groups()[group], f"{month:%Y-%m}"
    if add_months(month, KEPT_MONTHS) >= on.replace(day=1):
        raise MonthTooRecent(month=name, months=KEPT_MONTHS)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with waiting_a_moment(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [partitions.LOCK])
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        _require_next(cursor, group, table, month)
        cursor.execute(f'LOCK TABLE public."{partitions.partition_name(table, month)}" IN SHARE MODE')
        for need in _needs[group]:
            if what := need(month):
                raise StillNeeded(month=name, what=what)
        rows, first_row, last_row = _counted(cursor, table, month)
        write(table, month, folder, digest)
        sealed = ArchivedRecords.objects.create(
            group=group,
            month=month,
            rows=rows,
            first_row=first_row,
            last_row=last_row,
            sha256=digest.hexdigest(),
            folder=str(folder),
            archived_on=on,
            archived_at=timezone.now(),
        )
        record("archived", sealed, after={"records": group, "month": name, "rows": rows, "sha256": sealed.sha256})
        partitions.take_away(cursor, table, month)
    partitions.forget()
    kept.forget()
    return sealed


def restore_records(group: str, month: date, folder: Path | None = None) -> ArchivedRecords:
    """Bring ``month`` of ``group`` back from its file, in ``folder`` or where it was written, checked against its seal.

    Raises MonthNotArchived, NotTheNextMonth, ArchiveMissing, SealBroken, MonthInUse, BooksBusy.
    """
    away = ArchivedRecords.objects.filter(group=group, restored_at=None).order_by("-month")
    sealed = away.filter(month=month).first()
    if sealed is None:
        raise MonthNotArchived(month=f"{month:%Y-%m}")
    if (newest := away[0]).month != month:
        raise NotTheNextMonth(month=f"{newest.month:%Y-%m}")
    table = groups()[group]
    file = file_of(folder or Path(sealed.folder), table, month)
    require_seal(str(sealed), sealed.sha256, [file])
    digest = hashlib.sha256()
    with waiting_a_moment(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [partitions.LOCK])
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        if not partitions.clear_the_place(cursor, table, month):
            raise MonthInUse(month=f"{month:%Y-%m}")
        partitions.create_apart(cursor, table, month)
        read(table, month, file, digest)
        found = (digest.hexdigest(), *_counted(cursor, table, month))
        if found != (sealed.sha256, sealed.rows, sealed.first_row, sealed.last_row):
            raise SealBroken(month=str(sealed), what="rows")
        sealed.restored_at = timezone.now()
        sealed.save(update_fields=["restored_at"])
        record("restored", sealed, after={"records": group, "month": f"{month:%Y-%m}"})
        partitions.attach(cursor, table, month)
    partitions.forget()
    kept.forget()
    return sealed


def archived_through(group: str) -> date | None:
    """The last day of ``group`` that is away in the archive. Kept for a minute: pages ask it each time."""

    def newest() -> dict[str, date]:
        away = ArchivedRecords.objects.filter(restored_at=None).order_by("month").values_list("group", "month")
        return {name: end_of_month(month) for name, month in away}

    return kept.kept(_KNOWN, newest).get(group)


def archived_on(group: str) -> date | None:
    """The business date on which something of ``group`` was put away last, of what is away now."""
    away = ArchivedRecords.objects.filter(group=group, restored_at=None).order_by("-archived_on")
    return away.values_list("archived_on", flat=True).first()


def _require_next(cursor: CursorWrapper, group: str, table: str, month: date) -> None:
    name = partitions.partition_name(table, month)
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{name}"])
    there = cursor.fetchone()[0]
    if there:
        cursor.execute(f'SELECT EXISTS (SELECT 1 FROM public."{name}")')
        there = cursor.fetchone()[0]
    if not there or ArchivedRecords.objects.filter(group=group, month=month, restored_at=None).exists():
        raise NoRecords(month=f"{month:%Y-%m}")
    cursor.execute(f'SELECT min("{partitions.partitioned()[table]}") FROM public."{table}"')
    (earliest,) = cursor.fetchone()
    if (earliest.year, earliest.month) < (month.year, month.month):
        raise NotTheNextMonth(month=f"{earliest:%Y-%m}")


def _counted(cursor: CursorWrapper, table: str, month: date) -> tuple[int, int, int]:
    cursor.execute(
        f"SELECT count(*), coalesce(min(id), 0), coalesce(max(id), 0) "
        f'FROM public."{partitions.partition_name(table, month)}"'
    )
    rows, first_row, last_row = cursor.fetchone()
    return rows, first_row, last_row
