"""Doing an act, undoing it, asking for a second person: one way for every kind of act and every door.

Each call is one transaction that locks the loan first and may be repeated with its idempotency key. An act that counts
from a day before the account is reckoned to is back-dated: all events are then applied again in date order.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.models import Approval, ApprovalStatus
from core.context import acting
from core.errors import DomainError, Invalid
from ledger.posting import Line, post, reverse
from loans.account.account import Account
from loans.account.changes.base import Change, Effect
from loans.account.replay import apply, in_order
from loans.bookkeeping import lifecycle, positions
from loans.bookkeeping.concluding import conclude
from loans.bookkeeping.correcting import replay_all, replay_standing
from loans.bookkeeping.signals import announce
from loans.events.act_kinds import act_kind
from loans.events.act_parameters import decoded, encoded, in_words, require_possible
from loans.events.stored import stored_events
from loans.models import ActStatus, Disbursement, Loan, LoanAct, LoanStatus
from loans.notices import notices

SECOND_PERSON = "loan.act"
SECOND_PERSON_TO_UNDO = "loan.act_undo"


class ActConflict(DomainError):
    code = "idempotency_conflict"
    status = 422
    message = _("The idempotency key %(key)s was already used for another act. Send a new key.")


class CountsFromFuture(Invalid):
    code = "counts_from_future"
    field = "effective_on"
    message = _("%(effective_on)s lies after the business date %(recorded_on)s. Give a day up to it.")


class CountsFromBeforeDisbursement(Invalid):
    code = "counts_from_before_disbursement"
    field = "effective_on"
    message = _("The loan was disbursed on %(disbursed_on)s; nothing can count from before.")


class BeyondAuthority(DomainError):
    code = "beyond_authority"
    message = _("%(act)s of this size needs a second person. Ask for approval.")


class ActNotPossible(DomainError):
    code = "act_not_possible"
    message = _("Later events rest on the account as it was then: %(why)s")


class ActNotUndoable(DomainError):
    code = "act_not_undoable"
    message = _("%(act)s cannot be undone: %(why)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants done: the kind, its values, the day it counts from and the business day."""

    loan_id: int
    kind: str
    values: dict[str, Any]
    effective_on: date
    recorded_on: date
    reason: str
    idempotency_key: str
    by: Any = None


def perform(wish: Wish, *, approved: bool = False) -> LoanAct:
    """Do the act. ``approved`` says that a second person agreed. The same key returns the act done the first time.

    Raises ParameterUnknown, ParameterMissing, ParameterOutOfRange, ActUnknown, LoanNotInState, CountsFromFuture,
    CountsFromBeforeDisbursement, BeyondAuthority, ActConflict, ActNotPossible, and what the kind itself refuses.
    """
    try:
        with transaction.atomic(), acting(reason=wish.reason):
            return _perform(wish, approved)
    except IntegrityError:
        known = LoanAct.objects.filter(idempotency_key=wish.idempotency_key).first()
        if known is None:
            raise
        return _same_or_conflict(known, wish)


@transaction.atomic
def perform_or_ask(wish: Wish) -> LoanAct | Approval | Disbursement:
    """Do the act within one's own authority; beyond it ask for a second person; order it where a bank has to pay first.

    Raises what ``perform`` and the order raise.
    """
    order = act_kind(wish.kind).order
    if order is not None:
        return order(wish)
    try:
        return perform(wish)
    except BeyondAuthority:
        kind = act_kind(wish.kind)
        return approvals.request(
            kind=SECOND_PERSON,
            obj=Loan.objects.get(pk=wish.loan_id),
            payload={
                "kind": kind.code,
                "parameters": encoded(kind.parameters, wish.values),
                "effective_on": wish.effective_on.isoformat(),
                "idempotency_key": wish.idempotency_key,
            },
            after=in_words(kind.label, kind.parameters, encoded(kind.parameters, wish.values)),
            reason=wish.reason,
            requested_by=wish.by,
        )


def second_person_approved(approval: Approval, on: date) -> None:
    """Carry out what a second person agreed to."""
    asked = approval.payload
    kind = act_kind(asked["kind"])
    wish = Wish(
        loan_id=int(approval.object_id),
        kind=kind.code,
        values=decoded(kind.parameters, asked["parameters"]),
        effective_on=date.fromisoformat(asked["effective_on"]),
        recorded_on=on,
        reason=approval.reason[:200],
        idempotency_key=asked["idempotency_key"],
        by=approval.requested_by,
    )
    perform(wish, approved=True)


def _perform(wish: Wish, approved: bool) -> LoanAct:
    loan = Loan.objects.locked(wish.loan_id)
    known = LoanAct.objects.filter(idempotency_key=wish.idempotency_key).first()
    if known is not None:
        return _same_or_conflict(known, wish)
    kind = act_kind(wish.kind)
    lifecycle.require(loan, *kind.states)
    _require_possible_dates(loan, wish)
    position = positions.locked(loan.pk)
    if kind.prepare is not None:
        kind.prepare(loan, position, wish.effective_on, wish.recorded_on)
    before = positions.load(loan, position)
    asked = encoded(kind.parameters, wish.values)
    require_possible(kind.parameters, wish.values)
    change = kind.from_values(loan, wish.effective_on, wish.values)
    if kind.refuse is not None:
        kind.refuse(loan, before, change)
    after, effect = _applied(loan, before, change, wish.recorded_on)
    lines = kind.entry_lines(loan, effect)
    if kind.beyond_authority is not None and not approved and kind.beyond_authority(loan, before, effect, change.on):
        raise BeyondAuthority(act=kind.label)
    act = _create(loan, wish, asked, lines)
    conclude(loan, position, before, after, on=wish.recorded_on, settled_on=wish.effective_on)
    if kind.tells_borrower:
        notices.loan_changed(loan, act, wish.recorded_on)
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=wish.recorded_on)
    return act


def _same_or_conflict(known: LoanAct, wish: Wish) -> LoanAct:
    asked = encoded(act_kind(wish.kind).parameters, wish.values)
    if (known.loan_id, known.kind, known.parameters) != (wish.loan_id, wish.kind, asked):
        raise ActConflict(key=wish.idempotency_key)
    return known


def _require_possible_dates(loan: Loan, wish: Wish) -> None:
    if wish.effective_on > wish.recorded_on:
        raise CountsFromFuture(effective_on=wish.effective_on.isoformat(), recorded_on=wish.recorded_on.isoformat())
    if loan.disbursed_on is None or wish.effective_on < loan.disbursed_on:
        raise CountsFromBeforeDisbursement(disbursed_on=str(loan.disbursed_on or ""))


def _applied(loan: Loan, before: Account, change: Change, posted_on: date) -> tuple[Account, Effect]:
    """The account after the change and what it did; a back-dated one by replaying everything."""
    begins_day = in_order(change) < (change.on, True)
    if change.on > before.as_of or (change.on == before.as_of and not begins_day):
        after, outcome = apply(before, change)
    else:
        try:
            after, outcome_or_none = replay_all(
                loan, [*stored_events(loan), change], until=before.as_of, posted_on=posted_on
            )
        except DomainError:
            raise
        except ValueError as refusal:
            raise ActNotPossible(why=str(refusal)) from refusal
        assert outcome_or_none is not None
        outcome = outcome_or_none
    assert outcome.effect is not None
    return after, outcome.effect


def _create(loan: Loan, wish: Wish, asked: dict[str, Any], lines: list[Line]) -> LoanAct:
    act = LoanAct(
        loan=loan,
        kind=wish.kind,
        parameters=asked,
        effective_on=wish.effective_on,
        recorded_on=wish.recorded_on,
        reason=wish.reason,
        idempotency_key=wish.idempotency_key,
        recorded_by=wish.by,
    )
    if lines:
        act.entry = post(
            event=wish.kind,
            posted_on=wish.recorded_on,
            effective_on=wish.effective_on,
            lines=lines,
            description=act_kind(wish.kind).description(loan, asked),
        )
    act.save()
    return act


@transaction.atomic
def undo(*, act_id: int, reason: str, on: date, approved: bool = False) -> LoanAct:
    """Undo an act: its entry is reversed and everything after it is applied again without it.

    ``approved`` says that a second person agreed. An act already undone is returned as it is. Raises ActNotUndoable with
    the reason, BeyondAuthority where two people had agreed to the act.
    """
    loan = Loan.objects.locked(LoanAct.objects.values_list("loan_id", flat=True).get(pk=act_id))
    act = LoanAct.objects.select_related("entry").get(pk=act_id)
    act.loan = loan
    if act.status == ActStatus.UNDONE:
        return act
    kind = act_kind(act.kind)
    if not kind.can_be_undone:
        raise ActNotUndoable(act=kind.label, why=_("acts of this kind are final."))
    if loan.status == LoanStatus.WRITTEN_OFF:
        raise ActNotUndoable(act=kind.label, why=_("the loan was written off since; take the write-off back first."))
    if not approved and agreed_by_two(act):
        raise BeyondAuthority(act=_("Undo: %(act)s") % {"act": kind.label})
    position = positions.locked(loan.pk)
    with acting(reason=reason):
        _mark_undone(act, reason, on)
    try:
        replay_standing(loan, position, on=on)
    except ValueError as refusal:
        raise ActNotUndoable(act=kind.label, why=_("a later event rests on it.")) from refusal
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=on)
    return act


@transaction.atomic
def undo_or_ask(*, act_id: int, reason: str, on: date, by: Any) -> LoanAct | Approval:
    """Undo the act within one's own authority; beyond it ask for a second person. Raises what ``undo`` raises."""
    try:
        return undo(act_id=act_id, reason=reason, on=on)
    except BeyondAuthority:
        act = LoanAct.objects.select_related("loan").get(pk=act_id)
        kind = act_kind(act.kind)
        return approvals.request(
            kind=SECOND_PERSON_TO_UNDO,
            obj=act.loan,
            payload={"act_id": act.pk},
            before=in_words(kind.label, kind.parameters, act.parameters),
            reason=reason,
            requested_by=by,
        )


def agreed_by_two(act: LoanAct) -> bool:
    """Whether a second person had to agree to the act; nobody undoes alone what two people decided."""
    agreed = approvals.about(SECOND_PERSON, act.loan).filter(status=ApprovalStatus.APPROVED)
    return agreed.filter(payload__idempotency_key=act.idempotency_key).exists()


def second_person_agreed_to_undo(approval: Approval, on: date) -> None:
    """Undo what a second person agreed to undo."""
    undo(act_id=int(approval.payload["act_id"]), reason=approval.reason[:200], on=on, approved=True)


def _mark_undone(act: LoanAct, reason: str, on: date) -> None:
    if act.entry is not None:
        reverse(act.entry, posted_on=on, reason=reason)
    act.status = ActStatus.UNDONE
    act.undone_on = on
    act.undo_reason = reason
    act.save(update_fields=["status", "undone_on", "undo_reason"])
