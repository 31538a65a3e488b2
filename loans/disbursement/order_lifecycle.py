"""The states of an order to pay out and the steps between them."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.lifecycle import Lifecycle
from loans.models import Disbursement
from loans.models import DisbursementStatus as S


class DisbursementStepRefused(DomainError):
    code = "disbursement_step_refused"
    message = _("Disbursement %(number)s is “%(status)s”: it cannot become “%(to)s”.")


ORDERS = Lifecycle(
    model=Disbursement,
    states=S,
    begins=frozenset({S.QUEUED}),
    steps={
        # Paid unsent: by hand at the bank, or long before an import.
        S.QUEUED: frozenset({S.SENT, S.PAID, S.CANCELLED}),
        S.SENT: frozenset({S.UNKNOWN, S.PAID, S.FAILED, S.RETURNED}),
        S.UNKNOWN: frozenset({S.SENT, S.PAID, S.FAILED, S.RETURNED}),
        S.PAID: frozenset(),
        S.FAILED: frozenset({S.QUEUED, S.CANCELLED}),
        S.RETURNED: frozenset({S.QUEUED, S.CANCELLED}),
        S.CANCELLED: frozenset(),
    },
    step_refused=DisbursementStepRefused,
)

advance = ORDERS.advance
