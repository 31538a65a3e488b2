"""What falls due and when. The agreed amounts never change within a version; the paid columns belong to the position
and have the same single writer (``loans.bookkeeping.positions``)."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import exact_field, money_field
from core.money import round_to
from loans.models.loan import Loan


class Instalment(models.Model):
    """One row of a loan's schedule. ``superseded_on`` is set when an extension or settlement made a new version."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="instalments", db_index=False)
    version = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveSmallIntegerField(_("number"))
    starts_on = models.DateField(_("period from"))
    due_on = models.DateField(_("due"))
    agreed_on = models.DateField(
        _("due date agreed"),
        null=True,
        blank=True,
        help_text=_("By an act, before it moved to a working day. Empty: the contract says it."),
    )
    principal = money_field(default=0)
    interest = money_field(default=0)
    fee = money_field(default=0)
    # [[day, sum earned by its end], …] where interest is not earned evenly (loans.schedules.earning); else nothing.
    curve = models.JSONField(null=True, default=None, editable=False)
    late_interest = exact_field(default=0)
    principal_paid = money_field(default=0)
    interest_paid = money_field(default=0)
    fee_paid = money_field(default=0)
    late_interest_paid = money_field(default=0)
    settled_on = models.DateField(null=True, blank=True)
    superseded_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["loan", "version", "number"]
        verbose_name = _("instalment")
        verbose_name_plural = _("schedules")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["loan", "version", "number"], name="loans_instalment_number"),
            models.CheckConstraint(
                condition=Q(
                    principal_paid__gte=0,
                    principal_paid__lte=F("principal"),
                    interest_paid__gte=0,
                    interest_paid__lte=F("interest"),
                    fee_paid__gte=0,
                    fee_paid__lte=F("fee"),
                    late_interest_paid__gte=0,
                ),
                name="loans_instalment_paid_within_due",
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("starts_on")), name="loans_instalment_dates"),
        ]
        indexes = [
            models.Index(
                fields=["loan", "due_on"],
                name="loans_instalment_open",
                condition=Q(settled_on__isnull=True, superseded_on__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}/{self.number}"

    @property
    def paid(self) -> Decimal:
        """All that has been paid of this row, in money."""
        return self.principal_paid + self.interest_paid + self.fee_paid + self.late_interest_paid

    @property
    def late_interest_due(self) -> Decimal:
        """Late interest so far as it is owed, in the smallest sum that is paid."""
        return round_to(self.late_interest, Decimal(self.loan.rounding_step))

    @property
    def still_owed(self) -> Decimal:
        """All that is still to be paid of this row, in money."""
        return self.principal + self.interest + self.fee + self.late_interest_due - self.paid
