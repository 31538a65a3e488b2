"""Takes a statement file in: look first (dry run), then commit, then settle each payment or park it in suspense.

What is more than its loan owes is divided: what is owed is credited, the rest waits for a person, unless it is so little
that the rule ``overpayment_taken`` makes it a credit balance at once. What was booked by word before it came is proved by it
(``proving_by_line``); what looks otherwise like a payment that was recorded before waits as a whole
(``loans.servicing.guarding``).

Committing writes every payment down before any loan is touched, so a crash in between loses nothing: what is still
unsettled is settled by running the same step again. The hash of the file and the bank's own references keep a repeated
or overlapping file from counting money twice; the repayment's idempotency key is the last guard.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.currencies import house_currency
from core.errors import DomainError, Invalid, NotFound
from core.money import ZERO
from ledger import posting
from loans.banking.camt054 import looks_like_camt, read_camt054
from loans.banking.csv_statement import read_csv
from loans.banking.statement import Statement, StatementRow
from loans.bookkeeping import positions
from loans.bookkeeping.account_mapping import common_accounts
from loans.incoming.matching import Match, match_rows
from loans.incoming.proving_by_line import prove_by_line
from loans.models import (
    BankFile,
    IncomingPayment,
    IncomingPaymentShare,
    IncomingPaymentStatus,
    Loan,
    LoanStatus,
    Repayment,
)
from loans.servicing import repayments
from loans.servicing.guarding import Excess, PaymentAboveOwed, owed_on, taken_as_credit
from staff.models import User

CHANNEL = "bank_file"
LARGEST_FILE = 10 * 1024 * 1024


class FileAlreadyImported(DomainError):
    code = "bank_file_already_imported"
    message = _("This file was already imported on %(imported_on)s as “%(name)s”. Nothing was imported again.")


class FileUnreadable(Invalid):
    code = "bank_file_unreadable"
    field = "file"
    message = _("This file cannot be read as a bank statement.")


class FileTooLarge(Invalid):
    code = "bank_file_too_large"
    field = "file"
    message = _("The file is larger than 10 MB. Split it and import the parts.")


class PaymentAlreadySettled(DomainError):
    code = "incoming_payment_already_settled"
    message = _("Payment %(reference)s is already %(status)s.")


class SharesDoNotAddUp(Invalid):
    code = "incoming_payment_shares_differ"
    field = "shares"
    message = _("The parts sum to %(parts)s, what waits of the payment is %(amount)s.")


class LoanNumberUnknown(NotFound):
    code = "loan_number_unknown"
    field = "shares"
    message = _("There is no loan %(number)s.")


@dataclass(frozen=True)
class Preview:
    """What committing the file would do."""

    name: str
    sha256: str
    statement: Statement
    matches: list[Match]
    known_references: frozenset[str]
    imported_before: BankFile | None

    @property
    def currency(self) -> str:
        """ISO 4217: the account that payments come to is kept in the money of the house."""
        return house_currency()

    @property
    def lines(self) -> list[tuple[StatementRow, Match, bool]]:
        """Row, its match, and whether an earlier file already brought it."""
        return [
            (row, match, row.bank_reference in self.known_references)
            for row, match in zip(self.statement.rows, self.matches, strict=True)
        ]

    @property
    def fresh(self) -> list[tuple[StatementRow, Match]]:
        return [(row, match) for row, match, known in self.lines if not known]

    @property
    def matched_count(self) -> int:
        return sum(1 for _row, match in self.fresh if match.loan_id)

    @property
    def unmatched_count(self) -> int:
        return len(self.fresh) - self.matched_count

    @property
    def total(self) -> Decimal:
        return sum((row.amount for row, _match in self.fresh), ZERO)


@dataclass(frozen=True)
class Share:
    loan_number: str
    amount: Decimal


def preview(*, content: bytes, name: str) -> Preview:
    """Dry run: reads, matches and counts; writes nothing. Raises FileTooLarge."""
    if len(content) > LARGEST_FILE:
        raise FileTooLarge()
    statement = read_camt054(content) if looks_like_camt(content) else read_csv(content)
    references = [row.bank_reference for row in statement.rows]
    known = IncomingPayment.objects.filter(bank_reference__in=references).values_list("bank_reference", flat=True)
    fingerprint = hashlib.sha256(content).hexdigest()
    return Preview(
        name=name[:200],
        sha256=fingerprint,
        statement=statement,
        matches=match_rows(statement.rows),
        known_references=frozenset(known),
        imported_before=BankFile.objects.filter(sha256=fingerprint).first(),
    )


def commit(*, content: bytes, name: str, on: date, imported_by: User | None) -> BankFile:
    """Write the file and its payments down. Raises FileAlreadyImported, FileUnreadable, FileTooLarge."""
    seen = preview(content=content, name=name)
    if seen.imported_before is not None:
        raise FileAlreadyImported(name=seen.imported_before.name, imported_on=seen.imported_before.imported_on)
    if not seen.statement.rows:
        raise FileUnreadable()
    try:
        with transaction.atomic():
            return _write(seen, on, imported_by)
    except IntegrityError as error:  # somebody imported the same file in the same second
        raise FileAlreadyImported(name=name, imported_on=on) from error


def _write(seen: Preview, on: date, imported_by: User | None) -> BankFile:
    bank_file = BankFile.objects.create(
        name=seen.name,
        profile=seen.statement.profile,
        sha256=seen.sha256,
        payment_count=len(seen.fresh),
        repeated_count=len(seen.lines) - len(seen.fresh),
        rejected_count=len({error.line for error in seen.statement.errors}),
        outgoing_count=seen.statement.outgoing,
        total=seen.total,
        imported_on=on,
        imported_by=imported_by,
    )
    IncomingPayment.objects.bulk_create([_payment(bank_file, row, match) for row, match in seen.fresh])
    return bank_file


def _payment(bank_file: BankFile, row: StatementRow, match: Match) -> IncomingPayment:
    return IncomingPayment(
        bank_file=bank_file,
        line=row.line,
        paid_on=row.paid_on,
        amount=row.amount,
        bank_reference=row.bank_reference,
        payer_name=row.payer_name,
        payer_last4=row.payer_account[-4:],
        remark=row.remark[:300],
        proposed_loan_id=match.loan_id,
        matched_how=match.how,
        unmatched_reason=match.reason,
    )


def settle_file(*, bank_file_id: int, on: date, by: User | None) -> dict[str, int]:
    """Credit every matched payment of the file and park the rest. Safe to repeat: it takes only what is open."""
    counts = {"matched": 0, "suspense": 0}
    waiting = IncomingPayment.objects.filter(bank_file_id=bank_file_id, status=IncomingPaymentStatus.SUSPENSE)
    for payment in waiting.filter(suspense_entry_id=None).order_by("paid_on", "id"):
        became = _settle_or_park(payment, on, by)
        if became:
            counts[became] += 1
    return counts


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
        share = Share(loan.number, payment.amount)
        match_payment(payment_id=payment.pk, shares=[share], on=on, by=by, how=payment.matched_how)
        return "matched"
    except PaymentAboveOwed:
        return _divide(payment, loan.pk, on, by)


@transaction.atomic
def _divide(payment: IncomingPayment, loan_id: int, on: date, by: User | None) -> str:
    """Credit what the loan owes and leave the rest waiting, or take it all where the rest is small; what became of it.

    Where the payment is told of late and something has happened since, it does not settle the loan, and waits as a whole.
    """
    locked = _waiting(payment.pk)
    loan = Loan.objects.locked(loan_id)
    owed = owed_on(loan, positions.load(loan, positions.locked(loan_id)), payment.paid_on)
    excess = payment.amount - owed.amount
    if excess <= taken_as_credit(loan, payment.paid_on):
        _credit(locked, loan_id, payment.amount, on=on, by=by, excess=Excess.CREDITED)
        _note(locked, payment.matched_how)
        return "matched"
    if owed.amount and (owed.settles or loan.status == LoanStatus.WRITTEN_OFF):
        _credit(locked, loan_id, owed.amount, on=on, by=by, settles=owed.settles)
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
        lines=_unidentified(locked.left),
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
    how: str = "by_hand",
    excess: Excess = Excess.REFUSED,
    allow_repeat: bool = False,
) -> IncomingPayment:
    """Credit what waits of a payment to one loan, or split it over several.

    ``excess`` and ``allow_repeat`` answer for every part what ``record_repayment`` asks. Raises PaymentAlreadySettled,
    SharesDoNotAddUp, LoanNumberUnknown and whatever `record_repayment` refuses.
    """
    payment = _waiting(payment_id)
    if sum((share.amount for share in shares), ZERO) != payment.left or any(share.amount <= 0 for share in shares):
        raise SharesDoNotAddUp(parts=sum((share.amount for share in shares), ZERO), amount=payment.left)
    if payment.suspense_entry_id is not None:
        posting.reverse(payment.suspense_entry, posted_on=on, reason=payment.bank_reference)
    for loan_id, amount in _by_loan_id(shares):
        _credit(payment, loan_id, amount, on=on, by=by, excess=excess, allow_repeat=allow_repeat)
    _note(payment, how)
    return payment


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


def _unidentified(amount: Decimal) -> list[posting.Line]:
    """Money on our account that nobody has claimed yet; a negative amount gives it back."""
    accounts = common_accounts()
    return [posting.debit(accounts.cash, amount), posting.credit(accounts.unidentified_receipts, amount)]


def _by_loan_id(shares: Sequence[Share]) -> list[tuple[int, Decimal]]:
    """Loans in id order: two people splitting over the same loans lock them in the same order."""
    ids = dict(Loan.objects.filter(number__in=[share.loan_number for share in shares]).values_list("number", "pk"))
    for share in shares:
        if share.loan_number not in ids:
            raise LoanNumberUnknown(number=share.loan_number)
    return sorted((ids[share.loan_number], share.amount) for share in shares)


def _credit(
    payment: IncomingPayment,
    loan_id: int,
    amount: Decimal,
    *,
    on: date,
    by: User | None,
    settles: bool = False,
    excess: Excess = Excess.REFUSED,
    allow_repeat: bool = False,
) -> None:
    """Record the next share of the payment, unless it is what was booked by word before and no other payment
    (``allow_repeat``). Two shares for one loan are alike by their reference, and yet no repeat."""
    booked = None if allow_repeat else prove_by_line(payment, loan_id, amount, on=on)
    if booked is not None:
        what = {"repayment": booked} if isinstance(booked, Repayment) else {"act": booked}
        IncomingPaymentShare.objects.create(payment=payment, amount=amount, **what)
        payment.credited += amount
        return
    before = list(payment.shares.values_list("repayment__loan_id", flat=True)) if payment.credited else []
    repayment = repayments.record_repayment(
        loan_id=loan_id,
        amount=amount,
        received_on=payment.paid_on,
        channel=CHANNEL,
        idempotency_key=f"bank:{payment.bank_reference}:{len(before)}"[:255],
        recorded_by=by,
        recorded_on=on,
        payer_reference=payment.bank_reference,
        settles_early=settles,
        excess=excess,
        allow_repeat=allow_repeat or loan_id in before,
    )
    IncomingPaymentShare.objects.create(payment=payment, repayment=repayment, amount=amount)
    payment.credited += amount


@transaction.atomic
def return_payment(*, payment_id: int, on: date, reason: str) -> IncomingPayment:
    """Give back to the payer what waits of the payment: no loan of ours is owed it, and two agreed (``returning``).

    Raises PaymentAlreadySettled.
    """
    payment = waiting_to_return(payment_id)
    payment.return_entry = posting.post(
        event="unidentified_receipt_returned",
        posted_on=on,
        effective_on=on,
        lines=_unidentified(-payment.left),
        description=reason[:200],
    )
    payment.status = IncomingPaymentStatus.RETURNED
    payment.save(update_fields=["status", "return_entry_id", "returned_on"])
    return payment


@transaction.atomic
def waiting_to_return(payment_id: int) -> IncomingPayment:
    """The payment, held, if something of it waits in the books. Raises PaymentAlreadySettled."""
    payment = _waiting(payment_id)
    if payment.suspense_entry_id is None:
        raise PaymentAlreadySettled(reference=payment.bank_reference, status=payment.get_status_display())
    return payment
