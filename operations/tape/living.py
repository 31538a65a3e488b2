"""The events of a day, lived by one process or by several hands at once.

Events of one borrower always go to the same hand and keep their order; those of different borrowers have nothing to do
with each other. A hand is a process of its own that reads events from its input and ends when that input ends, so it
never outlives a killed parent by more than the event it has begun. Each event is lived in one transaction that first looks
at the state of its row: whoever comes second finds it done.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import IO, Protocol, TextIO
from zlib import crc32

from django.conf import settings
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext_lazy as _

from core import rows
from core.context import acting
from core.errors import DomainError
from loans.bookkeeping.signals import quiet
from operations.models import ImportRow
from operations.tape.lending import lend, take_repayment
from operations.tape.profiles import Profile

WORTH_HELP = 400  # events; for fewer, starting another process costs more than it brings
MOST_HANDS = 4


class HandFailed(DomainError):
    code = "tape_replay_failed"
    message = _("The replay stopped at an event: %(error)s. Start it again to go on from there.")


class Kind(StrEnum):
    """What can happen to a loan of a tape."""

    LENT = "lent"
    REPAID = "repaid"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing the tape says happened. Events of a day are lived in the order of their time stamps."""

    at: datetime
    line: int
    row_id: int
    borrower_key: str
    kind: Kind


Told = Callable[[], object]


class Crew(Protocol):
    def live(self, events: Sequence[Event], told: Told) -> None:
        """Live the events, in order for each borrower; call ``told`` after each."""


class OwnHands:
    """Everything in this process."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def live(self, events: Sequence[Event], told: Told) -> None:
        for event in events:
            live_event(event.row_id, event.kind, self.profile)
            told()


class Hands:
    """Several processes, each with the borrowers that fall to it."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self.processes = processes

    def live(self, events: Sequence[Event], told: Told) -> None:
        shares: list[list[tuple[int, str]]] = [[] for _process in self.processes]
        for event in events:
            shares[crc32(event.borrower_key.encode()) % len(shares)].append((event.row_id, event.kind))
        for process, share in zip(self.processes, shares, strict=True):
            _write(process.stdin, share)
        for process, share in zip(self.processes, shares, strict=True):
            for _event in share:
                _read(process.stdout)
                told()


@contextmanager
def crew_for(profile: Profile, *, events: int, hands: int | None = None) -> Iterator[Crew]:
    """Own hands for little work; for more, a process for each processor of the machine."""
    count = hands or (min(os.cpu_count() or 1, MOST_HANDS) if events >= WORTH_HELP else 1)
    if count < 2:
        yield OwnHands(profile)
        return
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "live_tape_events", profile.code]
    with ExitStack() as stack:
        yield Hands([stack.enter_context(_process(command)) for _hand in range(count)])


def serve(profile: Profile, source: TextIO, target: TextIO) -> None:
    """The life of a hand: read a day's share, live it event by event, say so, until the input ends."""
    gc.freeze()  # the code stays as long as the process: no use looking through it for garbage, nor often for any
    gc.set_threshold(20_000, 20, 50)
    with quiet(), acting(channel="cli", reason="import of a tape"), without_waiting_for_disk():
        for line in source:
            for row_id, kind in json.loads(line):
                try:
                    live_event(row_id, kind, profile)
                except Exception as failure:
                    _say(target, _told(failure)[:2000])
                    raise
                _say(target, "")


@transaction.atomic
def live_event(row_id: int, kind: str, profile: Profile) -> None:
    """Make the event happen, unless it has happened."""
    row = rows.first(ImportRow, "WHERE id = %s FOR UPDATE", [row_id])
    assert row is not None
    with _without_savepoints():
        if kind == Kind.LENT and row.state == ImportRow.State.STAGED:
            lend(row, profile)
        elif kind == Kind.REPAID and row.state == ImportRow.State.DISBURSED:
            take_repayment(row, profile)


@contextmanager
def without_waiting_for_disk() -> Iterator[None]:
    """Commits need not wait for the disk here: what a crash of the server could lose is the end of a replay that goes on
    from whatever is in the database. Through a pooler they wait: the session belongs to others too."""
    if settings.DATABASE_POOLED:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SET synchronous_commit TO DEFAULT")


@contextmanager
def _without_savepoints() -> Iterator[None]:
    """An event happens whole or not at all, so nobody comes back to a point inside it: one statement in six is saved. A
    refusal inside still spoils the transaction, as Django has it for connections that know no savepoints."""
    features = connection.features
    features.uses_savepoints = False
    try:
        yield
    finally:
        features.uses_savepoints = True


@contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _told(failure: BaseException) -> str:
    """The failure in words; behind a transaction that is spoiled, what spoiled it."""
    told = f"{type(failure).__name__}: {failure}"
    behind = failure.__context__ if isinstance(failure, TransactionManagementError) else None
    return told if behind is None else f"{_told(behind)} ({told})"


def _write(pipe: IO[str] | None, share: list[tuple[int, str]]) -> None:
    assert pipe is not None  # the process was started with pipes
    try:
        pipe.write(json.dumps(share) + "\n")
        pipe.flush()
    except BrokenPipeError:
        raise HandFailed(error="a helping process has ended") from None


def _read(pipe: IO[str] | None) -> None:
    assert pipe is not None  # the process was started with pipes
    line = pipe.readline()
    error = json.loads(line) if line else "a helping process has ended"
    if error:
        raise HandFailed(error=error)


def _say(target: TextIO, error: str) -> None:
    target.write(json.dumps(error) + "\n")
    target.flush()
