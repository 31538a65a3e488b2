"""What people must do about the night and the books: the kinds of task of operations, and when they stand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, Func, Max, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, Coalesce, JSONObject, Left, TruncMinute
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.kinds import Choice, TaskKind
from casework.standing import declare_condition, settled_as, told_as
from casework.timing import left_alone
from operations.models import EndOfDayRun, FailingJob, ImportBatch, LongJob, Verification
from operations.models.verification import LEASE
from operations.steps import LABELS

NIGHT_FAILED = TaskKind(
    code="night.failed",
    label=_("The night failed"),
    about="operations.endofdayrun",
    teams=("operations",),
    escalates_to="checker",
    words=_("The closing of %(day)s stopped at the step %(step)s: %(error)s"),
    steps=(
        Choice("read", _("Read the error on the page End of day")),
        Choice("mend", _("Mend what it names, or call whoever runs the system")),
        Choice("again", _("Start the closing again: it goes on where it stopped")),
    ),
    outcomes=(Choice("closed", _("The day is closed")),),
    priority=100,
    settled_by=_("the day is closed"),
    readings={"step": lambda code: LABELS.get(code, code)},
)

BOOKS_DIFFER = TaskKind(
    code="books.differ",
    label=_("The books differ"),
    about="operations.verification",
    teams=("finance", "operations"),
    escalates_to="checker",
    words=_("A verification of %(day)s found %(found)s differences between loans, events and books."),
    steps=(
        Choice("look", _("Look at the differences, the first one of a loan first")),
        Choice("cause", _("Find the entry or event behind each")),
        Choice("again", _("Verify once more when all are mended")),
    ),
    outcomes=(Choice("agree", _("A later verification found none")),),
    priority=90,
    settled_by=_("a later verification finds no difference"),
)


JOB_DIED = TaskKind(
    code="job.died",
    label=_("Long job that died"),
    about="operations.longjob",
    teams=("operations",),
    escalates_to="checker",
    words=_("The job %(kind)s (%(argument)s) failed, or gives no sign of life any more: %(error)s"),
    steps=(
        Choice("read", _("Read the error on the page it was started on")),
        Choice("again", _("Start it again: what is done is not done twice")),
    ),
    outcomes=(Choice("done", _("A later job did it")), Choice("not_needed", _("It is not needed any more"))),
    priority=70,
    settled_by=_("it, or a later job of the same kind that goes as far, comes to its end"),
)

VERIFICATION_DIED = TaskKind(
    code="verification.died",
    label=_("Verification that stopped"),
    about="operations.verification",
    teams=("operations", "finance"),
    escalates_to="checker",
    words=_("The verification of %(day)s did not come to its end: whether the books agree is not known."),
    steps=(
        Choice("read", _("Read on its page where it stopped")),
        Choice("resume", _("Resume it, or start another one")),
    ),
    outcomes=(Choice("ended", _("It was resumed, cancelled or followed by another")),),
    priority=60,
    settled_by=_("it is resumed or cancelled, or a later one is begun"),
)

JOB_FAILING = TaskKind(
    code="job.failing",
    label=_("Scheduled job that keeps failing"),
    about="operations.failingjob",
    teams=("operations", "administrator"),
    escalates_to="checker",
    words=_("%(name)s fails since %(since)s: %(error)s"),
    steps=(
        Choice("read", _("Read the error, here and in the log")),
        Choice("mend", _("Mend what it names, or call whoever runs the system")),
    ),
    outcomes=(Choice("works", _("It works again")),),
    priority=90,
    settled_by=_("the job does its work again"),
)

IMPORT_REJECTS = TaskKind(
    code="import.rejects",
    label=_("Rows of an import that were refused"),
    about="operations.importbatch",
    teams=("operations",),
    escalates_to="checker",
    words=_("%(rejected)s of %(read)s rows of this tape were refused: those loans are not on the books."),
    steps=(
        Choice("file", _("Look at the file of refused rows that the import wrote")),
        Choice("mend", _("Have them mended at their source")),
        Choice("again", _("Import the mended tape under the same name: what is there already is left out")),
    ),
    outcomes=(
        Choice("imported", _("A later tape has them")),
        Choice("left_out", _("They are left out on purpose")),
    ),
    priority=50,
    settled_by=_("a later tape of its name and profile has its rows, and none refused"),
)


def _failed(_on: date) -> QuerySet[Any, Any]:
    rows = EndOfDayRun.objects.filter(status=EndOfDayRun.Status.FAILED)
    day = Cast("business_day__on", TextField())
    facts = JSONObject(day=day, step="step", error=Left("error", 200))
    return told_as(rows, label="business_day__on", facts=facts, priority=NIGHT_FAILED.priority)


def _closed(_on: date) -> QuerySet[Any, Any]:
    return settled_as(EndOfDayRun.objects.filter(status=EndOfDayRun.Status.DONE), outcome="closed")


def _differing(_on: date) -> QuerySet[Any, Any]:
    """Of verifications that came to their end: the first that found differences since the last that found none.

    It stays the same while later ones go on finding some, so the task about it grows old, and is told of.
    """
    done = Verification.objects.filter(status=Verification.Status.DONE)
    agreed = done.filter(found=0).aggregate(last=Max("id"))["last"] or 0
    first = done.filter(found__gt=0, pk__gt=agreed).order_by("id").values("pk")[:1]
    facts = JSONObject(day=Cast("business_date", TextField()), found=Cast("found", TextField()))
    rows = Verification.objects.filter(pk__in=first)
    return told_as(rows, label="business_date", facts=facts, priority=BOOKS_DIFFER.priority)


def _agreeing(_on: date) -> QuerySet[Any, Any]:
    later = Verification.objects.filter(status=Verification.Status.DONE, found=0, pk__gt=OuterRef("pk"))
    return settled_as(Verification.objects.filter(Exists(later)), outcome="agree")


def _died(on: date) -> QuerySet[Any, Any]:
    status, silent = LongJob.Status, timedelta(minutes=left_alone("job_silent_minutes", on))
    heard = Coalesce("beat_at", "requested_at")
    gone = LongJob.objects.annotate(heard=heard).filter(
        Q(status=status.FAILED) | Q(status__in=(status.QUEUED, status.RUNNING), heard__lt=timezone.now() - silent)
    )
    facts = JSONObject(kind="kind", argument="argument", error=Left("error", 200))
    return told_as(gone.filter(~Exists(_done_later())), label="kind", facts=facts, priority=JOB_DIED.priority)


def _done_later() -> QuerySet[LongJob]:
    """That went as far: the argument of a job is the day up to which it works."""
    later = LongJob.objects.filter(pk__gt=OuterRef("pk"), status=LongJob.Status.DONE)
    return later.filter(kind=OuterRef("kind"), argument__gte=OuterRef("argument"))


def _come_to_its_end(_on: date) -> QuerySet[Any, Any]:
    done = Q(status=LongJob.Status.DONE) | Q(Exists(_done_later()))
    return settled_as(LongJob.objects.filter(done), outcome="done")


def _stopped(_on: date) -> QuerySet[Any, Any]:
    """Of verifications the newest counts: who begins another has seen to it."""
    status = Verification.Status
    silent = Q(status=status.RUNNING, beat_at__lt=timezone.now() - LEASE)
    newest = Verification.objects.order_by("-id").values("pk")[:1]
    rows = Verification.objects.filter(Q(status__in=(status.FAILED, status.STOPPED)) | silent, pk__in=newest)
    facts = JSONObject(day=Cast("business_date", TextField()))
    return told_as(rows, label="business_date", facts=facts, priority=VERIFICATION_DIED.priority)


def _seen_to(_on: date) -> QuerySet[Any, Any]:
    """Of verifications: resumed and at work, come to an end by somebody's hand or by itself, or followed by another."""
    status = Verification.Status
    goes_on = Q(status=status.RUNNING, beat_at__gte=timezone.now() - LEASE)
    over = Q(status__in=(status.QUEUED, status.DONE, status.CANCELLED))
    followed = Q(Exists(Verification.objects.filter(pk__gt=OuterRef("pk"))))
    return settled_as(Verification.objects.filter(goes_on | over | followed), outcome="ended")


def _failing(on: date) -> QuerySet[Any, Any]:
    often = Q(failures__gte=left_alone("job_failures", on))
    long = Q(since__lte=timezone.now() - timedelta(minutes=left_alone("job_failing_minutes", on)))
    rows = FailingJob.objects.filter(often | long, failures__gt=0)
    facts = JSONObject(name="name", since=Cast(TruncMinute("since"), TextField()), error="error")
    return told_as(rows, label="name", facts=facts, priority=JOB_FAILING.priority)


def _working_again(_on: date) -> QuerySet[Any, Any]:
    return settled_as(FailingJob.objects.filter(failures=0), outcome="works")


def _rejected(_on: date) -> QuerySet[Any, Any]:
    rows = ImportBatch.objects.exclude(rejects=[]).filter(~Exists(_later_without_rejects()))
    rejected = Cast(Func("rejects", function="jsonb_array_length"), TextField())
    facts = JSONObject(rejected=rejected, read=Cast("rows_read", TextField()))
    return told_as(rows, label="file_name", facts=facts, priority=IMPORT_REJECTS.priority)


def _later_without_rejects() -> QuerySet[ImportBatch]:
    """The same tape, mended: another one may be called so too, as that of the next month. It has as many rows, and knows all
    loans that the one before had brought."""
    same = ImportBatch.objects.filter(profile=OuterRef("profile"), file_name=OuterRef("file_name"))
    mended = same.filter(pk__gt=OuterRef("pk"), rejects=[], rows_read__gte=OuterRef("rows_read"))
    return mended.filter(rows_known__gte=OuterRef("rows_accepted") + OuterRef("rows_known"))


def _taken_in_since(_on: date) -> QuerySet[Any, Any]:
    return settled_as(ImportBatch.objects.filter(Exists(_later_without_rejects())), outcome="imported")


declare_condition(NIGHT_FAILED, _failed, settled=_closed)
declare_condition(BOOKS_DIFFER, _differing, settled=_agreeing)
declare_condition(JOB_DIED, _died, settled=_come_to_its_end, once=True)
declare_condition(VERIFICATION_DIED, _stopped, settled=_seen_to)
declare_condition(JOB_FAILING, _failing, settled=_working_again)
declare_condition(IMPORT_REJECTS, _rejected, settled=_taken_in_since, once=True)
