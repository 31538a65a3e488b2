"""Months in files: the rows of one month of a table out of PostgreSQL and back, with the hash of what went."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from django.db import OperationalError, connection
from django.utils.translation import gettext_lazy as _

from core import partitions
from core.errors import DomainError

PATIENCE = "5s"  # for those who read or write to end, before the month is taken from under them
LOCK_NOT_AVAILABLE = "55P03"
PIECE = 1 << 20  # bytes read of a file at a time


class NotTheNextMonth(DomainError):
    code = "archive_months_in_order"
    message = _("Months are archived oldest first and brought back newest first: %(month)s is next.")


class MonthNotArchived(DomainError):
    code = "archive_month_not_archived"
    message = _("%(month)s is not archived.")


class MonthInUse(DomainError):
    code = "archive_month_in_use"
    message = _("Something was booked in %(month)s since it was archived. Nothing was brought back; run verify_books.")


class ArchiveMissing(DomainError):
    code = "archive_files_missing"
    message = _("%(file)s is not there. Say in which folder the files of the archive are.")


class SealBroken(DomainError):
    code = "archive_seal_broken"
    message = _(
        "What the files of %(month)s hold is not what was archived: %(what)s differs. Nothing was brought back."
    )


class BooksBusy(DomainError):
    code = "archive_books_busy"
    message = _("Somebody has been reading or booking for longer than can be waited for. Nothing was done; try again.")


def file_of(folder: Path, table: str, month: date) -> Path:
    file = folder / f"{partitions.partition_name(table, month)}.csv.gz"
    if not file.exists():
        raise ArchiveMissing(file=str(file))
    return file


def write(table: str, month: date, folder: Path, digest: Any) -> None:
    """The rows in the order of their numbers, with the names of their columns; whole under its name, or not there."""
    name = partitions.partition_name(table, month)
    target, draft = folder / f"{name}.csv.gz", folder / f"{name}.part"
    select = f'COPY (SELECT * FROM public."{name}" ORDER BY id) TO STDOUT (FORMAT csv, HEADER)'
    with draft.open("wb") as file:
        with (
            gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed,
            raw_cursor() as cursor,
            cursor.copy(select) as rows,
        ):
            for piece in rows:
                digest.update(piece)
                packed.write(piece)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)


def read(table: str, month: date, file: Path, digest: Any) -> None:
    name = partitions.partition_name(table, month)
    with gzip.open(file) as packed:
        columns = ", ".join(f'"{name}"' for name in packed.readline().decode().strip().split(","))
    fill = f'COPY public."{name}" ({columns}) FROM STDIN (FORMAT csv, HEADER)'
    with raw_cursor() as cursor, cursor.copy(fill) as rows:
        for piece in pieces(file):
            digest.update(piece)
            rows.write(piece)


def pieces(file: Path) -> Iterator[bytes]:
    with gzip.open(file) as packed:
        while piece := packed.read(PIECE):
            yield piece


def raw_cursor() -> Any:
    """psycopg's own cursor, which alone can copy; of the connection Django has, in its transaction."""
    connection.ensure_connection()
    return connection.connection.cursor()


@contextmanager
def waiting_a_moment() -> Iterator[None]:
    """Who waits longer than ``PATIENCE`` for others is told so. Raises BooksBusy."""
    try:
        yield
    except OperationalError as failure:
        if getattr(failure.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise BooksBusy() from failure


def require_seal(name: str, sha256: str, files: Iterable[Path]) -> None:
    """Whether ``files`` still hold what was sealed as ``name``. Raises SealBroken."""
    digest = hashlib.sha256()
    try:
        for piece in chain.from_iterable(map(pieces, files)):
            digest.update(piece)
    except (EOFError, gzip.BadGzipFile, zlib.error) as broken:
        raise SealBroken(month=name, what="gzip") from broken
    if digest.hexdigest() != sha256:
        raise SealBroken(month=name, what="sha256")
