"""What an act would do, shown by doing it: the real call runs in a transaction that is taken back.

So a preview can never differ from the act, whatever the act is. It shows the schedule before and after row beside row, the
journal entries, and the figures of the position that would move.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.db import transaction

from ledger.models import JournalEntry, JournalLine
from ledger.queries import newest_entry
from loans.models import Instalment, Loan, LoanPosition, LoanStatus, Repayment, RepaymentLine

FIGURES = (
    "status",
    "principal_outstanding",
    "interest_receivable",
    "fee_receivable",
    "late_interest_receivable",
    "interest_in_suspense",
    "overdue_total",
    "overpaid",
    "charged_off_amount",
    "written_off_amount",
    "recovered",
    "days_past_due",
    "bucket",
    "risk_class",
    "next_due_on",
    "next_due_amount",
)


@dataclass(frozen=True, slots=True)
class RowPair:
    """An instalment before and after; one of both is None where the act adds or takes away a row."""

    before: Instalment | None
    after: Instalment | None

    @property
    def changed(self) -> bool:
        return _seen(self.before) != _seen(self.after)

    @property
    def agreed_anew(self) -> bool:
        """Whether another sum, or another day, is asked for than before; what accrues or is paid by itself is not."""
        return _agreed(self.before) != _agreed(self.after)


@dataclass(frozen=True, slots=True)
class FigurePair:
    """A figure of the position that the act moves."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Preview:
    """What the act would leave behind. ``result`` is what the call returned; nothing of it is stored."""

    result: Any
    rows: Sequence[RowPair]
    figures: Sequence[FigurePair]
    entries: Sequence[tuple[JournalEntry, Sequence[JournalLine]]]
    lines: Sequence[RepaymentLine] = ()

    @property
    def settles(self) -> bool:
        """Whether the loan would be settled."""
        return any((moved.name, moved.after) == ("status", LoanStatus.SETTLED) for moved in self.figures)


def preview(loan: Loan, act: Callable[[], Any]) -> Preview:
    """Run ``act`` on ``loan`` and take it back. Raises what the act raises; leaves nothing behind either way but
    gaps in the numbers of receipts, which come from sequences."""
    with transaction.atomic():
        Loan.objects.locked(loan.pk)  # held after what follows is taken back: what is approved next finds the same loan
        last_entry = newest_entry()
        rows, figures = _rows(loan), _figures(loan)
        try:
            with transaction.atomic():
                result = act()
                shown = Preview(
                    result=result,
                    rows=[RowPair(*pair) for pair in zip_longest(rows, _rows(loan))],
                    figures=_moved(figures, _figures(loan)),
                    entries=_entries(loan, last_entry),
                    lines=_divided(result),
                )
                raise _TakeBack
        except _TakeBack:
            return shown


def _divided(result: Any) -> list[RepaymentLine]:
    """How the money that a receipt brought was divided."""
    if not isinstance(result, Repayment):
        return []
    return list(RepaymentLine.objects.filter(repayment=result, entry_id=result.entry_id).order_by("instalment_number"))


class _TakeBack(Exception):
    """Ends the inner transaction of a preview."""


def _seen(row: Instalment | None) -> tuple[Any, ...] | None:
    if row is None:
        return None
    paid = (row.principal_paid, row.interest_paid, row.fee_paid, row.late_interest_paid)
    return (row.due_on, row.principal, row.interest, row.fee, row.late_interest, *paid)


def _agreed(row: Instalment | None) -> tuple[Any, ...] | None:
    return None if row is None else (row.due_on, row.principal, row.interest, row.fee)


def _rows(loan: Loan) -> list[Instalment]:
    return list(loan.instalments.filter(superseded_on__isnull=True).order_by("number"))  # which know their loan


def _figures(loan: Loan) -> dict[str, Any]:
    position = LoanPosition.objects.filter(pk=loan.pk).first()
    return {name: getattr(position, name) for name in FIGURES} if position else {}


def _moved(before: dict[str, Any], after: dict[str, Any]) -> list[FigurePair]:
    pairs = [FigurePair(name, before.get(name), after.get(name)) for name in FIGURES]
    return [pair for pair in pairs if pair.before != pair.after]


def _entries(loan: Loan, after_id: int) -> list[tuple[JournalEntry, list[JournalLine]]]:
    """Entries of this loan made since ``after_id``; the loan is locked, so they are the act's own."""
    own = JournalLine.objects.filter(entry_id__gt=after_id, subledger_id=loan.pk).values_list("entry_id", "posted_on")
    named = JournalEntry.objects.filter(id__gt=after_id, description__startswith=loan.number).values_list(
        "id", "posted_on"
    )
    entries = {*own, *named}
    lines = JournalLine.objects.filter(
        entry_id__in=[entry for entry, _on in entries], posted_on__in={on for _entry, on in entries}
    )
    lines = lines.select_related("entry", "account").order_by("id")
    found: dict[int, list[JournalLine]] = {}
    for line in lines:
        found.setdefault(line.entry_id, []).append(line)
    return [(rows[0].entry, rows) for rows in found.values()]
