"""Writing off: the claim leaves the books as an expense, the right to collect stays (账销案存)."""

from datetime import date

from django.db import transaction

from core.money import ZERO
from ledger.posting import post
from loans import bookings, lifecycle, positions
from loans.account import age
from loans.account_mapping import accounts_for
from loans.models import Loan, LoanStatus, RiskClass
from loans.signals import announce


@transaction.atomic
def write_off(*, loan_id: int, on: date, reason: str) -> Loan:
    """Write the loan off with all that has accrued. Raises LoanNotInState unless it is active.

    Doors never call this directly: it is what approving a request of kind ``loan.write_off`` does.
    """
    loan = Loan.objects.locked(loan_id)
    lifecycle.require(loan, LoanStatus.ACTIVE)
    position = positions.locked(loan_id)
    before = positions.load(loan, position)
    positions.store(loan, position, before, age(before, on), posted_on=on)
    parts = {
        "principal": position.principal_outstanding,
        "interest": position.interest_receivable,
        "late_interest": position.late_interest_receivable,
        "fee": position.fee_receivable,
    }
    post(
        event="write_off",
        posted_on=on,
        effective_on=on,
        lines=bookings.write_off(accounts_for(loan), loan_id, **parts),
        description=f"{loan.number} {reason}",
    )
    lifecycle.advance(loan, LoanStatus.WRITTEN_OFF, reason=reason, written_off_on=on)
    position.status = loan.status
    position.written_off_amount = sum(parts.values(), ZERO)
    position.principal_outstanding = ZERO
    position.overdue_principal = position.overdue_interest = position.overdue_fee = ZERO
    position.due_today = position.next_due_amount = ZERO
    position.next_due_on = None
    position.risk_class = RiskClass.LOSS
    position.save()
    announce(loan_id=loan_id, borrower_id=loan.borrower_id, on=on)
    return loan
