"""Money that came in for a loan, and how it was allocated."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.fields import money_field
from core.history import tracked
from core.identifiers import new_id
from ledger.models import entry_named_by
from loans.models.loan import Loan


class RepaymentStatus(Toned):
    """A repayment stands or was reversed."""

    POSTED = "posted", Tone.GOOD, _("posted")
    REVERSED = "reversed", Tone.ATTENTION, _("reversed")


class RepaymentChannel(models.TextChoices):
    """Through which door the money was reported."""

    COUNTER = "counter", _("recorded by staff")
    API = "api", _("partner API")
    BANK_FILE = "bank_file", _("bank file")
    DIRECT_DEBIT = "direct_debit", _("direct debit")
    IMPORT = "import", _("import")
    INSURER = "insurer", _("paid by the insurer")


# Somebody says that money came; no line of a statement, answer of a bank or book taken over says so. That an insurer pays
# is what the house itself reckons from a policy and its cash value: until its money is on a statement that is a word too.
WITHOUT_BANK_LINE = (RepaymentChannel.COUNTER, RepaymentChannel.API, RepaymentChannel.INSURER)
# The same as SQL lists it.
CHANNELS_WITHOUT_BANK_LINE = ", ".join(f"'{channel.value}'" for channel in WITHOUT_BANK_LINE)


# Receipts by word: they stand, and neither a line of a bank nor a second person stands behind them.
BY_WORD = Q(status="posted", channel__in=WITHOUT_BANK_LINE, agreed_by=None, proved_on=None)


def new_repayment_id() -> str:
    return new_id("rep")


class RepaymentQuerySet(models.QuerySet["Repayment"]):
    def by_word(self) -> "RepaymentQuerySet":
        """Standing receipts that nobody but who recorded them vouches for."""
        return self.filter(BY_WORD)


class Repayment(models.Model):
    """One receipt of money. A replay gives it a new journal entry; who paid what never changes, and the day it came only by
    an act that says it was recorded wrong (``loans.acts.kinds.redating``)."""

    public_id = models.CharField(max_length=40, unique=True, default=new_repayment_id, editable=False)
    number = models.CharField(_("receipt number"), max_length=20, unique=True)
    # No index of its own: loans_repayment_in_order begins with it.
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="repayments", db_index=False)
    amount = money_field(verbose_name=_("amount"))
    received_on = models.DateField(_("received on"))
    # The day it was recorded with, once an act moved it to another one.
    first_received_on = models.DateField(_("first recorded as received on"), null=True, blank=True)
    recorded_on = models.DateField(_("recorded on"))
    recorded_at = models.DateTimeField(auto_now_add=True)
    channel = models.CharField(_("channel"), max_length=12, choices=RepaymentChannel.choices)
    payer_reference = models.CharField(_("payer's reference"), max_length=80, blank=True)
    idempotency_key = models.CharField(max_length=255, unique=True)
    status = models.CharField(
        _("status"), max_length=8, choices=RepaymentStatus.choices, default=RepaymentStatus.POSTED
    )
    is_recovery = models.BooleanField(_("recovery after write-off"), default=False)
    settles_early = models.BooleanField(_("early settlement"), default=False)
    principal = money_field(default=0)
    interest = money_field(default=0)
    fee = money_field(default=0)
    late_interest = money_field(default=0)
    overpaid = money_field(default=0)
    early_charge = money_field(
        verbose_name=_("early-repayment charge"), default=0, db_default=0, help_text=_("What of the fees it is.")
    )
    entry_id = models.BigIntegerField(_("entry"), editable=False)
    booked_on = models.DateField(_("entry posted on"), editable=False)
    entry = entry_named_by("entry_id", "booked_on")
    reversed_on = models.DateField(null=True, blank=True)
    reversal_reason = models.CharField(max_length=200, blank=True)
    # One person reversed it by their own authority, which what they reverse afterwards counts.
    reversed_alone = models.BooleanField(default=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The second person who agreed to a receipt without a bank line.
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agreed to by"),
        db_index=False,
    )
    # The business day on which a line of a bank was found to be this very money (``IncomingPaymentShare``).
    proved_on = models.DateField(_("bank line found on"), null=True, blank=True)
    given_up = money_field(
        verbose_name=_("given up by its day"),
        default=0,
        db_default=0,
        help_text=_("Interest and late interest that fell away because it counts from an earlier day."),
    )
    history = tracked(excluded_fields=["entry"])

    objects = RepaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("repayment")
        verbose_name_plural = _("repayments")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="loans_repayment_amount_positive"),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True)
                | Q(recorded_by__isnull=True)
                | ~Q(agreed_by=models.F("recorded_by")),
                name="loans_repayment_agreed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(proved_on__isnull=True)
                | Q(channel__in=WITHOUT_BANK_LINE, proved_on__gte=models.F("recorded_on")),
                name="loans_repayment_proved_word",
            ),
            models.CheckConstraint(
                condition=Q(early_charge__gte=0, early_charge__lte=models.F("fee")), name="loans_repayment_early_charge"
            ),
            models.CheckConstraint(
                condition=Q(first_received_on__isnull=True, received_on__lte=models.F("recorded_on"))
                | Q(first_received_on__isnull=False, first_received_on__lte=models.F("recorded_on")),
                name="loans_repayment_dates",
            ),
        ]
        indexes = [
            models.Index(fields=["loan", "received_on", "id"], name="loans_repayment_in_order"),
            models.Index(fields=["recorded_on", "id"], name="loans_repayment_recorded"),
            models.Index(fields=["channel", "recorded_on", "id"], name="loans_repayment_channel"),
            models.Index(
                fields=["payer_reference"], condition=~Q(payer_reference=""), name="loans_repayment_reference"
            ),
            models.Index(
                fields=["-recorded_on", "-id"], condition=Q(status="reversed"), name="loans_repayment_reversed"
            ),
            models.Index(fields=["loan"], condition=BY_WORD, name="loans_repayment_by_word"),
            models.Index(fields=["recorded_on", "id"], condition=BY_WORD, name="loans_repayment_word_waits"),
            models.Index(
                fields=["recorded_by", "recorded_on"],
                condition=Q(channel__in=WITHOUT_BANK_LINE),
                name="loans_repayment_said_in_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def shown_status(self) -> RepaymentStatus:
        """Its status as the choice that knows words and tone."""
        return RepaymentStatus(self.status)

    @property
    def stands(self) -> bool:
        return self.status == RepaymentStatus.POSTED

    @property
    def is_unproved(self) -> bool:
        """No line of a bank and no second person stands behind it."""
        return self.channel in WITHOUT_BANK_LINE and self.agreed_by_id is None and self.proved_on is None

    @property
    def is_reversed(self) -> bool:
        return self.status == RepaymentStatus.REVERSED

    @property
    def told_on(self) -> date:
        """The day it was recorded with, wherever it has been moved since."""
        return self.first_received_on or self.received_on

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of its loan."""
        return self.loan.currency


class RepaymentLine(models.Model):
    """The part of a repayment that went to one instalment, under one journal entry.

    The lines in force are those of the repayment's current ``entry``; lines of earlier entries show what a replay undid.
    """

    # No index of its own: loans_repaymentline_instalment begins with it.
    repayment = models.ForeignKey(Repayment, on_delete=models.PROTECT, related_name="lines", db_index=False)
    entry_id = models.BigIntegerField()
    instalment_number = models.PositiveSmallIntegerField()
    principal = money_field(default=0)
    interest = money_field(default=0)
    fee = money_field(default=0)
    late_interest = money_field(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["repayment", "entry_id", "instalment_number"], name="loans_repaymentline_instalment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.repayment_id}/{self.instalment_number}"
