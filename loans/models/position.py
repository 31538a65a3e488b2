"""Where a loan stands: one narrow, derived row a loan with one writer (``loans.bookkeeping.positions`` and its set-based
twin in ``loans.night.closing``). It can be rebuilt from contract and events at any time and compared. No history: it is not
a record but a reading."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.fields import money_field
from loans.models.loan import Loan, LoanStatus


class RiskClass(Toned):
    """The five classes of credit risk."""

    NORMAL = "normal", Tone.GOOD, _("normal")
    SPECIAL_MENTION = "special_mention", Tone.ATTENTION, _("special mention")
    SUBSTANDARD = "substandard", Tone.BAD, _("substandard")
    DOUBTFUL = "doubtful", Tone.BAD, _("doubtful")
    LOSS = "loss", Tone.BAD, _("loss")


class LoanPosition(models.Model):
    """Balances, lateness and class of a loan at the end of ``as_of``. Accrued figures are cumulative, paid included.

    They say what the borrower owes. The books have the same until the loan is charged off, and then nothing.
    """

    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, primary_key=True, related_name="position")
    borrower = models.ForeignKey("borrowers.Borrower", on_delete=models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey("loans.Product", on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=20, choices=LoanStatus.choices)
    as_of = models.DateField(_("as of"))
    principal_outstanding = money_field(default=0)
    interest_accrued = money_field(default=0)
    interest_paid = money_field(default=0)
    fee_accrued = money_field(default=0)
    fee_paid = money_field(default=0)
    late_interest_accrued = money_field(default=0)
    late_interest_paid = money_field(default=0)
    overdue_principal = money_field(default=0)
    overdue_interest = money_field(default=0)
    overdue_fee = money_field(default=0)
    due_today = money_field(default=0)
    oldest_due_on = models.DateField(null=True)
    next_due_on = models.DateField(null=True)
    next_due_amount = money_field(default=0)
    days_past_due = models.IntegerField(_("days past due"), default=0)
    bucket = models.CharField(_("bucket"), max_length=4, default="C")
    risk_class = models.CharField(_("risk class"), max_length=16, choices=RiskClass.choices, default=RiskClass.NORMAL)
    overpaid = money_field(default=0)
    # What merchants gave back of a purchase, in all.
    merchant_refunded = money_field(default=0, db_default=0)
    written_off_amount = money_field(default=0)
    recovered = money_field(default=0)
    # Interest that is owed but not income; once charged off or written off, what it was on that day.
    suspended_interest = money_field(default=0, db_default=0)
    suspended_late_interest = money_field(default=0, db_default=0)
    # Charged off: what left the books, and what has accrued beside them since.
    charged_off_on = models.DateField(_("charged off on"), null=True)
    charged_off_amount = money_field(default=0, db_default=0)
    memo_interest = money_field(default=0, db_default=0)
    memo_late_interest = money_field(default=0, db_default=0)
    memo_fee = money_field(default=0, db_default=0)
    # [first day, last day, what stops] each, as ``loans.account.interest.Hold``
    holds = models.JSONField(default=list, db_default=Value([], output_field=models.JSONField()))

    # [first day, late rate, contract rate, multiplier] each (``late_interest.LateRate`` of loans.account); none: as it began
    late_rates = models.JSONField(default=list, db_default=Value([], output_field=models.JSONField()))
    # [[day, annual rate], …] of contract rates that hold from later days than the first.
    rate_steps = models.JSONField(default=list, db_default=Value([], output_field=models.JSONField()))
    # Whether late interest is reckoned day by day (``Account.late_by_day``): the night asks it of every loan
    late_by_day = models.BooleanField(default=False, db_default=False)
    # Where interest follows what is outstanding: what the contract does not say (``loans.schedules.plan_record``).
    plan = models.JSONField(null=True, default=None)
    # The loan's part of accruals as last kept (``Accrual``), through ``kept_on``: what the nights added since stands above.
    kept_on = models.DateField(_("share kept through"))
    kept_interest = money_field(default=0, db_default=0)
    kept_late_interest = money_field(default=0, db_default=0)
    kept_fee = money_field(default=0, db_default=0)
    kept_suspended_interest = money_field(default=0, db_default=0)
    kept_suspended_late_interest = money_field(default=0, db_default=0)
    # On the days after ``as_of`` and before ``quiet_before`` only time moves the loan: its interest is
    # ``interest_before_period`` and the part by days of one period, or what was paid of that ahead; one that is late grows
    # by late interest too. Written by the night that read the instalments; empty says that the next one must read them.
    quiet_before = models.DateField(null=True)
    period_starts_on = models.DateField(null=True)
    period_days = models.IntegerField(null=True)
    period_interest = money_field(null=True)
    period_interest_paid = money_field(null=True)
    interest_before_period = money_field(null=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name = _("loan position")
        verbose_name_plural = _("loan positions")
        indexes = [
            models.Index(fields=["loan"], name="loans_position_active", condition=Q(status="active")),
            models.Index(fields=["borrower", "loan"], name="loans_position_borrower"),
            models.Index(fields=["product", "loan"], name="loans_position_product"),
            # With what is summed of all that is due on a day; neither changes while the day does not.
            models.Index(
                fields=["next_due_on", "loan"],
                name="loans_position_next_due",
                condition=Q(status="active"),
                include=["product", "next_due_amount"],
            ),
            # No column that changes with every day: then a night that only counts days leaves the index alone.
            models.Index(fields=["bucket", "loan"], name="loans_position_late", condition=~Q(bucket="C")),
            models.Index(
                fields=["borrower"],
                name="loans_position_bad",
                condition=~Q(bucket="C") | Q(status="written_off") | Q(charged_off_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.as_of}"

    @property
    def shown_risk_class(self) -> RiskClass:
        """Its risk class as the choice that knows words and tone."""
        return RiskClass(self.risk_class)

    @property
    def is_normal(self) -> bool:
        return self.risk_class == RiskClass.NORMAL

    @property
    def rate_in_force(self) -> Decimal | None:
        """The contract rate on the day after ``as_of``, the open one, where it is another than the one first agreed."""
        reached = [
            rate for first, rate in self.rate_steps if date.fromisoformat(first) <= self.as_of + timedelta(days=1)
        ]
        return Decimal(reached[-1]) if reached else None

    @property
    def interest_receivable(self) -> Decimal:
        """Interest earned and not paid; nothing once written off."""
        return self._unless_written_off(self.interest_accrued - self.interest_paid)

    @property
    def fee_receivable(self) -> Decimal:
        return self._unless_written_off(self.fee_accrued - self.fee_paid)

    @property
    def late_interest_receivable(self) -> Decimal:
        return self._unless_written_off(self.late_interest_accrued - self.late_interest_paid)

    @property
    def interest_in_suspense(self) -> Decimal:
        """Interest and late interest that is owed and in the books, but not as income."""
        gone = self.status == LoanStatus.WRITTEN_OFF or self.charged_off_on is not None
        return Decimal("0.00") if gone else self.suspended_interest + self.suspended_late_interest

    @property
    def overdue_total(self) -> Decimal:
        """All that should have been paid before ``as_of``, late interest included."""
        return self.overdue_principal + self.overdue_interest + self.overdue_fee + self.late_interest_receivable

    @property
    def outstanding_total(self) -> Decimal:
        """Principal and everything accrued on it and not paid."""
        accrued = self.interest_receivable + self.fee_receivable + self.late_interest_receivable
        return self.principal_outstanding + accrued

    @property
    def recoverable(self) -> Decimal:
        """What was written off and not yet recovered; nothing of a loan that still runs."""
        left = self.written_off_amount - self.recovered
        return left if self.status == LoanStatus.WRITTEN_OFF else Decimal("0.00")

    def _unless_written_off(self, amount: Decimal) -> Decimal:
        return Decimal("0.00") if self.status == LoanStatus.WRITTEN_OFF else amount
