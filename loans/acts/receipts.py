"""Reversing a receipt: at once within one's own authority, and when a second person agreed beyond it.

Who takes money at the counter and reverses the receipt afterwards keeps the money; who reports it and takes it back, over
the API too, could report it again.
"""

from datetime import date

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from audit import approvals
from audit.models import Approval
from loans.acts.asking import state_in_words, to_undo
from loans.acts.authority import receipt_needs_second_person
from loans.acts.authority_words import one_person_reverses
from loans.acts.kinds.money import REPAYMENT
from loans.acts.previewing import Preview, preview
from loans.acts.undoing import UndoReasonMissing
from loans.models import Loan, Repayment, RepaymentStatus
from loans.servicing.bank_lines import hold_line_of
from loans.servicing.repayments import reverse_repayment
from staff.models import User

REQUEST = to_undo(REPAYMENT)


def declare_request() -> None:
    """Tell the audit app of the request; called when Django starts."""
    label = format_lazy("{undo}: {act}", undo=_("Undo"), act=REPAYMENT.label)
    approvals.register(
        REQUEST,
        _agreed,
        permission=REPAYMENT.approve_permission,
        label=label,
        outcome=_would_reverse,
        asked_with="loans.reverse_repayment",
        threshold=one_person_reverses,
        undoes=True,
    )


@transaction.atomic
def reverse_or_ask(*, repayment_id: int, reason: str, on: date, by: User | None) -> Repayment | Approval:
    """Reverse the receipt, or ask for a second person; told again, it is what was done or asked for the first time.

    Raises UndoReasonMissing, what ``reverse_repayment`` raises, and ApprovalAlreadyPending where somebody else asked.
    """
    if not reason.strip():
        raise UndoReasonMissing()
    hold_line_of(repayment_id)
    Loan.objects.locked(Repayment.objects.values_list("loan_id", flat=True).get(pk=repayment_id))
    repayment = Repayment.objects.select_related("loan").get(pk=repayment_id)
    if repayment.status == RepaymentStatus.REVERSED or not receipt_needs_second_person(repayment, on, by):
        return reverse_repayment(
            repayment_id=repayment_id, reason=reason, reversed_on=on, reversed_by=by, alone=by is not None
        )
    waits = approvals.waiting(REQUEST, repayment, reason=reason, requested_by=by, on=on)
    if waits is not None:
        return waits
    return approvals.request(
        kind=REQUEST,
        obj=repayment,
        before={"amount": str(repayment.amount), "received_on": repayment.received_on.isoformat()},
        outcome=_in_words(reversal_previewed(repayment, on)),
        amount=repayment.amount,
        reason=reason,
        requested_by=by,
        on=on,
    )


def reversal_previewed(repayment: Repayment, on: date) -> Preview:
    """What reversing the receipt would leave behind; nothing of it is kept. Raises what ``reverse_repayment`` raises."""
    with transaction.atomic():
        hold_line_of(repayment.pk)
        return preview(
            repayment.loan, lambda: reverse_repayment(repayment_id=repayment.pk, reason="preview", reversed_on=on)
        )


def _in_words(found: Preview) -> dict[str, str]:
    receipt: Repayment = found.result
    with override("en"):
        return state_in_words(found, receipt.loan, receipt.entry_id)


def _asked_for(approval: Approval) -> Repayment:
    return Repayment.objects.select_related("loan").get(pk=int(approval.object_id))


def _would_reverse(approval: Approval, on: date) -> approvals.Outcome:
    repayment = _asked_for(approval)
    return approvals.Outcome(_in_words(reversal_previewed(repayment, on)), repayment.amount)


def _agreed(approval: Approval, on: date) -> None:
    reverse_repayment(
        repayment_id=int(approval.object_id),
        reason=approval.reason,
        reversed_on=on,
        reversed_by=approval.requested_by,
    )
