"""What a loan owes in the books, movement by movement: its own lines and its shares of accruals."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from core.money import ZERO
from ledger.models import CarriedBalance, JournalEntry, JournalLine
from ledger.queries import archived_through
from loans.account.parts import PARTS, Parts
from loans.bookkeeping.account_mapping import accounts_for
from loans.bookkeeping.accruing import in_the_books, kept
from loans.models import Accrual, Loan, LoanPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement(Parts):
    """What one entry did to the loan's receivables, part by part; ``receivable`` is what stands after it.

    Nights share their entries among many loans: what they accrued in a row has no ``entry_id`` and counts from its
    first day, ``effective_on``, to its last, ``posted_on``.
    Archived months come to one row, ``carried_forward``, without an entry either.
    """

    entry_id: int | None
    event: str
    posted_on: date
    effective_on: date
    receivable: Decimal = ZERO


def movements(loan: Loan) -> list[Movement]:
    """All movements in the order they were booked, after what archived months come to: five queries at any length of
    history, one more where something is archived."""
    parts, nights = _own_lines(loan), []
    shares = Accrual.objects.filter(loan_id=loan.pk).exclude(interest=0, late_interest=0, fee=0)  # suspense moves alone
    for share in shares.order_by("id"):
        amounts = {part: getattr(share, part) for part in PARTS[1:]}
        if share.entry_id is None:
            nights.append(_of_nights(share.first_on, share.accrued_on, amounts))
            continue
        given = parts.setdefault(share.entry_id, dict.fromkeys(PARTS, ZERO))
        for part, amount in amounts.items():
            given[part] += amount
    entries = JournalEntry.objects.filter(**booked_since(loan)).in_bulk(list(parts))
    away = [_carried(loan), *(given for entry_id, given in parts.items() if entry_id not in entries)]
    opening = _opening(away, nights)
    kept_since = [row for row in nights if not opening or row.posted_on > opening[0].posted_on]
    booked = [_movement(entries[entry_id], parts[entry_id]) for entry_id in sorted(entries)]
    rows, receivable = [], ZERO
    for row in (*opening, *sorted([*booked, *kept_since, *_since_kept(loan)], key=_in_order)):
        receivable += row.total
        rows.append(replace(row, receivable=receivable))
    return rows


def _in_order(row: Movement) -> tuple[date, bool, int]:
    """As booked: the night ends its day, after all that was posted on it."""
    return row.posted_on, row.entry_id is None, row.entry_id or 0


def _since_kept(loan: Loan) -> Iterator[Movement]:
    """What nights have accrued since a share was kept; nothing while the loan waits for its money."""
    position: LoanPosition | None = getattr(loan, "position", None)
    if position is None:
        return
    since = in_the_books(position).beyond(kept(position))
    amounts = {part: since[part] for part in PARTS[1:]}
    if any(amounts.values()):
        yield _of_nights(position.kept_on + timedelta(days=1), position.as_of, amounts)


def _of_nights(first: date, last: date, amounts: dict[str, Decimal]) -> Movement:
    return Movement(entry_id=None, event="accrual", posted_on=last, effective_on=first, **amounts)


def _opening(away: list[dict[str, Decimal]], nights: list[Movement]) -> list[Movement]:
    """One row for all that lies in the archive, with what nights accrued by then; none where nothing does."""
    through = archived_through() if any(amount for given in away for amount in given.values()) else None
    if through is None:
        return []
    away = [*away, *(row.as_dict() for row in nights if row.posted_on <= through)]
    summed = {part: sum((given[part] for given in away), ZERO) for part in PARTS}
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
