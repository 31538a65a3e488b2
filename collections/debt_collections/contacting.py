"""Contacts with the debtor: may we call now, the number for the call, what came of it.

The guard is asked twice: when the number is wanted and when the outcome is stored, so that a page left open over lunch
cannot carry somebody past the fourth call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Required, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.reveals import Why
from borrowers import contacts as contact_points
from borrowers import privacy
from borrowers.models import ContactKind, ContactPoint, ContactState
from core.context import acting
from core.errors import Invalid, NotAllowed, NotFound
from core.rules import rule
from debt_collections import guarding, promises, workload
from debt_collections.lifecycle import in_hand
from debt_collections.models import Case, Channel, ContactAttempt, Outcome, PaymentMethod
from staff.models import User

OVERRIDE = "collections.override_contact_guard"
# Where a channel reaches people; a visit goes to no contact point, so any may be named with it.
KINDS_BY_CHANNEL: dict[str, frozenset[str]] = {
    Channel.CALL: frozenset({ContactKind.MOBILE}),
    Channel.SMS: frozenset({ContactKind.MOBILE}),
    Channel.WECHAT: frozenset({ContactKind.WECHAT, ContactKind.MOBILE}),
    Channel.EMAIL: frozenset({ContactKind.EMAIL}),
}


class ContactPointOfOther(NotFound):
    code = "contact_point_of_other"
    message = _("This contact point does not belong to the borrower of the case.")


class ContactPointNeeded(Invalid):
    code = "contact_point_needed"
    field = "contact_point"
    message = _("Say which number was tried.")


class ContactPointOfOtherKind(Invalid):
    code = "contact_point_of_other_kind"
    field = "contact_point"
    message = _("%(channel)s cannot be sent to this kind of contact. Choose another one.")


class PromiseTermsMissing(Invalid):
    code = "promise_terms_missing"
    field = "promise_amount"
    message = _("Write down how much was promised and by which day.")


class OverrideNotAllowed(NotAllowed):
    code = "contact_override_not_allowed"
    message = _("Going against the contact guard needs the permission %(permission)s.")


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """What was promised in the call."""

    amount: Decimal
    due_on: date
    loan_id: int | None = None
    method: str = PaymentMethod.ONLINE


@transaction.atomic
def dial(*, case_id: int, contact_point_id: int, now: datetime, on: date, by: User) -> str:
    """The number to call, unmasked, if calling is allowed at this moment; the reveal is on record."""
    case = in_hand(case_id, by)
    workload.refuse_if_taken(case, by, now)
    point = _point_of(case, contact_point_id)
    guarding.check(case.borrower, point, channel=Channel.CALL, now=now, on=on)
    return privacy.reveal(
        borrower_id=case.borrower_id,
        field=privacy.Revealable.CONTACT_POINT,
        item_id=point.pk,
        why=Why.CALL,
        note=f"case {case.public_id}",
        revealed_by=by,
    )


@transaction.atomic
def log_contact(
    *,
    case_id: int,
    outcome: str,
    on: date,
    now: datetime,
    by: User,
    channel: str = Channel.CALL,
    contact_point_id: int | None = None,
    note: str = "",
    promise: PromiseTerms | None = None,
    override_reason: str = "",
    form_key: UUID | None = None,
) -> ContactAttempt:
    """Store an attempt with its outcome. The same ``form_key`` again returns what was stored.

    Refuses what the contact guard refuses, unless ``by`` may override it and gives a reason, and a contact point that
    ``channel`` does not reach (ContactPointOfOtherKind).
    """
    case = in_hand(case_id, by)
    known = ContactAttempt.objects.filter(form_key=form_key).first() if form_key else None
    if known is not None:
        return known
    workload.refuse_if_taken(case, by, now)
    point = _point_of(case, contact_point_id) if contact_point_id is not None else None
    _require_kind(channel, point)
    _check_guard(case, point, channel=channel, outcome=outcome, now=now, on=on, by=by, override_reason=override_reason)
    if outcome == Outcome.PROMISE and promise is None:
        raise PromiseTermsMissing()
    attempt = ContactAttempt(
        case=case,
        borrower_id=case.borrower_id,
        contact_point=point,
        channel=channel,
        outcome=outcome,
        note=note,
        at=now,
        on=on,
        by=by,
        override_reason=override_reason,
        form_key=form_key,
    )
    with acting(actor=by):
        attempt.save()
        _follow_up(case, attempt, promise)
    return attempt


class Contact(TypedDict, total=False):
    """What ``log_contact`` is told of an attempt."""

    case_id: Required[int]
    outcome: Required[str]
    channel: str
    contact_point_id: int | None
    note: str
    promise: PromiseTerms | None
    override_reason: str
    form_key: UUID | None


def log_and_take_next(
    *, collector: User, now: datetime, on: date, stage: str = "", **contact: Unpack[Contact]
) -> tuple[ContactAttempt, Case | None]:
    """Save and next: the contact is stored first, for good; then the next best case is handed out."""
    attempt = log_contact(by=collector, now=now, on=on, **contact)
    return attempt, workload.claim_next(collector=collector, now=now, on=on, stage=stage, leaving=attempt.case_id)


def _point_of(case: Case, contact_point_id: int) -> ContactPoint:
    point = ContactPoint.objects.filter(pk=contact_point_id, borrower_id=case.borrower_id).first()
    if point is None:
        raise ContactPointOfOther()
    return point


def _require_kind(channel: str, point: ContactPoint | None) -> None:
    """A call counts against the number that was dialled; logged beside an e-mail address it would count nowhere."""
    kinds = KINDS_BY_CHANNEL.get(channel)
    if point is not None and kinds is not None and point.kind not in kinds:
        raise ContactPointOfOtherKind(channel=Channel(channel).label)


def _check_guard(
    case: Case,
    point: ContactPoint | None,
    *,
    channel: str,
    outcome: str,
    now: datetime,
    on: date,
    by: User,
    override_reason: str,
) -> None:
    if point is None and (channel == Channel.CALL or outcome == Outcome.WRONG_NUMBER):
        raise ContactPointNeeded()
    if override_reason.strip():
        if not by.has_perm(OVERRIDE):
            raise OverrideNotAllowed(permission=OVERRIDE)
        return
    guarding.check(case.borrower, point, channel=channel, now=now, on=on)


def _follow_up(case: Case, attempt: ContactAttempt, promise: PromiseTerms | None) -> None:
    """What an outcome does by itself: a promise is taken, a wrong number retired from use, the case rests a while."""
    if attempt.outcome == Outcome.PROMISE and promise is not None:
        promises.take(
            case_id=case.pk,
            amount=promise.amount,
            due_on=promise.due_on,
            loan_id=promise.loan_id,
            method=promise.method,
            on=attempt.on,
            by=attempt.by,
        )
        return
    if attempt.outcome == Outcome.WRONG_NUMBER and attempt.contact_point is not None:
        _mark_wrong(attempt)
    hours = rule("collections_work", attempt.on)["rest_hours_by_outcome"].get(attempt.outcome)
    if hours:
        Case.objects.filter(pk=case.pk).update(next_action_at=attempt.at + timedelta(hours=hours))


def _mark_wrong(attempt: ContactAttempt) -> None:
    """The person who answered is a stranger: nobody may be called there about this debt again."""
    point = attempt.contact_point
    if point is None or not contact_points.CONTACT_POINTS.leads(point, ContactState.WRONG_PERSON):
        return
    contact_points.change_state(
        contact_point_id=point.pk,
        to=ContactState.WRONG_PERSON,
        at=attempt.at,
        reason=attempt.note or "answered by a stranger",
        changed_by=attempt.by,
    )
