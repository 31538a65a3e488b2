"""One attempt at the bank: which order is sent under which reference, and of which attempt an answer is news.

A transfer that is cancelled was never sent, because an earlier one of its order had paid after all.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import structlog
from django.db.models import QuerySet
from django.db.models.functions import Now

from borrowers.fingerprints import account_index
from borrowers.models import BankAccount, Borrower
from core.aftermath import whole
from core.errors import DomainError
from loans.banking import Answer, BankUnreachable, PaymentOrder, PaymentOutcome, bank
from loans.gate import asking, subjects
from loans.gate.gate import BindingAct
from loans.models import BankTransfer, Disbursement, Loan
from loans.models import DisbursementStatus as S
from loans.payees.payees import PayeeChanged, require_payee

log = structlog.get_logger(__name__)

UNDER_WAY = (S.QUEUED, S.SENT, S.UNKNOWN)
# For so long nobody but who wrote a transfer down looks at it: well within the lease of a worker (``disbursing.LEASE``).
AWAKE = timedelta(seconds=60)


class Heard(NamedTuple):
    """What the bank says, and of which transfer."""

    transfer: BankTransfer
    answer: Answer


def latest(disbursement_id: int) -> BankTransfer | None:
    """The transfer that the state of the order is about."""
    return _sent(disbursement_id).order_by("-id").first()


def is_overtaken(transfer: BankTransfer) -> bool:
    """Whether its order was sent anew since."""
    return _sent(transfer.disbursement_id).filter(pk__gt=transfer.pk).exists()


def is_wanted(transfer: BankTransfer) -> bool:
    """Whether nobody gave the transfer up, or ordered anew, while a worker slept."""
    is_under_way = Disbursement.objects.filter(pk=transfer.disbursement_id, status__in=UNDER_WAY).exists()
    return is_under_way and not is_overtaken(transfer)


def ask_or_send(disbursement: Disbursement, transfer: BankTransfer, on: date, *, is_new: bool) -> Heard | None:
    """What became of the transfer; sent now, if the bank never got it and no earlier one may still pay. None where nothing
    is to be sent any more: it was given up, or ordered anew, meanwhile.

    ``is_new`` is what this worker has just written down. Where it slept since, it knows no more than any other, and asks
    the bank and the gate as one does that finds the transfer.
    """
    order = order_of(disbursement, transfer, on)
    try:
        known = None if is_new else bank().ask(order)
        if known is not None:
            return Heard(transfer, known)
        heard = _of_an_earlier_one(disbursement, transfer, order)
        if heard is not None:
            return heard
        stopped = _stopped_by(transfer, order, on, is_new=is_new)
        if stopped:
            return Heard(transfer, Answer(PaymentOutcome.FAILED, code=stopped))
        return Heard(transfer, bank().send(order))
    except _Slept:
        return ask_or_send(disbursement, transfer, on, is_new=False)
    except _GivenUp:
        return None
    except BankUnreachable as silence:
        return Heard(transfer, Answer(PaymentOutcome.UNKNOWN, code="no_answer", detail=str(silence)))


def record_answer(transfer: BankTransfer, disbursement: Disbursement, on: date) -> None:
    """Keep the answer, as it stands in the order now, with the transfer it is about."""
    BankTransfer.objects.filter(pk=transfer.pk).update(
        status=disbursement.status,
        bank_reference=disbursement.bank_reference,
        code=disbursement.failure_code,
        detail=disbursement.failure_detail,
        answered_on=on,
    )


def leave_unsent(disbursement_id: int, *, after: BankTransfer, on: date) -> None:
    """Mark what was ordered after ``after`` as never sent."""
    later = _sent(disbursement_id).filter(pk__gt=after.pk)
    later.update(status=S.CANCELLED, code="not_sent", detail=after.reference, answered_on=on)


def order_of(disbursement: Disbursement, transfer: BankTransfer, on: date) -> PaymentOrder:
    payee = payee_of(disbursement.loan, transfer.account_index)
    return PaymentOrder(
        reference=transfer.reference,
        amount=disbursement.amount,
        currency=disbursement.currency,
        on=on,
        holder_name=payee.holder_name,
        bank_name=payee.bank_name,
        account_number=payee.account_number,
        remark=disbursement.loan.number,
    )


class _Slept(Exception):
    """So long after it was written down, the one who wrote a transfer is not the only one who may have sent it."""


class _GivenUp(Exception):
    """The order has ended, or has a newer transfer."""


class Account(NamedTuple):
    """Whom a transfer goes to; empty where the account it was written for is gone."""

    holder_name: str
    bank_name: str = ""
    account_number: str = ""


def payee_of(loan: Loan, index: str) -> Account:
    """The merchant of a purchase, else the account of the borrower with this fingerprint, whichever is the primary one."""
    if loan.merchant is not None:
        return Account(loan.merchant.account_holder, loan.merchant.bank_name, loan.merchant.account_number)
    account = BankAccount.objects.filter(borrower_id=loan.borrower_id, account_index=index).first()
    if account is None:
        return Account(loan.borrower.name)
    return Account(loan.borrower.name, account.bank_name, account.account_number)


def _sent(disbursement_id: int) -> QuerySet[BankTransfer]:
    return BankTransfer.objects.filter(disbursement_id=disbursement_id).exclude(status=S.CANCELLED)


def _of_an_earlier_one(disbursement: Disbursement, transfer: BankTransfer, order: PaymentOrder) -> Heard | None:
    """Ask the bank once more about every earlier transfer before it gets another: a worker that hung may have sent one
    after it was given up. One that has paid pays the order, one still under way is waited for. Money that is known to
    have come back does not count."""
    earlier = _sent(disbursement.pk).filter(pk__lt=transfer.pk).exclude(status=S.RETURNED).order_by("pk")
    for other in earlier:
        known = bank().ask(replace(order, reference=other.reference))
        if known is None or known.outcome in {PaymentOutcome.FAILED, PaymentOutcome.RETURNED}:
            continue
        log.warning("earlier_transfer_got_through", reference=other.reference, outcome=known.outcome)
        if known.outcome == PaymentOutcome.PAID:
            return Heard(other, known)
        return Heard(transfer, Answer(PaymentOutcome.UNKNOWN, code="earlier_under_way", detail=other.reference))
    return None


def _stopped_by(transfer: BankTransfer, order: PaymentOrder, on: date, *, is_new: bool) -> str:
    """Why an order the bank never got may no longer go out, by code; empty where it may."""
    try:
        _require_may_go(transfer, order, on, is_new=is_new)
    except DomainError as refusal:
        return refusal.code
    return ""


@whole()
def _require_may_go(transfer: BankTransfer, order: PaymentOrder, on: date, *, is_new: bool) -> None:
    """To the very account it was written for, whole number and not its end, which is still the one on file, verified, of a
    payee still paid; and where the transfer was written down before, only if the gate lets it pass still.

    Asked with the borrower held, right before it goes. Raises _GivenUp, _Slept, and what refuses it.
    """
    disbursement = Disbursement.objects.select_related("loan__merchant").get(pk=transfer.disbursement_id)
    Borrower.objects.locked(disbursement.loan.borrower_id)
    if not is_wanted(transfer):
        raise _GivenUp
    if is_new and not BankTransfer.objects.filter(pk=transfer.pk, written_at__gt=Now() - AWAKE).exists():
        raise _Slept
    payee = require_payee(disbursement)
    if {transfer.account_index, account_index(order.account_number)} != {disbursement.payee_index}:
        raise PayeeChanged(account=order.account_number[-4:])
    if not is_new:
        subject = subjects.of_order(disbursement, on, payee=payee)
        asking.require(subject, BindingAct.RETRY, on, by=disbursement.requested_by)
