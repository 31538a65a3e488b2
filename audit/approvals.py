"""Four eyes: one person asks, another decides, and only then the change happens, in the same transaction.

Upper apps register what an approval of a kind does; this app knows nothing of lending.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.events import label_of, record
from audit.models import Approval, ApprovalStatus
from core.aftermath import whole
from core.context import acting
from core.errors import DomainError, Invalid, NotAllowed
from core.rules import rule
from core.strict import require_plain
from staff.models import User

Handler = Callable[[Approval, date], None]
Threshold = Callable[[date], str | Decimal | None]
EXPIRY = "approval_expiry"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What approving would do: in words (label and value, in English), and its size as an amount where it has one."""

    words: dict[str, str]
    amount: Decimal | None = None


class Group(StrEnum):
    """What changes direction: money, or who may do what and by which rule."""

    MONEY = "money"
    POWER = "power"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What approving does (``handler``), who may (``permission``), and how it reads (``label``).

    ``asked_with`` are the rights with any of which one may ask: no role holds one of them together with ``permission``.
    ``threshold(on)`` says from which amount, in currency units, or from what in words, a second person is needed on a day;
    None, or no threshold, is always.

    ``outcome`` tries what the handler does and takes it back: where it is declared, a request is only carried out as it was
    shown. ``on_reject`` follows a refusal, and an expiry too: nobody agreed.
    """

    code: str
    handler: Handler
    permission: str
    label: Any
    group: Group = Group.MONEY
    asked_with: tuple[str, ...] = ()
    threshold: Threshold | None = None
    on_reject: Handler | None = None
    outcome: Callable[[Approval, date], Outcome] | None = None


_kinds: dict[str, Kind] = {}


class ApprovalAlreadyPending(DomainError):
    code = "approval_already_pending"
    message = _("%(label)s already waits for approval. Decide that request first.")


class ApprovalAlreadyDecided(DomainError):
    code = "approval_already_decided"
    message = _("This request was already %(status)s.")


class SecondPersonNeeded(NotAllowed):
    code = "second_person_needed"
    message = _("You made this request. Another person must decide on it.")


class ApprovalNotPermitted(NotAllowed):
    code = "approval_not_permitted"
    message = _("Deciding on this request needs the permission %(permission)s.")


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


def register(
    code: str,
    handler: Handler,
    *,
    permission: str,
    label: Any,
    on_reject: Handler | None = None,
    outcome: Callable[[Approval, date], Outcome] | None = None,
    group: Group = Group.MONEY,
    asked_with: str | tuple[str, ...] = (),
    threshold: Threshold | None = None,
) -> None:
    """Declare a kind of approval; called from AppConfig.ready of the app that owns the change."""
    _kinds[code] = Kind(
        code=code,
        handler=handler,
        permission=permission,
        label=label,
        on_reject=on_reject,
        outcome=outcome,
        group=group,
        asked_with=(asked_with,) if isinstance(asked_with, str) else asked_with,
        threshold=threshold,
    )


def kind_of(approval: Approval) -> Kind:
    """The declared kind of ``approval``."""
    return _kinds[approval.kind]


def kinds() -> list[Kind]:
    """All declared kinds."""
    return list(_kinds.values())


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
) -> Approval:
    """Ask for a second pair of eyes on the business date ``on``; the rule ``approval_expiry`` says until when it is good.

    Raises ApprovalAlreadyPending, ReasonMissing, TextNotPlain.
    """
    if not reason.strip():
        raise ReasonMissing()
    require_plain(reason, field="reason", lines=True)
    standing = pending(kind, obj)
    if standing is not None and standing.expires_on < on:
        _expire(standing, on)
    approval, created = Approval.objects.get_or_create(
        **_target(kind, obj),
        status=ApprovalStatus.PENDING,
        defaults={
            "object_label": label_of(obj),
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

    Raises SecondPersonNeeded, ApprovalNotPermitted, ApprovalAlreadyDecided, ApprovalExpired and whatever the change itself
    refuses; then nothing is decided. Raises OutcomeChanged when it would come out otherwise by now: then nothing is done
    either, and the request shows both for the next look.
    """
    with whole():
        approval = _decidable(approval_id, decided_by, on)
        changed = _outcome_changed(approval, on)
        if not changed:
            _decide(approval, decided_by, reason, ApprovalStatus.APPROVED)
            with acting(actor=decided_by, reason=reason or approval.reason):
                kind_of(approval).handler(approval, on)
    if changed:
        raise OutcomeChanged()
    return approval


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
    approval = _decidable(approval_id, decided_by, on)
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


def _target(kind: str, obj: models.Model) -> dict[str, str]:
    return {"kind": kind, "object_type": obj._meta.label_lower, "object_id": str(obj.pk)}


def _decidable(approval_id: int, decided_by: User, on: date) -> Approval:
    """The request, locked, if this person can decide on it now."""
    approval = Approval.objects.select_for_update().get(pk=approval_id)
    if approval.status != ApprovalStatus.PENDING:
        raise ApprovalAlreadyDecided(status=approval.get_status_display())
    if approval.expires_on < on:
        raise ApprovalExpired(expires_on=approval.expires_on.isoformat())
    if approval.requested_by_id == decided_by.pk:
        raise SecondPersonNeeded()
    permission = kind_of(approval).permission
    if not decided_by.has_perm(permission):
        raise ApprovalNotPermitted(permission=permission)
    return approval


def _decide(approval: Approval, decided_by: User, reason: str, status: ApprovalStatus) -> None:
    require_plain(reason, field="reason", lines=True)
    approval.status = status
    approval.decided_by = decided_by
    approval.decided_at = timezone.now()
    approval.decision_reason = reason
    approval.save(update_fields=["status", "decided_by", "decided_at", "decision_reason"])
    record(str(status), approval, reason=reason, before=approval.before, after=approval.after, actor=decided_by)
