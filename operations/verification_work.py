"""What each process of a verification does: take a chunk, check it at one moment, store what it found; and again.

A chunk is taken by locking its row in the transaction that checks it. So nobody takes it twice, and when a process dies
PostgreSQL itself gives it back: no lease to wait for, no other to notice.
"""

import gc
import os
from datetime import date, timedelta
from itertools import islice
from time import monotonic

from django.db import OperationalError, connection

from core.snapshots import one_moment, took_too_late
from loans.proof import book_checks
from loans.proof.rebuilding import Contracts
from loans.proof.verifying import SUMS, Difference, Part, found_in
from operations.models import Verification, VerificationChunk, VerificationDifference
from operations.models.verification import LEASE

MOST_KEPT = 500  # differences of one chunk that are kept; the others are counted

_TAKE = """
SELECT c.id, c.place, c.code, c.lo, c.hi
  FROM operations_verificationchunk c JOIN operations_verification v ON v.id = c.run_id
 WHERE c.run_id = %(run)s AND c.status = 'waiting' AND v.status = 'running'
   AND v.beat_at > clock_timestamp() - make_interval(secs => %(lease)s)
 ORDER BY c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED
"""


class Worker:
    """One process at work on ``run``: what it keeps from chunk to chunk."""

    def __init__(self, run: Verification) -> None:
        self.run = run
        self.contracts = Contracts()
        self.since = run.closed_through or date.min

    def next_chunk(self) -> bool:
        """Check the next chunk; False when none is left, the run was cancelled, or nobody leads it any more."""
        while True:
            try:
                return self._next_chunk()
            except OperationalError as failure:
                if not took_too_late(failure):
                    raise

    def _next_chunk(self) -> bool:
        taken: list[tuple[int, int, str, int, int]] = []
        try:
            with one_moment():
                with connection.cursor() as cursor:
                    cursor.execute(_TAKE, {"run": self.run.pk, "lease": LEASE.total_seconds()})
                    taken = cursor.fetchall()
                if taken:
                    self._check(*taken[0])
        except OperationalError:
            raise
        except Exception as failure:
            if not taken:
                raise
            error = f"{type(failure).__name__}: {failure}"[:2000]
            waiting = VerificationChunk.objects.filter(pk=taken[0][0], status=VerificationChunk.Status.WAITING)
            waiting.update(status=VerificationChunk.Status.FAILED, error=error)
        return bool(taken)

    def _check(self, chunk_id: int, place: int, code: str, lo: int, hi: int) -> None:
        started = monotonic()
        found = found_in(Part(code, lo, hi), contracts=self.contracts, since=self.since)
        kept = [kept_as(self.run, place, one) for one in islice(found, MOST_KEPT)]
        VerificationDifference.objects.bulk_create(kept)
        VerificationChunk.objects.filter(pk=chunk_id).update(
            status=VerificationChunk.Status.DONE,
            found=len(kept) + sum(1 for _more in found),
            sums=self._sums(lo, hi) if code == SUMS else None,
            error="",
            took=timedelta(seconds=monotonic() - started),
        )

    def _sums(self, lo: int, hi: int) -> dict[str, list[str]]:
        closed, through = book_checks.closed_sums(lo, hi, self.run.closed_through, self.run.through)
        return {"closed": [str(figure) for figure in closed], "through": [str(figure) for figure in through]}


def kept_as(run: Verification, place: int, found: Difference) -> VerificationDifference:
    """``found`` as a row; words too long for their column are cut."""
    return VerificationDifference(
        run=run,
        place=place,
        whose=found.loan_number[:60],
        figure=found.figure[:120],
        stored=str(found.stored),
        rebuilt=str(found.rebuilt),
    )


def work_through(run: Verification) -> None:
    """What a process of its own does until nothing is left, or whoever started it is gone."""
    gc.freeze()  # what is loaded by now stays; and of millions of values none has a cycle to look for
    gc.set_threshold(100_000, 50, 50)
    worker, leader = Worker(run), os.getppid()
    while os.getppid() == leader and worker.next_chunk():
        pass
