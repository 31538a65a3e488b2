"""Balances by day: one row an account and day, made when the day is over, so that no page sums the books from their
first line.

Up to the last summed day the sums stand in ``AccountDay``; what was booked on such a day afterwards is noted in
``LateBooking`` by the law (``day_sums.sql``), until the next night adds it; later days are read from their lines. All three
together are exact at any moment. No booking writes a sum, so none waits for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, connections, transaction

from core import replica

LOCK = 5497855412316  # the one that every booking shares: ledger/law/closed_books.sql
BEFORE_ALL, AFTER_ALL = date.min, date.max

_ADD_LATE = """
WITH late AS (
    DELETE FROM ledger_latebooking RETURNING posted_on, account_id, event, entries, debit, credit
), accounts AS (
    INSERT INTO ledger_accountday AS d (account_id, posted_on, debit, credit, debit_total, credit_total)
    SELECT account_id, posted_on, sum(debit), sum(credit), 0, 0 FROM late WHERE account_id IS NOT NULL GROUP BY 1, 2
        ON CONFLICT (account_id, posted_on) DO UPDATE SET debit = d.debit + excluded.debit,
                                                          credit = d.credit + excluded.credit
), days AS (
    INSERT INTO ledger_summedday AS d (posted_on, entries, entries_total, events, summed_at)
    SELECT posted_on, sum(entries), 0, array_agg(DISTINCT event) FILTER (WHERE event <> ''), now()
      FROM late WHERE account_id IS NULL GROUP BY 1
        ON CONFLICT (posted_on) DO UPDATE
       SET entries = d.entries + excluded.entries,
           events = ARRAY(SELECT DISTINCT e FROM unnest(d.events || excluded.events) AS e ORDER BY 1)
)
SELECT count(*), min(posted_on) FROM late
"""
_SUM_ACCOUNTS = """
INSERT INTO ledger_accountday (account_id, posted_on, debit, credit, debit_total, credit_total)
SELECT account_id, posted_on, sum(debit), sum(credit), 0, 0 FROM ledger_journalline
 WHERE posted_on > %(through)s AND posted_on <= %(on)s GROUP BY 1, 2
"""
_SUM_DAYS = """
INSERT INTO ledger_summedday (posted_on, entries, entries_total, events, summed_at)
SELECT posted_on, count(*), 0, array_agg(DISTINCT event), now() FROM ledger_journalentry
 WHERE posted_on > %(through)s AND posted_on <= %(on)s GROUP BY 1
UNION ALL
SELECT %(on)s, 0, 0, '{}', now()
 WHERE NOT EXISTS (SELECT 1 FROM ledger_journalentry WHERE posted_on = %(on)s)
"""
_RUN_ACCOUNTS = """
UPDATE ledger_accountday d SET debit_total = r.debit_total, credit_total = r.credit_total
  FROM (SELECT n.id, coalesce(b.debit_total, 0) + sum(n.debit) OVER days AS debit_total,
               coalesce(b.credit_total, 0) + sum(n.credit) OVER days AS credit_total
          FROM ledger_account a
          LEFT JOIN LATERAL (SELECT debit_total, credit_total FROM ledger_accountday
                              WHERE account_id = a.code AND posted_on < %(first)s
                              ORDER BY posted_on DESC LIMIT 1) b ON true
          JOIN ledger_accountday n ON n.account_id = a.code AND n.posted_on >= %(first)s
        WINDOW days AS (PARTITION BY n.account_id ORDER BY n.posted_on)) r
 WHERE r.id = d.id AND (d.debit_total, d.credit_total) IS DISTINCT FROM (r.debit_total, r.credit_total)
"""
_RUN_DAYS = """
UPDATE ledger_summedday d SET entries_total = r.entries_total
  FROM (SELECT posted_on, sum(entries) OVER (ORDER BY posted_on)
               + coalesce((SELECT entries_total FROM ledger_summedday WHERE posted_on < %(first)s
                            ORDER BY posted_on DESC LIMIT 1), 0) AS entries_total
          FROM ledger_summedday WHERE posted_on >= %(first)s) r
 WHERE r.posted_on = d.posted_on AND d.entries_total <> r.entries_total
"""

_MOVED = """
SELECT a.code, a.name, a.kind, sum(m.debit_before - m.credit_before), sum(m.debit - m.debit_before),
       sum(m.credit - m.credit_before)
  FROM (SELECT * FROM ledger_account WHERE %(account)s IN ('', code)) a
 CROSS JOIN LATERAL (
    (SELECT debit_total AS debit, credit_total AS credit, 0 AS debit_before, 0 AS credit_before
       FROM ledger_accountday
      WHERE account_id = a.code AND posted_on <= least(%(last)s::date, %(through)s::date) ORDER BY posted_on DESC LIMIT 1)
    UNION ALL
    (SELECT 0, 0, debit_total, credit_total FROM ledger_accountday
      WHERE account_id = a.code AND posted_on < %(first)s::date
        AND posted_on <= least(%(last)s::date, %(through)s::date)
      ORDER BY posted_on DESC LIMIT 1)
    UNION ALL
    SELECT debit, credit, CASE WHEN posted_on < %(first)s::date THEN debit ELSE 0 END,
           CASE WHEN posted_on < %(first)s::date THEN credit ELSE 0 END
      FROM ledger_latebooking
     WHERE account_id = a.code AND posted_on <= least(%(last)s::date, %(through)s::date)
    UNION ALL
    SELECT o.debit, o.credit, o.debit_before, o.credit_before FROM open o WHERE o.account_id = a.code) m
 GROUP BY a.code, a.name, a.kind ORDER BY a.code
"""
_OPEN = """
WITH open AS MATERIALIZED (
    SELECT account_id, sum(debit) AS debit, sum(credit) AS credit,
           coalesce(sum(debit) FILTER (WHERE posted_on < %(first)s::date), 0) AS debit_before,
           coalesce(sum(credit) FILTER (WHERE posted_on < %(first)s::date), 0) AS credit_before
      FROM ledger_journalline
     WHERE posted_on > %(through)s::date AND posted_on <= %(last)s::date{of_account}
     GROUP BY account_id)
"""
_ENTRIES = """
SELECT coalesce((SELECT entries_total FROM ledger_summedday WHERE posted_on <= least(%(last)s::date, %(through)s::date)
                  ORDER BY posted_on DESC LIMIT 1), 0)
     + (SELECT coalesce(sum(entries), 0) FROM ledger_latebooking
         WHERE posted_on <= least(%(last)s::date, %(through)s::date))
     + (SELECT count(*) FROM ledger_journalentry WHERE posted_on > %(through)s::date AND posted_on <= %(last)s::date)
"""
# The balance of an account at the end of each day asked for, less what was booked later on that day than each line.
_AFTER_LINES = """
WITH asked AS (
    SELECT * FROM unnest(%(days)s::date[], %(entries)s::bigint[]) AS d(day, entry_id)
), ends AS (
    SELECT d.day, d.entry_id,
           coalesce((SELECT debit_total - credit_total FROM ledger_accountday
                      WHERE account_id = %(account)s AND posted_on <= least(d.day, %(through)s::date)
                      ORDER BY posted_on DESC LIMIT 1), 0)
         + coalesce((SELECT sum(debit - credit) FROM ledger_latebooking
                      WHERE account_id = %(account)s AND posted_on <= least(d.day, %(through)s::date)), 0)
         + coalesce((SELECT sum(debit - credit) FROM ledger_journalline
                      WHERE account_id = %(account)s AND posted_on > %(through)s::date AND posted_on <= d.day), 0)
           AS balance
      FROM asked d
)
SELECT id, balance FROM (
    SELECT l.id, e.balance - coalesce(sum(l.debit - l.credit) OVER (
               PARTITION BY l.posted_on ORDER BY l.entry_id DESC, l.id DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS balance
      FROM ends e
      JOIN ledger_journalline l ON l.account_id = %(account)s AND l.posted_on = e.day AND l.entry_id >= e.entry_id
       AND l.posted_on BETWEEN %(first)s::date AND %(last)s::date) AS walked
 WHERE id = ANY(%(lines)s)
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """One account between two days, in currency units: its debit balance before them, and what they brought."""

    code: str
    name: str
    kind: str
    opening: Decimal
    debit: Decimal
    credit: Decimal


def summed_through() -> date:
    """The last day whose sums were made; a day before all while there is none."""
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute("SELECT max(posted_on) FROM ledger_summedday")
        return cursor.fetchone()[0] or BEFORE_ALL


@transaction.atomic
def sum_through(on: date) -> dict[str, int]:
    """Make the sums of all days up to ``on`` that have none, and add what was noted late to those that have.

    Waits for bookings under way, which are counted; a repeat finds nothing to do.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        through = summed_through()
        cursor.execute(_ADD_LATE)
        late, first = cursor.fetchone()
        days = 0
        if on > through:
            cursor.execute(_SUM_ACCOUNTS, {"through": through, "on": on})
            cursor.execute(_SUM_DAYS, {"through": through, "on": on})
            days = cursor.rowcount
            first = min(first or on, _day_after(through))
        if first is not None:
            cursor.execute(_RUN_ACCOUNTS, {"first": first})
            cursor.execute(_RUN_DAYS, {"first": first})
    return {"days_summed": days, "late_bookings": late}


@transaction.atomic
def make_anew(on: date) -> None:
    """Make all sums again from the lines, up to ``on`` at least: after rows were written past the laws. What lies in the
    archive keeps the sums it was sealed with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        through = max(on, summed_through())
        cursor.execute("DELETE FROM ledger_latebooking")
        for table in ("ledger_accountday", "ledger_summedday"):
            cursor.execute(f"DELETE FROM {table} WHERE (posted_on <= ledger_archived_through()) IS NOT TRUE")
        sum_through(through)


def moved(*, first: date | None = None, last: date | None = None, account: str = "") -> list[Moved]:
    """What every account with entries up to ``last`` (included) moved from ``first`` on; of one ``account`` if named."""
    sql = _OPEN.format(of_account=" AND account_id = %(account)s" if account else "") + _MOVED
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute(sql, {**_between(first, last), "account": account})
        return [Moved(*row) for row in cursor.fetchall()]


def entries_through(on: date) -> int:
    """How many entries were posted up to and including ``on``."""
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute(_ENTRIES, _between(None, on))
        return int(cursor.fetchone()[0])


def balances_after(account: str, lines: Sequence[tuple[date, int, int]]) -> dict[int, Decimal]:
    """The debit balance of ``account`` after each of its ``lines`` (day, number of the entry, number of the line)."""
    if not lines:
        return {}
    earliest: dict[date, int] = {}
    for day, entry_id, _line_id in lines:
        earliest[day] = min(entry_id, earliest.get(day, entry_id))
    asked: dict[str, Any] = {
        "account": account,
        "days": list(earliest),
        "entries": list(earliest.values()),
        "lines": [line_id for _day, _entry_id, line_id in lines],
        **_between(min(earliest), max(earliest)),
    }
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute(_AFTER_LINES, asked)
        return dict(cursor.fetchall())


def events_booked() -> list[str]:
    """Every kind of event the journal knows: of summed days from their sums, of later ones from the journal."""
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT unnest(events) FROM ledger_summedday"
            " UNION SELECT event FROM ledger_latebooking WHERE event <> ''"
            " UNION SELECT event FROM ledger_journalentry WHERE posted_on > %(through)s ORDER BY 1",
            {"through": summed_through()},
        )
        return [event for (event,) in cursor.fetchall()]


def _between(first: date | None, last: date | None) -> dict[str, Any]:
    """Days as SQL takes them. The last summed day is read before: where the night makes sums meanwhile, the days it sums
    are read from their lines once more, and late bookings it added stand in the sums."""
    return {"first": first or BEFORE_ALL, "last": last or AFTER_ALL, "through": summed_through()}


def _day_after(on: date) -> date:
    return date.fromordinal(on.toordinal() + 1)
