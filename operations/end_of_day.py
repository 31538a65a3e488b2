"""Closing a business day: the steps of the night in chunks of ids, each chunk and its checkpoint in one transaction.

One coordinator at a time (``operations.coordinator``) goes through the steps; who does their chunks is for
``operations.hands``. Whoever starts after a kill finds the chunks that are done, does the rest and moves the business date:
the same result as without the kill. A second run of a closed day finds nothing to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from casework.personal_numbers import masked
from core import business_date
from core.context import current as context
from core.errors import DomainError
from loans.models import Loan
from loans.products.taking_effect import take_effect
from operations.checkpoints import done_chunks, fitting_sizes, total_counts
from operations.chunks import Range, wait_for_stragglers
from operations.coordinator import only_coordinator, require_place
from operations.hands import each_chunk, threads
from operations.models import BusinessDay, DemoLoad, EndOfDayRun, ImportBatch
from operations.steps import STEPS, Step
from staff.models import User

ONE_DAY = timedelta(days=1)


class DayNotReached(DomainError):
    code = "business_day_not_reached"
    message = _("%(on)s cannot be closed: the business date is %(business_date)s.")


class DayNeverOpen(DomainError):
    code = "business_day_never_open"
    message = _("%(on)s was never a business day here.")


class DayNotOver(DomainError):
    code = "business_day_not_over"
    message = _("%(on)s lies in the future and cannot be closed yet.")


class EndOfDayFailed(DomainError):
    code = "end_of_day_failed"
    message = _("The end of day of %(on)s failed: %(error)s")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, in chunks; handed to the callback after each chunk."""

    on: date
    label: str | Promise
    done: int
    total: int


Callback = Callable[[Progress], object]


def close_day(
    *, on: date | None = None, triggered_by: str = EndOfDayRun.Trigger.COMMAND, progress: Callback | None = None
) -> EndOfDayRun:
    """Close the business day, or finish closing it, and open the next. A day that is closed already is left alone.

    A failed chunk leaves the day open with its error on record; calling again retries exactly what is missing.
    """
    with only_coordinator():
        today = business_date.current()
        on = on or today
        if on < today:
            return _closed_run(on)
        if on > today:
            raise DayNotReached(on=on, business_date=today)
        run = _run_of(on, triggered_by)
        wait_for_stragglers()
        run.chunk_sizes = run.chunk_sizes or fitting_sizes(STEPS, most=run.chunk_size)
        ends = {id_range: id_range() for id_range in dict.fromkeys(step.id_range for step in STEPS)}
        plan = {step: ranges(ends[step.id_range], run.size_of(step.code)) for step in STEPS}
        _begin(run, {step.code: len(ranges) for step, ranges in plan.items()})
        failure = _work_through(run, on, plan, progress)
        return _fail(run, failure) if failure else _finish(run, on)


def close_until(
    target: date, *, triggered_by: str = EndOfDayRun.Trigger.CATCH_UP, progress: Callback | None = None
) -> list[EndOfDayRun]:
    """Catch up: close day after day, in order, until ``target`` is the business date or a day fails."""
    runs: list[EndOfDayRun] = []
    with only_coordinator():
        while business_date.current() < target:
            runs.append(close_day(triggered_by=triggered_by, progress=progress))
            if not runs[-1].finished:
                break
    return runs


def close_due(*, today: date, progress: Callback | None = None) -> list[EndOfDayRun]:
    """What the schedule does: close every day before ``today``, and a run somebody asked for that never began.

    A desk without loans has no days to close, and while the past is lived again the days belong to whoever lives it.
    """
    if not Loan.objects.exists() or _past_is_lived():
        return []
    if not business_date.is_set():
        business_date.move_to(today)
    runs = close_until(today, triggered_by=EndOfDayRun.Trigger.BEAT, progress=progress)
    unfinished = EndOfDayRun.objects.filter(
        business_day__on=business_date.current(), status__in=(EndOfDayRun.Status.QUEUED, EndOfDayRun.Status.RUNNING)
    )
    return [*runs, *(close_day(triggered_by=run.trigger, progress=progress) for run in unfinished)]


def _past_is_lived() -> bool:
    replayed = ImportBatch.objects.filter(status=ImportBatch.Status.REPLAYING)
    return replayed.exists() or DemoLoad.objects.filter(finished_at__isnull=True).exists()


def request_close(*, on: date, today: date, requested_by: User | None) -> EndOfDayRun:
    """Put the closing of the business day on record for the worker to do. ``today`` is the day of the wall clock."""
    if on > today:
        raise DayNotOver(on=on)
    if on != business_date.current():
        raise DayNotReached(on=on, business_date=business_date.current())
    with transaction.atomic():
        day, _new = BusinessDay.objects.get_or_create(on=on)
        run, _new = EndOfDayRun.objects.select_for_update().get_or_create(
            business_day=day,
            defaults={
                "trigger": EndOfDayRun.Trigger.HAND,
                "requested_by": requested_by,
                "chunk_size": settings.END_OF_DAY_CHUNK_SIZE,
            },
        )
        if run.status == EndOfDayRun.Status.FAILED:
            run.status = EndOfDayRun.Status.QUEUED
            run.save(update_fields=["status"])
    return run


def _closed_run(on: date) -> EndOfDayRun:
    run = EndOfDayRun.objects.filter(business_day__on=on).first()
    if run is None:
        raise DayNeverOpen(on=on)
    return run


def ranges(ends: Range | None, size: int) -> list[Range]:
    """Cut on a fixed grid, so that ids added between two attempts never move a border."""
    if ends is None:
        return []
    lo, hi = ends
    return [(start, start + size) for start in range(lo - lo % size, hi, size)]


def _run_of(on: date, triggered_by: str) -> EndOfDayRun:
    """The day's run, or a new one. It keeps the chunk size it was made with, whatever the setting says later."""
    run = EndOfDayRun.objects.select_related("business_day").filter(business_day__on=on).first()
    if run:
        return run
    day, _new = BusinessDay.objects.get_or_create(on=on)
    return EndOfDayRun(
        business_day=day,
        trigger=triggered_by,
        chunk_size=settings.END_OF_DAY_CHUNK_SIZE,
        requested_by_id=context().actor_id,
    )


@transaction.atomic
def _begin(run: EndOfDayRun, plan: dict[str, int]) -> None:
    BusinessDay.objects.filter(pk=run.business_day_id).update(status=BusinessDay.Status.CLOSING)
    run.status = EndOfDayRun.Status.RUNNING
    run.attempts += 1
    run.plan, run.error, run.started_at, run.finished_at = plan, "", timezone.now(), None
    run.save()


def _work_through(run: EndOfDayRun, on: date, plan: dict[Step, list[Range]], progress: Callback | None) -> str:
    """Step after step; the error of the first step that failed, or an empty text."""
    done = done_chunks(run) if run.attempts > 1 else set()
    total, finished = sum(run.plan.values()), 0
    with threads() as pool:
        for step, ranges in plan.items():
            missing = [chunk for chunk in ranges if (step.code, chunk[0]) not in done]
            finished += len(ranges) - len(missing)
            failures = []
            _enter(run, step)
            for failure in each_chunk(run, step, missing, on, pool):
                finished += 1
                if progress:
                    progress(Progress(on=on, label=step.label, done=finished, total=total))
                if failure:
                    failures.append(f"{step.code}: {failure}")
            if failures:
                return failures[0]
    return ""


def _enter(run: EndOfDayRun, step: Step) -> None:
    """Say which step is under way, so that workers drop what is left over of another. Only who still holds the place may."""
    require_place()
    run.step = step.code
    run.save(update_fields=["step"])


def _fail(run: EndOfDayRun, error: str) -> EndOfDayRun:
    run.status, run.error, run.finished_at = EndOfDayRun.Status.FAILED, masked(error), timezone.now()
    run.counts = total_counts(run)
    run.save()
    return run


@transaction.atomic
def _finish(run: EndOfDayRun, on: date) -> EndOfDayRun:
    """The day is closed, the run done and the next day open: together or not at all."""
    require_place()
    now = timezone.now()
    run.status, run.finished_at, run.counts = EndOfDayRun.Status.DONE, now, total_counts(run)
    run.save()
    BusinessDay.objects.filter(on=on).update(status=BusinessDay.Status.CLOSED, closed_at=now)
    BusinessDay.objects.bulk_create([BusinessDay(on=on + ONE_DAY)], ignore_conflicts=True)
    business_date.move_to(on + ONE_DAY)
    take_effect(on=on + ONE_DAY)
    return run
