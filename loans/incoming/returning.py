"""Giving back what nobody here is owed: money leaves the house, so one person asks and another agrees."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.models import Approval
from loans.incoming.importing import return_payment, waiting_to_return
from loans.models import IncomingPayment
from staff.models import User

KIND = "incoming_payment.return"


def declare_request() -> None:
    """Tell the audit app of the request; called when Django starts."""
    label = _("Return to the payer")
    approvals.register(
        KIND,
        _agreed,
        permission="loans.approve_act",
        label=label,
        outcome=_would_return,
        asked_with="loans.import_payments",
    )


@transaction.atomic
def ask_to_return(*, payment_id: int, on: date, reason: str, by: User | None) -> Approval:
    """Ask that what waits of the payment go back to the account it came from. Told again, it is the same request.

    Raises PaymentAlreadySettled, PaymentContradicted, PayerAccountUnknown, ReasonMissing, ApprovalAlreadyPending.
    """
    payment = waiting_to_return(payment_id)
    waits = approvals.waiting(KIND, payment, reason=reason, requested_by=by, on=on)
    return waits or approvals.request(
        kind=KIND,
        obj=payment,
        after={
            "bank_reference": payment.bank_reference,
            "payer_last4": payment.payer_last4,
            "paid_on": str(payment.paid_on),
        },
        outcome=_words(payment),
        amount=payment.left,
        reason=reason,
        requested_by=by,
        on=on,
    )


def _would_return(approval: Approval, _on: date) -> approvals.Outcome:
    payment = waiting_to_return(int(approval.object_id))
    return approvals.Outcome(_words(payment), payment.left)


def _words(payment: IncomingPayment) -> dict[str, str]:
    return {"amount": str(payment.left)}


def _agreed(approval: Approval, on: date) -> None:
    return_payment(payment_id=int(approval.object_id), on=on, reason=approval.reason)
