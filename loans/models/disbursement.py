"""Paying a loan out: one disbursement a loan and one for each further part of an approved amount, and each attempt at the
bank under a reference of its own."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.choices import Tone, Toned
from core.fields import money_field
from core.history import tracked
from core.identifiers import new_id


def _disbursement_id() -> str:
    return new_id("dsb")


class DisbursementStatus(Toned):
    """Where the money is. ``unknown``: the bank did not answer, so it is asked again and never paid again."""

    QUEUED = "queued", Tone.INFO, pgettext_lazy("disbursement", "queued")
    SENT = "sent", Tone.INFO, pgettext_lazy("disbursement", "sent to the bank")
    UNKNOWN = "unknown", Tone.ATTENTION, pgettext_lazy("disbursement", "no answer from the bank")
    PAID = "paid", Tone.GOOD, pgettext_lazy("disbursement", "paid")
    FAILED = "failed", Tone.BAD, pgettext_lazy("disbursement", "refused by the bank")
    RETURNED = "returned", Tone.BAD, pgettext_lazy("disbursement", "returned")
    CANCELLED = "cancelled", Tone.NEUTRAL, pgettext_lazy("disbursement", "cancelled")


class DisbursementQuerySet(models.QuerySet["Disbursement"]):
    def refused(self) -> "DisbursementQuerySet":
        """Refused or returned by the bank, and neither sent again nor given up since."""
        return self.filter(status__in=[DisbursementStatus.FAILED, DisbursementStatus.RETURNED])


class Disbursement(models.Model):
    """The order to pay one loan out, or a further part of it. A retry after a refusal is a new transfer of this order."""

    public_id = models.CharField(max_length=40, unique=True, default=_disbursement_id, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, related_name="disbursements")
    is_drawdown = models.BooleanField(_("a further part of the approved amount"), default=False, db_default=False)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, unique=True, editable=False)
    amount = money_field(verbose_name=_("amount"))
    # The fingerprint of the account it is paid to; another one takes two people (``other_accounts``).
    payee_index = models.CharField(max_length=64, default="", db_default="", blank=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=DisbursementStatus, default=DisbursementStatus.QUEUED)
    requested_on = models.DateField(_("requested on"))
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failure_code = models.CharField(_("refusal"), max_length=40, blank=True)
    failure_detail = models.CharField(_("refusal in words"), max_length=200, blank=True)
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    bank_reference = models.CharField(_("bank reference"), max_length=64, blank=True)
    history = tracked()
    addressed_with = ("loan",)

    objects = DisbursementQuerySet.as_manager()

    class Meta:
        verbose_name = _("disbursement")
        verbose_name_plural = _("disbursements")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["loan"],
                condition=~models.Q(status="cancelled") & models.Q(is_drawdown=False),
                name="loans_disbursement_one_a_loan",
            ),
            models.UniqueConstraint(
                fields=["loan"],
                condition=~models.Q(status__in=["paid", "cancelled"]) & models.Q(is_drawdown=True),
                name="loans_disbursement_one_drawdown_under_way",
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="loans_disbursement_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(status__in=DisbursementStatus.values), name="loans_disbursement_status_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="paid") | models.Q(paid_on__isnull=False),
                name="loans_disbursement_paid_dated",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status__in=["queued", "sent", "unknown"]),
                name="loans_disbursement_due",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return self.loan.get_absolute_url()

    @property
    def shown_status(self) -> DisbursementStatus:
        """Its status as the choice that knows words and tone."""
        return DisbursementStatus(self.status)

    @property
    def is_queued(self) -> bool:
        """The bank was not told yet."""
        return self.status == DisbursementStatus.QUEUED

    @property
    def account_last4(self) -> str:
        """The end of the account that the latest transfer went to; empty before it was sent."""
        transfer = self.transfers.order_by("-id").first()
        return transfer.account_last4 if transfer else ""

    @property
    def is_under_way(self) -> bool:
        """Whether the bank may still be told or asked."""
        return self.status in {DisbursementStatus.QUEUED, DisbursementStatus.SENT, DisbursementStatus.UNKNOWN}

    @property
    def is_open(self) -> bool:
        """Whether it may still pay: neither paid nor given up."""
        return self.status not in {DisbursementStatus.PAID, DisbursementStatus.CANCELLED}

    @property
    def is_cancellable(self) -> bool:
        """Whether the bank holds no order that could still pay."""
        return self.status == DisbursementStatus.QUEUED or self.is_retryable

    @property
    def is_retryable(self) -> bool:
        """Whether a person may send it to the bank again under a new reference."""
        return self.status in {DisbursementStatus.FAILED, DisbursementStatus.RETURNED}

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of its loan."""
        return self.loan.currency


class BankTransfer(models.Model):
    """One attempt. ``reference`` goes to the bank as end-to-end id, so a repeated order under it can never pay twice.

    Written before the bank is called: a process killed between call and answer leaves a row that says what to ask.
    """

    disbursement = models.ForeignKey(Disbursement, on_delete=models.PROTECT, related_name="transfers")
    verdict = models.OneToOneField("loans.GateVerdict", on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(_("reference"), max_length=35, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=DisbursementStatus, default=DisbursementStatus.SENT)
    bank_reference = models.CharField(_("bank reference"), max_length=64, blank=True)
    code = models.CharField(_("code"), max_length=40, blank=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    sent_on = models.DateField(_("sent on"))
    # When it was written down: a worker that comes to send it much later looks at everything anew.
    written_at = models.DateTimeField(db_default=Now(), editable=False)
    answered_on = models.DateField(_("answered on"), null=True)
    account_index = models.CharField(max_length=64, default="", db_default="", blank=True, editable=False)
    account_last4 = models.CharField(
        _("last four digits of the account"), max_length=4, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("bank transfer")
        verbose_name_plural = _("bank transfers")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=DisbursementStatus.values), name="loans_banktransfer_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class SimulatedPayment(models.Model):
    """The book of the simulated bank: what it has paid, so that a test can count that nothing was paid twice."""

    reference = models.CharField(max_length=35, unique=True)
    bank_reference = models.CharField(max_length=64)
    account_last4 = models.CharField(max_length=4, blank=True)
    amount = money_field()
    outcome = models.CharField(max_length=10)
    code = models.CharField(max_length=40, blank=True)
    booked_on = models.DateField()
    order_count = models.PositiveSmallIntegerField(default=1)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=Decimal(0)), name="loans_simulatedpayment_positive"),
        ]

    def __str__(self) -> str:
        return self.reference
