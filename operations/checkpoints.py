"""The checkpoints of a run: one row a chunk, written with the chunk's effects, unique so that nothing is done twice."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import connection

from core.errors import DomainError
from operations.models import EndOfDayChunk, EndOfDayRun
from operations.steps import LONGEST, Counts, Step

_RECORD = """
INSERT INTO operations_endofdaychunk AS chunk (run_id, step, lo, hi, status, attempts, counts, error, took, finished_at)
VALUES (%(run)s, %(step)s, %(lo)s, %(hi)s, %(status)s, 1, %(counts)s::jsonb, %(error)s, %(took)s, clock_timestamp())
ON CONFLICT (run_id, step, lo) DO UPDATE
SET status = excluded.status, counts = excluded.counts, error = excluded.error, took = excluded.took,
    attempts = chunk.attempts + 1, finished_at = excluded.finished_at
WHERE chunk.status = 'failed'
"""

_SLOW = """
SELECT step, percentile_disc(0.9) WITHIN GROUP (ORDER BY took) FROM operations_endofdaychunk WHERE run_id = %s GROUP BY step
"""
LEAST = 100  # ids; a chunk's own statements cost more than so few
FEW = 1_000  # ids; where so few take too long the way to the database does, and more chunks would only go it more often


class ChunkAlreadyDone(DomainError):
    """Somebody else has done this chunk meanwhile: what was done here is rolled back."""

    code = "chunk_already_done"
    message = "%(step)s from id %(lo)s is done already."


def done_chunks(run: EndOfDayRun) -> set[tuple[str, int]]:
    done = EndOfDayChunk.objects.filter(run=run, status=EndOfDayChunk.Status.DONE)
    return set(done.values_list("step", "lo"))


def is_done(run: EndOfDayRun, step: str, chunk: tuple[int, int]) -> bool:
    done = EndOfDayChunk.objects.filter(run=run, step=step, lo=chunk[0], status=EndOfDayChunk.Status.DONE)
    return done.exists()


def failed_attempts(run: EndOfDayRun, step: str) -> dict[int, int]:
    """How often each chunk was tried, of those that failed in an earlier attempt."""
    failed = EndOfDayChunk.objects.filter(run=run, step=step, status=EndOfDayChunk.Status.FAILED)
    return dict(failed.values_list("lo", "attempts"))


def ended(run: EndOfDayRun, step: str, failed_before: Mapping[int, int]) -> Iterator[tuple[int, str]]:
    """Chunks that are done or, since ``failed_before``, have failed: where each begins, and its error."""
    chunks = EndOfDayChunk.objects.filter(run=run, step=step).values_list("lo", "status", "attempts", "error")
    for lo, status, attempts, error in chunks:
        if status == EndOfDayChunk.Status.DONE:
            yield lo, ""
        elif attempts > failed_before.get(lo, 0):
            yield lo, error


def fitting_sizes(steps: Iterable[Step], *, most: int) -> dict[str, int]:
    """Ids a chunk, by step: what kept nine of ten chunks of the last closed night within ``Step.longest``, at most ``most``.

    A step that was too slow is cut in halves until it fits, one that was quick by far gets twice as many again. One chunk
    that waited for somebody says nothing about the others. To fewer than ``FEW`` ids only what takes longer than ``LONGEST``
    is cut.
    """
    last = EndOfDayRun.objects.filter(status=EndOfDayRun.Status.DONE).first()
    if last is None:
        return {step.code: most for step in steps}
    with connection.cursor() as cursor:
        cursor.execute(_SLOW, [last.pk])
        took = dict(cursor.fetchall())
    return {
        step.code: _fitting(last.size_of(step.code), took.get(step.code, timedelta()), step.longest, most)
        for step in steps
    }


def _fitting(size: int, took: timedelta, longest: timedelta, most: int) -> int:
    if took < longest / 4:
        size *= 2
    while size > LEAST and took > (longest if size >= 2 * FEW else LONGEST):
        size, took = max(size // 2, LEAST), took / 2
    return min(size, most)


def record_done(run: EndOfDayRun, step: str, chunk: tuple[int, int], counts: Counts, took: timedelta) -> None:
    """Part of the chunk's own transaction."""
    if not _record(run, step, chunk, EndOfDayChunk.Status.DONE, counts=counts, took=took):
        raise ChunkAlreadyDone(step=step, lo=chunk[0])


def record_failed(run: EndOfDayRun, step: str, chunk: tuple[int, int], error: str) -> None:
    """After the chunk's transaction was rolled back."""
    _record(run, step, chunk, EndOfDayChunk.Status.FAILED, error=error)


def total_counts(run: EndOfDayRun) -> dict[str, dict[str, int | str]]:
    """What each step did, summed over its chunks; words (such as a difference) are taken as they stand."""
    totals: dict[str, dict[str, int | str]] = {}
    done = EndOfDayChunk.objects.filter(run=run, status=EndOfDayChunk.Status.DONE)
    for step, counts in done.values_list("step", "counts"):
        total = totals.setdefault(step, {})
        for name, value in counts.items():
            before = total.get(name, 0)
            total[name] = before + value if isinstance(value, int) and isinstance(before, int) else value
    return totals


def _record(
    run: EndOfDayRun,
    step: str,
    chunk: tuple[int, int],
    status: str,
    *,
    counts: Counts | None = None,
    error: str = "",
    took: timedelta = timedelta(),
) -> int:
    lo, hi = chunk
    values: dict[str, Any] = {
        "run": run.pk,
        "step": step,
        "lo": lo,
        "hi": hi,
        "status": status,
        "error": error,
        "took": took,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values | {"counts": json.dumps(counts or {})})
        return cursor.rowcount
