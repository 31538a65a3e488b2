"""What a borrower agreed to: purpose, exact text, time and way, and the withdrawal (个保法 14-16, 23, 28, 29)."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.history import tracked
from borrowers.models.borrower import Borrower, Language


class ConsentPurpose(models.TextChoices):
    """One purpose, one tick: consents are never bundled."""

    PERSONAL_DATA = "personal_data", _("Use of personal data")
    SENSITIVE_DATA = "sensitive_data", _("Use of sensitive data (bank account, identity)")
    CREDIT_QUERY = "credit_query", _("Query of the credit bureau")
    CREDIT_REPORT = "credit_report", _("Report to the credit bureau")
    THIRD_PARTY = "third_party", _("Passing data to the lender's partners")
    AUTOMATED_DECISION = "automated_decision", _("Decision made by software alone")
    ELECTRONIC_MESSAGES = "electronic_messages", _("Reminders by message")


class ConsentText(models.Model):
    """One version of the wording shown to borrowers. A new wording is a new row."""

    purpose = models.CharField(_("purpose"), max_length=24, choices=ConsentPurpose.choices)
    language = models.CharField(_("language"), max_length=10, choices=Language.choices)
    version = models.CharField(_("version"), max_length=20)
    text = models.TextField(_("text"))
    effective_from = models.DateField(_("in force from"))
    history = tracked()

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["purpose", "language", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "language", "version"], name="borrowers_consent_text_version")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.language} {self.version}"


class Consent(models.Model):
    """One consent to one text. It stays on record after withdrawal: what was done before stays lawful.

    ``agreed_by`` is the second person who saw the evidence that a purpose is agreed to again after a withdrawal. Without
    one PostgreSQL takes no consent to a purpose whose withdrawal stands (``borrowers/law/consent_again.sql``).
    """

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=24, choices=ConsentPurpose.choices)
    text_version = models.CharField(_("text version"), max_length=20)
    text_hash = models.CharField(_("text hash"), max_length=64)
    channel = models.CharField(_("given through"), max_length=20)
    given_at = models.DateTimeField(_("given at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agreed to by"),
    )
    history = tracked()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["purpose", "-given_at"]
        indexes = [
            models.Index(
                fields=["borrower"],
                condition=models.Q(purpose="third_party", withdrawn_at__isnull=False),
                name="borrowers_sharing_ended",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "purpose", "text_hash"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="borrowers_consent_once",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True) | models.Q(withdrawn_at__gte=models.F("given_at")),
                name="borrowers_consent_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.text_version}"

    def get_absolute_url(self) -> str:
        return reverse("desk:borrower", args=[self.number])

    @property
    def number(self) -> str:
        """What requests and the log name it by: the borrower."""
        return self.borrower.number

    @property
    def is_in_force(self) -> bool:
        return self.withdrawn_at is None
