"""Money in and back out: the verbs every door calls.

Each call is one transaction that locks the loan first and may be repeated with its idempotency key. A payment received
before the day the account is reckoned to is back-dated: then all events are applied again in date order, and repayments
whose allocation turns out differently get a new journal entry in place of the reversed one.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import rows
from core.errors import DomainError, Invalid
from core.identifiers import next_number
from core.money import round_money
from ledger.posting import post, reverse
from loans.account.allocation import Allocation
from loans.account.replay import PaymentEvent, apply
from loans.bookkeeping import bookings, lifecycle, positions
from loans.bookkeeping.account_mapping import accounts_for
from loans.bookkeeping.concluding import conclude, write_allocation
from loans.bookkeeping.correcting import replay_all, replay_standing
from loans.bookkeeping.signals import announce
from loans.events.of_acts import charged_back
from loans.events.stored import order_of, stored_events
from loans.models import Loan, LoanPosition, LoanStatus, Repayment, RepaymentStatus
from loans.notices import notices
from loans.servicing import recovering


class RepaymentConflict(DomainError):
    code = "idempotency_conflict"
    status = 422
    message = _("The idempotency key %(key)s was already used for another payment. Send a new key.")


class AmountInvalid(Invalid):
    code = "amount_invalid"
    field = "amount"
    message = _("Give an amount above zero with at most two decimals.")


class ReceivedInFuture(Invalid):
    code = "received_in_future"
    field = "received_on"
    message = _("%(received_on)s lies after the business date %(recorded_on)s. Give the day the money arrived.")


class ReceivedBeforeDisbursement(Invalid):
    code = "received_before_disbursement"
    field = "received_on"
    message = _("The loan was disbursed on %(disbursed_on)s; a payment cannot be received before.")


class RepaymentNotReversible(DomainError):
    code = "repayment_not_reversible"
    message = _("Receipt %(number)s cannot be reversed: %(why)s")


def record_repayment(
    *,
    loan_id: int,
    amount: Decimal,
    received_on: date,
    channel: str,
    idempotency_key: str,
    recorded_by: Any,
    recorded_on: date | None = None,
    payer_reference: str = "",
    settles_early: bool = False,
) -> Repayment:
    """Record ``amount`` received for a loan and allocate it; on a written-off loan it is a recovery.

    ``recorded_on`` is the business date (``received_on`` where it is not given). The same key with the same payment
    returns the receipt made the first time. Raises AmountInvalid, ReceivedInFuture, ReceivedBeforeDisbursement,
    RepaymentConflict, LoanNotInState.
    """
    facts = {
        "amount": valid_amount(amount),
        "received_on": received_on,
        "recorded_on": recorded_on or received_on,
        "channel": channel,
        "idempotency_key": idempotency_key,
        "recorded_by": recorded_by,
        "payer_reference": payer_reference,
        "settles_early": settles_early,
    }
    try:
        with transaction.atomic():
            return _record(loan_id, facts)
    except IntegrityError:
        # Two calls with one key on two loans met: the first one stands.
        known = Repayment.objects.filter(idempotency_key=idempotency_key).first()
        if known is None:
            raise
        return same_or_conflict(known, loan_id, facts)


def _record(loan_id: int, facts: dict[str, Any]) -> Repayment:
    loan = Loan.objects.locked(loan_id)
    known = rows.first(Repayment, "WHERE idempotency_key = %s", [facts["idempotency_key"]])
    if known is not None:
        return same_or_conflict(known, loan_id, facts)
    lifecycle.require(loan, LoanStatus.ACTIVE, LoanStatus.WRITTEN_OFF, LoanStatus.SETTLED)
    _require_possible_dates(loan, facts)
    position = positions.locked(loan.pk)
    if loan.status == LoanStatus.WRITTEN_OFF:
        repayment = recovering.record(loan, position, facts)
    else:
        repayment = _record_on_running_loan(loan, position, facts)
    notices.money_received(loan, repayment, facts["recorded_on"])
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=facts["recorded_on"])
    return repayment


def same_or_conflict(known: Repayment, loan_id: int, facts: dict[str, Any]) -> Repayment:
    same = (known.loan_id, known.amount, known.received_on) == (loan_id, facts["amount"], facts["received_on"])
    if not same:
        raise RepaymentConflict(key=facts["idempotency_key"])
    return known


def valid_amount(amount: Decimal) -> Decimal:
    """``amount`` in whole cents and above zero. Raises AmountInvalid."""
    if not amount.is_finite() or amount <= 0 or amount != round_money(amount):
        raise AmountInvalid()
    return round_money(amount)


def _require_possible_dates(loan: Loan, facts: dict[str, Any]) -> None:
    if facts["received_on"] > facts["recorded_on"]:
        raise ReceivedInFuture(
            received_on=facts["received_on"].isoformat(), recorded_on=facts["recorded_on"].isoformat()
        )
    if loan.disbursed_on is None or facts["received_on"] < loan.disbursed_on:
        raise ReceivedBeforeDisbursement(disbursed_on=str(loan.disbursed_on or ""))


def _record_on_running_loan(loan: Loan, position: LoanPosition, facts: dict[str, Any]) -> Repayment:
    event = PaymentEvent(
        on=facts["received_on"],
        amount=facts["amount"],
        order=order_of(loan),
        settles_early=facts["settles_early"],
    )
    before = positions.load(loan, position)
    if event.on < before.as_of:
        after, newest = replay_all(
            loan, [*stored_events(loan), event], until=before.as_of, posted_on=facts["recorded_on"]
        )
        assert newest is not None
        outcome = newest
    else:
        after, outcome = apply(before, event)
    assert outcome.allocation is not None
    repayment = _create(loan, facts, outcome.allocation)
    conclude(loan, position, before, after, on=facts["recorded_on"], settled_on=facts["received_on"])
    return repayment


def _create(loan: Loan, facts: dict[str, Any], allocation: Allocation) -> Repayment:
    entry = post(
        event=bookings.event_of(allocation),
        posted_on=facts["recorded_on"],
        effective_on=facts["received_on"],
        lines=bookings.repayment(accounts_for(loan), loan.pk, allocation),
        description=loan.number,
    )
    repayment = Repayment(loan=loan, number=next_number("RP", facts["recorded_on"]), entry=entry, **facts)
    write_allocation(repayment, allocation)
    return repayment


@transaction.atomic
def reverse_repayment(*, repayment_id: int, reason: str, reversed_on: date, reversed_by: Any = None) -> Repayment:
    """Take a repayment back: its entry is reversed and later events are applied again without it.

    A receipt already reversed is returned as it is. Raises RepaymentNotReversible with the reason.
    """
    loan_id = Repayment.objects.values_list("loan_id", flat=True).get(pk=repayment_id)
    loan = Loan.objects.locked(loan_id)
    repayment = Repayment.objects.select_related("entry").get(pk=repayment_id)
    if repayment.status == RepaymentStatus.REVERSED:
        return repayment
    if loan.status == LoanStatus.WRITTEN_OFF and not repayment.is_recovery:
        raise RepaymentNotReversible(
            number=repayment.number, why=_("the loan has been written off since; record the difference as a recovery.")
        )
    if charged_back(repayment):
        raise RepaymentNotReversible(
            number=repayment.number, why=_("the payer's bank took money of it back; undo that act first.")
        )
    position = positions.locked(loan_id)
    _mark_reversed(repayment, reason, reversed_on)
    try:
        if repayment.is_recovery:
            recovering.take_back(loan, position, repayment, on=reversed_on)
        else:
            replay_standing(loan, position, on=reversed_on)
    except ValueError as refusal:
        raise RepaymentNotReversible(
            number=repayment.number, why=_("a later refund or waiver rests on it.")
        ) from refusal
    announce(loan_id=loan_id, borrower_id=loan.borrower_id, on=reversed_on)
    return repayment


def _mark_reversed(repayment: Repayment, reason: str, on: date) -> None:
    reverse(repayment.entry, posted_on=on, reason=reason)
    repayment.status = RepaymentStatus.REVERSED
    repayment.reversed_on = on
    repayment.reversal_reason = reason
    repayment.save(update_fields=["status", "reversed_on", "reversal_reason"])
