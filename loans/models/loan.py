"""The loan: the contract's economic terms, rarely written and fully tracked. Its changing figures are in the position."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import rows
from core.calendars import DayCount, add_months
from core.choices import Tone, Toned
from core.fields import exact_field, money_field
from core.history import tracked
from core.identifiers import new_id
from core.money import ROUND_DOWN, round_to
from loans.account.early_charge import EarlyCharge
from loans.account.late_interest import LateTerms
from loans.models.product import (
    FeeDue,
    ProductVersion,
    RepaymentFrequency,
    RepaymentMethod,
    currency_of_version,
    market_of_version,
    standard_allocation_order,
)
from loans.models.schedule_settings import AgreedSchedule
from loans.schedules.terms import FeeTiming, Frequency, LoanTerms, Method


class LoanStatus(Toned):
    """The life of a loan. Being late is not a status: it is read from the position."""

    PENDING_DISBURSEMENT = "pending_disbursement", Tone.INFO, _("waiting for disbursement")
    ACTIVE = "active", Tone.GOOD, _("active")
    SETTLED = "settled", Tone.GOOD, _("settled")
    WRITTEN_OFF = "written_off", Tone.BAD, _("written off")
    CANCELLED = "cancelled", Tone.NEUTRAL, _("cancelled")


def new_loan_id() -> str:
    return new_id("loan")


class LoanQuerySet(models.QuerySet["Loan"]):
    """Filters and the lock every money-moving call takes first."""

    def locked(self, loan_id: int) -> "Loan":
        # No key: who only names the loan in a row of its own (a foreign key looks it up) need not wait for a payment, and a
        # night that keeps shares at a month's end would wait for one that waits for the night.
        loan = rows.first(self.model, "WHERE id = %s FOR NO KEY UPDATE", [loan_id])
        if loan is None:
            raise self.model.DoesNotExist(f"There is no loan {loan_id}.")
        return loan

    def active(self) -> "LoanQuerySet":
        return self.filter(status=LoanStatus.ACTIVE)


class Loan(AgreedSchedule):
    """A loan as agreed in its contract."""

    public_id = models.CharField(max_length=40, unique=True, default=new_loan_id, editable=False)
    number = models.CharField(_("loan number"), max_length=20, unique=True)
    borrower = models.ForeignKey("borrowers.Borrower", on_delete=models.PROTECT, related_name="loans")
    product_version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, related_name="+")
    application = models.OneToOneField("loans.Application", on_delete=models.PROTECT, null=True, related_name="loan")
    status = models.CharField(
        _("status"), max_length=20, choices=LoanStatus.choices, default=LoanStatus.PENDING_DISBURSEMENT
    )
    principal = money_field(verbose_name=_("principal"))
    annual_rate = exact_field(verbose_name=_("annual rate"))
    flat_charge = money_field(
        null=True, blank=True, help_text=_("The whole charge agreed for the term, where interest is not by rate.")
    )
    fee_total = money_field(default=0)
    fee_due = models.CharField(max_length=8, choices=FeeDue.choices, default=FeeDue.SPREAD)
    method = models.CharField(max_length=20, choices=RepaymentMethod.choices)
    frequency = models.CharField(max_length=5, choices=RepaymentFrequency.choices)
    every = models.PositiveSmallIntegerField(default=1)
    instalment_count = models.PositiveSmallIntegerField()
    day_count = models.CharField(max_length=20, default=DayCount.ACT_365F.value)
    first_due_on = models.DateField(null=True, blank=True)
    grace_days = models.PositiveSmallIntegerField(default=0)
    late_annual_rate = exact_field(default=0)
    late_rate_multiplier = models.DecimalField(
        _("late interest, times the contract rate"),
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: the late rate was agreed by itself and follows no other."),
    )
    late_rate_ceiling = exact_field(
        verbose_name=_("highest late rate"),
        null=True,
        blank=True,
        help_text=_("By the law of the day of the contract."),
    )
    late_interest_most = money_field(
        verbose_name=_("most late interest in all"), null=True, blank=True, help_text=_("Empty: no cap.")
    )
    late_interest_on_top = models.BooleanField(
        _("late interest beside contract interest"),
        default=False,
        db_default=False,
        help_text=_("The contract interest goes on for what is overdue; late interest is what exceeds it."),
    )
    early_charge_cost_cap = exact_field(
        verbose_name=_("highest yearly cost with an early-repayment charge"),
        null=True,
        blank=True,
        help_text=_("By the law of the day of the contract."),
    )
    allocation_order = ArrayField(models.CharField(max_length=15), default=standard_allocation_order)
    price = money_field(null=True, blank=True)
    down_payment = money_field(null=True, blank=True)
    merchant = models.ForeignKey(
        "loans.Merchant",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="loans",
        verbose_name=_("merchant"),
    )
    goods = models.CharField(_("goods"), max_length=120, blank=True, default="", db_default="")
    # The fingerprint of the account that the money was to go to when it was offered (``loans.payees``).
    payee_index = models.CharField(max_length=64, default="", db_default="", blank=True, editable=False)
    annualised_cost = exact_field(null=True, blank=True)
    disbursed_on = models.DateField(null=True, blank=True)
    settled_on = models.DateField(null=True, blank=True)
    written_off_on = models.DateField(null=True, blank=True)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    history = tracked()
    objects = LoanQuerySet.as_manager()

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        permissions = [
            ("record_repayment", _("Can record repayments")),
            ("reverse_repayment", _("Can reverse repayments")),
            ("refund_overpayment", _("Can refund overpayments")),
            ("grant_extension", _("Can grant extensions")),
            ("waive_charges", _("Can waive charges")),
            ("adjust_charges", _("Can add and adjust charges")),
            ("change_terms", _("Can change the terms of running loans")),
            ("undo_act", _("Can undo acts on loans")),
            ("approve_act", _("Can approve acts above one person's authority")),
            ("request_write_off", _("Can request write-offs")),
            ("approve_write_off", _("Can approve write-offs")),
            ("disburse_loan", _("Can send disbursements")),
            ("import_payments", _("Can import bank files")),
        ]
        constraints = [
            *AgreedSchedule.Meta.constraints,
            models.CheckConstraint(condition=Q(principal__gt=0), name="loans_loan_principal_positive"),
            models.CheckConstraint(
                condition=Q(recalculates=False) | Q(flat_charge__isnull=True), name="loans_loan_charge_is_fixed"
            ),
            # That a product for purchases has them at all is law of migration purchase_law: it must look at the product.
            models.CheckConstraint(
                condition=Q(price__isnull=True, down_payment__isnull=True, merchant__isnull=True, goods="")
                | Q(price__isnull=False, down_payment__isnull=False)
                & Q(price__gt=0, down_payment__gte=0, principal=F("price") - F("down_payment")),
                name="loans_loan_purchase_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(late_rate_ceiling__isnull=True) | Q(late_annual_rate__lte=models.F("late_rate_ceiling")),
                name="loans_loan_late_rate_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(day_count__in=[count.value for count in DayCount]), name="loans_loan_day_count_known"
            ),
            # The law's own bounds have dates (rule late_rate_multiplier); these keep out what no market allows.
            models.CheckConstraint(
                condition=(Q(late_rate_multiplier__isnull=True) | Q(late_rate_multiplier__range=(0, 10)))
                & Q(late_annual_rate__range=(0, 100)),
                name="loans_loan_late_rates",
            ),
            models.CheckConstraint(
                condition=Q(late_rate_follows_rule=False) | Q(late_rate_multiplier__isnull=False),
                name="loans_loan_late_multiplier",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["active", "settled", "written_off"]) | Q(disbursed_on__isnull=False),
                name="loans_loan_disbursed_when_running",
            ),
        ]
        indexes = [
            models.Index(fields=["borrower", "-id"], name="loans_loan_borrower"),
            models.Index(fields=["status", "-id"], name="loans_loan_status"),
            # The night asks for the few loans that are not paid in cents.
            # What few loans have, and the night asks each range for.
            models.Index(fields=["id"], name="loans_loan_coarse", condition=~Q(rounding_step=Decimal("0.01"))),
            models.Index(fields=["id"], name="loans_loan_floating", condition=~Q(repricing="fixed")),
            models.Index(fields=["id"], name="loans_loan_late_by_rule", condition=Q(late_rate_follows_rule=True)),
            models.Index(fields=["id"], name="loans_loan_line", condition=Q(line_open_months__gt=0)),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("desk:loan", args=[self.number])

    @property
    def shown_status(self) -> LoanStatus:
        """Its status as the choice that knows words and tone."""
        return LoanStatus(self.status)

    @property
    def is_running(self) -> bool:
        """Paid out and neither settled nor written off."""
        return self.status == LoanStatus.ACTIVE

    @property
    def is_written_off(self) -> bool:
        return self.status == LoanStatus.WRITTEN_OFF

    @property
    def line_open_until(self) -> date | None:
        """The last day on which what was repaid can be drawn again; None where it never can, or before the first payout."""
        if not self.line_open_months or self.disbursed_on is None:
            return None
        return add_months(self.disbursed_on, self.line_open_months)

    @property
    def first_drawdown(self) -> Decimal | None:
        """What is paid out at first of the approved amount; None where all of it is."""
        return Decimal(self.drawdowns[0][1]) if self.drawdowns else None

    def late_terms(self) -> LateTerms:
        """What the contract says of late interest beside the rate it begins with."""
        step = Decimal(self.rounding_step)
        return LateTerms(
            compounds=self.late_interest_compounds,
            multiplier=self.late_rate_multiplier,
            contract_rate=self.annual_rate,
            ceiling=self.late_rate_ceiling,
            most=None if self.late_interest_most is None else round_to(self.late_interest_most, step, ROUND_DOWN),
            on_top=self.late_interest_on_top,
            step=step,
        )

    def early_charge(self) -> EarlyCharge | None:
        """What settling early costs by the contract; None where nothing was agreed."""
        if not self.early_charge_rate:
            return None
        months, begun = self.early_charge_months, self.disbursed_on
        return EarlyCharge(
            rate=self.early_charge_rate,
            last_year_rate=self.early_charge_at_the_end,
            free_from=add_months(begun, months) if months and begun is not None else None,
            cost_cap=self.early_charge_cost_cap,
            charged_before=self.fee_total if self.fee_due == FeeTiming.DEDUCTED.value else Decimal(0),
        )

    def terms(self, start_on: date | None = None) -> LoanTerms:
        """The terms as the value the pure rooms work with; ``start_on`` where the loan is not disbursed yet: then its
        first drawdown is of that day."""
        agreed = self.agreed_schedule()
        if self.disbursed_on is None and start_on is not None and agreed["drawdowns"]:
            first, *later = agreed["drawdowns"]
            agreed["drawdowns"] = (replace(first, on=start_on), *later)
        return LoanTerms(
            principal=self.principal,
            annual_rate=self.annual_rate,
            count=self.instalment_count,
            method=Method(self.method),
            frequency=Frequency(self.frequency),
            every=self.every,
            start_on=start_on or self.disbursed_on,  # type: ignore[arg-type]
            first_due_on=self.first_due_on,
            day_count=DayCount(self.day_count),
            fee_total=self.fee_total or Decimal(0),
            fee_timing=FeeTiming(self.fee_due),
            flat_charge=self.flat_charge,
            **agreed,
        )

    @property
    def market(self) -> str:
        """ISO 3166, that of its product: whose rules hold for it."""
        return market_of_version(self.product_version_id)

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of its product."""
        return currency_of_version(self.product_version_id)
