"""The states of a loan and the steps between them."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.lifecycle import Lifecycle
from loans.models import Loan, LoanStatus


class LoanTransitionRefused(DomainError):
    code = "loan_transition_refused"
    message = _("Loan %(number)s is %(status)s and cannot become %(to)s.")


class LoanNotInState(DomainError):
    code = "loan_not_in_state"
    message = _("Loan %(number)s is %(status)s; this needs a loan that is %(allowed)s.")


LOANS = Lifecycle(
    model=Loan,
    states=LoanStatus,
    begins=frozenset({LoanStatus.PENDING_DISBURSEMENT}),
    steps={
        LoanStatus.PENDING_DISBURSEMENT: frozenset({LoanStatus.ACTIVE, LoanStatus.CANCELLED}),
        LoanStatus.ACTIVE: frozenset({LoanStatus.SETTLED, LoanStatus.WRITTEN_OFF}),
        LoanStatus.SETTLED: frozenset({LoanStatus.ACTIVE}),  # the payment that settled it was reversed
        LoanStatus.WRITTEN_OFF: frozenset({LoanStatus.ACTIVE}),  # the write-off was taken back
        LoanStatus.CANCELLED: frozenset(),
    },
    step_refused=LoanTransitionRefused,
    not_in_state=LoanNotInState,
)

require = LOANS.require
advance = LOANS.advance
