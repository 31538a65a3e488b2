"""Who does the chunks of a step: threads of the coordinator's process, or, fanned out, any number of workers.

Fanned out, the coordinator hands out the numbers of all chunks and works along from the other end. It watches the table of
checkpoints; what is neither done nor locked it does itself, whatever became of the message or of the worker that had it.
So a night needs no worker to end, and a worker that dies costs the chunk it was at.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import date
from threading import Barrier

import structlog
from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError

from operations.checkpoints import ended, failed_attempts
from operations.chunks import Range, run_chunk
from operations.models import EndOfDayRun
from operations.steps import Step

TASK = "operations.close_chunk"
log = structlog.get_logger(__name__)


@contextmanager
def threads() -> Iterator[ThreadPoolExecutor | None]:
    """The threads of this process for one night; None where one hand is enough.

    Each keeps its connection until the night ends, as long as it holds: the server's side of a new one knows no table yet,
    and would read up on every month of messages and of the books again for each chunk.
    """
    workers = settings.END_OF_DAY_WORKERS
    if workers < 2 or settings.END_OF_DAY_FAN_OUT:
        yield None
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            yield pool
        finally:
            all_here = Barrier(workers)
            for _thread in range(workers):
                pool.submit(_leave, all_here)


def _in_thread(run: EndOfDayRun, step: Step, chunk: Range, on: date) -> str:
    """A connection that was lost since the thread's last chunk, by a pooler or a firewall that saw it idle, is no reason to
    lose this one."""
    if connection.connection is not None and not connection.is_usable():
        connection.close()
    return run_chunk(run, step, chunk, on) or ""


def _leave(all_here: Barrier) -> None:
    """Close the thread's connection, once it is sure that each thread has come to close its own."""
    all_here.wait()
    connection.close()


def each_chunk(
    run: EndOfDayRun, step: Step, ranges: Sequence[Range], on: date, pool: ThreadPoolExecutor | None
) -> Iterator[str]:
    """The error of each chunk as it ends, empty for good ones."""
    if settings.END_OF_DAY_FAN_OUT and len(ranges) > 1:
        yield from _fanned_out(run, step, ranges, on)
    elif pool is None or len(ranges) < 2:
        yield from (run_chunk(run, step, chunk, on) or "" for chunk in ranges)
    else:
        jobs = [pool.submit(copy_context().run, _in_thread, run, step, chunk, on) for chunk in ranges]
        try:
            yield from (job.result() for job in jobs)
        finally:
            for job in jobs:  # whoever stops the night waits for the chunks at work only
                job.cancel()


def _fanned_out(run: EndOfDayRun, step: Step, ranges: Sequence[Range], on: date) -> Iterator[str]:
    failed_before = failed_attempts(run, step.code)
    missing = dict(ranges)
    _hand_out(run, step, ranges)
    while missing:
        for lo, error in ended(run, step.code, failed_before):
            if missing.pop(lo, None) is not None:
                yield error
        _work_along(run, step, list(missing.items()), on)


def _hand_out(run: EndOfDayRun, step: Step, ranges: Sequence[Range]) -> None:
    """A broker that is down leaves the whole step to the coordinator."""
    task = current_app.tasks[TASK]
    try:
        for lo, _hi in ranges:
            task.apply_async(kwargs={"run_id": run.pk, "step": step.code, "lo": lo}, retry=False)
    except OperationalError as failure:
        log.warning("chunks_not_handed_out", step=step.code, error=str(failure))


def _work_along(run: EndOfDayRun, step: Step, missing: Sequence[Range], on: date) -> None:
    """Do the last chunk that nobody is at; where somebody is at each, wait for the first: its lock falls with its end,
    whichever that is."""
    for chunk in reversed(missing):
        if run_chunk(run, step, chunk, on, wait=False) is not None:
            return
    if missing:
        run_chunk(run, step, missing[0], on)
