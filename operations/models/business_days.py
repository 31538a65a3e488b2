"""What operations must remember to survive a kill: days, runs, chunks of a run, imported tapes, the guided story.

A chunk row and the effects it stands for commit together, so the rows tell exactly what is done and what is not.
"""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from operations.models.work import Work


class BusinessDay(models.Model):
    """One day of the books."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")

    on = models.DateField(_("day"), unique=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("business day")
        verbose_name_plural = _("business days")
        ordering: ClassVar = ["-on"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False) | ~Q(status="closed"),
                name="operations_businessday_closed_has_time",
            )
        ]

    def __str__(self) -> str:
        return self.on.isoformat()


class EndOfDayRun(Work):
    """The closing of one business day, however often it was interrupted and started again."""

    class Status(Toned):
        QUEUED = "queued", Tone.ATTENTION, _("Waiting to start")
        RUNNING = "running", Tone.INFO, _("Running")
        FAILED = "failed", Tone.BAD, _("Failed")
        DONE = "done", Tone.GOOD, _("Closed")

    class Trigger(models.TextChoices):
        BEAT = "beat", _("Schedule")
        HAND = "hand", _("By hand")
        CATCH_UP = "catch_up", _("Catch-up")
        COMMAND = "command", _("Command line")
        REPLAY = "replay", _("Replay of a tape")
        DEMO = "demo", _("Demo")

    business_day = models.OneToOneField(BusinessDay, on_delete=models.PROTECT, related_name="run")
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    trigger = models.CharField(max_length=10, choices=Trigger)
    chunk_size = models.PositiveIntegerField(
        help_text=_("Ids a chunk at most; fixed at the first start so that a resumed run cuts at the same places.")
    )
    chunk_sizes = models.JSONField(default=dict, blank=True, help_text=_("Ids a chunk, by step."))
    attempts = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True, help_text=_("The step under way, or the last one."))
    plan = models.JSONField(default=dict, blank=True, help_text=_("Chunks to do, by step."))
    counts = models.JSONField(default=dict, blank=True, help_text=_("What each step did."))
    started_at = models.DateTimeField(null=True, blank=True)
    addressed_with = ("business_day",)

    class Meta:
        verbose_name = _("end-of-day run")
        verbose_name_plural = _("end-of-day runs")
        ordering: ClassVar = ["-business_day__on"]
        permissions: ClassVar = [("close_day", _("Can close the business day"))]

    def __str__(self) -> str:
        return f"{self.business_day} {self.status}"

    def get_absolute_url(self) -> str:
        return reverse("operations:run", args=[self.business_day.on])

    @property
    def has_failed(self) -> bool:
        return self.status == self.Status.FAILED

    def size_of(self, step: str) -> int:
        """Ids a chunk of this step."""
        size: int = self.chunk_sizes.get(step, self.chunk_size)
        return size

    @property
    def took(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


class EndOfDayChunk(models.Model):
    """One step over one range of ids, ``lo`` included and ``hi`` left out."""

    class Status(models.TextChoices):
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(EndOfDayRun, on_delete=models.CASCADE, related_name="chunks")
    step = models.CharField(max_length=40)
    lo = models.BigIntegerField()
    hi = models.BigIntegerField()
    status = models.CharField(max_length=8, choices=Status, default=Status.DONE)
    attempts = models.PositiveIntegerField(default=1)
    counts = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    took = models.DurationField(default=timedelta)
    finished_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("end-of-day chunk")
        verbose_name_plural = _("end-of-day chunks")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "step", "lo"], name="operations_chunk_once_a_run"),
            models.CheckConstraint(condition=Q(hi__gt=F("lo")), name="operations_chunk_range_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.lo}–{self.hi} {self.status}"


class ImportBatch(models.Model):
    """One tape, known by the digest of its content: the same content is never staged twice."""

    class Status(models.TextChoices):
        STAGED = "staged", _("Checked and stored")
        REPLAYING = "replaying", _("Being replayed")
        DONE = "done", _("Replayed")

    sha256 = models.CharField(max_length=64, unique=True)
    profile = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    status = models.CharField(max_length=10, choices=Status, default=Status.STAGED)
    rows_read = models.PositiveIntegerField(default=0)
    rows_accepted = models.PositiveIntegerField(default=0)
    rows_known = models.PositiveIntegerField(
        default=0, help_text=_("Rows left out because another file brought the same loan before.")
    )
    rejects = models.JSONField(default=list, blank=True)
    first_on = models.DateField(null=True, blank=True)
    last_on = models.DateField(null=True, blank=True)
    staged_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("imported tape")
        verbose_name_plural = _("imported tapes")
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("import_tape", _("Can import a tape of past loans"))]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.sha256[:12]})"

    @property
    def rows_rejected(self) -> int:
        return len(self.rejects)


class ImportRow(models.Model):
    """The facts of one past loan and how far its replay has come. The state commits with the effect it stands for."""

    class State(models.TextChoices):
        STAGED = "staged", _("Stored")
        DISBURSED = "disbursed", _("Disbursed")
        REPAID = "repaid", _("Repaid")

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    profile = models.CharField(max_length=40)
    line = models.PositiveIntegerField()
    loan_key = models.CharField(max_length=80, help_text=_("The loan's number in the system it comes from."))
    borrower_key = models.CharField(max_length=80)
    applied_on = models.DateField()
    approved_at = models.DateTimeField(help_text=_("Wall-clock time of the tape; orders the events of a day."))
    approved_on = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    first_due_on = models.DateField()
    term_days = models.PositiveSmallIntegerField()
    principal = models.DecimalField(max_digits=14, decimal_places=2)
    total_due = models.DecimalField(max_digits=14, decimal_places=2)
    state = models.CharField(max_length=10, choices=State, default=State.STAGED)
    loan = models.OneToOneField("loans.Loan", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("imported loan")
        verbose_name_plural = _("imported loans")
        ordering: ClassVar = ["approved_at", "line"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["profile", "loan_key"], name="operations_importrow_loan_once"),
            models.CheckConstraint(condition=Q(principal__gt=0), name="operations_importrow_principal_positive"),
            models.CheckConstraint(
                condition=Q(total_due__gte=F("principal")), name="operations_importrow_charge_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("approved_at")),
                name="operations_importrow_closed_after_approved",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch", "approved_on"], name="operations_row_approved"),
            models.Index(fields=["batch", "closed_on"], name="operations_row_closed"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_key} {self.state}"


class ChangedLoan(models.Model):
    """A note that a loan changed: case, limit and pledged policy of its borrower are to be looked at again.

    Taken away by whoever looks. No foreign keys: it is written with every payment and lives for a second.
    """

    loan_id = models.BigIntegerField()
    borrower_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        verbose_name = _("changed loan")
        verbose_name_plural = _("changed loans")

    def __str__(self) -> str:
        return str(self.loan_id)


class LongJob(Work):
    """A piece of work a person started and watches: what it is, how far it has come, how it ended."""

    class Status(Toned):
        QUEUED = "queued", Tone.ATTENTION, _("Waiting to start")
        RUNNING = "running", Tone.INFO, _("Running")
        FAILED = "failed", Tone.BAD, _("Failed")
        DONE = "done", Tone.GOOD, _("Done")

    kind = models.CharField(max_length=40)
    argument = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    doing = models.CharField(max_length=120, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text=_("Last sign of life of whoever does it."))

    class Meta:
        verbose_name = _("long job")
        verbose_name_plural = _("long jobs")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.argument} {self.status}"

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


class FailingJob(models.Model):
    """A job of the schedule that failed when it last ran: how often in a row, and since when. ``failures`` is zero, and the
    moments are those of its last trouble, once it did its work again."""

    name = models.CharField(_("job"), max_length=120, unique=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    since = models.DateTimeField(_("fails since"))
    last_at = models.DateTimeField(_("failed last at"))
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("failing job")
        verbose_name_plural = _("failing jobs")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class DemoStory(models.Model):
    """The guided walk of one loan from application to recovery: which step is next and what it has made so far."""

    step = models.PositiveSmallIntegerField(default=0, help_text=_("Steps finished."))
    borrower_id = models.BigIntegerField(null=True, blank=True)
    application_id = models.BigIntegerField(null=True, blank=True)
    loan_id = models.BigIntegerField(null=True, blank=True)
    notes = models.JSONField(default=list, blank=True, help_text=_("What happened, a line a step."))
    started_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("guided story")
        verbose_name_plural = _("guided stories")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk}, {self.step}"


class DemoLoad(models.Model):
    """How far the demo portfolio is: the days it covers and the last one whose acts are done. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    size = models.CharField(max_length=10)
    seed = models.PositiveIntegerField()
    first_on = models.DateField()
    until = models.DateField()
    acted_on = models.DateField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("demo portfolio")
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="operations_demoload_one_row")]

    def __str__(self) -> str:
        return self.size
