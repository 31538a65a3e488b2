"""Which of two lines of one bank reference stands: one person asks with a reason, another decides, the other line is struck.

The struck line stays on record with who decided (``StruckLine``). Where the uploaded line stands, the payment goes on as it
is. Where the bank's stands, the payment says from then on what the bank says, and what waits of it in the books with it;
what loans were credited with stays, and is reversed by the ordinary act, before this where the amount is another.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from audit import approvals
from audit.deciding import require_other_hand
from audit.models import Approval
from borrowers.fingerprints import account_index
from core.errors import DomainError, Invalid
from core.masking import mask_name
from core.strict import require_plain
from ledger import posting
from loans.banking.statement import StatementRow
from loans.incoming.contradicting import LONGEST_REMARK, Differs, differences, row_of_the_bank
from loans.incoming.matching import match_rows
from loans.incoming.uploading import CONFIRM
from loans.models import IncomingPayment, Standing, StruckLine
from loans.servicing.bank_lines import unidentified
from staff.models import User

KIND = "incoming_payment.contradiction"
DECIDED = "line_decided"
STANDS = gettext_noop("what stands")
STANDINGS = {
    Standing.UPLOADED: gettext_noop("the uploaded line"),
    Standing.BANK: gettext_noop("the line of the bank's own statement"),
}
# The labels of what differs, as a request keeps them.
LABELS = {
    Differs.AMOUNT: gettext_noop("amount"),
    Differs.DAY: gettext_noop("day"),
    Differs.PAYER: gettext_noop("payer's name"),
    Differs.ACCOUNT: gettext_noop("payer's account"),
    Differs.REMARK: gettext_noop("remark"),
}
IN_TWO_WAYS = gettext_noop("in two ways")


class LineNotContradicted(DomainError):
    code = "incoming_payment_not_contradicted"
    message = _("Nothing says otherwise of payment %(reference)s any more: reload its page.")


class StandingUnknown(Invalid):
    code = "incoming_payment_standing_unknown"
    field = "stands"
    message = _("Choose which of the two lines stands.")


class ContradictedLineMoved(DomainError):
    """The bank's amount is another, and of the uploaded amount something moved already."""

    code = "incoming_payment_contradicted_moved"
    field = "stands"
    message = _(
        "The bank's amount is another than that of payment %(reference)s, and money of it was credited or returned "
        "already. Have the receipts that were made from it taken back first; what was returned is followed up with the bank."
    )


def declare_request() -> None:
    """Tell the audit app of the request; called when Django starts."""
    approvals.register(
        KIND,
        _agreed,
        permission=CONFIRM,
        label=_("Which of two lines of a bank payment stands"),
        outcome=_would_strike,
        asked_with="loans.import_payments",
    )


@transaction.atomic
def ask_which_stands(*, payment_id: int, stands: str, reason: str, on: date, by: User) -> Approval:
    """Ask a second person that the line ``stands`` (``Standing``) be the bank's; ``reason`` says what shows it. Told again,
    it is the same request.

    Raises LineNotContradicted, StandingUnknown, ContradictedLineMoved, ReasonMissing, TextNotPlain, ApprovalAlreadyPending.
    """
    if stands not in Standing.values:
        raise StandingUnknown
    payment, row = _contradicted(payment_id)
    _require_possible(payment, row, stands)
    require_plain(reason, field="reason")
    waits = approvals.waiting(KIND, payment, reason=reason, requested_by=by, on=on)
    if waits is not None and waits.payload == {"stands": stands}:
        return waits
    return approvals.request(
        kind=KIND,
        obj=payment,
        payload={"stands": stands},
        outcome=_words(payment, row, stands),
        amount=payment.amount,
        reason=reason,
        requested_by=by,
        on=on,
    )


def _contradicted(payment_id: int) -> tuple[IncomingPayment, StatementRow]:
    """The payment, held, and the row of the bank's own statement. Raises LineNotContradicted."""
    payment = IncomingPayment.objects.select_for_update(of=("self",)).select_related("bank_file").get(pk=payment_id)
    if payment.contradicted_by is None:
        raise LineNotContradicted(reference=payment.bank_reference)
    return payment, row_of_the_bank(payment)


def _require_possible(payment: IncomingPayment, row: StatementRow, stands: str) -> None:
    """Raises ContradictedLineMoved."""
    moved = payment.credited or payment.is_returned
    if stands == Standing.BANK and moved and row.amount != payment.amount:
        raise ContradictedLineMoved(reference=payment.bank_reference)


def _words(payment: IncomingPayment, row: StatementRow, stands: str) -> dict[str, str]:
    """What stands, and what differs: the uploaded line → the bank's. A remark may hold names and is told by its label."""
    said = {
        Differs.AMOUNT: (str(payment.amount), str(row.amount)),
        Differs.DAY: (str(payment.paid_on), str(row.paid_on)),
        Differs.PAYER: (mask_name(payment.payer_name), mask_name(row.payer_name)),
        Differs.ACCOUNT: (payment.payer_last4, row.payer_account[-4:]),
    }
    told = {STANDS: STANDINGS[Standing(stands)]}
    for what in differences(row, payment):
        told[LABELS[what]] = IN_TWO_WAYS if what is Differs.REMARK else " → ".join(one or "—" for one in said[what])
    return told


def _would_strike(approval: Approval, _on: date) -> approvals.Outcome:
    payment, row = _contradicted(int(approval.object_id))
    _require_possible(payment, row, approval.payload["stands"])
    return approvals.Outcome(_words(payment, row, approval.payload["stands"]), payment.amount)


def _agreed(approval: Approval, on: date) -> None:
    assert approval.requested_by is not None and approval.decided_by is not None
    payment, row = _contradicted(int(approval.object_id))
    stands = Standing(approval.payload["stands"])
    _require_possible(payment, row, stands)
    require_other_hand(approval.decided_by, payment.bank_file.imported_by_id, approvals.SecondPersonNeeded(), on)
    of_bank = stands is Standing.UPLOADED  # which is struck then
    struck = _line_of_bank(payment, row) if of_bank else _line_of_upload(payment)
    StruckLine.objects.create(
        payment=payment,
        stands=stands,
        reason=approval.reason,
        decided_on=on,
        asked_by=approval.requested_by,
        agreed_by=approval.decided_by,
        **struck,
    )
    if stands is Standing.BANK and not payment.is_returned:
        _say_what_the_bank_says(payment, row, on)
    payment.contradicted_on = payment.contradicted_by = None
    if payment.is_in_suspense and payment.suspense_entry_id is not None:
        payment.unmatched_reason = DECIDED
    payment.save()


def _line_of_upload(payment: IncomingPayment) -> dict[str, object]:
    columns = ("bank_file", "line", "paid_on", "amount", "payer_name", "payer_last4", "payer_account", "remark")
    return {name: getattr(payment, name) for name in columns}


def _line_of_bank(payment: IncomingPayment, row: StatementRow) -> dict[str, object]:
    return {
        "bank_file": payment.contradicted_by,
        "line": row.line,
        "paid_on": row.paid_on,
        "amount": row.amount,
        "payer_name": row.payer_name,
        "payer_last4": row.payer_account[-4:],
        "payer_account": row.payer_account,
        "remark": row.remark[:LONGEST_REMARK],
    }


def _say_what_the_bank_says(payment: IncomingPayment, row: StatementRow, on: date) -> None:
    """The payment is the bank's line from now on; what waits of it in the books is booked by the bank's amount and day."""
    waits = payment.is_in_suspense and payment.suspense_entry_id is not None
    booked_otherwise = waits and (row.amount, row.paid_on) != (payment.amount, payment.paid_on)
    if booked_otherwise:
        posting.reverse(payment.suspense_entry, posted_on=on, reason=payment.bank_reference)
    for name, value in _line_of_bank(payment, row).items():
        setattr(payment, name, value)
    payment.payer_index = account_index(row.payer_account) if row.payer_account else ""
    if payment.is_in_suspense and not payment.credited:
        match = match_rows([row])[0]
        payment.proposed_loan_id, payment.matched_how, payment.unmatched_reason = match.loan_id, match.how, match.reason
    if booked_otherwise:
        payment.suspense_entry = posting.post(
            event="unidentified_receipt",
            posted_on=on,
            effective_on=payment.paid_on,
            lines=unidentified(payment.left),
            description=payment.bank_reference,
        )
