"""Contact attempts: every call, message and visit with its outcome. The evidence that the rules on hours and counts
were kept, so rows are only ever added; PostgreSQL refuses to change or delete one."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from debt_collections.models.case import Case


class Channel(models.TextChoices):
    CALL = "call", _("Call")
    SMS = "sms", _("SMS")
    WECHAT = "wechat", _("WeChat")
    EMAIL = "email", _("E-mail")
    VISIT = "visit", _("Visit")


class Outcome(models.TextChoices):
    PROMISE = "promise", _("Promised to pay")
    ANSWERED = "answered", _("Answered, in talks")
    HARDSHIP = "hardship", _("Hardship")
    DISPUTE = "dispute", _("Dispute")
    REFUSED = "refused", _("Refuses to pay")
    NO_ANSWER = "no_answer", _("No answer")
    UNREACHABLE = "unreachable", _("Unreachable")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    MESSAGE = "message", _("Message left")


# Outcomes in which the debtor spoke with us: what the law counts as an effective call.
ANSWERED = (Outcome.PROMISE, Outcome.ANSWERED, Outcome.HARDSHIP, Outcome.DISPUTE, Outcome.REFUSED)


class ContactAttempt(models.Model):
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="contacts")
    # The counts hold for a debtor over all cases and collectors, so the debtor stands on the row itself.
    borrower = models.ForeignKey("borrowers.Borrower", on_delete=models.PROTECT, related_name="+")
    contact_point = models.ForeignKey("borrowers.ContactPoint", on_delete=models.PROTECT, null=True, related_name="+")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.CALL)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    note = models.TextField(_("note"), blank=True, default="")
    at = models.DateTimeField(_("at"))
    on = models.DateField(_("business date"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    override_reason = models.TextField(blank=True, default="")
    # A form sent twice (double click, repeat after a lost answer) carries the same key and is stored once.
    form_key = models.UUIDField(unique=True, null=True)

    class Meta:
        verbose_name = _("contact attempt")
        verbose_name_plural = _("contact attempts")
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="collections_contact_outcome_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="collections_contact_channel_known"),
        ]
        indexes = [
            models.Index(fields=["borrower", "-at"], name="collections_contacts_of_person"),
            models.Index(fields=["case", "-at"], name="collections_contacts_of_case"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def was_answered(self) -> bool:
        return self.outcome in ANSWERED
