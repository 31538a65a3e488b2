"""Settles each payment that a statement brought, or parks it in suspense.

What is more than its loan owes is divided: what is owed is credited, the rest waits for a person, unless it is so little
that the rule ``overpayment_taken`` makes it a credit balance at once. What was booked by word before it came is proved by it
(``proving_by_line``); what looks otherwise like a payment that was recorded before waits as a whole
(``loans.servicing.guarding``). What nobody could match waits until a person does, or until it goes back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.approvals import SecondPersonNeeded, needs_two
from audit.deciding import require_other_hand
from core.errors import DomainError, Invalid, NotFound
from core.money import ZERO
from ledger import posting
from loans.bookkeeping import positions
from loans.incoming.contradicting import refuse_contradicted
from loans.incoming.pointing import ground_of
from loans.incoming.proving_by_line import prove_by_line
from loans.models import (
    BankFile,
    IncomingPayment,
    IncomingPaymentShare,
    IncomingPaymentStatus,
    Loan,
    LoanStatus,
    MatchGround,
    Repayment,
)
from loans.servicing import repayments
from loans.servicing.bank_lines import unidentified
from loans.servicing.guarding import Excess, PaymentAboveOwed, owed_on, taken_as_credit
from staff.models import User

CHANNEL = "bank_file"
MATCH = "payment.match"


class PaymentAlreadySettled(DomainError):
    code = "incoming_payment_already_settled"
    message = _("Payment %(reference)s is already %(status)s.")


class PayerAccountUnknown(DomainError):
    code = "payer_account_unknown"
    message = _(
        "The bank does not say which account payment %(reference)s came from, so it is not returned from here: what goes "
        "back, goes back there. Ask the bank to call it back by its reference."
    )


class MatchNeedsSecondPerson(DomainError):
    """Nothing the payer or the bank wrote points to the loan."""

    code = "match_needs_second_person"
    field = "reason"
    message = _(
        "Nothing in payment %(reference)s points to loan %(number)s: neither the payer's account or name nor the remark. A "
        "second person agrees to the match before it is booked: say what shows that it is theirs."
    )


class SharesDoNotAddUp(Invalid):
    code = "incoming_payment_shares_differ"
    field = "shares"
    message = _("The parts sum to %(parts)s, what waits of the payment is %(amount)s.")


class LoanNumberUnknown(NotFound):
    code = "loan_number_unknown"
    field = "shares"
    message = _("There is no loan %(number)s.")


@dataclass(frozen=True)
class Share:
    loan_number: str
    amount: Decimal


@dataclass(frozen=True)
class Part:
    """A part of a payment, the loan it is for, and why it is that loan's."""

    loan_id: int
    amount: Decimal
    ground: MatchGround


def settle_file(*, bank_file_id: int, on: date) -> dict[str, int]:
    """Credit every matched payment of the file, recorded by who brought it, and park the rest. Safe to repeat: it takes only
    what is open. Nothing of a file that is not confirmed is there to take."""
    counts = {"matched": 0, "suspense": 0}
    by = User.objects.filter(pk__in=BankFile.objects.filter(pk=bank_file_id).values("imported_by")).first()
    for payment in _unsettled().filter(bank_file_id=bank_file_id).order_by("paid_on", "id"):
        became = _settle_or_park(payment, on, by)
        if became:
            counts[became] += 1
    return counts


def settle_files(*, on: date) -> int:
    """Settle what is left of every file, one after the other; returns how many files had something open."""
    files = sorted(set(_unsettled().values_list("bank_file_id", flat=True)))
    for bank_file_id in files:
        settle_file(bank_file_id=bank_file_id, on=on)
    return len(files)


def _unsettled() -> QuerySet[IncomingPayment]:
    return IncomingPayment.objects.filter(status=IncomingPaymentStatus.SUSPENSE, suspense_entry_id=None)


def _settle_or_park(payment: IncomingPayment, on: date, by: User | None) -> str:
    """What became of the payment; "" when somebody else settled it meanwhile.

    The proposed loan may have closed since the dry run; then the refusal's code says why the payment waits.
    """
    if payment.proposed_loan is not None:
        try:
            return _settle(payment, payment.proposed_loan, on, by)
        except PaymentAlreadySettled:
            return ""
        except DomainError as refusal:
            payment.unmatched_reason = refusal.code[:40]
    return "suspense" if _park(payment, on) else ""


def _settle(payment: IncomingPayment, loan: Loan, on: date, by: User | None) -> str:
    try:
        _match_as_it_says(payment, loan.pk, on, by)
        return "matched"
    except PaymentAboveOwed:
        return _divide(payment, loan.pk, on, by)


@transaction.atomic
def _match_as_it_says(payment: IncomingPayment, loan_id: int, on: date, by: User | None) -> None:
    locked = _waiting(payment.pk)
    refuse_contradicted(locked, two=False)
    _bring(locked, Part(loan_id, locked.left, MatchGround(payment.matched_how)), on=on, by=by)
    _note(locked, payment.matched_how)


@transaction.atomic
def _divide(payment: IncomingPayment, loan_id: int, on: date, by: User | None) -> str:
    """Credit what the loan owes and leave the rest waiting, or take it all where the rest is small; what became of it.

    Where the payment is told of late and something has happened since, it does not settle the loan, and waits as a whole.
    """
    locked = _waiting(payment.pk)
    refuse_contradicted(locked, two=False)
    loan = Loan.objects.locked(loan_id)
    owed = owed_on(loan, positions.load(loan, positions.locked(loan_id)), payment.paid_on)
    excess, ground = payment.amount - owed.amount, MatchGround(payment.matched_how)
    if excess <= taken_as_credit(loan, payment.paid_on):
        _bring(locked, Part(loan_id, payment.amount, ground), on=on, by=by, excess=Excess.CREDITED)
        _note(locked, payment.matched_how)
        return "matched"
    if owed.amount and (owed.settles or loan.status == LoanStatus.WRITTEN_OFF):
        _bring(locked, Part(loan_id, owed.amount, ground), on=on, by=by, settles=owed.settles)
        _note(locked, payment.matched_how)
    payment.unmatched_reason = PaymentAboveOwed.code
    return "suspense" if _park(payment, on) else ""


@transaction.atomic
def _park(payment: IncomingPayment, on: date) -> bool:
    """The money is on our account, so the books show it, owed to whoever it belongs to; once, whoever settles."""
    waiting = IncomingPayment.objects.select_for_update().filter(
        pk=payment.pk, status=IncomingPaymentStatus.SUSPENSE, suspense_entry_id=None
    )
    locked = waiting.first()
    if locked is None:
        return False
    locked.suspense_entry = posting.post(
        event="unidentified_receipt",
        posted_on=on,
        effective_on=locked.paid_on,
        lines=unidentified(locked.left),
        description=locked.bank_reference,
    )
    locked.unmatched_reason = payment.unmatched_reason
    locked.matched_how = locked.matched_how if locked.credited else ""
    locked.save(update_fields=["suspense_entry_id", "suspended_on", "unmatched_reason", "matched_how"])
    return True


@transaction.atomic
def match_payment(
    *,
    payment_id: int,
    shares: Sequence[Share],
    on: date,
    by: User | None,
    agreed_by: User | None = None,
    excess: Excess = Excess.REFUSED,
    allow_repeat: bool = False,
    trying: bool = False,
) -> IncomingPayment:
    """Credit what waits of a payment to one loan, or split it over several.

    ``agreed_by`` is the second person where the line does not point to each of the loans itself (``pointing``). ``excess``
    and ``allow_repeat`` answer for every part what ``record_repayment`` asks; ``trying`` is for who asks a second person and
    takes back what was tried. Raises PaymentAlreadySettled, SharesDoNotAddUp, LoanNumberUnknown, PaymentContradicted,
    MatchNeedsSecondPerson and whatever `record_repayment` refuses.
    """
    payment = _waiting(payment_id)
    parts = _parts(payment, shares, on, by, agreed_by, trying=trying)
    if payment.suspense_entry_id is not None:
        posting.reverse(payment.suspense_entry, posted_on=on, reason=payment.bank_reference)
    for part in parts:
        _bring(
            payment,
            part,
            on=on,
            by=by,
            matched_by=by,
            agreed_by=agreed_by,
            excess=excess,
            allow_repeat=allow_repeat,
        )
    _note(payment, "by_hand")
    return payment


def _parts(
    payment: IncomingPayment,
    shares: Sequence[Share],
    on: date,
    by: User | None,
    agreed_by: User | None,
    *,
    trying: bool,
) -> list[Part]:
    """Loans in id order: two people splitting over the same loans lock them in the same order."""
    told = sum((share.amount for share in shares), ZERO)
    if told != payment.left or any(share.amount <= 0 for share in shares):
        raise SharesDoNotAddUp(parts=told, amount=payment.left)
    require_other_hand(agreed_by, None if by is None else by.pk, SecondPersonNeeded(), on)
    refuse_contradicted(payment, two=agreed_by is not None or trying)
    loans = {loan.number: loan for loan in _loans_of(shares)}
    for share in shares:
        if share.loan_number not in loans:
            raise LoanNumberUnknown(number=share.loan_number)
    grounds = {number: ground_of(payment, loan) for number, loan in loans.items()}
    strange = [share for share in shares if grounds[share.loan_number] is None]
    other = MatchGround.SMALL if agreed_by is None else MatchGround.TWO_PEOPLE
    if (
        agreed_by is None
        and strange
        and not trying
        and needs_two(MATCH, sum((share.amount for share in strange), ZERO), on)
    ):
        raise MatchNeedsSecondPerson(reference=payment.bank_reference, number=strange[0].loan_number)
    parts = [Part(loans[share.loan_number].pk, share.amount, grounds[share.loan_number] or other) for share in shares]
    return sorted(parts, key=lambda part: (part.loan_id, part.amount))


def _loans_of(shares: Sequence[Share]) -> Iterable[Loan]:
    return Loan.objects.filter(number__in=[share.loan_number for share in shares]).select_related("borrower")


def _waiting(payment_id: int) -> IncomingPayment:
    """The payment, held. Raises PaymentAlreadySettled unless something of it waits."""
    payment = IncomingPayment.objects.select_for_update().get(pk=payment_id)
    if payment.status != IncomingPaymentStatus.SUSPENSE:
        raise PaymentAlreadySettled(reference=payment.bank_reference, status=payment.get_status_display())
    return payment


def _note(payment: IncomingPayment, how: str) -> None:
    """Write down what loans were credited with; once nothing is left of the payment it is matched."""
    payment.matched_how = how
    if not payment.left:
        payment.status = IncomingPaymentStatus.MATCHED
    payment.save(update_fields=["credited", "status", "matched_how"])


def _bring(
    payment: IncomingPayment,
    part: Part,
    *,
    on: date,
    by: User | None,
    matched_by: User | None = None,
    agreed_by: User | None = None,
    settles: bool = False,
    excess: Excess = Excess.REFUSED,
    allow_repeat: bool = False,
) -> None:
    """What a part of a line does to its loan is decided here, for every door: it proves what was booked by word before and
    is no other payment (``allow_repeat``), or is posted as the next receipt, or refused, and then it waits. Two parts for
    one loan are alike by their reference, and yet no repeat. ``matched_by`` is nobody where the line itself said so.
    """
    second = agreed_by if part.ground == MatchGround.TWO_PEOPLE else None
    matched = {"ground": part.ground, "matched_by": matched_by, "matched_on": on, "agreed_by": second}
    booked = None if allow_repeat else prove_by_line(payment, part.loan_id, part.amount, on=on)
    if booked is not None:
        what = {"repayment": booked} if isinstance(booked, Repayment) else {"act": booked}
        IncomingPaymentShare.objects.create(payment=payment, amount=part.amount, **what, **matched)
        payment.credited += part.amount
        return
    told = payment.credited or payment.suspense_entry_id is not None
    before = list(payment.shares.values_list("repayment__loan_id", flat=True)) if told else []
    repayment = repayments.record_repayment(
        loan_id=part.loan_id,
        amount=part.amount,
        received_on=payment.paid_on,
        channel=CHANNEL,
        idempotency_key=f"bank:{payment.bank_reference}:{len(before)}"[:255],
        recorded_by=by,
        recorded_on=on,
        payer_reference=payment.bank_reference,
        settles_early=settles,
        excess=excess,
        allow_repeat=allow_repeat or part.loan_id in before,
    )
    IncomingPaymentShare.objects.create(
        payment=payment,
        repayment=repayment,
        amount=part.amount,
        **matched,
    )
    payment.credited += part.amount


@transaction.atomic
def return_payment(*, payment_id: int, on: date, reason: str) -> IncomingPayment:
    """Give back to the account it came from what waits of the payment: no loan of ours is owed it, and two agreed
    (``returning``).

    Raises PaymentAlreadySettled, PaymentContradicted, PayerAccountUnknown.
    """
    payment = waiting_to_return(payment_id)
    payment.return_entry = posting.post(
        event="unidentified_receipt_returned",
        posted_on=on,
        effective_on=on,
        lines=unidentified(-payment.left),
        description=reason[:200],
    )
    payment.status = IncomingPaymentStatus.RETURNED
    payment.save(update_fields=["status", "return_entry_id", "returned_on"])
    return payment


@transaction.atomic
def waiting_to_return(payment_id: int) -> IncomingPayment:
    """The payment, held, if something of it waits in the books and the bank says where it came from.

    Raises PaymentAlreadySettled, PaymentContradicted, PayerAccountUnknown.
    """
    payment = _waiting(payment_id)
    if payment.suspense_entry_id is None:
        raise PaymentAlreadySettled(reference=payment.bank_reference, status=payment.get_status_display())
    refuse_contradicted(payment, two=False)
    if not payment.payer_account:
        raise PayerAccountUnknown(reference=payment.bank_reference)
    return payment
