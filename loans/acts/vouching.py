"""Vouching for what no bank line stands behind, a receipt or a merchant's refund, and for what one person alone gave up on a
line: one person names the evidence, another one agrees.

Until then the principal it paid still binds the house (``loans.gate.commitments``), and nothing of it is refunded
(``loans.payees.refund_accounts``).
"""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from audit import approvals
from audit.deciding import is_other_hand, require_other_hand
from audit.models import Approval
from core.errors import DomainError, NotAllowed
from loans.acts.kinds.money import REPAYMENT
from loans.models import Loan, LoanAct, PolicyPledge, Repayment, RepaymentChannel
from loans.servicing.given_up import given_by, is_given_alone_on_line
from staff.models import User

KIND = "loan.receipt.vouched"
OF_REFUND = "loan.merchant_refund.vouched"
OF_GIVEN = "loan.given_up.vouched"
# What a request shows, in words of the catalogue: what is agreed to is what stands when it is.
LOAN, AMOUNT, RECEIVED_ON, EFFECTIVE_ON, CHANNEL = (
    gettext_noop("loan"),
    gettext_noop("amount"),
    gettext_noop("received on"),
    gettext_noop("effective on"),
    gettext_noop("channel"),
)


class ReceiptProved(DomainError):
    code = "receipt_proved"
    message = _("Receipt %(number)s needs nobody to vouch for it: a bank or a second person does, or it was reversed.")


class OwnReceiptVouched(NotAllowed):
    code = "receipt_recorded_by_you"
    message = _("You or an account tied to yours recorded receipt %(number)s. Another person must vouch for it.")


class RefundProved(DomainError):
    code = "merchant_refund_proved"
    message = _("This refund needs nobody to vouch for it: a bank or a second person does, or it was undone.")


class OwnRefundVouched(NotAllowed):
    code = "merchant_refund_recorded_by_you"
    message = _("You recorded this refund. Another person must vouch for it.")


class GivenUpProved(DomainError):
    code = "given_up_proved"
    message = _(
        "This needs nobody to vouch for it: a second person agreed, it was undone, or it gave nothing up on a line."
    )


class OwnGiftVouched(NotAllowed):
    code = "given_up_by_you"
    message = _("You or an account tied to yours gave this up. Another person must vouch for it.")


def declare_request() -> None:
    """Tell the audit app of the requests; called when Django starts."""
    for kind, agreed, outcome, label in (
        (KIND, _agreed, _would_prove, _("Receipt without a bank line")),
        (OF_REFUND, _agreed_to_refund, _would_prove_refund, _("Merchant refund without a bank line")),
        (OF_GIVEN, _agreed_to_gift, _would_prove_gift, _("Given up on a line by one person alone")),
    ):
        approvals.register(
            kind,
            agreed,
            permission=REPAYMENT.approve_permission,
            label=label,
            outcome=outcome,
            asked_with=REPAYMENT.permission,
            confirmed=_confirmed if kind == KIND else _confirmed_act,
        )


@transaction.atomic
def ask_to_vouch(*, repayment_id: int, reason: str, on: date, by: User | None) -> Approval:
    """Ask that a second person vouch for the receipt; ``reason`` names the evidence. Told again, it is the same request.

    Raises ReceiptProved, ReasonMissing, ApprovalAlreadyPending.
    """
    repayment = _held(repayment_id)
    waits = approvals.waiting(KIND, repayment, reason=reason, requested_by=by, on=on)
    return waits or approvals.request(
        kind=KIND,
        obj=repayment,
        after={"payer_reference": repayment.payer_reference, "overpaid": str(repayment.overpaid)},
        outcome=_in_words(repayment),
        amount=repayment.amount,
        reason=reason,
        requested_by=by,
        on=on,
    )


def _in_words(repayment: Repayment) -> dict[str, str]:
    """What is agreed to, in English, by which the catalogue is asked when somebody reads it."""
    with override("en"):
        channel = str(RepaymentChannel(repayment.channel).label)
    return {
        LOAN: repayment.loan.number,
        AMOUNT: str(repayment.amount),
        RECEIVED_ON: repayment.received_on.isoformat(),
        CHANNEL: channel,
    }


def _would_prove(approval: Approval, _on: date) -> approvals.Outcome:
    repayment = _held(int(approval.object_id))
    return approvals.Outcome(_in_words(repayment), repayment.amount)


def _agreed(approval: Approval, on: date) -> None:
    repayment = _held(int(approval.object_id))
    own = OwnReceiptVouched(number=repayment.number)
    require_other_hand(approval.decided_by, _hands_of(repayment), own, on)
    repayment.agreed_by = approval.second_person
    repayment.save(update_fields=["agreed_by"])


@transaction.atomic
def ask_to_vouch_for_refund(*, act_id: int, reason: str, on: date, by: User | None) -> Approval:
    """The same for what a merchant is said to have given back.

    Raises RefundProved, ReasonMissing, ApprovalAlreadyPending.
    """
    act = _held_refund(act_id)
    waits = approvals.waiting(OF_REFUND, act, reason=reason, requested_by=by, on=on)
    return waits or approvals.request(
        kind=OF_REFUND,
        obj=act,
        outcome=_refund_in_words(act),
        amount=Decimal(act.parameters["amount"]),
        reason=reason,
        requested_by=by,
        on=on,
    )


def _refund_in_words(act: LoanAct) -> dict[str, str]:
    return {
        LOAN: act.loan.number,
        AMOUNT: str(Decimal(act.parameters["amount"])),
        EFFECTIVE_ON: act.effective_on.isoformat(),
    }


def _would_prove_refund(approval: Approval, _on: date) -> approvals.Outcome:
    act = _held_refund(int(approval.object_id))
    return approvals.Outcome(_refund_in_words(act), Decimal(act.parameters["amount"]))


def _agreed_to_refund(approval: Approval, on: date) -> None:
    act = _held_refund(int(approval.object_id))
    require_other_hand(approval.decided_by, act.recorded_by_id, OwnRefundVouched(), on)
    act.agreed_by = approval.second_person
    act.save(update_fields=["agreed_by"])


@transaction.atomic
def ask_to_vouch_for_gift(*, act_id: int, reason: str, on: date, by: User | None) -> Approval:
    """The same for what one person alone gave up on a line: once agreed to, as much can be drawn again.

    Raises GivenUpProved, ReasonMissing, ApprovalAlreadyPending.
    """
    act = _held_gift(act_id)
    waits = approvals.waiting(OF_GIVEN, act, reason=reason, requested_by=by, on=on)
    return waits or approvals.request(
        kind=OF_GIVEN, obj=act, outcome=_gift_in_words(act), amount=given_by(act), reason=reason, requested_by=by, on=on
    )


def _gift_in_words(act: LoanAct) -> dict[str, str]:
    return {LOAN: act.loan.number, AMOUNT: str(given_by(act)), EFFECTIVE_ON: act.effective_on.isoformat()}


def _would_prove_gift(approval: Approval, _on: date) -> approvals.Outcome:
    act = _held_gift(int(approval.object_id))
    return approvals.Outcome(_gift_in_words(act), given_by(act))


def _agreed_to_gift(approval: Approval, on: date) -> None:
    act = _held_gift(int(approval.object_id))
    require_other_hand(approval.decided_by, act.recorded_by_id, OwnGiftVouched(), on)
    act.agreed_by = approval.second_person
    act.save(update_fields=["agreed_by"])


def confirmed(approval: Approval, on: date) -> None:
    """The review of an emergency says that it was right: who decided on what ``approval`` recorded vouches for it."""
    key = approval.idempotency_key or ""
    for repayment in Repayment.objects.filter(idempotency_key=key):
        _vouched_for(repayment, approval, on)
    for act in LoanAct.objects.filter(idempotency_key=key):
        _vouched_for(act, approval, on)


def _confirmed(approval: Approval, on: date) -> None:
    _vouched_for(Repayment.objects.get(pk=approval.object_id), approval, on)


def _confirmed_act(approval: Approval, on: date) -> None:
    _vouched_for(LoanAct.objects.get(pk=approval.object_id), approval, on)


def _vouched_for(found: Repayment | LoanAct, approval: Approval, on: date) -> None:
    """Note it, unless it was taken back, or proved otherwise, since."""
    Loan.objects.locked(found.loan_id)
    found.refresh_from_db()
    taken_back = found.is_reversed if isinstance(found, Repayment) else found.is_undone
    decided_by = approval.decided_by
    hands = _hands_of(found) if isinstance(found, Repayment) else {found.recorded_by_id}
    stands_alone = found.is_unproved or (isinstance(found, LoanAct) and is_given_alone_on_line(found))
    if taken_back or not stands_alone or decided_by is None or not is_other_hand(decided_by, hands, on):
        return
    found.agreed_by = decided_by
    found.save(update_fields=["agreed_by"])


def _hands_of(repayment: Repayment) -> set[int | None]:
    """Who said that the money came; of an insurer's that is who pledged the policy."""
    pledged = PolicyPledge.objects.filter(payout=repayment).values_list("recorded_by_id", flat=True)
    return {repayment.recorded_by_id, *pledged}


def _held_refund(act_id: int) -> LoanAct:
    Loan.objects.locked(LoanAct.objects.values_list("loan_id", flat=True).get(pk=act_id))
    act = LoanAct.objects.select_related("loan").get(pk=act_id)
    if not act.is_unproved or act.is_undone:
        raise RefundProved
    return act


def _held_gift(act_id: int) -> LoanAct:
    Loan.objects.locked(LoanAct.objects.values_list("loan_id", flat=True).get(pk=act_id))
    act = LoanAct.objects.select_related("loan").get(pk=act_id)
    if not is_given_alone_on_line(act):
        raise GivenUpProved
    return act


def _held(repayment_id: int) -> Repayment:
    Loan.objects.locked(Repayment.objects.values_list("loan_id", flat=True).get(pk=repayment_id))
    repayment = Repayment.objects.select_related("loan").get(pk=repayment_id)
    if not repayment.is_unproved or repayment.is_reversed:
        raise ReceiptProved(number=repayment.number)
    return repayment
