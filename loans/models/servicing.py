"""What happens to a running loan besides payments and acts: accruals, mandates, changes of bucket."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.fields import exact_field, money_field
from core.history import tracked
from core.identifiers import new_id
from loans.models.loan import Loan


class Accrual(models.Model):
    """A loan's part of what was accrued from ``first_on`` through ``accrued_on``; append-only.

    Nights book an entry a product and chunk of loans (``NightAccrual``) and write no row a loan: what they accrued for it
    is kept as one row without an entry at the end of a month and before each event. What an event itself accrues, or
    takes back, has its own entry. A replay adds a correcting share.
    """

    loan_id = models.BigIntegerField()
    first_on = models.DateField()
    accrued_on = models.DateField()
    interest = money_field(default=0)
    late_interest = money_field(default=0)
    fee = money_field(default=0)
    # What of it went into suspense instead of income; negative where it left it.
    suspended_interest = money_field(default=0, db_default=0)
    suspended_late_interest = money_field(default=0, db_default=0)
    entry_id = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["loan_id", "accrued_on"], name="loans_accrual_loan")]
        constraints = [
            models.CheckConstraint(condition=Q(first_on__lte=models.F("accrued_on")), name="loans_accrual_days")
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.accrued_on}"

    @property
    def suspended(self) -> Decimal:
        """What of interest and late interest went into suspense; negative where it left it."""
        return self.suspended_interest + self.suspended_late_interest


class NightAccrual(models.Model):
    """What a night accrued for the loans of a product with ids from ``lo`` to ``hi``, as one journal entry; append-only.

    Each loan's share of it can be worked out again (``loans.proof.shares``); all shares together are checked by
    ``verify_books``.
    """

    product_id = models.BigIntegerField()
    accrued_on = models.DateField(_("accrued on"))
    lo = models.BigIntegerField(_("loans from"))
    hi = models.BigIntegerField(_("loans to"))
    loans = models.IntegerField(_("loans"))
    interest = money_field()
    late_interest = money_field()
    fee = money_field()
    suspended_interest = money_field()
    suspended_late_interest = money_field()
    entry_id = models.BigIntegerField(unique=True)

    class Meta:
        verbose_name = _("accrual of a night")
        verbose_name_plural = _("accruals of nights")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["accrued_on", "product_id"], name="loans_nightaccrual_day")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.accrued_on}"


class LoanTransition(models.Model):
    """A move of bucket or risk class, written by the same statement that moved the position; append-only, and laid by the
    month of its day."""

    by_month = "on"
    archived_as = "moves"

    loan_id = models.BigIntegerField(_("loan"))
    on = models.DateField(_("on"))
    kind = models.CharField(_("kind"), max_length=10, choices=[("bucket", _("bucket")), ("class", _("risk class"))])
    before = models.CharField(_("before"), max_length=16)
    after = models.CharField(_("after"), max_length=16)
    days_past_due = models.IntegerField(_("days past due"))
    amount = money_field(verbose_name=_("amount"), default=0)

    class Meta:
        verbose_name = _("move of a loan")
        verbose_name_plural = _("moves of loans")
        default_permissions = ()
        indexes = [
            models.Index(fields=["loan_id", "on"], name="loans_transition_loan"),
            models.Index(fields=["on", "kind"], name="loans_transition_on"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.before} → {self.after}"


def new_mandate_id() -> str:
    return new_id("mdt")


class MandateStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    REVOKED = "revoked", _("revoked")


class Mandate(models.Model):
    """The borrower's standing permission to debit a bank account on each due date."""

    public_id = models.CharField(max_length=40, unique=True, default=new_mandate_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="mandates")
    bank_account = models.ForeignKey("borrowers.BankAccount", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=MandateStatus.choices, default=MandateStatus.ACTIVE)
    signed_on = models.DateField()
    revoked_on = models.DateField(null=True, blank=True)
    history = tracked()

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        constraints = [
            models.UniqueConstraint(fields=["loan"], condition=Q(status="active"), name="loans_mandate_one_active")
        ]

    def __str__(self) -> str:
        return self.number


class DebitOutcome(Toned):
    """What the bank made of a debit. ``stopped``: without an answer, and withdrawn as the money came another way, the
    mandate was revoked, or its account is no longer verified as the borrower's."""

    SENT = "sent", Tone.INFO, _("sent")
    PAID = "paid", Tone.GOOD, _("paid")
    FAILED = "failed", Tone.BAD, _("failed")
    UNKNOWN = "unknown", Tone.ATTENTION, _("unknown")
    STOPPED = "stopped", Tone.NEUTRAL, _("stopped")


class MandateAttempt(models.Model):
    """One debit tried under a mandate; at most one a loan and day.

    ``due_on`` is the latest due date it was tried for, ``share`` the part of what was due that was asked for.
    """

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="attempts")
    attempted_on = models.DateField()
    due_on = models.DateField(null=True)
    share = exact_field(default=1)
    amount = money_field()
    reference = models.CharField(max_length=60, unique=True)
    outcome = models.CharField(
        max_length=8,
        choices=DebitOutcome.choices,
        default=DebitOutcome.SENT,
    )
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=200, blank=True)
    repayment = models.ForeignKey("loans.Repayment", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["mandate", "attempted_on"], name="loans_mandateattempt_one_a_day")
        ]
        indexes = [
            models.Index(
                fields=["mandate"], condition=Q(outcome__in=["sent", "unknown"]), name="loans_mandateattempt_open"
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def shown_outcome(self) -> DebitOutcome:
        """Its outcome as the choice that knows words and tone."""
        return DebitOutcome(self.outcome)
