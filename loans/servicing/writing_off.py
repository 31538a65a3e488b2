"""Writing off: the claim leaves the books as an expense, the right to collect stays (账销案存)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.money import ZERO
from ledger.models import JournalEntry
from ledger.posting import post, reverse
from loans.account.account import age
from loans.bookkeeping import bookings, lifecycle, positions
from loans.bookkeeping.account_mapping import accounts_for
from loans.bookkeeping.signals import announce
from loans.models import Loan, LoanPosition, LoanStatus, RepaymentStatus, RiskClass


class RecoveriesStand(DomainError):
    code = "recoveries_stand"
    message = _(
        "Money was recovered since the write-off. Reverse it, take the write-off back and record it as payment."
    )


class WriteOffCountsLater(DomainError):
    code = "write_off_counts_later"
    message = _("The loan was written off on %(on)s; it can be taken back from that day on.")


@transaction.atomic
def write_off(*, loan_id: int, on: date, reason: str) -> Loan:
    """Write the loan off with all that has accrued. Raises LoanNotInState unless it is active.

    Of a loan charged off before nothing is in the books any more, so that nothing becomes expense a second time.

    Doors never call this directly: it is what approving a request of kind ``loan.write_off`` does.
    """
    loan = Loan.objects.locked(loan_id)
    lifecycle.require(loan, LoanStatus.ACTIVE)
    position = positions.locked(loan_id)
    before = positions.load(loan, position)
    positions.store(loan, position, before, age(before, on), posted_on=on)
    if position.charged_off_on is None:
        _to_expense(loan, position, on, reason)
    position.written_off_amount = position.outstanding_total + position.recovered
    lifecycle.advance(loan, LoanStatus.WRITTEN_OFF, reason=reason, written_off_on=on)
    position.status = loan.status
    position.principal_outstanding = ZERO
    position.overdue_principal = position.overdue_interest = position.overdue_fee = ZERO
    position.due_today = position.next_due_amount = ZERO
    position.next_due_on = None
    position.risk_class = RiskClass.LOSS
    position.save()
    announce(loan_id=loan_id, borrower_id=loan.borrower_id, on=on)
    return loan


def _to_expense(loan: Loan, position: LoanPosition, on: date, reason: str) -> None:
    claims = bookings.Claims(
        principal=position.principal_outstanding,
        interest=position.interest_receivable,
        late_interest=position.late_interest_receivable,
        fee=position.fee_receivable,
        suspended=position.interest_in_suspense,
    )
    lines = bookings.write_off(accounts_for(loan), loan.pk, claims)
    post(event="write_off", posted_on=on, effective_on=on, lines=lines, description=f"{loan.number} {reason}")


def take_back(loan: Loan, position: LoanPosition, effective_on: date, recorded_on: date) -> None:
    """Reverse the loan's write-off and let it run again; the caller holds loan and position and reckons the account.

    Raises RecoveriesStand, WriteOffCountsLater.
    """
    assert loan.written_off_on is not None
    if effective_on < loan.written_off_on:
        raise WriteOffCountsLater(on=loan.written_off_on.isoformat())
    if loan.repayments.filter(is_recovery=True, status=RepaymentStatus.POSTED).exists():
        raise RecoveriesStand()
    entry = JournalEntry.objects.filter(event="write_off", lines__subledger_id=loan.pk).order_by("-id").first()
    if entry is not None and position.charged_off_on is None:  # charged off before, its write-off has no entry
        reverse(entry, posted_on=recorded_on, reason=f"write-off of {loan.number} taken back")
    lifecycle.advance(loan, LoanStatus.ACTIVE, written_off_on=None)
    position.status, position.written_off_amount = loan.status, ZERO
