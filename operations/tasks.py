"""Background doors of the business day. Each reads the clock, makes one call and leaves the rest to tables."""

from celery import shared_task
from django.utils import timezone

from core import business_date
from core.context import acting
from operations import chunks, end_of_day, fresh_looks, jobs, verifications
from operations.coordinator import AlreadyClosing
from operations.models import EndOfDayRun, Verification


@shared_task(name="operations.close_due_days")
def close_due_days() -> int:
    """Close every day before the local date, in order. While somebody else is closing there is nothing to do here."""
    try:
        with acting(channel="task"):
            return len(end_of_day.close_due(today=timezone.localdate()))
    except AlreadyClosing:
        return 0


@shared_task(name="operations.close_day")
def close_day(*, run_id: int) -> str:
    """Close the day a person asked to close. If a coordinator is at work, the schedule picks the run up afterwards."""
    run = EndOfDayRun.objects.select_related("business_day", "requested_by").get(pk=run_id)
    try:
        with acting(channel="task", actor=run.requested_by):
            return end_of_day.close_day(on=run.business_day.on, triggered_by=run.trigger).status
    except AlreadyClosing:
        return run.status


@shared_task(name="operations.close_chunk")
def close_chunk(*, run_id: int, step: str, lo: int) -> bool:
    """Help with one chunk of the night, if it still waits for somebody."""
    with acting(channel="task"):
        return chunks.help_with(run_id=run_id, code=step, lo=lo)


@shared_task(name="operations.run_job")
def run_job(*, job_id: int) -> str:
    """Do a long job; its row tells the page how far it is."""
    with acting(channel="task"):
        return jobs.run_job(job_id=job_id).status


@shared_task(name="operations.verify_books")
def verify_books(*, run_id: int) -> str:
    """Verify the books as a person asked; a run that was cancelled before it began stays so."""
    run = Verification.objects.select_related("requested_by").get(pk=run_id)
    if run.status == Verification.Status.CANCELLED:
        return run.status
    with acting(channel="task", actor=run.requested_by):
        return verifications.carry_out(run).status


@shared_task(name="operations.look_at_changed")
def look_at_changed() -> int:
    """Case, promises, limit and pledged policy, after payments, reversals or any other change of a loan."""
    with acting(channel="task"):
        return fresh_looks.look_at_changed(on=business_date.current())
