"""Work a person starts and watches: put on record by a page, done by the worker, its progress readable meanwhile."""

from collections.abc import Callable
from datetime import date

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.personal_numbers import masked
from core import business_date
from core.errors import DomainError, NotFound
from ledger.periods import require_closable
from operations.books import close_books
from operations.demo.story import live, waits_until
from operations.demo.time import let_days_pass
from operations.end_of_day import Progress, close_until
from operations.models import DemoStory, EndOfDayRun, LongJob
from staff.models import User

STORY = "story:"
CLOSING = "close_books"


class AdvanceNotOffered(DomainError):
    """Only a demo may run ahead of the calendar."""

    code = "business_date_ahead_of_calendar"
    status = 403
    message = _("The business date may only run ahead of the calendar in a demo.")


class JobUnknown(NotFound):
    code = "job_unknown"
    message = _("There is no such job.")


class JobRunning(DomainError):
    code = "job_already_running"
    message = _("This is under way already.")


def request_catch_up(*, today: date, requested_by: User | None) -> LongJob:
    """Close the missed days up to the calendar's today."""
    return _request("catch_up", today, requested_by)


def request_advance(*, to: date, requested_by: User | None) -> LongJob:
    """Demo only: let the days up to ``to`` pass, with everything that happens in them."""
    _require_demo()
    return _request("advance", to, requested_by)


def request_story(*, story: DemoStory, requested_by: User | None) -> LongJob:
    """Demo only: let the days pass that the next step of the story needs, and do it."""
    _require_demo()
    return _request(f"{STORY}{story.pk}", waits_until(story) or business_date.current(), requested_by)


def request_closing(*, through: date, on: date, requested_by: User | None) -> LongJob:
    """Verify the books and close them through ``through``; ``on`` is the business date.

    Raises DayStillOpen, AlreadyClosed, JobRunning.
    """
    require_closable(through, on=on)
    return _request(CLOSING, through, requested_by)


def run_job(*, job_id: int) -> LongJob:
    """Do the work of a job that waits. Days closed before an interruption stay closed, so a repeat goes on from there."""
    job = LongJob.objects.filter(pk=job_id).first()
    if job is None:
        raise JobUnknown
    if job.status == LongJob.Status.DONE:
        return job
    try:
        error = _work(job)
    except DomainError as refusal:
        return _end(job, refusal.detail)
    except Exception as failure:
        _end(job, f"{type(failure).__name__}: {failure}"[:2000])
        raise
    return _end(job, error)


def _work(job: LongJob) -> str:
    """What each kind of job does; its error, if the end of a day failed."""
    progress, target = _watching(job), date.fromisoformat(job.argument)
    if job.kind.startswith(STORY):
        live(story_id=int(job.kind.removeprefix(STORY)), progress=progress)
    elif job.kind == CLOSING:
        close_books(through=target, on=business_date.current(), by=job.requested_by, progress=_counting(job))
    elif job.kind == "advance":
        let_days_pass(target, progress=progress)
    else:
        runs = close_until(target, triggered_by=EndOfDayRun.Trigger.CATCH_UP, progress=progress)
        return next((run.error for run in runs if not run.finished), "")
    return ""


def _require_demo() -> None:
    if not settings.DEMO:
        raise AdvanceNotOffered


def _request(kind: str, target: date, requested_by: User | None) -> LongJob:
    waiting = LongJob.objects.filter(status__in=(LongJob.Status.QUEUED, LongJob.Status.RUNNING))
    if same := waiting.filter(kind=kind, argument=target.isoformat()).first():
        return same
    if waiting.exists():
        raise JobRunning
    return LongJob.objects.create(kind=kind, argument=target.isoformat(), requested_by=requested_by)


def _watching(job: LongJob) -> Callable[[Progress], None]:
    """Count days, not chunks: the first day seen is where the job begins."""
    target = date.fromisoformat(job.argument)
    first: list[date] = []

    def watch(progress: Progress) -> None:
        first.append(progress.on)
        days, done = (target - first[0]).days, (progress.on - first[0]).days
        steps = max(progress.total, 1)
        LongJob.objects.filter(pk=job.pk).update(
            status=LongJob.Status.RUNNING,
            total=days * steps,
            done=min(done * steps + progress.done, days * steps),
            doing=f"{progress.on} · {progress.label}",
            beat_at=timezone.now(),
        )

    return watch


def _counting(job: LongJob) -> Callable[[str, int, int], None]:
    """Chunks and checks as they are verified."""

    def watch(what: str, done: int, total: int) -> None:
        now = {"status": LongJob.Status.RUNNING, "beat_at": timezone.now()}
        LongJob.objects.filter(pk=job.pk).update(doing=what, done=done, total=total, **now)

    return watch


def _end(job: LongJob, error: str) -> LongJob:
    job.refresh_from_db()
    job.status = LongJob.Status.FAILED if error else LongJob.Status.DONE
    job.error, job.finished_at, job.doing = masked(error), timezone.now(), ""
    if not error:
        job.done = job.total = max(job.total, 1)
    job.save()
    return job
