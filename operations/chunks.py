"""One chunk of a step: effects and checkpoint in one transaction, done by whoever gets the chunk's lock first.

The lock ends with the transaction, so a chunk that is neither locked nor done has nobody at work on it: a worker that died
is known by that, without waiting for a time to pass.
"""

from collections.abc import Callable
from datetime import date, timedelta
from time import monotonic

from django.db import connection, transaction

from core.context import acting
from operations.checkpoints import ChunkAlreadyDone, is_done, record_done, record_failed
from operations.coordinator import somebody_coordinates
from operations.models import EndOfDayRun
from operations.steps import STEPS, Step

CHUNKS = 0x4C6F616E_43_48_55  # "Loan" "CHU": shared by every chunk at work
Range = tuple[int, int]

_LOCK = "SELECT pg_advisory_xact_lock_shared(%s), {function}(hashtextextended(%s, 0))"
_WAIT = _LOCK.format(function="pg_advisory_xact_lock")
_TRY = _LOCK.format(function="pg_try_advisory_xact_lock")


def run_chunk(
    run: EndOfDayRun,
    step: Step,
    chunk: Range,
    on: date,
    *,
    wait: bool = True,
    wanted: Callable[[], bool] = lambda: True,
) -> str | None:
    """Do the chunk, unless it is done or, once it is locked, no longer ``wanted``.

    The error, put on record and told, never swallowed; an empty text when there is none. None when somebody else is at
    work on it and ``wait`` is not asked for.
    """
    started = monotonic()
    try:
        if step.beforehand is not None:
            if not wait and not _is_free(run, step, chunk):
                return None  # whoever is at work on it may hold the rows that are asked for now
            step.beforehand(*chunk, on)
        with transaction.atomic():
            if not _locked(run, step, chunk, wait=wait):
                return None
            if is_done(run, step.code, chunk) or not wanted():
                return ""
            _set_for_chunk()
            counts = step.function(*chunk, on)
            record_done(run, step.code, chunk, counts, timedelta(seconds=monotonic() - started))
    except ChunkAlreadyDone:
        return ""
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"[:2000]
        record_failed(run, step.code, chunk, error)
        return error
    return ""


def help_with(*, run_id: int, code: str, lo: int) -> bool:
    """What a worker does with a chunk that was handed out: whether there was anything left to do for it.

    A chunk of a run that nobody coordinates any more, or of another step than the one under way, is dropped; so is one
    that is done or that somebody else is at work on.
    """
    run = EndOfDayRun.objects.select_related("business_day", "requested_by").filter(pk=run_id).first()
    step = next((step for step in STEPS if step.code == code), None)
    if run is None or step is None or not _under_way(run_id, code):
        return False
    chunk = (lo, lo + run.size_of(code))
    with acting(actor=run.requested_by):
        done = run_chunk(run, step, chunk, run.business_day.on, wait=False, wanted=lambda: _under_way(run_id, code))
    return done is not None


def wait_for_stragglers() -> None:
    """Wait until no chunk of an earlier attempt is at work any more: what a killed coordinator handed out ends first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHUNKS])


def _under_way(run_id: int, code: str) -> bool:
    running = EndOfDayRun.objects.filter(pk=run_id, status=EndOfDayRun.Status.RUNNING, step=code)
    return running.exists() and somebody_coordinates()


def _is_free(run: EndOfDayRun, step: Step, chunk: Range) -> bool:
    """Nobody is at work on it at this moment."""
    with transaction.atomic():
        return _locked(run, step, chunk, wait=False)


def _locked(run: EndOfDayRun, step: Step, chunk: Range, *, wait: bool) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAIT if wait else _TRY, [CHUNKS, f"end of day {run.pk} {step.code} {chunk[0]}"])
        return wait or bool(cursor.fetchone()[1])


def _set_for_chunk() -> None:
    """For the rest of the transaction: a prepared statement over many loans is planned for its range of ids each time. A
    plan for any range reckons with a few rows, and would look each of twenty thousand loans up by itself.

    And its end does not wait for the disk. A server that falls loses a chunk together with its checkpoint, so the night
    does it again; whatever commits after it, such as the next step or who sends a reminder, has the log written up to there.
    A coordinator that believes done what is lost has lost its place too (``require_place``).
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode TO force_custom_plan; SET LOCAL synchronous_commit TO off")
