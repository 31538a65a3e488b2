"""The states of a loan: one table, one mutator that raises, one history row a move."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.context import acting, current
from core.errors import DomainError
from core.history import update_tracked
from loans.models import Loan, LoanStatus

TRANSITIONS: dict[str, frozenset[str]] = {
    LoanStatus.PENDING_DISBURSEMENT: frozenset({LoanStatus.ACTIVE, LoanStatus.CANCELLED}),
    LoanStatus.ACTIVE: frozenset({LoanStatus.SETTLED, LoanStatus.WRITTEN_OFF}),
    LoanStatus.SETTLED: frozenset({LoanStatus.ACTIVE}),  # the payment that settled it was reversed
    LoanStatus.WRITTEN_OFF: frozenset({LoanStatus.ACTIVE}),  # the write-off was taken back
    LoanStatus.CANCELLED: frozenset(),
}


class LoanTransitionRefused(DomainError):
    code = "loan_transition_refused"
    message = _("Loan %(number)s is %(status)s and cannot become %(target)s.")


class LoanNotInState(DomainError):
    code = "loan_not_in_state"
    message = _("Loan %(number)s is %(status)s; this needs a loan that is %(allowed)s.")


def require(loan: Loan, *allowed: str) -> None:
    """Raise LoanNotInState unless the loan is in one of the ``allowed`` states."""
    if loan.status not in allowed:
        names = ", ".join(str(LoanStatus(status).label) for status in allowed)
        known = {"number": loan.number, "status": loan.get_status_display(), "current_status": loan.status}
        raise LoanNotInState(allowed=names, **known)


def advance(loan: Loan, to: str, *, reason: str = "", **changes: Any) -> None:
    """Move the loan to ``to`` and set what belongs to the move: its dates. Raises LoanTransitionRefused."""
    if to not in TRANSITIONS[loan.status]:
        raise LoanTransitionRefused(number=loan.number, status=loan.get_status_display(), target=LoanStatus(to).label)
    changes = {"status": LoanStatus(to), **changes}
    for name, value in changes.items():
        setattr(loan, name, value)
    with acting(reason=reason or current().reason):
        update_tracked(loan, changes)
