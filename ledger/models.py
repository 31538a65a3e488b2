"""Double entry: accounts, journal entries and their lines.

The law is in PostgreSQL (migration 0002): the lines of an entry come in one statement and balance, an entry is closed
with the transaction that posted it, and nothing posted is ever changed. A mistake is corrected by a reversing entry.
This app knows nothing of lending; a line may carry the id of its subsidiary account (``subledger_id``), which for a
receivable is the loan.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

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
    currency = models.CharField(max_length=3, default="CNY")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["posted_on"], name="ledger_entry_posted_on")]

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
