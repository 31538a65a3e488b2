"""The end of every change of an account: the loan in the state its account calls for, balances and lines stored."""

from datetime import date

from core import rows
from core.history import insert_tracked
from loans.account.account import Account, age
from loans.account.allocation import Allocation
from loans.account.parts import PARTS
from loans.bookkeeping import lifecycle, positions, remainders
from loans.events.of_acts import line_is_open
from loans.models import Loan, LoanAct, LoanPosition, LoanStatus, Repayment, RepaymentLine


def eve(on: date) -> date:
    """The last day closed, while ``on`` is the open business date."""
    return date.fromordinal(on.toordinal() - 1)


def write_allocation(repayment: Repayment, allocation: Allocation) -> None:
    """Store the repayment with its split and the lines of its current entry."""
    parts = allocation.parts
    for part in PARTS:
        setattr(repayment, part, parts.of(part))
    repayment.overpaid, repayment.early_charge = allocation.overpaid, allocation.early_charge
    if repayment.pk is None:
        insert_tracked(repayment)
    else:
        repayment.save()
    rows.insert_later(
        *(
            rows.new(
                RepaymentLine,
                repayment_id=repayment.pk,
                entry_id=repayment.entry_id,
                instalment_number=line.instalment_number,
                **{part: getattr(line, part) for part in PARTS},
            )
            for line in allocation.lines
        )
    )


def conclude(
    loan: Loan, position: LoanPosition, before: Account, after: Account, *, on: date, settled_on: date
) -> LoanAct | None:
    """Move the loan to the state its account calls for and store the account.

    A settled loan stood still while nights passed, and so did one written off. Opened again, it is reckoned to the last day
    closed before ``on``: it owes at once what it would owe had it run all the time. What it then owes may be a remainder
    that its product does not collect: it is closed, and the act that did it returned. A line that was paid off is settled
    only when it is closed, or its last day of drawing has passed.
    """
    gone = after.written_off
    stood_still = loan.status == LoanStatus.SETTLED or (gone is None and loan.status == LoanStatus.WRITTEN_OFF)
    if stood_still and not after.is_settled:
        after = age(after, eve(on))
    after, remainder = remainders.closed(loan, after, on=on)
    last = max((row.settled_on for row in after.instalments if row.settled_on), default=settled_on)
    if gone is not None and loan.status == LoanStatus.ACTIVE:
        lifecycle.advance(loan, LoanStatus.WRITTEN_OFF, written_off_on=gone.on)
    elif gone is None and loan.status == LoanStatus.WRITTEN_OFF:
        lifecycle.advance(loan, LoanStatus.ACTIVE, written_off_on=None)
    stays_open = after.is_settled and line_is_open(loan, on)
    if stays_open and loan.status == LoanStatus.SETTLED:
        after = age(after, eve(on))
        lifecycle.advance(loan, LoanStatus.ACTIVE, settled_on=None)
    elif stays_open:
        pass
    elif after.is_settled and loan.status == LoanStatus.ACTIVE:
        lifecycle.advance(loan, LoanStatus.SETTLED, settled_on=last)
    elif after.is_settled and loan.status == LoanStatus.SETTLED and loan.settled_on != last:
        # settled as before, by other money on another day
        loan.settled_on = last
        loan.save(update_fields=["settled_on"])
    elif not after.is_settled and loan.status == LoanStatus.SETTLED:
        lifecycle.advance(loan, LoanStatus.ACTIVE, settled_on=None)
    position.status = loan.status
    positions.store(loan, position, before, after, posted_on=on)
    return remainder
