"""One person decides alone in an emergency: with a reason, with an alarm, and open until another person has reviewed it."""

import logging
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals, deciding
from audit.approvals import OutcomeChanged, ReasonMissing
from audit.events import record
from audit.models import Approval, BrokenGlass
from core.context import acting_for
from core.errors import DomainError, NotAllowed
from staff.models import User
from staff.rights import rights_of

BREAK, REVIEW = "audit.break_glass", "audit.review_break_glass"
_log = logging.getLogger(__name__)


class GlassNotPermitted(NotAllowed):
    code = "break_glass_not_permitted"
    message = _("Deciding alone in an emergency needs the permission %(permission)s, held by a role.")


class GlassNotEnough(NotAllowed):
    """Who breaks the glass stands in for a permission that nobody there holds, never for the second person."""

    code = "break_glass_not_enough"
    message = _(
        "You, an account tied to yours or a key that you made asked for this: it takes a second person even in an "
        "emergency. Somebody else must decide."
    )


class ReviewNotPermitted(NotAllowed):
    code = "review_not_permitted"
    message = _("Somebody else must review this: neither who decided alone, nor who asked, nor an account of either.")


class AlreadyReviewed(DomainError):
    code = "already_reviewed"
    message = _("This was reviewed already.")


def decide_alone(*, approval_id: int, by: User, on: date, reason: str) -> BrokenGlass:
    """Approve a request of somebody else for which nobody with the permission is there, and carry it out as it was shown.

    Raises ReasonMissing, GlassNotPermitted, GlassNotEnough, what stops any approval (expired, decided, who asked is gone),
    OutcomeChanged and whatever the change itself refuses; then nothing is decided.
    """
    if not reason.strip():
        raise ReasonMissing()
    if BREAK not in rights_of([by.pk])[by.pk]:
        raise GlassNotPermitted(permission=BREAK)
    with transaction.atomic():
        approval = approvals.waiting_now(approval_id, on)
        refusal = why_not(approval, deciding.bench(by, [approval], on))
        if refusal is not None:
            raise refusal
        approval.broke_glass = True
        done = approvals.carry_out(approval, by, on, reason)
        if done:
            broken = BrokenGlass.objects.create(approval=approval, by=by, on=on, reason=reason)
            record("broke_glass", approval, reason=reason, actor=by)
    if not done:
        raise OutcomeChanged()
    _log.warning("glass_broken", extra={"approval": approval_id, "kind": approval.kind, "by": by.pk, "reason": reason})
    return broken


def why_not(approval: Approval, bench: deciding.Bench) -> DomainError | None:
    """Why the person of ``bench`` may not decide alone on ``approval``, which it was made for; None where they may."""
    if BREAK not in bench.rights:
        return GlassNotPermitted(permission=BREAK)
    return GlassNotEnough() if bench.is_one_hand(approval) else bench.gone(approval)


@transaction.atomic
def review(*, broken_id: int, by: User, on: date, objects: bool, note: str) -> BrokenGlass:
    """Say that it was right, or object to it. Accounts it made, gave roles or a password to, and money it said was received,
    count as one person's alone until it was right, and for good where the review objects; ``confirmed`` of its kind follows
    where it was right. Raises ReasonMissing, ReviewNotPermitted, AlreadyReviewed."""
    if not note.strip():
        raise ReasonMissing()
    broken = BrokenGlass.objects.select_for_update().get(pk=broken_id)
    if broken.objected is not None:
        raise AlreadyReviewed()
    if not may_review(broken, by, on):
        raise ReviewNotPermitted()
    broken.objected, broken.reviewed_by, broken.reviewed_on, broken.review_note = objects, by, on, note
    with acting_for(by, reason=note):
        broken.save()
        confirmed = approvals.kind_of(broken.approval).confirmed
        if confirmed is not None and not objects:
            confirmed(broken.approval, on)
    return broken


def may_review(broken: BrokenGlass, by: User, on: date) -> bool:
    """Whether ``by`` is another person than who decided alone and who asked, and holds the right by a role."""
    if REVIEW not in rights_of([by.pk])[by.pk]:
        return False
    return deciding.is_other_hand(by, {broken.by_id, broken.approval.requested_by_id}, on)


def open_count() -> int:
    """How many decisions of one person alone wait for their review."""
    return BrokenGlass.objects.filter(objected__isnull=True).count()
