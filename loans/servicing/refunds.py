"""Giving overpaid money back."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.identifiers import next_number
from ledger.posting import post
from loans.account.replay import RefundEvent, apply
from loans.bookkeeping import bookings, lifecycle, positions
from loans.bookkeeping.account_mapping import accounts_for
from loans.models import Loan, LoanStatus, Refund
from loans.servicing.repayments import RepaymentConflict, valid_amount


class RefundTooHigh(Invalid):
    code = "refund_too_high"
    field = "amount"
    message = _("Only %(overpaid)s is overpaid; no more can be given back.")


def refund_overpayment(*, loan_id: int, amount: Decimal, on: date, idempotency_key: str, by: Any = None) -> Refund:
    """Give back overpaid money. The same key returns the refund made before.

    Raises RefundTooHigh, AmountInvalid, RepaymentConflict, LoanNotInState.
    """
    try:
        with transaction.atomic():
            return _refund(loan_id, valid_amount(amount), on, idempotency_key, by)
    except IntegrityError as clash:
        if Refund.objects.filter(idempotency_key=idempotency_key).exists():
            raise RepaymentConflict(key=idempotency_key) from clash
        raise


def _refund(loan_id: int, amount: Decimal, on: date, idempotency_key: str, by: Any) -> Refund:
    loan = Loan.objects.locked(loan_id)
    lifecycle.require(loan, LoanStatus.ACTIVE, LoanStatus.WRITTEN_OFF, LoanStatus.SETTLED)
    known = Refund.objects.filter(idempotency_key=idempotency_key).first()
    if known is not None:
        if (known.loan_id, known.amount) != (loan_id, amount):
            raise RepaymentConflict(key=idempotency_key)
        return known
    position = positions.locked(loan_id)
    if amount > position.overpaid:
        raise RefundTooHigh(overpaid=position.overpaid)
    entry = post(
        event="refund",
        posted_on=on,
        effective_on=on,
        lines=bookings.refund(accounts_for(loan), loan_id, amount),
        description=loan.number,
    )
    if loan.status == LoanStatus.WRITTEN_OFF:
        position.overpaid -= amount
        position.save(update_fields=["overpaid"])
    else:
        before = positions.load(loan, position)
        after, _outcome = apply(before, RefundEvent(on=max(on, before.as_of), amount=amount))
        positions.store(loan, position, before, after, posted_on=on)
    return Refund.objects.create(
        loan=loan,
        number=next_number("RF", on),
        amount=amount,
        refunded_on=on,
        idempotency_key=idempotency_key,
        entry=entry,
        refunded_by=by,
    )
