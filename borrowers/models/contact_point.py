"""A way to reach a borrower, and what is known about whether it still does."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.history import tracked
from borrowers.models.borrower import Borrower
from core.choices import Tone, Toned
from core.fields import EncryptedTextField
from core.masking import mask_contact


class ContactKind(models.TextChoices):
    """What sort of address it is."""

    MOBILE = "mobile", _("Mobile")
    EMAIL = "email", _("E-mail")
    PUSH = "push", _("App push")
    WECHAT = "wechat", _("WeChat")


class ContactState(Toned):
    """What is known about the contact point. Moves are listed in ``borrowers.contacts.CONTACT_POINTS``."""

    UNVERIFIED = "unverified", Tone.ATTENTION, _("Not verified")
    VERIFIED = "verified", Tone.GOOD, _("Verified")
    UNDELIVERABLE = "undeliverable", Tone.BAD, _("Undeliverable")
    WRONG_PERSON = "wrong_person", Tone.BAD, _("Wrong person")
    RECYCLED = "recycled", Tone.BAD, _("Number recycled")
    RETIRED = "retired", Tone.NEUTRAL, _("No longer used")


class Provenance(models.TextChoices):
    """Where it was learnt. Contact data without a lawful source may not be used (banking association, 2026-01)."""

    CONTRACT = "contract", _("Given in the application or contract")
    BORROWER = "borrower", _("Given by the borrower later")
    PARTNER = "partner", _("Sent by a partner")
    BUREAU = "bureau", _("Credit bureau, with consent")
    PUBLIC = "public", _("Lawful public source")
    RESERVED_CONTACT = "reserved_contact", _("Told by a reserved contact")


USABLE = (ContactState.VERIFIED, ContactState.UNVERIFIED)


class ContactPoint(models.Model):
    """One address of one borrower; the same value may belong to several people over time."""

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.CharField(_("kind"), max_length=8, choices=ContactKind.choices)
    value = EncryptedTextField(_("address"))
    value_index = models.CharField(max_length=64, db_index=True, editable=False)
    state = models.CharField(_("state"), max_length=14, choices=ContactState.choices, default=ContactState.UNVERIFIED)
    state_reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    provenance = models.CharField(
        _("learnt from"), max_length=20, choices=Provenance.choices, default=Provenance.CONTRACT
    )
    is_primary = models.BooleanField(_("primary"), default=False)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    # Whoever of the house says that it is the borrower's, and the second person who agreed.
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    history = tracked()

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        indexes = [
            models.Index(
                fields=["-borrower"],
                condition=~models.Q(state__in=["unverified", "verified"]),
                name="borrowers_contact_failed",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "kind"], condition=models.Q(is_primary=True), name="borrowers_contact_one_primary"
            ),
            models.UniqueConstraint(
                fields=["borrower", "kind", "value_index"],
                condition=~models.Q(state="retired"),
                name="borrowers_contact_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(is_primary=True, state="retired"), name="borrowers_contact_retired_not_primary"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="verified", verified_at__isnull=True), name="borrowers_contact_verified_when"
            ),
            models.CheckConstraint(
                condition=models.Q(verified_by__isnull=True)
                | models.Q(agreed_by__isnull=False) & ~models.Q(agreed_by=models.F("verified_by")),
                name="borrowers_contact_verified_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.masked_value}"

    @property
    def shown_state(self) -> ContactState:
        """Its state as the choice that knows words and tone."""
        return ContactState(self.state)

    @property
    def is_verified(self) -> bool:
        return self.state == ContactState.VERIFIED

    @property
    def is_retired(self) -> bool:
        return self.state == ContactState.RETIRED

    @property
    def masked_value(self) -> str:
        return mask_contact(self.kind, self.value)

    @property
    def is_usable(self) -> bool:
        """Whether anything may still be sent there."""
        return self.state in USABLE

    def needs_verification(self, on: date, valid_days: int) -> bool:
        """Never verified, or so long ago that the operator may have resold the number."""
        if self.state != ContactState.VERIFIED or self.verified_at is None:
            return self.is_usable
        return timezone.localdate(self.verified_at) + timedelta(days=valid_days) < on
