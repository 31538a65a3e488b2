"""Evidence: a file or statement about an object, as it was seen; and what happens to it afterwards.

The bytes lie sealed in the storage ``evidence`` under a random key. Of a row nothing changes but that it is wiped.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework.evidence_kinds import EvidenceKind, kind_named
from casework.examining.content import ContentType
from core.choices import Shown, Tone
from core.fields import EncryptedTextField
from core.identifiers import new_id
from partners.models import ApiClient


def new_evidence_id() -> str:
    return new_id("evd")


def new_upload_id() -> str:
    return new_id("eup")


class Source(models.TextChoices):
    """From whom it came."""

    BORROWER = "borrower", _("The borrower")
    PARTNER = "partner", _("A partner")
    STAFF = "staff", _("Staff")
    AUTHORITY = "authority", _("An authority")
    BANK = "bank", _("A bank")


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def about(self, subject: models.Model) -> EvidenceQuerySet:
        return self.filter(object_type=subject._meta.label_lower, object_id=str(subject.pk))

    def kept(self) -> EvidenceQuerySet:
        """What has not been wiped."""
        return self.filter(wiped_on__isnull=True)


class Evidence(models.Model):
    """``size`` is in bytes, as kept; ``received_on`` a business date. The hashes are SHA-256 in hexadecimal, sealed: a short
    statement is found by trying. ``fingerprint`` knows the same file about the same object again, and tells nothing else."""

    public_id = models.CharField(max_length=40, unique=True, default=new_evidence_id, editable=False)
    object_type = models.CharField(_("subject type"), max_length=80)
    object_id = models.CharField(pgettext_lazy("of a record", "subject"), max_length=64)
    object_label = models.CharField(_("about"), max_length=120)
    kind = models.CharField(_("kind"), max_length=40)
    source = models.CharField(_("source"), max_length=12, choices=Source)
    name = EncryptedTextField(_("file name"), blank=True)
    content_type = models.CharField(
        _("content type"), max_length=40, choices=[(kind.value, kind.value) for kind in ContentType]
    )
    size = models.PositiveIntegerField(_("size"))
    pages = models.PositiveIntegerField(_("pages"))
    sha256_sent = EncryptedTextField(_("hash as sent"))
    sha256_kept = EncryptedTextField(_("hash as kept"))
    fingerprint = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=64, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    original_seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who saw the original"),
        db_index=False,
    )
    original_seen_on = models.DateField(_("original seen on"), null=True, blank=True)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    received_on = models.DateField(_("taken in on"))
    received_at = models.DateTimeField(_("taken in at"))
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("who took it in"),
        db_index=False,
    )
    brought_by = models.ForeignKey(
        ApiClient, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    wiped_on = models.DateField(_("wiped on"), null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        default_permissions = ("view", "add")
        permissions = [
            ("open_evidence", _("Can open evidence and sealed numbers in notes, with a reason")),
            ("hold_evidence", _("Can put evidence under legal hold, and ask to lift it")),
            ("lift_evidence_hold", _("Can agree that a legal hold is lifted")),
        ]
        constraints = [
            # By who brought it: a partner does not learn from a refusal what others brought.
            models.UniqueConstraint(
                fields=["object_type", "object_id", "fingerprint", "brought_by"],
                condition=Q(wiped_on__isnull=True),
                nulls_distinct=False,
                name="casework_evidence_once",
            ),
            models.CheckConstraint(
                condition=Q(wiped_on__isnull=True) ^ Q(storage_key="", name=""), name="casework_evidence_wiped_whole"
            ),
            models.CheckConstraint(
                condition=Q(original_seen_by__isnull=True, original_seen_on__isnull=True)
                | Q(original_seen_by__isnull=False, original_seen_on__isnull=False),
                name="casework_evidence_seen_by_and_on",
            ),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="casework_evidence_source_known"),
            models.CheckConstraint(
                condition=Q(content_type__in=[kind.value for kind in ContentType]),
                name="casework_evidence_type_known",
            ),
            models.CheckConstraint(condition=Q(size__gt=0, pages__gt=0), name="casework_evidence_not_empty"),
            models.CheckConstraint(
                condition=Q(fingerprint__regex=r"^[0-9a-f]{64}$"), name="casework_evidence_fingerprinted"
            ),
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="casework_evidence_subject"),
            models.Index(fields=["storage_key"], name="casework_evidence_file"),
            models.Index(
                fields=["expires_on"],
                condition=Q(expires_on__isnull=False, wiped_on__isnull=True),
                name="casework_evidence_expires",
            ),
            models.Index(
                fields=["kind", "received_on"], condition=Q(wiped_on__isnull=True), name="casework_evidence_to_wipe"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("casework:evidence", args=[self.public_id])

    @property
    def declared(self) -> EvidenceKind:
        """Its kind. Raises EvidenceKindUnknown where the software knows it no longer."""
        return kind_named(self.kind)

    @property
    def keeping_state(self) -> Shown:
        """Whether its bytes are there."""
        return Shown(_("wiped"), Tone.NEUTRAL) if self.wiped_on else Shown(_("on file"), Tone.GOOD)

    @property
    def content_words(self) -> str:
        return str(ContentType(self.content_type).words)


class EvidenceLinkQuerySet(models.QuerySet["EvidenceLink"]):
    def standing(self) -> EvidenceLinkQuerySet:
        """What was not taken off again."""
        return self.filter(detached_at__isnull=True)


class EvidenceLink(models.Model):
    """Evidence attached to a further object: a task, an act, a request for a second person. The row stays also of what was
    attached by mistake and taken off again: by whom, when and why."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="links", verbose_name=_("evidence"))
    object_type = models.CharField(_("object type"), max_length=80)
    object_id = models.CharField(_("object"), max_length=64)
    object_label = models.CharField(_("object label"), max_length=120)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("who attached it"),
        db_index=False,
    )
    detached_at = models.DateTimeField(_("taken off at"), null=True, blank=True)
    detached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who took it off"),
        db_index=False,
    )
    detached_because = models.CharField(_("why it was taken off"), max_length=500, blank=True, default="")

    objects = EvidenceLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment of evidence")
        verbose_name_plural = _("attachments of evidence")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "object_type", "object_id"],
                condition=Q(detached_at__isnull=True),
                name="casework_attached_once",
            ),
            models.CheckConstraint(
                condition=Q(detached_at__isnull=True, detached_by__isnull=True, detached_because="")
                | Q(detached_at__isnull=False, detached_by__isnull=False) & ~Q(detached_because=""),
                name="casework_detached_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["object_type", "object_id"], name="casework_attached_to")]

    def __str__(self) -> str:
        return f"{self.evidence_id} → {self.object_label}"


class EvidenceHold(models.Model):
    """While it stands, the evidence is not wiped. One person sets it; to lift it takes two, by its approval."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="holds", verbose_name=_("evidence"))
    reason = models.CharField(_("reason"), max_length=500)
    set_on = models.DateField(_("set on"))
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("set by"), db_index=False
    )
    lifted_on = models.DateField(_("lifted on"), null=True, blank=True)
    lift_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifting asked for by"),
        db_index=False,
    )
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifted by"),
        db_index=False,
    )

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["evidence"], condition=Q(lifted_on__isnull=True), name="casework_one_standing_hold"
            ),
            models.CheckConstraint(
                condition=Q(lifted_on__isnull=True, lifted_by__isnull=True, lift_asked_by__isnull=True)
                | Q(lifted_on__isnull=False, lifted_by__isnull=False, lift_asked_by__isnull=False)
                & ~Q(lifted_by=F("lift_asked_by")),
                name="casework_hold_lifted_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id}: {self.reason}"


class UploadStatus(models.TextChoices):
    OPEN = "open", _("Begun")
    FINISHED = "finished", _("Finished")
    FORGOTTEN = "forgotten", _("Forgotten")


class EvidenceUpload(models.Model):
    """A file that a partner's program sends in parts. ``size`` is what it said the whole has, in bytes."""

    public_id = models.CharField(max_length=40, unique=True, default=new_upload_id, editable=False)
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="+")
    object_type = models.CharField(_("subject type"), max_length=80)
    object_id = models.CharField(pgettext_lazy("of a record", "subject"), max_length=64)
    # What the partner calls the subject, which may be a handle of its own.
    about = models.CharField(max_length=40)
    kind = models.CharField(_("kind"), max_length=40)
    source = models.CharField(_("source"), max_length=12, choices=Source)
    name = EncryptedTextField(_("file name"), blank=True)
    content_type = models.CharField(_("content type"), max_length=80, blank=True)
    size = models.PositiveIntegerField(_("size"))
    sha256 = EncryptedTextField(_("hash"))
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=UploadStatus, default=UploadStatus.OPEN)
    started_at = models.DateTimeField(_("started at"))
    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, null=True, related_name="upload")

    class Meta:
        verbose_name = _("upload of evidence")
        verbose_name_plural = _("uploads of evidence")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(status="finished", evidence__isnull=False)
                | (~Q(status="finished") & Q(evidence__isnull=True)),
                name="casework_upload_finished_with_evidence",
            ),
            models.CheckConstraint(condition=Q(status__in=UploadStatus.values), name="casework_upload_status_known"),
        ]
        indexes = [
            models.Index(fields=["started_at"], condition=Q(status="open"), name="casework_upload_open"),
        ]

    def __str__(self) -> str:
        return self.public_id


class EvidenceUploadPart(models.Model):
    """Some bytes of an upload, sealed as the whole will be; gone once it is finished or forgotten."""

    upload = models.ForeignKey(EvidenceUpload, on_delete=models.CASCADE, related_name="parts")
    offset = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    sha256 = EncryptedTextField()
    storage_key = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("part of an upload")
        verbose_name_plural = _("parts of uploads")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["upload", "offset"], name="casework_part_once")]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.offset}"
