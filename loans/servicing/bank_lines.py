"""Lines of bank statements as the books have them: money on our account that nobody has claimed, and what is taken back
from a loan and waits again.

A line is held before any loan it is matched to.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from ledger import posting
from loans.bookkeeping.account_mapping import common_accounts
from loans.models import IncomingPayment, IncomingPaymentStatus, Repayment

TAKEN_BACK = "taken_back"


class IncomingPaymentPartlyReturned(DomainError):
    code = "incoming_payment_partly_returned"
    message = _(
        "The rest of bank payment %(reference)s went back to the payer, so receipt %(number)s is not taken back from its "
        "loan. What the loan has too much is refunded there."
    )


def unidentified(amount: Decimal) -> list[posting.Line]:
    """Money on our account that nobody has claimed yet; a negative amount gives it back."""
    accounts = common_accounts()
    return [posting.debit(accounts.cash, amount), posting.credit(accounts.unidentified_receipts, amount)]


def hold_line_of(repayment_id: int) -> IncomingPayment | None:
    """The line that brought the receipt, held until the end of the transaction; None for a receipt without one."""
    lines = IncomingPayment.objects.filter(shares__repayment_id=repayment_id)
    return lines.select_for_update(of=("self",)).first()


def put_back(payment: IncomingPayment, repayment: Repayment, on: date) -> None:
    """What the reversed ``repayment`` had of the line, which the caller holds, waits again: the money is still with us.

    Raises IncomingPaymentPartlyReturned.
    """
    if payment.is_returned:
        raise IncomingPaymentPartlyReturned(reference=payment.bank_reference, number=repayment.number)
    if payment.is_in_suspense and payment.suspense_entry_id is not None:
        posting.reverse(payment.suspense_entry, posted_on=on, reason=payment.bank_reference)
    payment.credited -= repayment.incoming_share.amount
    payment.status = IncomingPaymentStatus.SUSPENSE
    payment.unmatched_reason, payment.matched_how = TAKEN_BACK, payment.matched_how if payment.credited else ""
    payment.suspense_entry = posting.post(
        event="unidentified_receipt",
        posted_on=on,
        effective_on=payment.paid_on,
        lines=unidentified(payment.left),
        description=payment.bank_reference,
    )
    payment.save(
        update_fields=["credited", "status", "unmatched_reason", "matched_how", "suspense_entry_id", "suspended_on"]
    )
