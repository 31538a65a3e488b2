"""Reads of the books."""

from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Coalesce

from core.money import ZERO
from ledger.models import JournalEntry, JournalLine, PeriodClosing


def trial_balance(on: date | None = None) -> list[dict[str, object]]:
    """Debits and credits by account, up to and including ``on`` when given."""
    lines = JournalLine.objects.all() if on is None else JournalLine.objects.filter(entry__posted_on__lte=on)
    rows = lines.values("account_id", "account__name", "account__kind")
    return [dict(row) for row in rows.annotate(debit=Sum("debit"), credit=Sum("credit")).order_by("account_id")]


def balances(subledger_id: int | None = None) -> dict[str, Decimal]:
    """Debit balance (credit balances negative) by account code, of all books or of one loan."""
    lines = JournalLine.objects.all()
    if subledger_id is not None:
        lines = lines.filter(subledger_id=subledger_id)
    rows = lines.values_list("account_id").annotate(d=Sum("debit"), c=Sum("credit")).order_by("account_id")
    return {code: d - c for code, d, c in rows}


def difference() -> Decimal:
    """Sum of all debits less all credits: 0.00, or the books are broken."""
    total = JournalLine.objects.aggregate(d=Coalesce(Sum("debit"), ZERO), c=Coalesce(Sum("credit"), ZERO))
    return total["d"] - total["c"]


def closed_through() -> date | None:
    """The last day the books are closed for; nothing while they are open from the beginning."""
    return PeriodClosing.objects.order_by("-id").values_list("closed_through", flat=True).first()


def sums_through(on: date) -> tuple[int, Decimal, Decimal]:
    """How many entries were posted up to and including ``on``, their debits and their credits.

    What is closed is taken from its closing: only what was posted since is summed.
    """
    entries = JournalEntry.objects.filter(posted_on__lte=on)
    lines = JournalLine.objects.filter(entry__posted_on__lte=on)
    counted, debit, credit = 0, ZERO, ZERO
    closing = PeriodClosing.objects.order_by("-id").first()
    if closing is not None and closing.closed_through is not None and closing.closed_through <= on:
        entries = entries.filter(posted_on__gt=closing.closed_through)
        lines = lines.filter(entry__posted_on__gt=closing.closed_through)
        counted, debit, credit = closing.entries, closing.debit, closing.credit
    total = lines.aggregate(d=Coalesce(Sum("debit"), ZERO), c=Coalesce(Sum("credit"), ZERO))
    return counted + entries.count(), debit + total["d"], credit + total["c"]
