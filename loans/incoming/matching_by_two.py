"""Matching a line to a loan that nothing in it points to: one person asks, another agrees (``pointing``)."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from audit import approvals
from audit.models import Approval
from core.masking import mask_name
from loans.incoming.contradicting import Differs, PaymentContradicted, bank_says
from loans.incoming.importing import MATCH, MatchNeedsSecondPerson, Share, match_payment
from loans.incoming.uploading import CONFIRM
from loans.models import IncomingPayment, Loan
from loans.servicing.guarding import Excess
from staff.models import User

PAYER, BORROWER = gettext_noop("payer"), gettext_noop("borrower")
OTHERWISE = gettext_noop("the bank's own statement says")
ANOTHER_REMARK = gettext_noop("another remark")
EXCESS = gettext_noop("what is too much")
KEPT, REFUSED = gettext_noop("kept as a credit balance"), gettext_noop("nothing may be too much")


def declare_request() -> None:
    """Tell the audit app of the request; called when Django starts."""
    approvals.register(
        MATCH,
        _agreed,
        permission=CONFIRM,
        label=_("Bank payment matched to a loan it does not name"),
        outcome=_would_match,
        asked_with="loans.import_payments",
    )


@transaction.atomic
def match_or_ask(
    *,
    payment_id: int,
    shares: Sequence[Share],
    on: date,
    by: User,
    reason: str = "",
    excess: Excess = Excess.REFUSED,
    allow_repeat: bool = False,
) -> IncomingPayment | Approval:
    """Match what waits of the payment where its line points to each of the loans, else ask a second person; ``reason`` says
    what shows that it is theirs. Told again, it is the same request.

    Raises what ``match_payment`` raises, MatchNeedsSecondPerson and PaymentContradicted
    (unless its amount is not the bank's) only without a reason, and ApprovalAlreadyPending.
    """
    match = partial(
        match_payment, payment_id=payment_id, shares=shares, on=on, by=by, excess=excess, allow_repeat=allow_repeat
    )
    try:
        with transaction.atomic():
            return match()
    except (MatchNeedsSecondPerson, PaymentContradicted):
        if not reason.strip():
            raise
        payment = IncomingPayment.objects.select_for_update().get(pk=payment_id)
    with suppress(_TakeBack), transaction.atomic():  # what the loans refuse is told to who asks
        match(trying=True)
        raise _TakeBack
    parts = [[share.loan_number, str(share.amount)] for share in shares]
    payload = {"shares": parts, "excess": str(excess), "allow_repeat": allow_repeat}
    waits = approvals.waiting(MATCH, payment, reason=reason, requested_by=by, on=on)
    if waits is not None and waits.payload == payload:
        return waits
    return approvals.request(
        kind=MATCH,
        obj=payment,
        payload=payload,
        after={
            "bank_reference": payment.bank_reference,
            "paid_on": str(payment.paid_on),
            "payer_last4": payment.payer_last4,
        },
        outcome=_words(payment, shares, excess),
        amount=payment.left,
        reason=reason,
        requested_by=by,
        on=on,
    )


class _TakeBack(Exception):
    """Ends the transaction of what was only tried."""


def _shares(approval: Approval) -> list[Share]:
    return [Share(number, Decimal(amount)) for number, amount in approval.payload["shares"]]


def _words(payment: IncomingPayment, shares: Sequence[Share], excess: Excess) -> dict[str, str]:
    """Loan by loan what it would get, and whose loan it is beside who paid."""
    loans = {
        loan.number: loan
        for loan in Loan.objects.filter(number__in=[share.loan_number for share in shares]).select_related("borrower")
    }
    told = {PAYER: mask_name(payment.payer_name)}
    if payment.contradicted_on is not None:
        says = bank_says(payment)[1]
        says.pop(Differs.REMARK, None)  # payers write names into it: it stands sealed, and on the payment's page alone
        told[OTHERWISE] = ", ".join(says.values()) or ANOTHER_REMARK
    for share in shares:
        number = share.loan_number
        told[number] = str(Decimal(told.get(number, "0.00")) + share.amount)
    names = dict.fromkeys(loan.borrower.masked_name for loan in loans.values())
    return {**told, BORROWER: ", ".join(names), EXCESS: KEPT if excess is Excess.CREDITED else REFUSED}


def _would_match(approval: Approval, _on: date) -> approvals.Outcome:
    payment = IncomingPayment.objects.get(pk=int(approval.object_id))
    return approvals.Outcome(_words(payment, _shares(approval), Excess(approval.payload["excess"])), payment.left)


def _agreed(approval: Approval, on: date) -> None:
    match_payment(
        payment_id=int(approval.object_id),
        shares=_shares(approval),
        on=on,
        by=approval.requested_by,
        agreed_by=approval.decided_by,
        excess=Excess(approval.payload["excess"]),
        allow_repeat=approval.payload["allow_repeat"],
    )
