"""Nights of several processes: workers and coordinators that a test starts, orders to stand still, and kills."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from select import select

from django.db import connection, transaction

from config.celery import app
from operations.end_of_day import close_day
from operations.steps import STEPS
from tests.places import ROOT

CHUNK = 2
_MODULE = "tests.operations.night_process"

Totals = dict[str, tuple[int, ...] | dict[str, Decimal]]


def elsewhere() -> dict[str, str]:
    """What another process needs to work on the database of this test."""
    at = connection.settings_dict
    url = f"postgresql://{at['USER']}@/{at['NAME']}?host={at['HOST']}&port={at['PORT']}"
    if at["PASSWORD"] or not at["HOST"].startswith("/"):
        url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.testing"}


class House:
    """The processes of one test. All read their orders from one file."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.orders, self.told = folder / "orders", folder / "told"
        os.mkfifo(self.told)
        paths = os.pathsep.join([str(ROOT), str(ROOT / "collections")])
        self.environment = elsewhere() | {
            "NIGHT_ORDERS": str(self.orders), "NIGHT_TOLD": str(self.told), "PYTHONPATH": paths,
            "END_OF_DAY_FAN_OUT": "on", "END_OF_DAY_CHUNK_SIZE": str(CHUNK), "END_OF_DAY_WORKERS": "1",
            **settings,
        }  # fmt: skip

    def stop_at(self, role: str, step: str, lo: int) -> None:
        """Order the next ``role`` ("worker", "coordinator") that comes to that chunk to stand still in it."""
        draft = self.orders.with_name("draft")
        draft.write_text(f"{role} {step} {lo}")
        draft.rename(self.orders)

    def somebody_stopped(self, *running: subprocess.Popen[str]) -> int:
        """The number of the process that stands still; fails when one of those that should be ``running`` ends instead."""
        pipe = os.open(self.told, os.O_RDONLY | os.O_NONBLOCK)
        try:
            while not select([pipe], [], [], 0.2)[0] or not (told := os.read(pipe, 20)):
                for process in running:
                    assert process.poll() is None, process.communicate()[1]
            return int(told)
        finally:
            os.close(pipe)

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[str]]:
        """A Celery worker with one child, listening for parts of the night; killed with its child at the end."""
        command = [
            "-m",
            "celery",
            "-A",
            _MODULE,
            "worker",
            "-Q",
            "night",
            "--concurrency",
            "1",
            "--loglevel",
            "WARNING",
        ]
        process = self._start(*command, "--without-mingle", "--without-gossip", "--without-heartbeat", group=True)
        try:
            yield process
        finally:
            kill_all(process)

    def coordinator(self) -> subprocess.Popen[str]:
        return self._start("-m", _MODULE)

    def _start(self, *arguments: str, group: bool = False) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE if not group else subprocess.DEVNULL,
            stderr=subprocess.PIPE if not group else subprocess.DEVNULL,
            start_new_session=group,
            text=True,
        )


def kill_all(process: subprocess.Popen[str]) -> None:
    """SIGKILL to a process and its children."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def forget_messages() -> None:
    """An empty queue, as after a broker that lost what it held."""
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge("night")


def waiting_messages() -> int:
    with app.connection_for_write() as broker:
        count: int = broker.default_channel._size("night")
        return count


def undisturbed() -> Totals:
    """What tonight leaves when nobody disturbs it: closed by this process alone, looked at, and taken back."""
    with transaction.atomic():
        assert close_day().finished
        found = totals()
        transaction.set_rollback(True)
    return found


def totals() -> Totals:
    """Plain SQL over every table but those that tell of runs: how many rows, and the sums of all amounts and days."""
    found: Totals = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text ORDER BY column_name) FILTER (WHERE data_type = 'numeric'),"
            "       array_agg(column_name::text ORDER BY column_name) FILTER (WHERE data_type = 'date')"
            "  FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            "   AND table_name ~ '^(loans|ledger|messaging|collections|risk|borrowers|audit)_' GROUP BY table_name"
        )
        for table, amounts, days in cursor.fetchall():
            sums = [f'coalesce(sum("{name}"), 0)' for name in amounts or ()]
            sums += [f"coalesce(sum(\"{name}\" - date '2000-01-01'), 0)" for name in days or ()]
            cursor.execute(f'SELECT {", ".join(["count(*)", *sums])} FROM "{table}"')
            found[table] = cursor.fetchone()
        cursor.execute("SELECT account_id, sum(debit - credit) FROM ledger_journalline GROUP BY account_id")
        found["by account"] = dict(cursor.fetchall())
    return found


def parts() -> dict[str, list[int]]:
    """Where the chunks of each step begin tonight."""
    found = {}
    for step in STEPS:
        lo, hi = step.id_range() or (0, 0)
        found[step.code] = list(range(lo - lo % CHUNK, hi, CHUNK))
    return found
