"""Tables laid by the month: what only grows is kept in one table a month, made ahead of time and one day put away.

A model that is laid so says by which of its columns: ``by_month = "posted_on"``. Its migration turns the table that
Django made into one partitioned by it (``core.migration_operations.PartitionedByMonth``); the database's key is then
(id, column), the model keeps ``id``. So no foreign key can point at such a table: whoever refers to it says
``db_constraint=False`` and has a law that refuses a row which is not there. What must be unique over all months stands in
a table that is not laid so.

Nor should such a table have a foreign key of its own to one that use cases write: who makes a month waits for all who
write what it refers to.

Months are made ahead by ``migrate`` and by each night; ``require_month`` makes the one that somebody needs all the same,
as a tape of 2019 does. A row of a month that was not made is refused by PostgreSQL and never lost. Months of a moment are
those of UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from core.dates import add_months
from core.errors import DomainError

AHEAD = 3  # months made beyond the one that is lived
LOCK = 0x4D6F6E746873  # "Months": one maker at a time
NO_PARTITION = "no partition of relation"

# Months known to be there for good, by database; asked for before every entry, so it must cost nothing.
_known: dict[str, set[date]] = {}
# In which transaction a month was made: as long as it is the one that runs, the month may yet be taken back.
_made_in: dict[tuple[str, date], str] = {}

_ATTACHED = """
SELECT p.relname, c.relname FROM pg_inherits i
  JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
 WHERE p.relkind = 'p' AND p.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s)
"""
_GUARDS = """
SELECT t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t
 WHERE t.tgrelid = %s::regclass AND NOT t.tgisinternal AND (t.tgtype & 1) = 0
   AND NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = %s::regclass AND g.tgname = t.tgname)
 ORDER BY t.tgname
"""


class MonthMissing(DomainError):
    """A row of a month that no table was made for; nothing was written."""

    code = "month_missing"
    message = _(
        "There are no tables for %(month)s, and nothing was booked. Run ./dev manage migrate, or bring the month back from "
        "the archive; then try again."
    )


def partitioned() -> dict[str, str]:
    """The tables laid by the month, and the column that says in which one a row lies."""
    models = [model for model in apps.get_models() if hasattr(model, "by_month")]
    return {model._meta.db_table: str(model.by_month) for model in models}


def month_of(on: date) -> date:
    """The first day of the month of ``on``, a day or a moment."""
    return date(on.year, on.month, 1)


def partition_name(table: str, month: date) -> str:
    """The table that holds ``month`` of ``table``."""
    return f"{table}_{month:%Y_%m}"


def require_month(on: date) -> None:
    """The month of ``on`` is there, in every table laid by the month. Costs no statement once it is known."""
    if month_of(on) not in _known.get(_database(), ()):
        ensure_months(on, on)


def make_months_ahead(on: date) -> int:
    """The month of ``on`` and the ``AHEAD`` months after it; how many tables were made."""
    return ensure_months(on, add_months(month_of(on), AHEAD))


def ensure_months(first: date, last: date) -> int:
    """Make what is missing of the months from ``first`` to ``last``, both included; how many tables were made.

    Part of the caller's transaction. Whoever books meanwhile goes on: the new table is filled with nothing, and attaching
    it takes a lock on its parent that bookings do not mind; tables its rows refer to wait for writers of a moment.
    """
    known = _known.setdefault(_database(), set())
    wanted = [month for month in _months(first, last) if month not in known]
    if not wanted:
        return 0
    made: list[tuple[str, date]] = []
    with connection.cursor() as cursor:
        if _missing(cursor, wanted):
            with transaction.atomic():
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
                made = _missing(cursor, wanted)  # whoever held the lock may have made them
                for table, month in made:
                    _make(cursor, table, month)
                _remember(cursor, wanted, {month for _table, month in made})
        else:
            _remember(cursor, wanted, set())
    return len(made)


def keep_guards() -> int:
    """Give months made before them the guards their tables have got since; how many were given."""
    given = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for table in partitioned():
            cursor.execute(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                "WHERE i.inhparent = to_regclass(%s) ORDER BY 1",
                [f"public.{table}"],
            )
            given += sum(_guard(cursor, table, partition) for (partition,) in cursor.fetchall())
    return given


def forget() -> None:
    """Ask PostgreSQL anew which months are there, after one was put away."""
    _known.clear()


def means_month_missing(refusal: BaseException) -> bool:
    """Whether PostgreSQL refused a row because its month was not made; ``require_month`` looks again from now on."""
    told = str(refusal.__cause__ or refusal).startswith(NO_PARTITION)
    if told:
        forget()
    return told


def after_migrate(**_signal: Any) -> None:
    """Receiver of ``post_migrate``: months from the one that is lived on, by the books or by PostgreSQL's clock, and new
    guards for old months."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_date, to_regclass('public.core_businessdate') IS NOT NULL")
        first, opened = cursor.fetchone()
        last = first
        if opened:
            cursor.execute('SELECT least("on", %s), greatest("on", %s) FROM core_businessdate', [first, last])
            first, last = cursor.fetchone() or (first, last)
    ensure_months(first, add_months(month_of(last), AHEAD))
    keep_guards()


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def _months(first: date, last: date) -> list[date]:
    start, end = month_of(first), month_of(last)
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    return [add_months(start, step) for step in range(count)]


def _missing(cursor: CursorWrapper, months: Iterable[date]) -> list[tuple[str, date]]:
    """Which months of which tables are not there. A table that is not partitioned (yet) misses nothing."""
    laid = _laid(cursor)
    names = {partition_name(table, month): (table, month) for table in laid for month in months}
    cursor.execute(_ATTACHED, [list(names)])
    there = {partition for _table, partition in cursor.fetchall()}
    return [place for name, place in names.items() if name not in there]


def _laid(cursor: CursorWrapper) -> list[str]:
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace "
        "AND relname = ANY(%s) ORDER BY relname",
        [list(partitioned())],
    )
    return [table for (table,) in cursor.fetchall()]


def _make(cursor: CursorWrapper, table: str, month: date) -> None:
    """A table of its own first, attached when it is whole: that asks less of its parent than making it as a part."""
    create_apart(cursor, table, month)
    attach(cursor, table, month)


def create_apart(cursor: CursorWrapper, table: str, month: date) -> None:
    """An empty table for ``month`` of ``table`` that stands by itself until it is attached."""
    partition = partition_name(table, month)
    cursor.execute(
        f'CREATE TABLE public."{partition}" '
        f'(LIKE public."{table}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)'
    )


def attach(cursor: CursorWrapper, table: str, month: date) -> None:
    """Make a table that stands by itself the ``month`` of ``table``, with the guards of the whole."""
    partition = partition_name(table, month)
    lower, upper = (f"{day:%Y-%m-%d}{_midnight(cursor, table)}" for day in (month, add_months(month, 1)))
    cursor.execute(
        f'ALTER TABLE public."{table}" ATTACH PARTITION public."{partition}" '
        f"FOR VALUES FROM ('{lower}') TO ('{upper}')"
    )
    _guard(cursor, table, partition)


def take_away(cursor: CursorWrapper, table: str, month: date) -> None:
    """Detach ``month`` of ``table`` and drop it with all its rows. Nobody reads or writes the table meanwhile."""
    partition = partition_name(table, month)
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the end of the transaction would hold the table
    cursor.execute(f'ALTER TABLE public."{table}" DETACH PARTITION public."{partition}"')
    cursor.execute(f'DROP TABLE public."{partition}"')


def clear_the_place(cursor: CursorWrapper, table: str, month: date) -> bool:
    """Take ``month`` of ``table`` away where it was made again without a row, for the sake of another table; whether its
    place is free now."""
    partition = partition_name(table, month)
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{partition}"])
    if not cursor.fetchone()[0]:
        return True
    cursor.execute(f'SELECT EXISTS (SELECT 1 FROM public."{partition}")')
    if cursor.fetchone()[0]:
        return False
    take_away(cursor, table, month)
    return True


def _midnight(cursor: CursorWrapper, table: str) -> str:
    """What a bound needs beside its day: nothing for a date, the hour of UTC for a moment."""
    cursor.execute(
        "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
        [f'public."{table}"', partitioned()[table]],
    )
    return "" if cursor.fetchone()[0] == "date" else " 00:00+00"


def _guard(cursor: CursorWrapper, table: str, partition: str) -> int:
    """A guard that judges whole statements is not handed down: a statement that names the month itself would escape it."""
    cursor.execute(_GUARDS, [f'public."{table}"', f'public."{partition}"'])
    guards = cursor.fetchall()
    for _name, definition in guards:
        cursor.execute(definition.replace(f" ON public.{table} ", f' ON public."{partition}" ', 1))
    return len(guards)


def _remember(cursor: CursorWrapper, months: Iterable[date], made: set[date]) -> None:
    """Months that others made are there for good. One made here is, once the transaction that made it has committed."""
    cursor.execute("SELECT pg_current_xact_id_if_assigned()::text")
    running, database = cursor.fetchone()[0], _database()
    for month in months:
        if month in made:
            _made_in[database, month] = running
        elif running is None or _made_in.get((database, month)) != running:
            _known[database].add(month)
