"""What a borrower earns and owes elsewhere: each figure with its source and its day."""

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


class Income(models.Model):
    """A monthly income as of a day."""

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="incomes")
    source = models.CharField(_("source"), max_length=10, choices=IncomeSource.choices)
    monthly_amount = money_field(verbose_name=_("a month"))
    verified = models.BooleanField(_("proved"), default=False)
    as_of = models.DateField(_("as of"))
    history = tracked()

    class Meta:
        verbose_name = _("income")
        verbose_name_plural = _("incomes")
        ordering = ["-as_of", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(monthly_amount__gt=0), name="borrowers_income_positive")
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.as_of}"

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
    source = models.CharField(_("source"), max_length=40, default="declared")
    as_of = models.DateField(_("as of"))
    history = tracked()

    class Meta:
        verbose_name = _("debt elsewhere")
        verbose_name_plural = _("debts elsewhere")
        ordering = ["-as_of", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(balance__gte=0) & models.Q(monthly_payment__gte=0),
                name="borrowers_debt_not_negative",
            )
        ]

    def __str__(self) -> str:
        return f"{self.lender} {self.as_of}"

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of the borrower."""
        return self.borrower.currency
