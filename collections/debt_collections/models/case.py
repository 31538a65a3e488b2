"""A case: one borrower whose payments are late, followed by one collector until nothing is overdue.

A person with three late loans is one person to call, so a case belongs to the borrower; PostgreSQL refuses a second
open one. The figures on it (stage, amount, days, priority) are copies that only the review writes, so that the queue
sorts without joining; they are left out of the history because case events tell every move already.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, FloatField, IntegerField, Q
from django.db.models.functions import Cast, Floor, Ln, Now
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.deciding import same_account
from core.choices import Showable, Shown, Tone, Toned, bucket_tone
from core.currencies import currency_of
from core.history import tracked
from core.identifiers import new_id
from debt_collections.strategy import RECOVERY
from staff.models import User


class Status(Toned):
    OPEN = "open", Tone.ATTENTION, _("Open")
    PROMISED = "promised", Tone.INFO, _("Promised")
    HOLD = "hold", Tone.INFO, _("On hold")
    CLOSED = "closed", Tone.GOOD, _("Closed")


class HoldReason(models.TextChoices):
    """Why collection rests: circumstances that call for patience, or questions that must be answered first."""

    ILLNESS = "illness", _("Illness or injury")
    ABROAD = "abroad", _("Travel or service abroad")
    DISASTER = "disaster", _("Disaster or accident")
    JOB_LOSS = "job_loss", _("Loss of work")
    DISPUTE = "dispute", _("Disputed debt")
    COMPLAINT = "complaint", _("Complaint")
    OTHER = "other", _("Other, see note")


class Reason(models.TextChoices):
    """Why the borrower is late, as a person judged it from evidence. Nothing sets `unwilling` by itself."""

    UNKNOWN = "unknown", _("Not known yet")
    FORGOT = "forgot", _("Forgot")
    LOST_CONTACT = "lost_contact", _("Never heard the reminder")
    HARDSHIP = "hardship", _("Temporary hardship")
    OVER_INDEBTED = "over_indebted", _("Too many debts")
    DISPUTE = "dispute", _("Disputes the debt")
    UNWILLING = "unwilling", _("Able but unwilling")


class CloseReason(models.TextChoices):
    CLEARED = "cleared", _("Nothing overdue any more")


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> CaseQuerySet:
        return self.filter(closed_on__isnull=True)

    def workable(self, *, now: datetime) -> CaseQuerySet:
        """What a collector can take up now: open, not resting, not put off."""
        hour_has_come = Q(next_action_at__isnull=True) | Q(next_action_at__lte=now)
        return self.open().exclude(status=Status.HOLD).filter(hour_has_come)

    def not_in_hand(self, collector: User, *, now: datetime) -> CaseQuerySet:
        """Nobody else is working on it."""
        return self.filter(Q(claimed_by__isnull=True) | Q(claimed_by=collector) | Q(claimed_until__lte=now))


def mine_and_nobodys(collector: User) -> tuple[Q, Q]:
    """The cases a collector may take up, in the two parts in which an index has them. Most are somebody else's: who asks
    for both at once passes over all of those."""
    return Q(assigned_to=collector), Q(assigned_to__isnull=True)


def new_case_id() -> str:
    return new_id("case")


def stage_label(stage: str) -> str:
    """A stage as people read it: the bucket, or recovery after write-off."""
    return str(_("Recovery")) if stage == RECOVERY else stage


class Case(models.Model):
    public_id = models.CharField(max_length=40, unique=True, default=new_case_id, editable=False)
    borrower = models.ForeignKey(
        "borrowers.Borrower",
        on_delete=models.PROTECT,
        related_name="collection_cases",
        verbose_name=_("borrower"),
        db_index=False,  # there is one with the day
    )
    opened_on = models.DateField(_("opened on"))
    stage = models.CharField(_("stage"), max_length=10)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, default=Reason.UNKNOWN)

    overdue_amount = models.DecimalField(_("overdue"), max_digits=14, decimal_places=2, default=Decimal("0.00"))
    days_past_due = models.PositiveIntegerField(_("days past due"), default=0)
    # The oldest unpaid due date: unlike the days it does not move at night.
    late_since = models.DateField(_("late since"))
    broken_promises = models.PositiveSmallIntegerField(_("broken promises"), default=0)
    priority = models.IntegerField(_("priority"), default=0)
    # The amount moves every night, by late interest; in steps of one per cent it moves every few weeks. Indexes take the
    # step, so that PostgreSQL can write the row of an ordinary night without touching one (HOT).
    amount_step = models.GeneratedField(
        expression=Cast(Floor(Ln(Cast(F("overdue_amount"), FloatField()) + 1.0) * 100.0), IntegerField()),
        output_field=IntegerField(),
        db_persist=True,
    )

    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_cases",
        verbose_name=_("assigned to"),
        db_index=False,  # the queue has one
    )
    next_action_at = models.DateTimeField(_("next action at"), null=True, blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="claimed_cases",
        db_index=False,
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    hold_reason = models.CharField(_("hold reason"), max_length=12, choices=HoldReason, blank=True, default="")
    hold_until = models.DateField(_("on hold until"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    close_reason = models.CharField(_("close reason"), max_length=12, choices=CloseReason, blank=True, default="")

    # Figures follow the loans every night and a claim lasts minutes: neither is somebody's decision.
    history = tracked(
        excluded_fields=[
            "stage",
            "overdue_amount",
            "amount_step",
            "days_past_due",
            "late_since",
            "broken_promises",
            "priority",
            "claimed_by",
            "claimed_until",
            "next_action_at",
        ]
    )
    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("collection case")
        verbose_name_plural = _("collection cases")
        permissions = [
            ("work_case", _("Can work a collection case")),
            ("assign_case", _("Can assign collection cases")),
            ("override_contact_guard", _("Can contact a debtor against the contact guard")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower"], condition=Q(closed_on__isnull=True), name="collections_one_open_case"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.CLOSED, closed_on__isnull=False)
                | (~Q(status=Status.CLOSED) & Q(closed_on__isnull=True)),
                name="collections_case_closed_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.HOLD) | (~Q(hold_reason="") & Q(hold_until__isnull=False)),
                name="collections_case_hold_has_reason_and_end",
            ),
            models.CheckConstraint(condition=Q(overdue_amount__gte=0), name="collections_case_overdue_not_negative"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="collections_case_status_known"),
        ]
        indexes = [
            models.Index(fields=["-priority", "-id"], condition=Q(closed_on__isnull=True), name="collections_queue"),
            models.Index(
                fields=["assigned_to", "-priority", "-id"],
                condition=Q(closed_on__isnull=True, assigned_to__isnull=False),
                name="collections_my_queue",
            ),
            # By themselves: PostgreSQL takes no order from an index in which a column before it is empty.
            *(
                models.Index(
                    fields=fields,
                    condition=Q(closed_on__isnull=True, assigned_to__isnull=True),
                    name=f"collections_nobodys_{name}",
                )
                for name, fields in (
                    ("queue", ["-priority", "-id"]),
                    ("stage", ["stage", "-priority", "-id"]),
                    ("amount", ["-amount_step"]),
                    ("days", ["late_since", "id"]),
                )
            ),
            models.Index(
                fields=["stage", "-amount_step"], condition=Q(closed_on__isnull=True), name="collections_stage_queue"
            ),
            models.Index(fields=["-amount_step"], condition=Q(closed_on__isnull=True), name="collections_by_amount"),
            models.Index(fields=["late_since", "id"], condition=Q(closed_on__isnull=True), name="collections_by_days"),
            models.Index(
                fields=["stage", "late_since", "id"], condition=Q(closed_on__isnull=True), name="collections_stage_days"
            ),
            models.Index(
                fields=["stage", "-priority", "-id"],
                condition=Q(closed_on__isnull=True),
                name="collections_stage_first",
            ),
            models.Index(
                fields=["status", "-priority", "-id"],
                condition=Q(closed_on__isnull=True),
                name="collections_status_first",
            ),
            models.Index(
                fields=["-priority", "-id"],
                condition=Q(closed_on__isnull=True, escalated_at__isnull=False),
                name="collections_escalated",
            ),
            models.Index(fields=["borrower", "-opened_on"], name="collections_of_borrower"),
            # Closed ones too: what a collector sees, and what was promised there.
            models.Index(
                fields=["assigned_to"], condition=Q(assigned_to__isnull=False), name="collections_given_to_anybody"
            ),
            models.Index(fields=["claimed_by"], condition=Q(claimed_by__isnull=False), name="collections_claimed"),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("collections:case", args=[self.public_id])

    @property
    def shown_status(self) -> Status:
        """Its status as the choice that knows words and tone."""
        return Status(self.status)

    def is_claimed_by_other(self, person: User, now: datetime) -> bool:
        return (
            self.claimed_by_id is not None
            and not same_account(self.claimed_by_id, person.pk)
            and self.claimed_until is not None
            and self.claimed_until > now
        )

    @property
    def stage_label(self) -> str:
        return stage_label(self.stage)

    @property
    def shown_stage(self) -> Showable:
        """Where it stands in one badge: closed or resting first, else the stage with its days past due."""
        if self.status in (Status.CLOSED, Status.HOLD):
            return self.shown_status
        if self.in_recovery:
            return Shown(self.stage_label, Tone.NEUTRAL)
        label = gettext("%(stage)s · %(n)s d") % {"stage": self.stage, "n": self.days_past_due}
        return Shown(label, bucket_tone(self.stage))

    @property
    def is_resting(self) -> bool:
        return self.status == Status.HOLD

    @property
    def in_recovery(self) -> bool:
        return self.stage == RECOVERY

    @property
    def awaits_judgement(self) -> bool:
        """Nobody judged yet why the borrower is late."""
        return self.reason == Reason.UNKNOWN

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of its borrower."""
        return currency_of(self.borrower.market)


class EventKind(models.TextChoices):
    OPENED = "opened", _("Case opened")
    MOVED = "moved", _("Stage changed")
    STATUS = "status", _("Status changed")
    ASSIGNED = "assigned", _("Assigned")
    SNOOZED = "snoozed", _("Put off")
    ESCALATED = "escalated", _("Escalated")
    CLASSIFIED = "classified", _("Reason judged")
    EXTENDED = "extended", _("Extension granted")
    EXTENSION_ASKED = "ext_asked", _("Extension asked for")
    WRITE_OFF = "write_off", _("Write-off requested")
    WRITTEN_OFF = "written_off", _("Written off")
    CLOSED = "closed", _("Case closed")


class CaseEvent(models.Model):
    """What happened to a case; appended by people and by the review, never changed (a trigger refuses)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=EventKind)
    on = models.DateField()
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    before = models.CharField(max_length=80, blank=True, default="")
    after = models.CharField(max_length=80, blank=True, default="")
    note = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("case event")
        indexes = [models.Index(fields=["case", "-at"], name="collections_events_of_case")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"

    @property
    def stage_after(self) -> str:
        """The stage a move led to; empty for the closing, which leads to none."""
        return "" if self.kind == EventKind.CLOSED else self.after
