"""Asking for what one person may not do alone, and doing it once a second person agreed.

A request keeps what its preview showed: figures, entry, schedule, state. When it is decided the act is tried again, and if
it would come to anything else the request goes back with both beside each other (``audit.approvals``): what was approved
is what happens.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from audit import approvals
from audit.models import Approval, ApprovalStatus
from borrowers.models import Borrower
from core.aftermath import whole
from core.money import ZERO
from loans.acts.authority_words import threshold_of, threshold_of_undoing
from loans.acts.drawing import BeyondOne
from loans.acts.performing import ActConflict, BeyondAuthority, perform, previewed, same_wish
from loans.acts.previewing import Preview
from loans.acts.undoing import undo, undo_previewed
from loans.acts.vouching import confirmed
from loans.events.act_kinds import DAYS_CURED, ActKind, Wish, act_kind, act_kinds
from loans.events.act_parameters import decoded, encoded, in_words
from loans.models import MERCHANT_REFUND, Disbursement, Loan, LoanAct, LoanStatus, Repayment
from loans.servicing.proving import ReceiptNeedsSecondPerson, said_alone
from staff.models import User

_STATE = ("status", "risk_class")
Done = LoanAct | Repayment | Disbursement | Approval


def to_do(kind: ActKind) -> str:
    """The kind of request under which a second person agrees to an act."""
    return f"loan.{kind.code}"


def to_undo(kind: ActKind) -> str:
    """The same for undoing one."""
    return f"loan.{kind.code}.undo"


def declare_requests() -> None:
    """Tell the audit app of every request there can be; called when Django starts, after the kinds are declared."""
    for kind in act_kinds():
        may = kind.approve_permission
        is_receipt = kind.kept_as_receipt is not None
        approvals.register(
            to_do(kind),
            _agreed,
            permission=may,
            label=kind.label,
            outcome=_would_do,
            asked_with=kind.permission,
            threshold=said_alone if is_receipt else partial(threshold_of, kind),
            confirmed=confirmed if _brings_money(kind.code) else None,
        )
        if kind.can_be_undone and not is_receipt:  # a receipt is reversed (``receipts``)
            undoing = format_lazy("{undo}: {act}", undo=_("Undo"), act=kind.label)
            approvals.register(
                to_undo(kind),
                _agreed_to_undo,
                permission=may,
                label=undoing,
                outcome=_would_undo,
                asked_with="loans.undo_act",
                threshold=partial(threshold_of_undoing, kind),
                undoes=True,
            )


@whole()
def perform_or_ask(wish: Wish) -> Done:
    """Do the act within one's own authority; beyond it ask for a second person; order it where a bank has to pay first.

    The same key returns what was done, ordered or asked for the first time. Raises what ``perform`` and the order raise,
    ActConflict where something else was asked for with the key, and ApprovalAlreadyPending where another request of the kind
    waits.
    """
    kind = act_kind(wish.kind)
    if kind.order is not None:
        return _order_or_ask(kind, kind.order, wish)
    Loan.objects.locked(wish.loan_id)  # a form sent twice at once: the second one finds the request of the first
    asked = _asked_before(kind, wish)
    if asked is not None:
        return asked
    try:
        return perform(wish)
    except (BeyondAuthority, ReceiptNeedsSecondPerson) as beyond:
        return _ask_once(kind, wish, beyond)


def _order_or_ask(kind: ActKind, order: Callable[[Wish, bool], Disbursement], wish: Wish) -> Disbursement | Approval:
    """The order holds the borrower before the loan: so does whoever looks for a request."""
    Borrower.objects.locked(Loan.objects.values_list("borrower_id", flat=True).get(pk=wish.loan_id))
    Loan.objects.locked(wish.loan_id)
    asked = _asked_before(kind, wish)
    if asked is not None and asked.status != ApprovalStatus.APPROVED:
        return asked
    try:
        with transaction.atomic():
            return order(wish, False)
    except BeyondAuthority as beyond:
        return _ask_once(kind, wish, beyond)


def _ask_once(kind: ActKind, wish: Wish, beyond: BeyondAuthority | ReceiptNeedsSecondPerson) -> Approval:
    """The request; of two calls with one key on two loans that met, the second raises ActConflict."""
    try:
        with transaction.atomic():
            return _ask(kind, wish, beyond)
    except IntegrityError as refusal:
        if not Approval.objects.filter(idempotency_key=wish.idempotency_key).exists():
            raise
        raise ActConflict(key=wish.idempotency_key) from refusal


def _asked_before(kind: ActKind, wish: Wish) -> Approval | None:
    """The request made with this key. One that asked for anything else, or on another loan, holds the key: ActConflict.

    Otherwise one would see a request over another sum and think it one's own, or do a second act with the key that the
    request needs when it is approved.
    """
    known = Approval.objects.filter(idempotency_key=wish.idempotency_key).first()
    if known is None:
        return None
    same_matter = (known.kind, known.object_id) == (to_do(kind), str(wish.loan_id))
    stated = known.payload.get("effective_on")
    counts_from = date.fromisoformat(stated) if stated else None
    if not (same_matter and same_wish(kind, wish, known.payload["parameters"], counts_from)):
        raise ActConflict(key=wish.idempotency_key)
    return known


def _ask(kind: ActKind, wish: Wish, beyond: BeyondAuthority | ReceiptNeedsSecondPerson) -> Approval:
    """The request; what one person may not do is told in the figures of ``beyond``, where it has any."""
    loan, stored = Loan.objects.get(pk=wish.loan_id), encoded(kind.parameters, wish.values)
    found = previewed(wish, loan)
    shown = _would(kind, found)
    return approvals.request(
        kind=to_do(kind),
        obj=loan,
        payload={
            "kind": kind.code,
            "parameters": stored,
            "effective_on": None if kind.counts_from_today else wish.effective_on.isoformat(),
        },
        idempotency_key=wish.idempotency_key,
        before=_state(found, "before"),
        after={**_state(found, "after"), **in_words(kind.label, kind.parameters, stored), **_figures_beyond(beyond)},
        outcome=shown.words,
        amount=shown.amount,
        reason=beyond.asked_because if isinstance(beyond, ReceiptNeedsSecondPerson) else wish.reason,
        requested_by=wish.by,
        on=wish.recorded_on,
    )


def _figures_beyond(beyond: BeyondAuthority | ReceiptNeedsSecondPerson) -> dict[str, str]:
    """What the house would be bound to without a second person, and what one person decides; empty of other refusals."""
    if not isinstance(beyond, BeyondOne):
        return {}
    return {"bound_by_one_person": beyond.context["after"], "one_person_decides": beyond.context["most"]}


def _would(kind: ActKind, found: Preview) -> approvals.Outcome:
    """What the act came to, or the receipt that it is."""
    if isinstance(found.result, Repayment):
        with override("en"):
            return approvals.Outcome(
                state_in_words(found, found.result.loan, found.result.entry_id), found.result.amount
            )
    return approvals.Outcome(outcome_in_words(kind, found), kind.size_of(_figures(found.result)))


def _state(found: Preview, side: str) -> dict[str, str]:
    """The state of the loan and its class on one side of the act, where they move; and its days late, where they fall."""
    told = [moved for moved in found.figures if moved.name in _STATE]
    cured = [moved for moved in found.figures if moved.name == "days_past_due" and moved.after < moved.before]
    return {moved.name: str(getattr(moved, side)) for moved in (*told, *cured)}


def _wish_of(approval: Approval, on: date) -> Wish:
    asked = approval.payload
    kind = act_kind(asked["kind"])
    counts_from = asked["effective_on"]
    return Wish(
        loan_id=int(approval.object_id),
        kind=kind.code,
        values=decoded(kind.parameters, asked["parameters"]),
        effective_on=date.fromisoformat(counts_from) if counts_from else on,
        recorded_on=on,
        reason=approval.reason[:200],
        idempotency_key=approval.idempotency_key or "",
        by=approval.requested_by,
    )


def _would_do(approval: Approval, on: date) -> approvals.Outcome:
    kind, wish = act_kind(approval.payload["kind"]), _wish_of(approval, on)
    return _would(kind, previewed(wish, Loan.objects.get(pk=wish.loan_id)))


def _agreed(approval: Approval, on: date) -> None:
    wish = _wish_of(approval, on)
    order = act_kind(wish.kind).order
    if order is not None:
        order(wish, True)
    else:
        second = approval.second_person if _brings_money(wish.kind) else approval.decided_by
        perform(wish, approved=True, agreed_by=second)


def _brings_money(code: str) -> bool:
    """Whether it takes two to believe it (``loans.acts.vouching``): decided in an emergency, it stays said by word."""
    return code == MERCHANT_REFUND or act_kind(code).kept_as_receipt is not None


@transaction.atomic
def undo_or_ask(*, act_id: int, reason: str, on: date, by: User | None) -> LoanAct | Approval:
    """Undo the act within one's own authority; beyond it ask for a second person.

    Asked for again by the same person with the same reason, the request that waits is returned. Raises what ``undo`` raises,
    and ApprovalAlreadyPending where another request to undo an act of the kind waits.
    """
    Loan.objects.locked(LoanAct.objects.values_list("loan_id", flat=True).get(pk=act_id))
    act = LoanAct.objects.select_related("loan").get(pk=act_id)
    if act_kind(act.kind).undone_by_two and not act.is_undone:
        return _ask_to_undo(act, reason, on, by)
    try:
        return undo(act_id=act_id, reason=reason, on=on, by=by)
    except BeyondAuthority:
        return _ask_to_undo(act, reason, on, by)


def _ask_to_undo(act: LoanAct, reason: str, on: date, by: User | None) -> Approval:
    kind = act_kind(act.kind)
    waits = approvals.waiting(to_undo(kind), act.loan, reason=reason, requested_by=by, on=on)
    if waits is not None and waits.payload["act_id"] == act.pk:
        return waits
    return approvals.request(
        kind=to_undo(kind),
        obj=act.loan,
        payload={"act_id": act.pk},
        before=in_words(kind.label, kind.parameters, act.parameters),
        outcome=outcome_in_words(kind, undo_previewed(act, on)),
        amount=kind.size_of(_figures(act)),
        reason=reason,
        requested_by=by,
        on=on,
    )


def _would_undo(approval: Approval, on: date) -> approvals.Outcome:
    act = LoanAct.objects.select_related("loan").get(pk=approval.payload["act_id"])
    kind = act_kind(act.kind)
    return approvals.Outcome(outcome_in_words(kind, undo_previewed(act, on)), kind.size_of(_figures(act)))


def _agreed_to_undo(approval: Approval, on: date) -> None:
    act_id = int(approval.payload["act_id"])
    undo(act_id=act_id, reason=approval.reason[:200], on=on, by=approval.requested_by, approved=True)


def outcome_in_words(kind: ActKind, found: Preview) -> dict[str, str]:
    """What the act came to, as a request keeps it: in English, by which the catalogue is asked when somebody reads it.

    Its own figures, the loan's state, the lines of its own entry and the schedule that follows. What only passes with the
    days, as late interest of instalments that stay, is no part of it.
    """
    act: LoanAct = found.result
    with override("en"):
        # Days late grow by themselves: a request keeps them as its state before and after.
        told = [(name, label) for name, label in kind.told if name in act.figures and name != DAYS_CURED]
        words = {str(label): act.figures[name] for name, label in told}
        words |= state_in_words(found, act.loan, act.entry_id)
    return words


def state_in_words(found: Preview, loan: Loan, entry_id: int | None) -> dict[str, str]:
    """The state the loan would be in, the lines of the entry or of its mirror image, and the schedule; asked in English."""
    status = {"Status of the loan": str(LoanStatus(loan.status).label)}
    return status | _entry_in_words(found, entry_id) | _schedule_in_words(found)


def _entry_in_words(found: Preview, entry_id: int | None) -> dict[str, str]:
    entries = (lines for entry, lines in found.entries if entry_id in (entry.pk, entry.reverses_id))
    sums: dict[str, Decimal] = {}
    for line in (line for lines in entries for line in lines):
        for side, amount in (("Debit", line.debit), ("Credit", line.credit)):
            if amount:
                label = f"{side} · {line.account_id} · {line.account.name}"
                sums[label] = sums.get(label, ZERO) + amount
    return {label: str(amount) for label, amount in sums.items()}


def _schedule_in_words(found: Preview) -> dict[str, str]:
    rows = [pair.after for pair in found.rows if pair.after is not None and pair.agreed_anew]
    return {f"#{row.number} {row.due_on}": f"{row.principal} + {row.interest} + {row.fee}" for row in rows}


def _figures(act: LoanAct) -> Mapping[str, Decimal]:
    return {name: Decimal(value) for name, value in act.figures.items()}
