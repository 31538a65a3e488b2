"""What a borrower earns and owes elsewhere: each figure with who tells it, who recorded it, and its day."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked
from borrowers.models.borrower import Borrower
from core.fields import money_field


class IncomeSource(models.TextChoices):
    """Where the money comes from."""

    SALARY = "salary", _("Salary")
    BUSINESS = "business", _("Own business")
    PENSION = "pension", _("Pension")
    RENT = "rent", _("Rent")
    OTHER = "other", _("Other")


class ToldBy(models.TextChoices):
    """Who says what somebody earns."""

    DECLARED = "declared", _("The borrower")
    BUREAU = "bureau", _("Credit bureau")
    PAYROLL = "payroll", _("Payroll of the employer")
    TAX = "tax", _("Tax authority")
    BANK_FEED = "bank_feed", _("Bank account feed")


class DebtSource(models.TextChoices):
    """Who says what somebody owes to others."""

    DECLARED = "declared", _("The borrower")
    BUREAU = "bureau", _("Credit bureau")
    STATEMENT = "statement", _("Bank statement")


class Income(models.Model):
    """A monthly income as of a day.

    What a system of ``ToldBy`` tells proves itself and names nobody who recorded it. Everything else is declared, and
    proved once somebody else than who recorded it has verified it by evidence.
    """

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="incomes")
    source = models.CharField(_("source"), max_length=10, choices=IncomeSource.choices)
    monthly_amount = money_field(verbose_name=_("a month"))
    as_of = models.DateField(_("as of"))
    told_by = models.CharField(_("told by"), max_length=10, choices=ToldBy, default=ToldBy.DECLARED)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("recorded by")
    )
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("verified by")
    )
    verified_on = models.DateField(_("verified on"), null=True)
    evidence = models.CharField(_("evidence"), max_length=200, blank=True, default="", db_default="")
    history = tracked()

    class Meta:
        verbose_name = _("income")
        verbose_name_plural = _("incomes")
        ordering = ["-as_of", "-id"]
        permissions = [("verify_income", _("Can verify incomes that others recorded"))]
        constraints = [
            models.CheckConstraint(condition=models.Q(monthly_amount__gt=0), name="borrowers_income_positive"),
            models.CheckConstraint(
                condition=models.Q(told_by__in=ToldBy.values), name="borrowers_income_told_by_known"
            ),
            models.CheckConstraint(
                condition=models.Q(told_by=ToldBy.DECLARED, recorded_by__isnull=False)
                | (~models.Q(told_by=ToldBy.DECLARED) & models.Q(recorded_by__isnull=True, verified_by__isnull=True)),
                name="borrowers_income_declared_to_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_by__isnull=True) | ~models.Q(verified_by=models.F("recorded_by")),
                name="borrowers_income_verified_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_by__isnull=True, verified_on__isnull=True, evidence="")
                | (models.Q(verified_by__isnull=False, verified_on__isnull=False) & ~models.Q(evidence="")),
                name="borrowers_income_verified_by_evidence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.as_of}"

    @property
    def proves_itself(self) -> bool:
        """Whether a system told it that nobody here has a hand in."""
        return self.told_by != ToldBy.DECLARED

    @property
    def verified(self) -> bool:
        """Whether it is proved: by the system that told it, or by somebody else than who recorded it."""
        return self.proves_itself or self.verified_by_id is not None

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of the borrower."""
        return self.borrower.currency


class ExternalDebt(models.Model):
    """A debt to another lender as of a day."""

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="external_debts")
    lender = models.CharField(_("lender"), max_length=80)
    balance = money_field(verbose_name=_("still owed"))
    monthly_payment = money_field(verbose_name=_("paid a month"))
    source = models.CharField(_("source"), max_length=40, choices=DebtSource, default=DebtSource.DECLARED)
    as_of = models.DateField(_("as of"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("recorded by")
    )
    history = tracked()

    class Meta:
        verbose_name = _("debt elsewhere")
        verbose_name_plural = _("debts elsewhere")
        ordering = ["-as_of", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(balance__gte=0) & models.Q(monthly_payment__gte=0),
                name="borrowers_debt_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=DebtSource.values), name="borrowers_debt_source_known"
            ),
            # Only a bureau's own system records by nobody's hand.
            models.CheckConstraint(
                condition=models.Q(source=DebtSource.BUREAU) | models.Q(recorded_by__isnull=False),
                name="borrowers_debt_recorded_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lender} {self.as_of}"

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of the borrower."""
        return self.borrower.currency
