"""The record of the house: one append-only log of every change, and the requests that wait for a second person."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.currencies import house_currency
from core.fields import money_field
from core.history import tracked
from staff.models import User


class AuditEvent(models.Model):
    """One thing somebody or something did. Rows are written by PostgreSQL for every history row, and by
    ``audit.events.record`` for what leaves no history (reveals, exports, sign-ins). UPDATE and DELETE are refused. Laid by
    the month of its moment.
    """

    by_month = "at"
    archived_as = "audit"

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("who"),
        db_index=False,
    )
    channel = models.CharField(_("channel"), max_length=12)
    action = models.CharField(_("action"), max_length=40)
    object_type = models.CharField(_("object type"), max_length=80)
    object_id = models.CharField(_("object"), max_length=64)
    object_label = models.CharField(_("object label"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        default_permissions = ("view",)
        permissions = [("view_power_event", _("Can see who changed people, rights, rules and keys"))]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_event_at"),
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_event_object"),
            models.Index(fields=["object_label"], name="audit_event_label", opclasses=["varchar_pattern_ops"]),
            # What most events have none of, or have in common, is no part of these: each payment writes an event.
            models.Index(
                fields=["actor", "-at", "-id"], condition=models.Q(actor__isnull=False), name="audit_event_actor"
            ),
            models.Index(fields=["request_id"], condition=~models.Q(request_id=""), name="audit_event_request"),
            models.Index(
                fields=["action", "-at", "-id"],
                condition=~models.Q(action="created"),
                name="audit_event_acts",
            ),
            models.Index(
                fields=["object_type", "-at", "-id"],
                condition=~models.Q(action="created", object_type="loans.repayment"),
                name="audit_event_types",
            ),
            # The quotas of a week are counted before each answer.
            models.Index(
                fields=["actor", "action", "-at"],
                condition=models.Q(action__in=["revealed", "looked_up"]),
                name="audit_event_looks",
            ),
            GinIndex(
                OpClass(Upper("reason"), "gin_trgm_ops"), condition=~models.Q(reason=""), name="audit_event_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class ApprovalStatus(Toned):
    """Where a request for a second pair of eyes stands."""

    PENDING = "pending", Tone.ATTENTION, _("waiting")
    APPROVED = "approved", Tone.GOOD, _("approved")
    REJECTED = "rejected", Tone.BAD, _("rejected")
    CANCELLED = "cancelled", Tone.NEUTRAL, _("cancelled")
    EXPIRED = "expired", Tone.NEUTRAL, _("expired")


class Approval(models.Model):
    """A change that one person asked for and another must approve before it happens.

    ``requested_on`` is the business date of the request; after ``expires_on`` nobody can approve it any more.
    """

    kind = models.CharField(_("kind"), max_length=60)
    object_type = models.CharField(_("object type"), max_length=80)
    object_id = models.CharField(_("object"), max_length=64)
    object_label = models.CharField(_("object label"), max_length=120)
    payload = models.JSONField(default=dict)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    # What approving it would do, in words, as last shown to who decides; and as shown before something changed since.
    # Pairs of label and value, because PostgreSQL keeps the order of a list and not that of an object.
    outcome = models.JSONField(_("outcome"), default=list)
    outcome_before = models.JSONField(_("outcome before"), default=list)
    outcome_on = models.DateField(_("outcome as of"), null=True)
    amount = money_field(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    # Chosen by who asks: the same wish sent twice is one request.
    idempotency_key = models.CharField(max_length=255, null=True, unique=True)
    status = models.CharField(
        _("status"), max_length=10, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # The right with which it was asked for; empty for the system and for partners, who have scopes.
    asked_with = models.CharField(_("asked with"), max_length=80, blank=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_on = models.DateField(_("requested on"))
    expires_on = models.DateField(_("expires on"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=500, blank=True)
    # One person decided alone in an emergency: BrokenGlass says who and why, and waits for a review.
    broke_glass = models.BooleanField(_("decided in an emergency"), default=False)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        default_permissions = ("view",)
        permissions = [
            ("approve_power", _("Can agree to changes of people, rights, rules and keys")),
            ("break_glass", _("Can decide alone in an emergency")),
            ("review_break_glass", _("Can review what was decided alone in an emergency")),
            ("view_two_people", _("Can see what takes two people, and who holds which right")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("requested_by"))
                | models.Q(broke_glass=True),
                name="audit_approval_second_person",
            ),
            models.UniqueConstraint(
                fields=["kind", "object_type", "object_id"],
                condition=models.Q(status="pending"),
                name="audit_approval_one_pending",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_on__gte=models.F("requested_on")), name="audit_approval_expires_later"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="audit_approval_status"),
            models.Index(fields=["object_type", "object_id"], name="audit_approval_object"),
            models.Index(fields=["expires_on"], condition=models.Q(status="pending"), name="audit_approval_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_label}"

    @property
    def second_person(self) -> User | None:
        """Who agreed as a second person. Who decided alone in an emergency is none, until a review says it was right."""
        return None if self.broke_glass else self.decided_by

    @property
    def shown_status(self) -> ApprovalStatus:
        """Its status as the choice that knows words and tone."""
        return ApprovalStatus(self.status)

    @property
    def currency(self) -> str:
        """ISO 4217: what a person may decide alone is measured in the money of the house."""
        return house_currency()


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def standing(self, on: date) -> "DelegationQuerySet":
        """Agreed to, begun and not over on the business date ``on``."""
        return self.filter(agreed_by__isnull=False, ended_on__isnull=True, starts_on__lte=on, ends_on__gte=on)

    def of(self, person: models.Model) -> "DelegationQuerySet":
        """Those that ``person`` gave or got."""
        return self.filter(models.Q(given_by=person.pk) | models.Q(given_to=person.pk))


class Delegation(models.Model):
    """A right to decide, lent to a named person until a business date; it holds once a second person agreed, and ends by
    itself after ``ends_on`` or when somebody takes it back."""

    permission = models.CharField(_("right"), max_length=80)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=500)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_on = models.DateField(_("taken back on"), null=True)
    history = tracked()

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        default_permissions = ("view",)
        permissions = [("delegate", _("Can lend a right to decide until a date"))]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(given_by=models.F("given_to")), name="audit_delegation_another_person"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="audit_delegation_ends_later"
            ),
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True)
                | ~models.Q(agreed_by=models.F("given_by")) & ~models.Q(agreed_by=models.F("given_to")),
                name="audit_delegation_third_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.permission}: {self.given_by} → {self.given_to}"


class Review(Toned):
    """Where the review of something decided in an emergency stands."""

    OPEN = "open", Tone.BAD, _("waits for review")
    REVIEWED = "reviewed", Tone.GOOD, _("reviewed")
    OBJECTED = "objected", Tone.ATTENTION, _("objected to")


class BrokenGlass(models.Model):
    """A request that one person decided alone in an emergency; open until another person has reviewed it."""

    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="emergency")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    on = models.DateField(_("on"))
    at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(_("reason"), max_length=500)
    # Open while None: whether who reviewed it objects.
    objected = models.BooleanField(_("objected to"), null=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_on = models.DateField(_("reviewed on"), null=True)
    review_note = models.CharField(_("note"), max_length=500, blank=True)
    history = tracked()

    class Meta:
        verbose_name = _("decision in an emergency")
        verbose_name_plural = _("decisions in an emergency")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reviewed_by__isnull=True) | ~models.Q(reviewed_by=models.F("by")),
                name="audit_brokenglass_another_person",
            ),
            models.CheckConstraint(
                condition=models.Q(objected__isnull=True, reviewed_by__isnull=True)
                | models.Q(objected__isnull=False, reviewed_by__isnull=False),
                name="audit_brokenglass_reviewed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.approval}"

    @property
    def review(self) -> Review:
        """Where its review stands."""
        if self.objected is None:
            return Review.OPEN
        return Review.OBJECTED if self.objected else Review.REVIEWED


class ArchivedRecords(models.Model):
    """A month of messages, of the audit log or of moves of loans that was put away in a file, under seal: how many rows, the
    lowest and the highest, and the hash of what the file holds. Months of a group go oldest first and come back newest
    first (``restored_at``). ``archived_on`` is the business date."""

    group = models.CharField(_("records"), max_length=12)
    month = models.DateField(_("month"))
    rows = models.PositiveBigIntegerField(_("rows"))
    first_row = models.BigIntegerField(_("lowest row"))
    last_row = models.BigIntegerField(_("highest row"))
    sha256 = models.CharField(max_length=64)
    folder = models.CharField(_("folder"), max_length=500)
    archived_on = models.DateField(_("archived on"))
    archived_at = models.DateTimeField(_("archived at"))
    restored_at = models.DateTimeField(_("brought back at"), null=True)

    class Meta:
        verbose_name = _("archived month of records")
        verbose_name_plural = _("archived months of records")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["group", "month"],
                condition=models.Q(restored_at__isnull=True),
                name="audit_archivedrecords_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.group} {self.month:%Y-%m}"

    @property
    def number(self) -> str:
        """What the audit log names it by."""
        return str(self)
