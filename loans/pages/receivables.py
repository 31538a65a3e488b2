"""What a loan owes in the books, movement by movement: its own lines and its shares of the daily accruals."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core.money import ZERO
from ledger.models import JournalEntry, JournalLine
from loans.account.parts import PARTS, Parts
from loans.bookkeeping.account_mapping import accounts_for
from loans.models import Accrual, Loan


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement(Parts):
    """What one entry did to the loan's receivables, part by part; ``receivable`` is what stands after it."""

    entry_id: int
    event: str
    posted_on: date
    effective_on: date
    receivable: Decimal = ZERO


def movements(loan: Loan) -> list[Movement]:
    """All movements in the order they were booked: four queries at any length of history."""
    parts = _own_lines(loan)
    shares = Accrual.objects.filter(loan_id=loan.pk).exclude(interest=0, late_interest=0, fee=0)  # suspense moves alone
    for share in shares.order_by("id"):
        given = parts.setdefault(share.entry_id, dict.fromkeys(PARTS, ZERO))
        for part in PARTS[1:]:
            given[part] += getattr(share, part)
    entries = JournalEntry.objects.in_bulk(list(parts))
    rows, receivable = [], ZERO
    for entry_id in sorted(parts):
        row = _movement(entries[entry_id], parts[entry_id])
        receivable += row.total
        rows.append(replace(row, receivable=receivable))
    return rows


def _own_lines(loan: Loan) -> dict[int, dict[str, Decimal]]:
    accounts = accounts_for(loan)
    part_of = {
        accounts.principal: "principal",
        accounts.interest: "interest",
        accounts.late_interest: "late_interest",
        accounts.fees: "fee",
    }
    parts: dict[int, dict[str, Decimal]] = {}
    for line in JournalLine.objects.filter(subledger_id=loan.pk, account__in=part_of).order_by("id"):
        given = parts.setdefault(line.entry_id, dict.fromkeys(PARTS, ZERO))
        given[part_of[line.account_id]] += line.debit - line.credit
    return parts


def _movement(entry: JournalEntry, parts: dict[str, Decimal]) -> Movement:
    return Movement(
        entry_id=entry.pk, event=entry.event, posted_on=entry.posted_on, effective_on=entry.effective_on, **parts
    )
