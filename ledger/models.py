"""Double entry: accounts, journal entries and their lines.

The law is in PostgreSQL (migration 0002): the lines of an entry come in one statement and balance, an entry is closed
with the transaction that posted it, and nothing posted is ever changed. A mistake is corrected by a reversing entry.
This app knows nothing of lending; a line may carry the id of its subsidiary account (``subledger_id``), which for a
receivable is the loan.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
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


class _EntryOrArchived(ForwardManyToOneDescriptor):
    """The entry as the attribute of who names it; None for one whose month was put away."""

    def get_object(self, instance: models.Model) -> Any:
        try:
            return super().get_object(instance)
        except JournalEntry.DoesNotExist:
            return None


class _NamedEntry(models.ForeignObject):
    forward_related_accessor_class = _EntryOrArchived

    def deconstruct(self) -> Any:
        """For migrations it is what it is in the database: nothing but its two columns."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignObject", args, kwargs


def entry_named_by(number: str, posted_on: str, *, related_name: str = "+") -> models.ForeignObject:
    """The entry that two columns of a model name: its number, and the day it was posted on, which says in which month it
    lies. PostgreSQL keeps no foreign key to it, since a month can be put away: the field is then None while its column
    ``number`` is not, and a law refuses what was never there (``ledger_require_entry``)."""
    return _NamedEntry(
        "ledger.JournalEntry",
        on_delete=models.DO_NOTHING,
        from_fields=[number, posted_on],
        to_fields=["id", "posted_on"],
        related_name=related_name,
        null=True,
        editable=False,
    )


class JournalEntry(models.Model):
    """What happened, on which day it was booked (``posted_on``) and from which day it counts (``effective_on``).

    Laid by the month of ``posted_on``, like its lines. What it takes back is named by number and day; that nothing is taken
    back twice stands in ``Reversal``.
    """

    by_month = "posted_on"

    event = models.CharField(_("event"), max_length=40)
    posted_on = models.DateField(_("posted on"))
    effective_on = models.DateField(_("effective on"))
    description = models.CharField(_("description"), max_length=200, blank=True)
    reverses_id = models.BigIntegerField(_("reverses"), null=True)
    reverses_posted_on = models.DateField(null=True)
    reverses = entry_named_by("reverses_id", "reverses_posted_on")
    currency = models.CharField(max_length=3, default=house_currency)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["posted_on", "id"], name="ledger_entry_posted_on"),
            models.Index(fields=["event", "posted_on", "id"], name="ledger_entry_event"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.event} {self.posted_on}"


class JournalLine(models.Model):
    """One side of an entry: a debit or a credit, never both, never negative. Its day is that of its entry."""

    by_month = "posted_on"

    entry_id = models.BigIntegerField()
    posted_on = models.DateField(_("posted on"))
    entry = entry_named_by("entry_id", "posted_on", related_name="lines")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
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
            models.Index(fields=["entry_id"], name="ledger_line_entry"),
            models.Index(fields=["account", "posted_on", "entry_id"], name="ledger_line_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.debit or -self.credit}"


class Reversal(models.Model):
    """Which entry took which one back: once, whichever months they lie in. Written by the law that books the reversal."""

    reversed_id = models.BigIntegerField(primary_key=True)
    reversed_posted_on = models.DateField()
    entry_id = models.BigIntegerField()
    posted_on = models.DateField(_("posted on"))
    entry = entry_named_by("entry_id", "posted_on")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.reversed_id} by {self.entry_id}"


def _sum_field() -> models.DecimalField:
    """A sum of amounts since the first entry, in currency units: numeric(20,2)."""
    return models.DecimalField(max_digits=20, decimal_places=2)


class AccountDay(models.Model):
    """What was booked on an account on one day that is over, and since the first entry; made by ``day_sums.sum_through``.

    Rebuilt and compared at will by ``verify_books``; it stays when the month's lines are put away.
    """

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("account")
    )
    posted_on = models.DateField(_("posted on"))
    debit = _sum_field()
    credit = _sum_field()
    debit_total = _sum_field()
    credit_total = _sum_field()

    class Meta:
        verbose_name = _("account on a day")
        verbose_name_plural = _("accounts by day")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["account", "posted_on"], name="ledger_accountday_once")]
        indexes = [models.Index(fields=["posted_on"], name="ledger_accountday_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.posted_on}"


class SummedDay(models.Model):
    """A day whose sums were made: how many entries it has, how many there are up to it, and of which events."""

    posted_on = models.DateField(_("posted on"), primary_key=True)
    entries = models.PositiveBigIntegerField(_("entries"))
    entries_total = models.PositiveBigIntegerField(_("entries up to that day"))
    events = ArrayField(models.CharField(max_length=40), verbose_name=_("events"))
    summed_at = models.DateTimeField(_("summed at"))

    class Meta:
        verbose_name = _("summed day")
        verbose_name_plural = _("summed days")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.posted_on.isoformat()


class LateBooking(models.Model):
    """What was booked on a day after its sums were made, until the next night adds it to them. Written by the law."""

    posted_on = models.DateField(_("posted on"))
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("account")
    )
    event = models.CharField(_("event"), max_length=40)
    entries = models.PositiveBigIntegerField(_("entries"))
    debit = _sum_field()
    credit = _sum_field()

    class Meta:
        verbose_name = _("late booking")
        verbose_name_plural = _("late bookings")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.posted_on} {self.account_id or self.event}"


class ArchivedMonth(models.Model):
    """A month whose entries and lines were put away in files, under seal: their number, their sums and the hash of what the
    files hold. Months go oldest first and come back newest first (``restored_at``), so what is away ends on one day."""

    month = models.DateField(_("month"))
    entries = models.PositiveBigIntegerField(_("entries"))
    lines = models.PositiveBigIntegerField(_("lines"))
    first_entry = models.BigIntegerField(_("lowest entry"))
    last_entry = models.BigIntegerField(_("highest entry"))
    debit = _sum_field()
    credit = _sum_field()
    sha256 = models.CharField(max_length=64)
    folder = models.CharField(_("folder"), max_length=500)
    archived_at = models.DateTimeField(_("archived at"))
    restored_at = models.DateTimeField(_("brought back at"), null=True)

    class Meta:
        verbose_name = _("archived month")
        verbose_name_plural = _("archived months")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["month"], condition=Q(restored_at__isnull=True), name="ledger_archivedmonth_once"
            ),
            models.CheckConstraint(condition=Q(debit=F("credit")), name="ledger_archivedmonth_balanced"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def number(self) -> str:
        """What the audit log names it by."""
        return str(self)


class CarriedBalance(models.Model):
    """What the archived lines of one subsidiary account (a loan) come to, by account and event: what stays of them here."""

    subledger_id = models.BigIntegerField()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("account")
    )
    event = models.CharField(_("event"), max_length=40)
    debit = _sum_field()
    credit = _sum_field()

    class Meta:
        verbose_name = _("carried balance")
        verbose_name_plural = _("carried balances")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["subledger_id", "account", "event"], name="ledger_carriedbalance_once")
        ]

    def __str__(self) -> str:
        return f"{self.subledger_id} {self.account_id} {self.event}"


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
            ("close_period", _("Can close the books up to a day")),
            ("reopen_period", _("Can approve opening closed books again")),
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
