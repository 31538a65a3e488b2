"""Double entry: accounts, journal entries and their lines.

The law is in PostgreSQL (migration 0002): the lines of an entry come in one statement and balance, an entry is closed
with the transaction that posted it, and nothing posted is ever changed. A mistake is corrected by a reversing entry.
This app knows nothing of lending; a line may carry the id of its subsidiary account (``subledger_id``), which for a
receivable is the loan.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.currencies import house_currency
from core.fields import money_field
from core.history import tracked


class AccountKind(models.TextChoices):
    """The five kinds of accounts."""

    ASSET = "asset", _("asset")
    LIABILITY = "liability", _("liability")
    EQUITY = "equity", _("equity")
    INCOME = "income", _("income")
    EXPENSE = "expense", _("expense")


class Account(models.Model):
    """One account of the chart of accounts."""

    code = models.CharField(_("code"), max_length=10, primary_key=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=AccountKind.choices)
    history = tracked()

    class Meta:
        ordering = ["code"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class JournalEntry(models.Model):
    """What happened, on which day it was booked (``posted_on``) and from which day it counts (``effective_on``)."""

    event = models.CharField(_("event"), max_length=40)
    posted_on = models.DateField(_("posted on"))
    effective_on = models.DateField(_("effective on"))
    description = models.CharField(_("description"), max_length=200, blank=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by", verbose_name=_("reverses")
    )
    currency = models.CharField(max_length=3, default=house_currency)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["posted_on"], name="ledger_entry_posted_on"),
            models.Index(fields=["event"], name="ledger_entry_event"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.event} {self.posted_on}"


class JournalLine(models.Model):
    """One side of an entry: a debit or a credit, never both, never negative."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    subledger_id = models.BigIntegerField(null=True)
    debit = money_field(default=0)
    credit = money_field(default=0)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(debit__gt=0, credit=0) | models.Q(debit=0, credit__gt=0),
                name="ledger_line_one_side",
            )
        ]
        indexes = [
            models.Index(
                fields=["subledger_id", "id"],
                name="ledger_line_subledger",
                condition=models.Q(subledger_id__isnull=False),
            ),
            models.Index(fields=["account", "entry"], name="ledger_line_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.debit or -self.credit}"


class PeriodAct(Toned):
    """The books are closed up to a day, or opened again from one."""

    CLOSED = "closed", Tone.GOOD, _("closed")
    REOPENED = "reopened", Tone.ATTENTION, _("opened again")


class PeriodClosing(models.Model):
    """One closing of the books, or one reopening; append-only, the last row is in force.

    While ``closed_through`` of the last row is set, PostgreSQL takes no entry posted on or before that day (migration 0005).
    The sums are those of the trial balance at that moment. ``by`` is empty when the night closed by itself; a reopening
    names two people.
    """

    act = models.CharField(max_length=8, choices=PeriodAct.choices)
    closed_through = models.DateField(_("closed through"), null=True)
    entries = models.PositiveBigIntegerField(default=0)
    debit = money_field(default=0)
    credit = money_field(default=0)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("closing of the books")
        verbose_name_plural = _("closings of the books")
        default_permissions = ("view",)
        permissions = [
            ("close_period", "Can close the books up to a day"),
            ("reopen_period", "Can approve opening closed books again"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(act="closed", closed_through__isnull=False, debit=F("credit"), approved_by__isnull=True)
                | (
                    Q(act="reopened", by__isnull=False, approved_by__isnull=False)
                    & ~Q(by=F("approved_by"))
                    & ~Q(reason="")
                ),
                name="ledger_closing_lawful",
            )
        ]

    def __str__(self) -> str:
        return f"{self.closed_through or ''}"

    def get_absolute_url(self) -> str:
        return reverse("desk:books_closing")

    @property
    def shown_act(self) -> PeriodAct:
        """Its act as the choice that knows words and tone."""
        return PeriodAct(self.act)
