"""Lines whose last day of drawing has passed: what is paid off is settled then."""

from datetime import date, timedelta

from loans.bookkeeping import positions
from loans.bookkeeping.concluding import conclude
from loans.bookkeeping.signals import announce
from loans.models import Loan, LoanStatus


def close_passed(lo: int, hi: int, on: date) -> dict[str, int]:
    """Settle the paid-off lines of loans ``lo`` to ``hi`` whose last day was ``on`` or before; a repeat changes nothing."""
    counts = {"lines_closed": 0}
    lines = Loan.objects.filter(pk__gte=lo, pk__lte=hi, status=LoanStatus.ACTIVE, line_open_months__gt=0)
    paid_off = lines.filter(position__principal_outstanding=0).order_by("pk")
    for pk in paid_off.values_list("pk", flat=True):
        loan = Loan.objects.locked(pk)
        counts["lines_closed"] += _closed(loan, on)
    return counts


def _closed(loan: Loan, on: date) -> int:
    until = loan.line_open_until
    if until is None or until > on:
        return 0
    position = positions.locked(loan.pk)
    account, tomorrow = positions.load(loan, position), on + timedelta(days=1)
    conclude(loan, position, account, account, on=tomorrow, settled_on=account.as_of)
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=tomorrow)
    return int(loan.status == LoanStatus.SETTLED)
