"""Taking an act back: it leaves the events of the loan, and all that stands is applied again without it.

The row stays, with day and reason, and so does its entry in the journal, with its mirror image beside it. Reversals of money
received are in ``loans.servicing.repayments``.
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.context import acting, current
from core.errors import DomainError, Invalid
from ledger.posting import reverse
from loans.account.changes.base import EventImpossible
from loans.acts.authority import freed_by_undoing, is_own_mistake, undoing_needs_second_person
from loans.acts.performing import BeyondAuthority
from loans.acts.previewing import Preview, preview
from loans.bookkeeping import positions
from loans.bookkeeping.correcting import replay_standing
from loans.bookkeeping.signals import announce
from loans.events.act_kinds import ActKind, act_kind
from loans.models import ActStatus, Loan, LoanAct, LoanStatus
from loans.notices import notices
from loans.servicing.given_up import FREED_BY_UNDOING
from staff.models import User


class UndoReasonMissing(Invalid):
    code = "reversal_reason_missing"
    field = "reason"
    message = _("Say why: the reason is kept with what is undone.")


class ActNotUndoable(DomainError):
    """``why`` says what stands in the way and what to do."""

    code = "act_not_undoable"
    message = _("%(act)s cannot be undone: %(why)s")


class AlreadyUndone(DomainError):
    code = "already_reversed"
    message = _("This was already undone on %(on)s: %(reason)s")


@transaction.atomic
def undo(*, act_id: int, reason: str, on: date, by: User | None = None, approved: bool = False) -> LoanAct:
    """Undo an act: the loan is where it would be had the act never been.

    ``approved`` says that a second person agreed. The same reason again returns the act as it is. Raises
    UndoReasonMissing, AlreadyUndone, PeriodClosed, ActNotUndoable with the reason, BeyondAuthority where two people had
    agreed to the act or the borrower owes less without it by more than one person may waive, and what the kind refuses.
    """
    loan = Loan.objects.locked(LoanAct.objects.values_list("loan_id", flat=True).get(pk=act_id))
    act = LoanAct.objects.get(pk=act_id)
    act.loan = loan
    if not reason.strip():
        raise UndoReasonMissing()
    if act.status == ActStatus.UNDONE:
        return _same_or_refused(act, reason)
    kind = act_kind(act.kind)
    if act.proved_on is not None:
        raise ActNotUndoable(act=kind.label, why=_("the bank says that its money came."))
    _require_undoable(kind, loan)
    position = positions.locked(loan.pk)
    with acting(actor=by or current().actor, reason=reason):
        _mark_undone(act, reason, on)
        if kind.restates is not None:
            kind.restates(loan, kind.from_row(loan, act), False)
        try:
            replayed = replay_standing(loan, position, on=on)
        except EventImpossible as refusal:
            why = _("a later event rests on it. %(why)s") % {"why": refusal.context.get("why", refusal.detail)}
            raise ActNotUndoable(act=kind.label, why=why, cause=refusal.code) from refusal
        freed, is_own = freed_by_undoing(replayed.before, replayed.after), is_own_mistake(act, on, by)
        act.needs_second_person = undoing_needs_second_person(act, freed, on, by=by, is_own=is_own)
        if act.needs_second_person and not approved:
            raise BeyondAuthority(act=_("Undo: %(act)s") % {"act": kind.label})
        if freed and by is not None and not approved and not is_own:
            act.figures = {**act.figures, FREED_BY_UNDOING: str(freed)}
            act.save(update_fields=["figures"])
        if kind.undo_message is not None:
            kind.undo_message(loan, act, on)
        if replayed.remainder is not None:
            notices.remainder_closed(loan, replayed.remainder, on)
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=on)
    return act


def undo_previewed(act: LoanAct, on: date) -> Preview:
    """What undoing would leave behind, whoever may agree to it; nothing of it is kept. Raises what ``undo`` raises."""
    return preview(act.loan, lambda: undo(act_id=act.pk, reason="preview", on=on, approved=True))


def _require_undoable(kind: ActKind, loan: Loan) -> None:
    if not kind.can_be_undone:
        raise ActNotUndoable(act=kind.label, why=_("acts of this kind are final."))
    if kind.refuse_undo is not None:
        kind.refuse_undo(loan)
    if loan.status == LoanStatus.WRITTEN_OFF and loan.status not in kind.undone_in:
        raise ActNotUndoable(act=kind.label, why=_("the loan was written off since; take the write-off back first."))
    if loan.status not in kind.undone_in:
        why = _("the loan is %(status)s by now.") % {"status": loan.get_status_display()}
        raise ActNotUndoable(act=kind.label, why=why)


def _same_or_refused(act: LoanAct, reason: str) -> LoanAct:
    if act.undo_reason != reason:
        raise AlreadyUndone(on=str(act.undone_on), reason=act.undo_reason)
    return act


def _mark_undone(act: LoanAct, reason: str, on: date) -> None:
    if act.entry_id is not None:
        reverse(act.entry, posted_on=on, reason=reason)
    act.status, act.undone_on, act.undo_reason = ActStatus.UNDONE, on, reason
    act.save(update_fields=["status", "undone_on", "undo_reason"])
