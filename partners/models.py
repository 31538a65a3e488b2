"""Who calls the API, with which keys, what they brought in, and the answers kept for repeated requests."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.history import tracked
from core.identifiers import new_id
from partners.scopes import is_reading


def _client_id() -> str:
    return new_id("cli")


class ApiClient(models.Model):
    """One partner program. It acts as a user of its own, so every record it makes names it like a member of staff."""

    class Status(Toned):
        ACTIVE = "active", Tone.GOOD, _("Active")
        SUSPENDED = "suspended", Tone.BAD, _("Suspended")

    public_id = models.CharField(_("identifier"), max_length=40, unique=True, default=_client_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    contact_email = models.EmailField(_("contact"), blank=True, help_text=_("Told before a key expires."))
    acts_as = models.OneToOneField("staff.User", on_delete=models.PROTECT, related_name="api_client", editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    requests_per_minute = models.PositiveIntegerField(_("requests per minute"), default=600)
    allowed_addresses = models.JSONField(
        _("allowed addresses"), default=list, blank=True, help_text=_("Networks such as 203.0.113.0/24; empty: any.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    history = tracked()

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name"]
        permissions = [("manage_apiclient", _("Can manage API clients and their keys"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "suspended"]), name="partners_apiclient_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(requests_per_minute__gte=1), name="partners_apiclient_rate_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_status(self) -> Toned:
        """Its status as the choice that knows words and tone."""
        return self.Status(self.status)

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self, at: datetime) -> "ApiKeyQuerySet":
        """Keys that open the door at that instant: neither waiting, revoked nor expired."""
        return self.filter(revoked_at=None, waits=False).filter(models.Q(expires_at=None) | models.Q(expires_at__gt=at))


class ApiKey(models.Model):
    """A key of a client. Only its beginning and a peppered fingerprint are kept; the secret is shown once."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="keys")
    label = models.CharField(_("label"), max_length=60, blank=True)
    prefix = models.CharField(_("key"), max_length=32, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    read_only = models.BooleanField(_("read-only"), default=False)
    # A key that may change something or read far opens nothing until a second person agreed to it.
    waits = models.BooleanField(_("waits for a second person"), default=False, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("staff.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)

    history = tracked(excluded_fields=["secret_hash", "last_used_at"])
    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.prefix

    def is_live(self, at: datetime) -> bool:
        """Whether the key opens the door at that instant."""
        return not self.waits and self.revoked_at is None and (self.expires_at is None or self.expires_at > at)

    def allows(self, scope: str) -> bool:
        """Whether the key may use the scope; a read-only key keeps its writing scopes asleep."""
        return scope in self.scopes and (is_reading(scope) or not self.read_only)


class Introduction(models.Model):
    """Which client brought in which object. By these rows partners see what is theirs; nothing else exists for them."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="introductions")
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    external_id = models.CharField(_("partner's own number"), max_length=80, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("introduction")
        constraints = [
            models.UniqueConstraint(fields=["client", "kind", "object_id"], name="partners_introduction_once"),
            models.UniqueConstraint(fields=["external_id", "client", "kind"], name="partners_introduction_external_id"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class IdempotencyRecord(models.Model):
    """One idempotency key of one client: what was asked, and the answer once it was committed."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        ANSWERED = "answered", _("Answered")

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    response_status = models.PositiveSmallIntegerField(null=True)
    response_body = models.TextField(blank=True)
    response_location = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("idempotency record")
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="partners_idempotencyrecord_key_once"),
            models.CheckConstraint(
                condition=models.Q(status="running") | models.Q(response_status__isnull=False),
                name="partners_idempotencyrecord_answer_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.key
