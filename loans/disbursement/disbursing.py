"""Paying out: from a signed contract to money at the borrower or, for a purchase, at the merchant, through a bank that may
refuse, be late or be silent.

The order is written down before the bank is called and the answer after, in two transactions. A process that dies in
between leaves an order marked as sent: the next round asks the bank about it, and orders again only under the same
reference, which a bank pays at most once.
"""

from datetime import date, datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from core import rows
from core.aftermath import whole
from core.context import acting
from core.errors import DomainError, Invalid, NotFound
from core.history import insert_tracked
from loans.acts import drawing
from loans.banking import Answer, Report, Unread, bank
from loans.bookkeeping import lifecycle
from loans.bookkeeping.signals import announce_payout
from loans.disbursement import transfers
from loans.disbursement.activation import activate
from loans.disbursement.order_lifecycle import ORDERS, advance
from loans.disbursement.transfers import UNDER_WAY
from loans.gate import asking, subjects
from loans.gate.gate import BindingAct
from loans.incoming import setting_aside
from loans.merchants.merchants import require_active
from loans.models import BankTransfer, Disbursement, Loan, LoanStatus
from loans.models import DisbursementStatus as S
from loans.notices import notices
from loans.payees import payees
from loans.pricing.advance_deduction import require_paid_in_full
from staff.models import User

log = structlog.get_logger(__name__)

# The lease of a worker on an order, and so the pause between two questions about it (longer than ``transfers.AWAKE``).
LEASE = timedelta(minutes=2)


class CancellationReasonMissing(Invalid):
    code = "cancellation_reason_missing"
    field = "reason"
    message = _("Say why it is given up: the reason stays with the loan.")


class DisbursementReferenceUnknown(NotFound):
    code = "disbursement_reference_unknown"
    message = _("No transfer has the reference %(reference)s.")


class PaidUnderEarlierReference(DomainError):
    """Two transfers of one disbursement may both have paid: a person must look before anything moves."""

    code = "paid_under_earlier_reference"
    message = _("The bank reports %(reference)s as paid although it was ordered again under another reference.")


def queue(loan: Loan, on: date, requested_by: User | None = None) -> Disbursement:
    """Write the order to pay ``loan`` (locked or just made by the caller) out."""
    disbursement = Disbursement(
        number=loan.number.replace("LN-", "DB-"),
        loan=loan,
        amount=loan.terms(on).paid_out,
        payee_index=payees.to_remember(loan),
        requested_on=on,
        requested_by=requested_by,
    )
    insert_tracked(disbursement)
    announce_payout(disbursement_id=disbursement.pk)
    return disbursement


@whole()
def request_disbursement(*, loan_id: int, on: date, requested_by: User | None = None) -> Disbursement:
    """The order to pay the loan out: the one it has, or a new one.

    Raises LoanNotInState for a loan that is not waiting, GateRefused, OverrideNeeded.
    """
    Borrower.objects.locked(Loan.objects.values_list("borrower_id", flat=True).get(pk=loan_id))
    loan = Loan.objects.locked(loan_id)
    standing = loan.disbursements.exclude(status=S.CANCELLED).filter(is_drawdown=False).first()
    if standing is not None:
        return standing
    lifecycle.require(loan, LoanStatus.PENDING_DISBURSEMENT)
    asking.require(subjects.of_payout(loan, on), BindingAct.DISBURSEMENT, on, by=requested_by)
    return queue(loan, on, requested_by)


def disburse(*, loan_id: int, on: date, requested_by: User | None = None) -> Disbursement:
    """Order the payment and carry it out now."""
    disbursement = request_disbursement(loan_id=loan_id, on=on, requested_by=requested_by)
    return send(disbursement_id=disbursement.pk, on=on)


def send(*, disbursement_id: int, on: date) -> Disbursement:
    """Bring the order to the bank, or ask what became of it, and record the answer. Ended orders stay as they are.

    Before a transfer is written the gate is asked, whatever it said when the order was made. Raises GateRefused,
    OverrideNeeded, AdvanceDeductionRefused, MerchantNotActive, PayeeMissing, PayeeUnverified, PayeeChanged, and
    LoanNotInState for a further part of a loan that has ended.
    """
    disbursement, transfer, is_new = _open_transfer(disbursement_id, on)
    answered = None
    if transfer is not None and transfers.is_wanted(transfer):
        answered = transfers.ask_or_send(disbursement, transfer, on, is_new=is_new)
    if answered is None:
        return Disbursement.objects.get(pk=disbursement_id)
    heard, answer = answered
    with transaction.atomic():
        # Where the order has ended meanwhile, another worker sent the newer one: then both may have paid, and
        # confirming the earlier one says so.
        if heard != transfer and _locked_with_loan(disbursement_id).status in UNDER_WAY:
            transfers.leave_unsent(disbursement_id, after=heard, on=on)
        return _confirm_answer(heard, answer, on)


def send_due(*, now: datetime, on: date, limit: int = 200, disbursement_id: int | None = None) -> dict[str, int]:
    """Send and follow up what is due, or only one order if it is; several workers may do so at once. Returns counts by
    resulting state.

    An order that may not be sent now keeps nobody else waiting: it counts as refused, and says why on its page and in
    the log (its merchant is not active, the books are closed).
    """
    counts: dict[str, int] = {}
    for claimed_id in _claim_due(now, limit, disbursement_id):
        try:
            status = send(disbursement_id=claimed_id, on=on).status
        except DomainError as refusal:
            status = "refused"
            _say_why(claimed_id, refusal)
        counts[status] = counts.get(status, 0) + 1
    return counts


def _say_why(disbursement_id: int, refusal: DomainError) -> None:
    log.warning("disbursement_refused", disbursement=disbursement_id, code=refusal.code, detail=refusal.detail)
    waiting = Disbursement.objects.filter(pk=disbursement_id, status__in=UNDER_WAY)
    waiting.update(failure_code=refusal.code, failure_detail=refusal.detail[:200])


@transaction.atomic
def confirm(
    *,
    disbursement_id: int,
    outcome: str,
    on: date,
    bank_reference: str = "",
    code: str = "",
    detail: str = "",
    transfer: BankTransfer | None = None,
) -> Disbursement:
    """Record what the bank says, of ``transfer`` if it is known of which. Paid: the loan begins to run, or owes the
    further part as well.

    The same news again changes nothing, nor does late news of a transfer that was ordered again since. Raises
    DisbursementStepRefused for news that contradicts what is known, PaidUnderEarlierReference.
    """
    disbursement = _locked_with_loan(disbursement_id)
    to = S(outcome)
    if transfer is not None and transfers.is_overtaken(transfer):
        if to == S.PAID:
            raise PaidUnderEarlierReference(reference=transfer.reference)
        return disbursement
    if to == disbursement.status or (disbursement.status == S.PAID and to in {S.SENT, S.UNKNOWN}):
        return disbursement
    advance(
        disbursement,
        to,
        bank_reference=bank_reference or disbursement.bank_reference,
        failure_code=code,
        failure_detail=detail[:200],
        paid_on=on if to == S.PAID else None,
    )
    about = transfer or transfers.latest(disbursement_id)
    if about is not None:
        transfers.record_answer(about, disbursement, on)
    if to == S.PAID and disbursement.is_drawdown:
        drawing.paid_out(disbursement, on)
    elif to == S.PAID:
        activate(loan_id=disbursement.loan_id, disbursed_on=on)
        notices.loan_disbursed(disbursement.loan, disbursement.amount, on)
    return disbursement


def record_report(*, report: Report, on: date) -> Disbursement:
    """News the bank brought by itself. Raises DisbursementReferenceUnknown, PaidUnderEarlierReference."""
    transfer = BankTransfer.objects.filter(reference=report.reference).first()
    if transfer is None:
        raise DisbursementReferenceUnknown(reference=report.reference)
    return _confirm_answer(transfer, report.answer, on)


def _confirm_answer(transfer: BankTransfer, answer: Answer, on: date) -> Disbursement:
    return confirm(
        disbursement_id=transfer.disbursement_id,
        transfer=transfer,
        outcome=answer.outcome,
        on=answer.booked_on or on,
        bank_reference=answer.bank_reference,
        code=answer.code,
        detail=answer.detail,
    )


def collect_reports(*, on: date) -> dict[str, int]:
    """Take in everything the bank reports. What nobody can read or use is set aside, and becomes somebody's task."""
    unread: list[Unread] = []
    refused: list[setting_aside.Refused] = []
    used: list[Report] = []
    for report in bank().reports(on):
        if isinstance(report, Unread):
            log.warning("bank_report_unreadable", name=report.name, code=report.code)
            unread.append(report)
            continue
        try:
            record_report(report=report, on=on)
            used.append(report)
        except DomainError as refusal:
            log.warning("bank_report_refused", reference=report.reference, code=refusal.code, detail=refusal.detail)
            refused.append(setting_aside.Refused(report, refusal.code))
    setting_aside.reports_read(unread=unread, refused=refused, used=used, on=on)
    return {"recorded": len(used), "refused": len(refused) + len(unread)}


@whole()
def retry(*, disbursement_id: int, on: date, requested_by: User | None = None) -> Disbursement:
    """Order again after a refusal, under a new reference and to the same account. An order under way is returned as it is.

    Raises PayeeMissing, PayeeUnverified, PayeeChanged, GateRefused, OverrideNeeded.
    """
    hold_borrower(disbursement_id)
    disbursement = _locked_with_loan(disbursement_id)
    if disbursement.status in UNDER_WAY:
        return disbursement
    ORDERS.require_step(disbursement, S.QUEUED)
    payee = payees.require_payee(disbursement)
    asking.require(subjects.of_order(disbursement, on, payee=payee), BindingAct.RETRY, on, by=requested_by)
    advance(disbursement, S.QUEUED, next_attempt_at=None, requested_on=on, requested_by=requested_by)
    announce_payout(disbursement_id=disbursement.pk)
    return disbursement


@transaction.atomic
def cancel(*, disbursement_id: int, on: date, reason: str) -> Disbursement:
    """Give up paying out: the loan never began, or stays as it is without the further part. Only before the bank was
    asked or after it refused.

    Raises CancellationReasonMissing without a reason.
    """
    reason = reason.strip()
    if not reason:
        raise CancellationReasonMissing
    disbursement = _locked_with_loan(disbursement_id)
    if disbursement.status == S.CANCELLED:
        return disbursement
    with acting(reason=reason):
        advance(disbursement, S.CANCELLED)
    if not disbursement.is_drawdown:
        lifecycle.advance(disbursement.loan, LoanStatus.CANCELLED, reason=reason)
    return disbursement


def hold_borrower(disbursement_id: int) -> None:
    """Hold the borrower before the order: no account changes between looking at it and writing down that it is paid."""
    borrower_id = Disbursement.objects.values_list("loan__borrower_id", flat=True).get(pk=disbursement_id)
    Borrower.objects.locked(borrower_id)


def _locked_with_loan(disbursement_id: int) -> Disbursement:
    """Order and loan locked in one statement: nobody who holds the loan ever waits for its order."""
    found = rows.first_joined(
        Disbursement, ("loan__application",), "WHERE t0.id = %s FOR NO KEY UPDATE OF t0, t1", [disbursement_id]
    )
    if found is None:
        raise Disbursement.DoesNotExist(f"There is no order {disbursement_id}.")
    return found


@whole()
def _open_transfer(disbursement_id: int, on: date) -> tuple[Disbursement, BankTransfer | None, bool]:
    """The transfer to bring to the bank, written down first; None for an order that has ended."""
    hold_borrower(disbursement_id)
    disbursement = (
        Disbursement.objects.select_for_update(of=("self",))
        .select_related("loan__borrower", "loan__merchant", "loan__product_version__product")
        .get(pk=disbursement_id)
    )
    if disbursement.status not in UNDER_WAY:
        return disbursement, None, False
    if disbursement.status != S.QUEUED:
        return disbursement, transfers.latest(disbursement.pk), False
    if disbursement.is_drawdown:
        lifecycle.require(disbursement.loan, LoanStatus.ACTIVE)
    else:
        require_whole_sum(disbursement, on)
    if disbursement.loan.merchant is not None:
        require_active(disbursement.loan.merchant)
    payee = payees.require_payee(disbursement)
    number = disbursement.attempt_count + 1
    subject = subjects.of_order(disbursement, on, payee=payee)
    verdict = asking.require(subject, _act_of(disbursement), on, by=disbursement.requested_by)
    transfer = BankTransfer.objects.create(
        disbursement=disbursement,
        verdict=verdict,
        reference=f"{disbursement.number}-{number}",
        sent_on=on,
        account_index=disbursement.payee_index,
        account_last4=transfers.payee_of(disbursement.loan, disbursement.payee_index).account_number[-4:],
    )
    advance(disbursement, S.SENT, attempt_count=number)
    return disbursement, transfer, True


def _act_of(disbursement: Disbursement) -> BindingAct:
    if disbursement.attempt_count:
        return BindingAct.RETRY
    return BindingAct.DRAWDOWN if disbursement.is_drawdown else BindingAct.DISBURSEMENT


def require_whole_sum(disbursement: Disbursement, on: date) -> None:
    """Raise AdvanceDeductionRefused for an order of less than the loan, or one drawdown of it, where the market does."""
    loan = disbursement.loan
    parts = [part.amount for part in loan.terms(on).drawdowns]
    lent = (
        loan.principal
        if not parts
        else min((part for part in parts if part >= disbursement.amount), default=max(parts))
    )
    require_paid_in_full(lent=lent, paid=disbursement.amount, on=on, market=loan.product_version.product.market)


@transaction.atomic
def _claim_due(now: datetime, limit: int, only: int | None) -> list[int]:
    due = Disbursement.objects.select_for_update(skip_locked=True).filter(
        Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now), status__in=UNDER_WAY
    )
    if only is not None:
        due = due.filter(pk=only)
    found = due.order_by(F("next_attempt_at").asc(nulls_first=True), "id")[:limit]
    claimed = [disbursement.pk for disbursement in found]
    Disbursement.objects.filter(pk__in=claimed).update(next_attempt_at=now + LEASE)
    return claimed
