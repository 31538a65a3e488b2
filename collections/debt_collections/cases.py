"""What people and the night do to a case as a whole. Each verb is one function that every door calls."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from core.context import acting
from core.errors import DomainError, Invalid
from core.rules import rule
from debt_collections import promises, reviewing
from debt_collections.contacting import dial, log_and_take_next, log_contact
from debt_collections.lifecycle import CaseClosed, CaseNotFound, StepNotAllowed, advance, in_hand, tell
from debt_collections.models import Case, EventKind, HoldReason, Reason, Status
from debt_collections.workload import assign, claim_next, give_back, snooze
from staff.models import User

__all__ = [
    "CaseClosed",
    "CaseNotFound",
    "StepNotAllowed",
    "assign",
    "claim_next",
    "classify",
    "dial",
    "escalate",
    "give_back",
    "hold",
    "id_range",
    "log_and_take_next",
    "log_contact",
    "release",
    "review_borrower",
    "review_borrowers",
    "snooze",
]


class HoldTooLong(Invalid):
    code = "hold_too_long"
    field = "until"
    message = _("A case may be paused until %(latest)s at most; it can be paused again then.")


class NoteMissing(Invalid):
    code = "note_missing"
    field = "note"
    message = _("Say why in a few words.")


class AlreadyEscalated(DomainError):
    code = "case_already_escalated"
    message = _("This case is escalated already.")


# --- the night ------------------------------------------------------------------------------------------------------
def id_range() -> tuple[int, int] | None:
    """The borrower ids a full review walks: the lowest, and one past the highest."""
    ends = Borrower.objects.aggregate(lo=Min("pk"), hi=Max("pk"))
    return None if ends["lo"] is None else (ends["lo"], ends["hi"] + 1)


def review_borrowers(lo: int, hi: int, on: date) -> dict[str, int]:
    """Open, move and close the cases of borrowers ``lo`` ≤ id < ``hi``. Repeating it for a day changes nothing."""
    return reviewing.review(lo, hi, on)


@transaction.atomic
def review_borrower(*, borrower_id: int, on: date) -> dict[str, int]:
    """The nightly judgement and review for one borrower, at once after a payment."""
    judged = promises.judge_borrower(borrower_id=borrower_id, on=on)
    return judged | reviewing.review(borrower_id, borrower_id + 1, on)


# --- people ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def hold(*, case_id: int, reason: str, until: date, on: date, by: User, note: str = "") -> Case:
    """Let collection rest until the end of ``until`` for a circumstance; a pending promise is released."""
    case = in_hand(case_id, by)
    latest = on + timedelta(days=rule("collections_work", on)["hold_days_most"])
    if not on <= until <= latest:
        raise HoldTooLong(latest=latest.isoformat())
    if HoldReason(reason) == HoldReason.OTHER and not note.strip():
        raise NoteMissing()
    with acting(actor=by, reason=note):
        promises.drop_pending(case, reason=str(HoldReason(reason).label), on=on)
        advance(case, Status.HOLD, on=on, by=by, note=note, hold_reason=reason, hold_until=until, next_action_at=None)
    return case


@transaction.atomic
def release(*, case_id: int, on: date, by: User, note: str = "") -> Case:
    """End a rest before its day."""
    case = in_hand(case_id, by)
    with acting(actor=by, reason=note):
        advance(case, Status.OPEN, on=on, by=by, note=note)
    return case


@transaction.atomic
def escalate(*, case_id: int, note: str, on: date, by: User) -> Case:
    """Hand a case up to the team lead with a reason. Raises NoteMissing, AlreadyEscalated."""
    case = in_hand(case_id, by)
    if not note.strip():
        raise NoteMissing()
    if case.escalated_at is not None:
        raise AlreadyEscalated()
    with acting(actor=by, reason=note):
        case.escalated_at = timezone.now()
        case.save(update_fields=["escalated_at"])
    tell(case, EventKind.ESCALATED, on=on, by=by, note=note)
    return case


@transaction.atomic
def classify(*, case_id: int, reason: str, on: date, by: User, note: str = "") -> Case:
    """Write down why the borrower is late. `unwilling` is a grave word: it needs the evidence in the note."""
    case = in_hand(case_id, by)
    if Reason(reason) == Reason.UNWILLING and not note.strip():
        raise NoteMissing()
    before = case.reason
    with acting(actor=by, reason=note):
        case.reason = reason
        case.save(update_fields=["reason"])
    tell(case, EventKind.CLASSIFIED, on=on, by=by, before=before, after=reason, note=note)
    return case
