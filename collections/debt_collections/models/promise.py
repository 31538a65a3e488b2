"""A promise to pay an amount by a day. Judged by what arrived, never by hand: kept, broken or cancelled."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.history import tracked
from debt_collections.models.case import Case


class PromiseStatus(Toned):
    PENDING = "pending", Tone.INFO, _("Pending")
    KEPT = "kept", Tone.GOOD, _("Kept")
    BROKEN = "broken", Tone.BAD, _("Broken")
    CANCELLED = "cancelled", Tone.NEUTRAL, _("Cancelled")


class PaymentMethod(models.TextChoices):
    ONLINE = "online", _("Online payment")
    TRANSFER = "transfer", _("Bank transfer")
    DEBIT = "debit", _("Direct debit")
    CASH = "cash", _("Cash at the counter")


class Promise(models.Model):
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="promises")
    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    due_on = models.DateField(_("due on"))
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod, default=PaymentMethod.ONLINE)
    status = models.CharField(_("status"), max_length=10, choices=PromiseStatus, default=PromiseStatus.PENDING)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    taken_on = models.DateField(_("taken on"))
    # Money that was in already when the promise was made does not fulfil it, even if it came on the same day.
    repayments_before = models.BigIntegerField(default=0, help_text=_("Last repayment known when it was taken."))
    received = models.DecimalField(_("received"), max_digits=14, decimal_places=2, default=Decimal("0.00"))
    counts_against = models.BooleanField(
        _("counts against the borrower"), default=False, help_text=_("Broken and not even mostly paid.")
    )
    judged_on = models.DateField(_("judged on"), null=True, blank=True)
    cancel_reason = models.CharField(_("cancel reason"), max_length=200, blank=True, default="")

    history = tracked()

    class Meta:
        verbose_name = _("promise to pay")
        verbose_name_plural = _("promises to pay")
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(status=PromiseStatus.PENDING), name="collections_one_pending_promise"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="collections_promise_amount_positive"),
            models.CheckConstraint(condition=Q(due_on__gte=F("taken_on")), name="collections_promise_due_after_taken"),
            models.CheckConstraint(
                condition=Q(status=PromiseStatus.PENDING, judged_on__isnull=True)
                | (~Q(status=PromiseStatus.PENDING) & Q(judged_on__isnull=False)),
                name="collections_promise_judged_is_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "due_on", "id"], name="collections_due"),
            models.Index(fields=["due_on", "id"], name="collections_promised_for"),
            models.Index(fields=["taken_by", "due_on", "id"], name="collections_promise_taken"),
            models.Index(
                fields=["judged_on", "id"],
                condition=Q(status__in=[PromiseStatus.KEPT, PromiseStatus.BROKEN]),
                name="collections_promise_judged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.due_on}"

    @property
    def shown_status(self) -> PromiseStatus:
        """Its status as the choice that knows words and tone."""
        return PromiseStatus(self.status)

    @property
    def is_pending(self) -> bool:
        return self.status == PromiseStatus.PENDING

    @property
    def fell_short(self) -> bool:
        """Broken although a part of it came."""
        return self.status == PromiseStatus.BROKEN and self.partly_paid

    @property
    def partly_paid(self) -> bool:
        return Decimal(0) < self.received < self.amount
