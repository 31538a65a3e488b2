"""Acts on a loan that one person may not do alone: asked for here, carried out when a second person approves."""

from datetime import date
from typing import Any

from django.db import transaction

from audit import approvals
from audit.models import Approval
from loans.bookkeeping import lifecycle
from loans.models import Extension, Loan, LoanStatus
from loans.servicing import hardship

EXTENSION = "loan.extension"
WRITE_OFF = "loan.write_off"  # carried out by debt_collections, which tells the case as well


@transaction.atomic
def extend_or_ask(*, loan_id: int, days: int, reason: str, on: date, by: Any) -> Extension | Approval:
    """Extend at once within one's own authority; beyond it ask for a second person. Raises what `extend` refuses."""
    loan = Loan.objects.locked(loan_id)
    if hardship.within_authority(loan, days=days, on=on):
        return hardship.extend(loan_id=loan_id, days=days, on=on, reason=reason, granted_by=by)
    preview = hardship.preview_extension(loan, days=days, on=on)
    return approvals.request(
        kind=EXTENSION,
        obj=loan,
        payload={"days": days, "requested_by": by.pk if by else None},
        before={"last_due_on": preview.before.instalments[-1].due_on.isoformat()},
        after={"last_due_on": preview.after.instalments[-1].due_on.isoformat()},
        amount=preview.interest_added,
        reason=reason,
        requested_by=by,
    )


def extension_approved(approval: Approval, on: date) -> None:
    hardship.extend(
        loan_id=int(approval.object_id),
        days=int(approval.payload["days"]),
        on=on,
        reason=approval.reason[:200],
        granted_by=approval.requested_by,
        approved=True,
    )


@transaction.atomic
def ask_for_write_off(*, loan_id: int, reason: str, by: Any) -> Approval:
    """Raises LoanNotInState, ApprovalAlreadyPending, ReasonMissing."""
    loan = Loan.objects.locked(loan_id)
    lifecycle.require(loan, LoanStatus.ACTIVE)
    owed = loan.position.outstanding_total
    return approvals.request(
        kind=WRITE_OFF,
        obj=loan,
        payload={"loan_id": loan.pk},
        before={"status": loan.status, "outstanding": f"{owed:.2f}"},
        after={"status": LoanStatus.WRITTEN_OFF.value, "outstanding": "0.00"},
        amount=owed,
        reason=reason,
        requested_by=by,
    )
