"""The lines of the entry of an act: its own, and those of a credit balance that paid what it made owed again."""

from ledger.posting import Line
from loans.account.changes.base import Effect
from loans.bookkeeping import bookings
from loans.bookkeeping.account_mapping import accounts_for
from loans.events.act_kinds import ActKind
from loans.models import Loan


def lines_of(kind: ActKind, loan: Loan, effect: Effect) -> list[Line]:
    """None of them zero; empty where the act books nothing. Raises LoanChargedOff."""
    lines = kind.entry_lines(loan, effect)
    if effect.credit is not None:
        lines += bookings.credit_used(accounts_for(loan), loan.pk, effect.credit)
    return [line for line in lines if line.debit or line.credit]
