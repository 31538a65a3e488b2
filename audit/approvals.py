"""Four eyes: one person asks, another decides, and only then the change happens, in the same transaction.

Upper apps register what an approval of a kind does (``audit.kinds``); who may decide is asked in ``audit.deciding``. This
app knows nothing of lending.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import deciding
from audit import kinds as declared
from audit.deciding import ApprovalNotPermitted as ApprovalNotPermitted
from audit.deciding import SecondPersonNeeded as SecondPersonNeeded
from audit.events import label_of, record
from audit.kinds import Group as Group
from audit.kinds import Kind as Kind
from audit.kinds import Outcome as Outcome
from audit.kinds import _kinds as _kinds
from audit.kinds import kind_of as kind_of
from audit.kinds import kinds as kinds
from audit.kinds import needs_two as needs_two
from audit.kinds import register as register
from audit.models import Approval, ApprovalStatus
from core.aftermath import whole
from core.context import acting
from core.errors import DomainError, Invalid
from core.rules import rule
from core.strict import require_plain
from staff.models import User
from staff.ties import agreed

EXPIRY = "approval_expiry"


class ApprovalAlreadyPending(DomainError):
    code = "approval_already_pending"
    message = _("%(label)s already waits for approval. Decide that request first.")


class ApprovalAlreadyDecided(DomainError):
    code = "approval_already_decided"
    message = _("This request was already %(status)s.")


class ReasonMissing(Invalid):
    code = "reason_missing"
    field = "reason"
    message = _("Give a reason.")


class ApprovalExpired(DomainError):
    code = "approval_expired"
    message = _("This request was good until %(expires_on)s. Ask again, so that it shows what it would do today.")


class OutcomeChanged(DomainError):
    """Nothing was done. The request now shows both, and can be approved as it would come out today."""

    code = "approval_outcome_changed"
    message = _(
        "Since this was asked for, what it would do has changed. Compare both below; approving again does what is shown now."
    )


@transaction.atomic
def request(
    *,
    kind: str,
    obj: models.Model,
    reason: str,
    requested_by: User | None,
    on: date,
    payload: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    outcome: dict[str, str] | None = None,
    amount: Decimal | None = None,
    idempotency_key: str | None = None,
    key: str = "",
) -> Approval:
    """Ask for a second pair of eyes on the business date ``on``; the rule ``approval_expiry`` says until when it is good.

    ``key`` stands for an object that is not there yet. Raises ApprovalAlreadyPending, ReasonMissing, TextNotPlain.
    """
    if not reason.strip():
        raise ReasonMissing()
    require_plain(reason, field="reason", lines=True)
    target = _target(kind, obj, key)
    standing = Approval.objects.filter(**target, status=ApprovalStatus.PENDING).first()
    if standing is not None and standing.expires_on < on:
        _expire(standing, on)
    approval, created = Approval.objects.get_or_create(
        **target,
        status=ApprovalStatus.PENDING,
        defaults={
            "object_label": str(obj)[:120] if key else label_of(obj),
            "asked_with": deciding.asked_with(declared.rights_to_ask(kind), requested_by),
            "payload": payload or {},
            "before": before or {},
            "after": after or {},
            "outcome": _rows(outcome or {}),
            "outcome_on": on if outcome else None,
            "amount": amount,
            "idempotency_key": idempotency_key,
            "reason": reason,
            "requested_by": requested_by,
            "requested_on": on,
            "expires_on": expires_on(kind, on),
        },
    )
    if not created:
        raise ApprovalAlreadyPending(label=approval.object_label)
    shown = {**approval.after, **(outcome or {})}
    record("requested", approval, reason=reason, before=approval.before, after=shown, actor=requested_by)
    return approval


def _rows(words: dict[str, str]) -> list[list[str]]:
    return [[label, value] for label, value in words.items()]


def expires_on(kind: str, on: date) -> date:
    """The last business date on which a request of ``kind`` made on ``on`` can be approved."""
    wanted = rule(EXPIRY, on)
    return on + timedelta(days=int(wanted.get("by_kind", {}).get(kind, wanted["days"])))


def about(kind: str, obj: models.Model) -> models.QuerySet[Approval]:
    """Every request of this kind about ``obj``, however it was decided."""
    return Approval.objects.filter(**_target(kind, obj))


def pending(kind: str, obj: models.Model) -> Approval | None:
    """The request of this kind about ``obj`` that nobody decided yet."""
    return about(kind, obj).filter(status=ApprovalStatus.PENDING).first()


def waiting(kind: str, obj: models.Model, *, reason: str, requested_by: User | None, on: date) -> Approval | None:
    """The request of this kind about ``obj`` that the same person made for the same reason, while it is good and waits."""
    same = about(kind, obj).filter(status=ApprovalStatus.PENDING, reason=reason, requested_by=requested_by)
    return same.filter(expires_on__gte=on).first()


def approve(*, approval_id: int, decided_by: User, on: date, reason: str = "") -> Approval:
    """Approve and carry out, exactly as the request shows it.

    Raises what ``audit.deciding`` refuses, ApprovalAlreadyDecided, ApprovalExpired and whatever the change itself refuses;
    then nothing is decided. Raises OutcomeChanged when it would come out otherwise by now: then nothing is done
    either, and the request shows both for the next look.
    """
    with whole():
        approval = _decidable(approval_id, decided_by, on, approving=True)
        changed = not carry_out(approval, decided_by, on, reason)
    if changed:
        raise OutcomeChanged()
    return approval


def carry_out(approval: Approval, decided_by: User, on: date, reason: str) -> bool:
    """Decide and do it; not, where it would come to something else than the request shows."""
    if _outcome_changed(approval, on):
        return False
    _decide(approval, decided_by, reason, ApprovalStatus.APPROVED)
    alone = approval.pk if approval.broke_glass else None
    with acting(actor=decided_by, reason=reason or approval.reason), agreed(decided_by, emergency=alone):
        kind_of(approval).handler(approval, on)
    return True


def _outcome_changed(approval: Approval, on: date) -> bool:
    """Whether what approving would do is another thing than the request shows; then it is noted with the request."""
    find = kind_of(approval).outcome
    if find is None:
        return False
    now = find(approval, on)
    if now.words == dict(approval.outcome):
        return False
    approval.outcome_before, approval.outcome, approval.outcome_on = approval.outcome, _rows(now.words), on
    approval.amount = now.amount
    approval.save(update_fields=["outcome_before", "outcome", "outcome_on", "amount"])
    record("outcome_changed", approval, before=dict(approval.outcome_before), after=now.words)
    return True


@transaction.atomic
def reject(*, approval_id: int, decided_by: User, reason: str, on: date) -> Approval:
    """Refuse the request; a reason is compulsory."""
    if not reason.strip():
        raise ReasonMissing()
    approval = _decidable(approval_id, decided_by, on, approving=False)
    _decide(approval, decided_by, reason, ApprovalStatus.REJECTED)
    _follow_refusal(approval, on, actor=decided_by, reason=reason)
    return approval


@transaction.atomic
def expire_old(on: date) -> int:
    """End every request that was good until a day before ``on``; returns how many. The night calls it."""
    old = Approval.objects.select_for_update().filter(status=ApprovalStatus.PENDING, expires_on__lt=on)
    found = list(old.order_by("id"))
    for approval in found:
        _expire(approval, on)
    return len(found)


def _expire(approval: Approval, on: date) -> None:
    approval.status, approval.decided_at = ApprovalStatus.EXPIRED, timezone.now()
    approval.save(update_fields=["status", "decided_at"])
    record("expired", approval, before=approval.before, after=approval.after)
    _follow_refusal(approval, on, actor=None, reason="")


def _follow_refusal(approval: Approval, on: date, *, actor: User | None, reason: str) -> None:
    on_reject = kind_of(approval).on_reject
    if on_reject is not None:
        with acting(actor=actor, reason=reason):
            on_reject(approval, on)


def _target(kind: str, obj: models.Model, key: str = "") -> dict[str, str]:
    return {"kind": kind, "object_type": obj._meta.label_lower, "object_id": key or str(obj.pk)}


def _decidable(approval_id: int, decided_by: User, on: date, *, approving: bool) -> Approval:
    """The request, locked, if this person can decide on it now."""
    approval = waiting_now(approval_id, on)
    bench = deciding.bench(decided_by, [approval], on)
    refusal = bench.refusal(approval, kind_of(approval).permission)
    if refusal is None and approving:
        refusal = bench.gone(approval)
    if refusal is not None:
        raise refusal
    return approval


def waiting_now(approval_id: int, on: date) -> Approval:
    """The request, locked, if it still waits and is good on ``on``."""
    approval = Approval.objects.select_for_update(of=("self",)).select_related("requested_by").get(pk=approval_id)
    if approval.status != ApprovalStatus.PENDING:
        raise ApprovalAlreadyDecided(status=approval.get_status_display())
    if approval.expires_on < on:
        raise ApprovalExpired(expires_on=approval.expires_on.isoformat())
    return approval


def _decide(approval: Approval, decided_by: User, reason: str, status: ApprovalStatus) -> None:
    require_plain(reason, field="reason", lines=True)
    approval.status = status
    approval.decided_by = decided_by
    approval.decided_at = timezone.now()
    approval.decision_reason = reason
    approval.save(update_fields=["status", "decided_by", "decided_at", "decision_reason", "broke_glass"])
    record(str(status), approval, reason=reason, before=approval.before, after=approval.after, actor=decided_by)
