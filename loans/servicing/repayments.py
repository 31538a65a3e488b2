"""Money in, and receipts taken back: the verbs every door calls.

Each call is one transaction that locks the loan first and may be repeated with its idempotency key. A payment received
before the day the account is reckoned to is back-dated: then all events are applied again in date order, and repayments
whose allocation turns out differently get a new journal entry in place of the reversed one.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import rows, sending
from core.context import acting, current
from core.errors import DomainError, Invalid
from core.identifiers import next_number, sequence_of
from core.money import MOST_MONEY, ZERO, round_money
from core.strict import require_plain
from ledger.models import JournalEntry
from ledger.posting import post, reverse
from loans.account.allocation import Allocation
from loans.account.changes.base import EventImpossible
from loans.account.replay import PaymentEvent, apply
from loans.bookkeeping import bookings, lifecycle, positions
from loans.bookkeeping.account_mapping import accounts_for
from loans.bookkeeping.concluding import conclude, write_allocation
from loans.bookkeeping.correcting import replay_all, replay_standing
from loans.bookkeeping.signals import announce
from loans.events.of_acts import charged_back
from loans.events.stored import stored_events
from loans.models import (
    WITHOUT_BANK_LINE,
    Loan,
    LoanPosition,
    LoanStatus,
    Repayment,
    RepaymentChannel,
    RepaymentStatus,
)
from loans.notices import notices
from loans.servicing.bank_lines import hold_line_of, put_back
from loans.servicing.given_up import given_up_by_its_day
from loans.servicing.guarding import Excess, known_or_alike, settles_by_excess
from loans.servicing.proving import Word, require_proved
from staff.models import User

LONGEST_REFERENCE = 80


class RepaymentConflict(DomainError):
    code = "idempotency_conflict"
    status = 422
    message = _("The idempotency key %(key)s was already used for another payment. Send a new key.")


class AmountInvalid(Invalid):
    code = "amount_invalid"
    field = "amount"
    message = _("Give an amount above zero with at most two decimals.")


class PayerReferenceInvalid(Invalid):
    code = "payer_reference_invalid"
    field = "payer_reference"
    message = _("The payer's reference has at most %(most)s characters, none of them the NUL character.")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reported:
    """A payment as somebody reports it; the fields are those of ``Repayment``."""

    amount: Decimal
    received_on: date
    recorded_on: date
    channel: str
    idempotency_key: str
    recorded_by: User | None
    payer_reference: str
    settles_early: bool
    excess: Excess
    allow_repeat: bool
    approved: bool
    agreed_by: User | None


def record_repayment(
    *,
    loan_id: int,
    amount: Decimal,
    received_on: date,
    channel: str,
    idempotency_key: str,
    recorded_by: User | None,
    recorded_on: date | None = None,
    payer_reference: str = "",
    settles_early: bool = False,
    excess: Excess = Excess.REFUSED,
    allow_repeat: bool = False,
    approved: bool = False,
    agreed_by: User | None = None,
) -> Repayment:
    """Record ``amount`` received for a loan and allocate it; on a written-off loan it is a recovery.

    ``recorded_on`` is the business date (``received_on`` where it is not given). The same key with the same payment
    returns the receipt made the first time. ``excess`` says what becomes of money above what is owed, ``allow_repeat`` that
    it is another payment, however like an earlier one it is (``loans.servicing.guarding``). ``approved``: nobody else needs
    to agree that it came, as ``agreed_by`` did, or it is only tried (``loans.servicing.proving``).

    Raises AmountInvalid, PayerReferenceInvalid, TextNotPlain, ReceivedInFuture, ReceivedBeforeDisbursement,
    PaymentLooksRepeated, PaymentAboveOwed, ReceiptNeedsSecondPerson (by its class for which reason), RepaymentConflict,
    LoanNotInState, and LaterEventImpossible where a back-dated payment leaves nothing to a later event.
    """
    told = _Reported(
        amount=valid_amount(amount),
        received_on=received_on,
        recorded_on=recorded_on or received_on,
        channel=channel,
        idempotency_key=idempotency_key,
        recorded_by=recorded_by,
        payer_reference=_valid_reference(payer_reference),
        settles_early=settles_early,
        excess=excess,
        allow_repeat=allow_repeat,
        approved=approved,
        agreed_by=agreed_by,
    )
    try:
        with transaction.atomic(), sending.together():
            return _record(loan_id, told)
    except IntegrityError:
        # Two calls with one key on two loans met: the first one stands.
        known = Repayment.objects.filter(idempotency_key=idempotency_key).first()
        if known is None:
            raise
        return _same_or_conflict(known, loan_id, told)


def _record(loan_id: int, told: _Reported) -> Repayment:
    loan, position = positions.locked_with_loan(loan_id)
    known = known_or_alike(
        loan_id,
        idempotency_key=told.idempotency_key,
        amount=told.amount,
        received_on=told.received_on,
        payer_reference=told.payer_reference,
        allow_repeat=told.allow_repeat,
    )
    if known is not None:
        return _same_or_conflict(known, loan_id, told)
    lifecycle.require(loan, LoanStatus.ACTIVE, LoanStatus.WRITTEN_OFF, LoanStatus.SETTLED)
    _require_possible_dates(loan, told)
    repayment = _taken_in(loan, position or positions.locked(loan.pk), told)
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=told.recorded_on)
    notices.money_received(loan, repayment, told.recorded_on)
    return repayment


def _same_or_conflict(known: Repayment, loan_id: int, told: _Reported) -> Repayment:
    # What was more than is owed settled the loan where that was agreed to, without being told of as a settlement.
    may_settle = told.settles_early or told.excess is Excess.CREDITED
    as_told = told.settles_early <= known.settles_early <= may_settle
    if known.payer_reference != told.payer_reference or not as_told:
        raise RepaymentConflict(key=known.idempotency_key)
    return same_or_conflict(known, loan_id=loan_id, amount=told.amount, received_on=told.received_on)


def same_or_conflict(known: Repayment, *, loan_id: int, amount: Decimal, received_on: date) -> Repayment:
    """``known``, if it is the very payment that is told of again, with the day it was first told of with.

    Raises RepaymentConflict.
    """
    if (known.loan_id, known.amount, known.told_on) != (loan_id, amount, received_on):
        raise RepaymentConflict(key=known.idempotency_key)
    return known


def valid_amount(amount: Decimal) -> Decimal:
    """``amount`` in whole cents, above zero and no larger than the books hold. Raises AmountInvalid."""
    if not amount.is_finite() or not ZERO < amount <= MOST_MONEY or amount != round_money(amount):
        raise AmountInvalid()
    return round_money(amount)


def _valid_reference(reference: str) -> str:
    if len(reference) > LONGEST_REFERENCE or "\0" in reference:
        raise PayerReferenceInvalid(most=LONGEST_REFERENCE)
    return require_plain(reference, field="payer_reference")


def _require_possible_dates(loan: Loan, told: _Reported) -> None:
    if told.received_on > told.recorded_on:
        raise ReceivedInFuture(received_on=told.received_on.isoformat(), recorded_on=told.recorded_on.isoformat())
    if loan.disbursed_on is None or told.received_on < loan.disbursed_on:
        raise ReceivedBeforeDisbursement(disbursed_on=str(loan.disbursed_on or ""))


def _taken_in(loan: Loan, position: LoanPosition, told: _Reported) -> Repayment:
    before = positions.load(loan, position)
    on, amount = told.received_on, told.amount
    by_excess = settles_by_excess(loan, before, amount=amount, received_on=on, excess=told.excess)
    event = PaymentEvent(
        on=max(on, loan.written_off_on or on),
        amount=amount,
        order=before.order,
        settles_early=told.settles_early or by_excess,
        free_of_charge=told.channel == RepaymentChannel.INSURER,
    )
    is_recovery = loan.status == LoanStatus.WRITTEN_OFF
    given_up = ZERO
    if event.on < before.as_of:
        events = [*stored_events(loan), event]
        after, newest = replay_all(loan, events, until=before.as_of, posted_on=told.recorded_on)
        assert newest is not None
        outcome = newest
        given_up = given_up_by_its_day(before, after) if told.channel in WITHOUT_BANK_LINE else ZERO
    else:
        after, outcome = apply(before, event)
    assert outcome.allocation is not None
    if not told.approved:
        require_proved(_word(loan, told, given_up))
    repayment = _create(
        loan,
        told,
        outcome.allocation,
        is_recovery=is_recovery,
        settles_early=event.settles_early,
        given_up=given_up,
    )
    conclude(loan, position, before, after, on=told.recorded_on, settled_on=told.received_on)
    return repayment


def _word(loan: Loan, told: _Reported, given_up: Decimal) -> Word:
    return Word(
        loan=loan,
        channel=told.channel,
        amount=told.amount,
        received_on=told.received_on,
        recorded_on=told.recorded_on,
        by=told.recorded_by,
        given_up=given_up,
    )


def _create(
    loan: Loan,
    told: _Reported,
    allocation: Allocation,
    *,
    is_recovery: bool,
    settles_early: bool,
    given_up: Decimal,
) -> Repayment:
    sending.take_numbers(*_numbers())
    entry = post(
        event=bookings.event_of(allocation),
        posted_on=told.recorded_on,
        effective_on=told.received_on,
        lines=bookings.repayment(accounts_for(loan), loan.pk, allocation),
        description=loan.number,
    )
    repayment = rows.new(
        Repayment,
        {"loan": loan, "entry": entry, "recorded_by": told.recorded_by, "agreed_by": told.agreed_by},
        loan_id=loan.pk,
        number=next_number("RP", told.recorded_on),
        entry_id=entry.pk,
        booked_on=entry.posted_on,
        is_recovery=is_recovery,
        amount=told.amount,
        received_on=told.received_on,
        recorded_on=told.recorded_on,
        channel=told.channel,
        idempotency_key=told.idempotency_key,
        recorded_by_id=told.recorded_by.pk if told.recorded_by else None,
        agreed_by_id=told.agreed_by.pk if told.agreed_by else None,
        payer_reference=told.payer_reference,
        settles_early=settles_early,
        given_up=given_up,
    )
    write_allocation(repayment, allocation)
    return repayment


@cache
def _numbers() -> tuple[str, ...]:
    """The sequences of what a payment writes: the receipt with its number, its entry, and that of what had accrued. With
    them known beforehand, everything is written by one statement."""
    entries = rows.sequence_of(JournalEntry)
    return sequence_of("RP"), rows.sequence_of(Repayment), entries, entries


@transaction.atomic
def reverse_repayment(
    *, repayment_id: int, reason: str, reversed_on: date, reversed_by: User | None = None, alone: bool = False
) -> Repayment:
    """Take a repayment back: its entry is reversed and later events are applied again without it. What a line of the bank
    brought waits again to be matched.

    ``alone`` says that one person does it by their own authority, which is counted.

    A receipt already reversed is returned as it is. Raises RepaymentNotReversible with the reason, and
    IncomingPaymentPartlyReturned.
    """
    line = hold_line_of(repayment_id)
    loan_id = Repayment.objects.values_list("loan_id", flat=True).get(pk=repayment_id)
    loan = Loan.objects.locked(loan_id)
    repayment = Repayment.objects.get(pk=repayment_id)
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
    with acting(actor=reversed_by or current().actor, reason=reason):
        _mark_reversed(repayment, reason, reversed_on, alone=alone)
        try:
            remainder = replay_standing(loan, position, on=reversed_on).remainder
        except EventImpossible as refusal:
            why = _("a later event rests on it. %(why)s") % {"why": refusal.context.get("why", refusal.detail)}
            raise RepaymentNotReversible(number=repayment.number, why=why, cause=refusal.code) from refusal
        if line is not None:
            put_back(line, repayment, reversed_on)
        if remainder is not None:
            notices.remainder_closed(loan, remainder, reversed_on)
    announce(loan_id=loan_id, borrower_id=loan.borrower_id, on=reversed_on)
    return repayment


def _mark_reversed(repayment: Repayment, reason: str, on: date, *, alone: bool) -> None:
    reverse(repayment.entry, posted_on=on, reason=reason)
    repayment.status = RepaymentStatus.REVERSED
    repayment.reversed_on = on
    repayment.reversal_reason = reason
    repayment.reversed_alone = alone
    repayment.save(update_fields=["status", "reversed_on", "reversal_reason", "reversed_alone"])
