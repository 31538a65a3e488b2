"""A verification of all loans and books: what was verified, how far it came, and every difference it found."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from operations.models.work import Work

LEASE = timedelta(minutes=3)  # without a sign of life for so long, whoever led a run is gone


class Verification(Work):
    """Every loan rebuilt and the whole books checked, in chunks that many processes share.

    ``through`` is the day up to which the books are to be closed on the strength of it. With ``closed_through`` what was
    posted up to that day is held against the sums of its closing alone, and what follows row by row; without, everything is.
    """

    class Status(Toned):
        QUEUED = "queued", Tone.ATTENTION, _("Waiting to start")
        RUNNING = "running", Tone.INFO, _("Running")
        STOPPED = "stopped", Tone.BAD, _("Interrupted")
        FAILED = "failed", Tone.BAD, _("Failed")
        CANCELLED = "cancelled", Tone.NEUTRAL, _("Cancelled")
        DONE = "done", Tone.GOOD, _("Verified")

    business_date = models.DateField(_("business date"), help_text=_("The day it was started on."))
    through = models.DateField(_("to close through"), null=True, blank=True)
    closed_through = models.DateField(_("closed through"), null=True, blank=True)
    oracle_every = models.PositiveIntegerField(default=0, help_text=_("One loan of so many by plain arithmetic too."))
    processes = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    chunks_planned = models.PositiveIntegerField(default=0)
    loans = models.PositiveIntegerField(default=0)
    by_nights = models.PositiveIntegerField(
        default=0, help_text=_("Loans whose kept shares were worked out again night by night.")
    )
    found = models.PositiveIntegerField(_("differences"), default=0)
    entries = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Posted up to the day to close through, as the chunks counted them.")
    )
    debit = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    credit = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text=_("Last sign of life of whoever leads it."))

    class Meta:
        verbose_name = _("verification of the books")
        verbose_name_plural = _("verifications of the books")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.business_date} {self.status}"

    def get_absolute_url(self) -> str:
        return reverse("operations:verification", args=[self.pk])

    @property
    def is_alive(self) -> bool:
        """Whether somebody leads it: who leads a run tells so every second or after each chunk."""
        return self.status == self.Status.RUNNING and (
            self.beat_at is not None and timezone.now() - self.beat_at < LEASE
        )

    @property
    def status_now(self) -> Toned:
        """Its status as the choice that knows words and tone; a run that nobody leads any more is interrupted."""
        status = self.Status(self.status)
        return self.Status.STOPPED if status is self.Status.RUNNING and not self.is_alive else status

    @property
    def is_clean(self) -> bool:
        """It came to its end and found nothing."""
        return self.finished and not self.found

    @property
    def may_resume(self) -> bool:
        """It did not come to its end, and what is missing can still be done."""
        return self.status_now in (self.Status.STOPPED, self.Status.FAILED)

    @property
    def took(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


class VerificationChunk(models.Model):
    """One check over a range of ids, both ends included. Its row is locked by whoever works on it, and only marked as done
    together with what was found: a worker that dies leaves it as it was. ``place`` is the order in which it is told of."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(Verification, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    place = models.PositiveIntegerField()
    code = models.CharField(max_length=20)
    lo = models.BigIntegerField()
    hi = models.BigIntegerField()
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    found = models.PositiveIntegerField(default=0)
    # Of a range of entries: how many, debits and credits, of what is closed and of what is to be closed.
    sums = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    took = models.DurationField(default=timedelta)

    class Meta:
        verbose_name = _("chunk of a verification")
        verbose_name_plural = _("chunks of a verification")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "code", "lo"], name="operations_verified_once_a_run"),
            models.CheckConstraint(condition=Q(hi__gte=F("lo")), name="operations_verified_range_not_empty"),
        ]
        indexes: ClassVar = [models.Index(fields=["run", "status", "id"], name="operations_verified_next")]

    def __str__(self) -> str:
        return f"{self.code} {self.lo}–{self.hi} {self.status}"


class VerificationDifference(models.Model):
    """A figure that does not agree with what contract, events or books say, as it was found."""

    run = models.ForeignKey(Verification, on_delete=models.CASCADE, related_name="differences", db_index=False)
    place = models.PositiveIntegerField()
    whose = models.CharField(_("whose"), max_length=60)
    figure = models.CharField(_("figure"), max_length=120)
    stored = models.TextField(_("stored"))
    rebuilt = models.TextField(_("rebuilt"))

    class Meta:
        verbose_name = _("difference found")
        verbose_name_plural = _("differences found")
        ordering: ClassVar = ["run", "place", "id"]
        indexes: ClassVar = [models.Index(fields=["run", "place", "id"], name="operations_difference_told")]

    def __str__(self) -> str:
        return f"{self.whose} {self.figure}"
