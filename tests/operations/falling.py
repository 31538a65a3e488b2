"""A PostgreSQL server of its own that falls when a test says so, and a plain look at everything it has then."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from core import kept
from devtools import test_database
from devtools.home import Home, home_from_environment
from devtools.processes import wait_until
from devtools.servers import NAME, Postgres

# They write the log, or pages and with them the log, for nobody who waits: what a fall loses would be luck.
_WRITERS = ["walwriter", "background writer", "checkpointer", "autovacuum launcher"]

Look = dict[str, tuple[int, str]]


class Falling:
    """The server, with the tables of the test suite and nothing else in its database ``book``."""

    def __init__(self, folder: Path) -> None:
        home = Home(folder / "falling")
        home.make()
        tables = test_database.prepared(home_from_environment())
        assert tables is not None
        shutil.copytree(tables, home.postgres, copy_function=shutil.copy)
        self.server = Postgres(home)
        self.server.ensure()
        # The kernel outlives the fall: what was handed to it counts as on the disk, and nobody waits for a slow one.
        self._say("ALTER SYSTEM SET fsync TO off", "ALTER SYSTEM SET autovacuum TO off")
        self._say(f"ALTER DATABASE {test_database.NAME} RENAME TO book")

    def copy(self, name: str, *, of: str = "book") -> None:
        """Another database with everything that ``of`` has, to which nobody is connected. Not copied by way of the log: a
        sequence copied so gives its numbers once more after a fall, until the first checkpoint."""
        self._say(f"CREATE DATABASE {name} TEMPLATE {of} STRATEGY file_copy")

    def drop(self, name: str) -> None:
        self._say(f"DROP DATABASE {name}")

    @contextmanager
    def used(self, database: str) -> Iterator[None]:
        """Inside, Django works on that database of this server."""
        at = connection.settings_dict
        before = dict(at)
        _leave()
        at.update(HOST=str(self.server.home.sockets), PORT="", USER=NAME, PASSWORD="", NAME=database)
        try:
            yield
        finally:
            _leave()
            at.update(before)

    def hold_writers(self) -> None:
        """From now on the log reaches the disk only with a commit that waits for it."""
        for pid in self._processes(_WRITERS):
            os.kill(pid, signal.SIGSTOP)

    def fall(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Every process of the server ends where it is: killed, or by SIGQUIT to the first. Nothing is written any more."""
        processes, server = self._processes(), self.server.process
        assert server is not None
        if how is signal.SIGKILL:
            os.kill(server.pid, signal.SIGSTOP)  # or it would begin anew at the first death of a child
            for pid in processes:
                os.kill(pid, signal.SIGKILL)
        os.kill(server.pid, how)
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)  # those that were held back end as well
        assert wait_until(lambda: not self.server.alive(), seconds=20)

    def rise(self) -> None:
        """Start the server again on what is on the disk."""
        self.server.ensure()
        _leave()

    def end(self) -> None:
        """Leave nothing behind, neither processes that were held back nor a folder."""
        if self.server.alive():
            self.fall()
        shutil.rmtree(self.server.home.root)
        shutil.rmtree(self.server.home.sockets)

    def look(self, database: str) -> Look:
        """Rows and their content, by table; of what only one life of a book has, such as keys and the time, nothing."""
        with self._open(database) as read:
            found = {
                table: _seen(read, f'SELECT {columns} FROM "{table}"') for table, columns in read.execute(_COLUMNS)
            }
            return found | {name: _seen(read, query) for name, query in _TOGETHER.items()}

    def ask(self, database: str, question: str) -> Any:
        with self._open(database) as read:
            return read.execute(question).fetchone()

    def _processes(self, kinds: list[str] | None = None) -> list[int]:
        with self._open("postgres") as read:
            which = "backend_type = ANY(%s)" if kinds else "%s::text IS NULL AND pid <> pg_backend_pid()"
            return [pid for (pid,) in read.execute(f"SELECT pid FROM pg_stat_activity WHERE {which}", [kinds])]

    def _say(self, *commands: str) -> None:
        with self._open("postgres") as told:
            for command in commands:
                told.execute(command)
            told.execute("SELECT pg_reload_conf()")

    def _open(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.server.home.sockets), user=NAME, dbname=database, autocommit=True)


def _leave() -> None:
    connection.close()
    kept.forget()
    ContentType.objects.clear_cache()


def _seen(read: psycopg.Connection[Any], query: str) -> tuple[int, str]:
    every = (
        "SELECT count(*), md5(string_agg(line, ' ' ORDER BY line))"
        f"  FROM (SELECT md5(regexp_replace(t::text, %s, '', 'g')) AS line FROM ({query}) t) lines"
    )
    rows, content = read.execute(every, [_NAMES]).fetchone() or (0, "")
    return rows, content


# What one life of a book has and another has otherwise, inside texts: public ids, requests, receipts, moments, keys.
_NAMES = (
    r"\m[a-z]+_01[0-9A-Z]{24}\M|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\mRP-\d{4}-\d+|"
    r"\d{4}-\d\d-\d\dT[\d:.+]+|\"(id|entry_id)\"+: \d+"
)
# A server that has fallen skips numbers, so a row of tonight has another key in another life.
_COLUMNS = r"""
SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND c.relname ~ '^(core|audit|ledger|borrowers|messaging|loans|risk|collections|operations)_'
   AND c.relname NOT IN ('operations_endofdayrun', 'loans_mandateattempt')
   AND a.atttypid NOT IN ('timestamptz'::regtype, 'interval'::regtype, 'xid8'::regtype, 'uuid'::regtype)
   AND a.attname !~ '^((history_|public_|object_|entry_|repayment_|message_|follows_)?id|number|object_label)$'
 GROUP BY c.relname
"""
_ENTRY = "LEFT JOIN ledger_journalentry e ON (e.id, e.posted_on)"
_TOGETHER = {
    "lines of entries": "SELECT e.event, e.posted_on, e.effective_on, e.currency, l.account_id, l.subledger_id, l.debit,"
    f" l.credit FROM ledger_journalline l {_ENTRY} = (l.entry_id, l.posted_on)",
    "sums of entries": "SELECT e.event, sum(l.debit), sum(l.credit) FROM ledger_journalentry e"
    " LEFT JOIN ledger_journalline l ON (l.entry_id, l.posted_on) = (e.id, e.posted_on) GROUP BY e.id, e.event",
    "accruals": f"SELECT a.lo, a.hi, a.interest, a.late_interest, e.event FROM loans_nightaccrual a {_ENTRY}"
    " = (a.entry_id, a.accrued_on)",
    "debits answered": "SELECT a.reference, a.amount, a.share, a.due_on, a.outcome, a.code, r.loan_id, r.amount AS came,"
    " e.event FROM loans_mandateattempt a LEFT JOIN loans_repayment r ON r.id = a.repayment_id"
    f" {_ENTRY} = (r.entry_id, r.booked_on) WHERE a.outcome <> 'sent'",
    "messages": "SELECT k.dedupe_key, m.dedupe_key AS of_message, m.status FROM messaging_messagekey k"
    " FULL JOIN messaging_message m ON (m.id, m.created_on) = (k.message_id, k.created_on)",
    "run": "SELECT status, chunk_sizes, plan, counts, error FROM operations_endofdayrun",
    "months": "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'",
}
