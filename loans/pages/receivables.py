"""What a loan owes in the books, movement by movement: its own lines and its shares of the daily accruals."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from core.money import ZERO
from ledger.models import CarriedBalance, JournalEntry, JournalLine
from ledger.queries import archived_through
from loans.account.parts import PARTS, Parts
from loans.bookkeeping.account_mapping import accounts_for
from loans.models import Accrual, Loan


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement(Parts):
    """What one entry did to the loan's receivables, part by part; ``receivable`` is what stands after it.

    Without an entry it is what the archived months come to.
    """

    entry_id: int | None
    event: str
    posted_on: date
    effective_on: date
    receivable: Decimal = ZERO


def movements(loan: Loan) -> list[Movement]:
    """All movements in the order they were booked, after what archived months come to: five queries at any length of
    history, one more where something is archived."""
    parts = _own_lines(loan)
    shares = Accrual.objects.filter(loan_id=loan.pk).exclude(interest=0, late_interest=0, fee=0)  # suspense moves alone
    for share in shares.order_by("id"):
        given = parts.setdefault(share.entry_id, dict.fromkeys(PARTS, ZERO))
        for part in PARTS[1:]:
            given[part] += getattr(share, part)
    entries = JournalEntry.objects.filter(**booked_since(loan)).in_bulk(list(parts))
    away = [_carried(loan), *(given for entry_id, given in parts.items() if entry_id not in entries)]
    rows, receivable = [], ZERO
    for row in (*_opening(away), *(_movement(entries[entry_id], parts[entry_id]) for entry_id in sorted(entries))):
        receivable += row.total
        rows.append(replace(row, receivable=receivable))
    return rows


def _opening(away: list[dict[str, Decimal]]) -> list[Movement]:
    """One row for all that lies in the archive; none where nothing does."""
    summed = {part: sum((given[part] for given in away), ZERO) for part in PARTS}
    through = archived_through() if any(summed.values()) else None
    if through is None:
        return []
    return [Movement(entry_id=None, event="carried_forward", posted_on=through, effective_on=through, **summed)]


def booked_since(loan: Loan) -> dict[str, date]:
    """Nothing of a loan was posted before it was disbursed: the months before that day need not be looked at."""
    return {"posted_on__gte": loan.disbursed_on} if loan.disbursed_on else {}


def lines_of_loan(loan: Loan) -> QuerySet[JournalLine]:
    """The lines that name ``loan``, in no order."""
    return JournalLine.objects.filter(subledger_id=loan.pk, **booked_since(loan))


def _part_of(loan: Loan) -> dict[str, str]:
    accounts = accounts_for(loan)
    return {
        accounts.principal: "principal",
        accounts.interest: "interest",
        accounts.late_interest: "late_interest",
        accounts.fees: "fee",
    }


def _carried(loan: Loan) -> dict[str, Decimal]:
    part_of, given = _part_of(loan), dict.fromkeys(PARTS, ZERO)
    for row in CarriedBalance.objects.filter(subledger_id=loan.pk, account__in=part_of):
        given[part_of[row.account_id]] += row.debit - row.credit
    return given


def _own_lines(loan: Loan) -> dict[int, dict[str, Decimal]]:
    part_of = _part_of(loan)
    parts: dict[int, dict[str, Decimal]] = {}
    for line in lines_of_loan(loan).filter(account__in=part_of).order_by("id"):
        given = parts.setdefault(line.entry_id, dict.fromkeys(PARTS, ZERO))
        given[part_of[line.account_id]] += line.debit - line.credit
    return parts


def _movement(entry: JournalEntry, parts: dict[str, Decimal]) -> Movement:
    return Movement(
        entry_id=entry.pk, event=entry.event, posted_on=entry.posted_on, effective_on=entry.effective_on, **parts
    )
