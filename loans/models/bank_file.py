"""Money as the bank reported it: each statement file once, each incoming payment once, and what became of it."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.choices import Tone, Toned
from core.currencies import house_currency
from core.fields import EncryptedTextField, money_field
from core.history import tracked
from core.masking import mask_name
from core.money import ZERO
from ledger.models import entry_named_by
from loans.models.loan import Loan


class BankFileStatus(Toned):
    """Whether the file is known to be the bank's. Only the lines of a confirmed one are taken in."""

    WAITING = "waiting", Tone.ATTENTION, _("waits for confirmation")
    CONFIRMED = "confirmed", Tone.GOOD, pgettext_lazy("bank file", "confirmed")
    REJECTED = "rejected", Tone.BAD, pgettext_lazy("bank file", "rejected")


class BankFile(models.Model):
    """A statement file that went in. The hash of its bytes makes a second import of the same file impossible.

    What the bank's own connection brought (``fetched_on``) proves itself. What a person uploaded is confirmed by another
    (``confirmed_by``), or passes alone where all of it is small by the rule ``two_people`` (``passed_alone``).
    """

    name = models.CharField(_("file name"), max_length=200)
    profile = models.CharField(_("format"), max_length=20)
    sha256 = models.CharField(max_length=64, unique=True)
    status = models.CharField(
        _("status"), max_length=10, choices=BankFileStatus.choices, default=BankFileStatus.WAITING
    )
    payment_count = models.PositiveIntegerField(_("payments"))
    repeated_count = models.PositiveIntegerField(_("already known"), default=0)
    differing_count = models.PositiveIntegerField(_("known otherwise"), default=0)
    rejected_count = models.PositiveIntegerField(_("rejected rows"), default=0)
    outgoing_count = models.PositiveIntegerField(_("outgoing rows"), default=0)
    total = money_field(verbose_name=_("total"))
    sum_out = money_field(verbose_name=_("sum that went out"), default=0)
    # What the file says of itself, as far as its format has it.
    account = models.CharField(_("bank account"), max_length=200, blank=True, default="")
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)
    opening_balance = money_field(verbose_name=_("opening balance"), null=True, blank=True)
    closing_balance = money_field(verbose_name=_("closing balance"), null=True, blank=True)
    imported_on = models.DateField(_("imported on"))
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    fetched_on = models.DateField(_("brought by the bank's connection on"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
        db_index=False,
    )
    confirmed_on = models.DateField(_("confirmed on"), null=True, blank=True)
    passed_alone = models.BooleanField(_("small enough for one person"), default=False)
    history = tracked()

    class Meta:
        verbose_name = _("bank file")
        verbose_name_plural = _("bank files")
        default_permissions = ("view",)
        permissions = [("confirm_bank_statement", _("Can confirm bank statements and matches that people made"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=BankFileStatus.values), name="loans_bankfile_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(imported_by__isnull=False) | models.Q(fetched_on__isnull=False),
                name="loans_bankfile_from_somewhere",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="confirmed")
                | models.Q(fetched_on__isnull=False)
                | models.Q(confirmed_by__isnull=False)
                | models.Q(passed_alone=True),
                name="loans_bankfile_proved",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("imported_by")),
                name="loans_bankfile_confirmed_by_another",
            ),
        ]
        indexes = [
            # The last statement of an account, for whether the next one goes on from it.
            models.Index(
                fields=["account", "-last_day", "-id"],
                condition=models.Q(status="confirmed"),
                name="loans_bankfile_account",
            ),
            models.Index(fields=["-id"], condition=models.Q(status="waiting"), name="loans_bankfile_waiting"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("loans:payment_file", args=[self.pk])

    @property
    def number(self) -> str:
        """What requests and the audit log name it by."""
        return self.name

    @property
    def shown_status(self) -> BankFileStatus:
        """Its status as the choice that knows words and tone."""
        return BankFileStatus(self.status)

    @property
    def is_waiting(self) -> bool:
        return self.status == BankFileStatus.WAITING

    @property
    def is_confirmed(self) -> bool:
        return self.status == BankFileStatus.CONFIRMED

    @property
    def is_rejected(self) -> bool:
        return self.status == BankFileStatus.REJECTED

    @property
    def is_fetched(self) -> bool:
        """Whether the bank's own connection brought it."""
        return self.fetched_on is not None

    @property
    def currency(self) -> str:
        """ISO 4217: the account that payments come to is kept in the money of the house."""
        return house_currency()


class BankFileContent(models.Model):
    """The bytes of a file as they came in, sealed: what is confirmed is what was uploaded. Never changed, never deleted."""

    bank_file = models.OneToOneField(BankFile, on_delete=models.PROTECT, related_name="content", primary_key=True)
    sealed = EncryptedTextField(_("content"))

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.bank_file_id}"


class IncomingPaymentStatus(Toned):
    """What became of a payment. ``suspense``: it, or a part of it, waits until somebody has found out whose it is."""

    SUSPENSE = "suspense", Tone.ATTENTION, _("not matched")
    MATCHED = "matched", Tone.GOOD, _("matched")
    RETURNED = "returned", Tone.NEUTRAL, _("returned to payer")


class IncomingPayment(models.Model):
    """One credit on the bank account. The bank's reference is unique, so overlapping files never count money twice.

    ``credited`` is what its shares brought to loans; the rest waits, or went back to the payer.
    """

    bank_file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="payments")
    line = models.PositiveIntegerField(_("line"))
    paid_on = models.DateField(_("paid on"))
    amount = money_field(verbose_name=_("amount"))
    credited = money_field(verbose_name=_("credited to loans"), default=0)
    bank_reference = models.CharField(_("bank reference"), max_length=64, unique=True)
    payer_name = EncryptedTextField(_("payer"), blank=True, default="")
    payer_last4 = models.CharField(_("payer account"), max_length=4, blank=True, default="")
    # In full only here: what goes back, goes back there.
    payer_account = EncryptedTextField(_("payer account"), blank=True, default="")
    payer_index = models.CharField(max_length=64, blank=True, default="", editable=False)
    remark = EncryptedTextField(_("remark"), blank=True, default="")  # payers write names and numbers into it
    status = models.CharField(
        _("status"), max_length=10, choices=IncomingPaymentStatus, default=IncomingPaymentStatus.SUSPENSE
    )
    proposed_loan = models.ForeignKey(
        "loans.Loan", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("proposed loan")
    )
    suspense_entry_id = models.BigIntegerField(_("suspense entry"), unique=True, null=True, editable=False)
    suspended_on = models.DateField(_("suspense entry posted on"), null=True, editable=False)
    suspense_entry = entry_named_by("suspense_entry_id", "suspended_on")
    return_entry_id = models.BigIntegerField(_("entry of the return"), unique=True, null=True, editable=False)
    returned_on = models.DateField(_("entry of the return posted on"), null=True, editable=False)
    return_entry = entry_named_by("return_entry_id", "returned_on")
    unmatched_reason = models.CharField(_("why not matched"), max_length=40, blank=True, default="")
    matched_how = models.CharField(_("matched by"), max_length=20, blank=True, default="")
    # The bank's own connection brought its reference with another amount, payer, remark or day.
    contradicted_on = models.DateField(_("contradicted on"), null=True, blank=True, editable=False)
    contradicted_by = models.ForeignKey(
        BankFile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="contradicts",
        verbose_name=_("contradicted by"),
        db_index=False,
    )
    history = tracked(excluded_fields=["payer_name", "payer_account", "remark", "suspense_entry", "return_entry"])

    class Meta:
        verbose_name = _("incoming payment")
        verbose_name_plural = _("incoming payments")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["bank_file", "line"], name="loans_incomingpayment_line_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="loans_incomingpayment_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(status__in=IncomingPaymentStatus.values), name="loans_incomingpayment_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status="matched", credited=models.F("amount"))
                | models.Q(~models.Q(status="matched"), credited__gte=0, credited__lt=models.F("amount")),
                name="loans_incomingpayment_credited",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="returned") | ~models.Q(payer_index=""),
                name="loans_incomingpayment_returned_to_payer",
            ),
            models.CheckConstraint(
                condition=models.Q(contradicted_on__isnull=True, contradicted_by__isnull=True)
                | models.Q(contradicted_on__isnull=False, contradicted_by__isnull=False),
                name="loans_incomingpayment_contradicted",
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], condition=models.Q(status="suspense"), name="loans_incoming_suspense"),
            models.Index(fields=["payer_index"], condition=~models.Q(payer_index=""), name="loans_incoming_payer"),
            models.Index(
                fields=["contradicted_by"],
                condition=models.Q(contradicted_on__isnull=False),
                name="loans_incoming_contradicted",
            ),
        ]

    def __str__(self) -> str:
        return self.bank_reference

    def get_absolute_url(self) -> str:
        return reverse("loans:incoming_payment", args=[self.pk])

    @property
    def number(self) -> str:
        """What requests and the audit log name it by."""
        return self.bank_reference

    @property
    def shown_status(self) -> IncomingPaymentStatus:
        """Its status as the choice that knows words and tone."""
        return IncomingPaymentStatus(self.status)

    @property
    def is_in_suspense(self) -> bool:
        return self.status == IncomingPaymentStatus.SUSPENSE

    @property
    def left(self) -> Decimal:
        """What of it no loan was credited with: it waits, or went back to the payer."""
        return self.amount - self.credited

    @property
    def is_divided(self) -> bool:
        """Whether a part of it was credited and a part was not."""
        return ZERO < self.credited < self.amount

    @property
    def is_returned(self) -> bool:
        return self.status == IncomingPaymentStatus.RETURNED

    @property
    def masked_payer(self) -> str:
        return mask_name(self.payer_name)

    @property
    def currency(self) -> str:
        """ISO 4217: the bank account that payments come to is kept in the money of the house."""
        return house_currency()


class MatchGround(models.TextChoices):
    """By what a line, or a part of it, was credited to just this loan."""

    LOAN_NUMBER = "loan_number", _("loan number in the remark")
    BORROWER_NAMED = "borrower_named", _("borrower named in the remark")
    PAYER_ACCOUNT = "payer_account", _("payer's account")
    PAYER_NAME = "payer_name", _("payer's name")
    KNOWN_PAYER = "known_payer", _("a payer whom two people matched to this loan before")
    SMALL = "small", _("small enough for one person")
    TWO_PEOPLE = "two_people", _("two people agreed")


class IncomingPaymentShare(models.Model):
    """The part of an incoming payment that was credited to one loan. Several when a payer paid for several loans.

    It stands behind a receipt: its own, or one that was booked by word before; or behind what a merchant gave back. It
    stands while its receipt does; one taken back stays as a record of what was.
    """

    payment = models.ForeignKey(IncomingPayment, on_delete=models.PROTECT, related_name="shares")
    repayment = models.OneToOneField(
        "loans.Repayment", on_delete=models.PROTECT, null=True, related_name="incoming_share"
    )
    act = models.OneToOneField("loans.LoanAct", on_delete=models.PROTECT, null=True, related_name="incoming_share")
    amount = money_field(verbose_name=_("amount"))
    ground = models.CharField(_("matched by"), max_length=16, choices=MatchGround)
    # Nobody where the line itself said so and no person was asked.
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    matched_on = models.DateField(_("matched on"))
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="loans_incomingshare_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(repayment__isnull=False, act__isnull=True)
                | models.Q(repayment__isnull=True, act__isnull=False),
                name="loans_incomingshare_of_one",
            ),
            models.CheckConstraint(
                condition=models.Q(ground__in=MatchGround.values), name="loans_incomingshare_ground_known"
            ),
            models.CheckConstraint(
                condition=models.Q(ground="two_people", agreed_by__isnull=False)
                | ~models.Q(ground="two_people") & models.Q(agreed_by__isnull=True),
                name="loans_incomingshare_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True)
                | models.Q(matched_by__isnull=True)
                | ~models.Q(agreed_by=models.F("matched_by")),
                name="loans_incomingshare_agreed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id}: {self.amount}"

    @property
    def loan(self) -> Loan:
        """The loan that it was credited to."""
        booked = self.repayment or self.act
        assert booked is not None, "a share is of one of them (loans_incomingshare_of_one)"
        return booked.loan

    @property
    def proves(self) -> bool:
        """Whether what it stands behind was booked before it came."""
        return self.repayment is None or self.repayment.proved_on is not None
