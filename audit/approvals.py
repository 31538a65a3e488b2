"""Four eyes: one person asks, another decides, and only then the change happens, in the same transaction.

Upper apps register what an approval of a kind does; this app knows nothing of lending.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.events import label_of, record
from audit.models import Approval, ApprovalStatus
from core.context import acting
from core.errors import DomainError, Invalid, NotAllowed

Handler = Callable[[Approval, date], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What approving does (``handler``), who may (``permission``), and how it reads (``label``)."""

    code: str
    handler: Handler
    permission: str
    label: Any
    on_reject: Handler | None = None


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


def register(code: str, handler: Handler, *, permission: str, label: Any, on_reject: Handler | None = None) -> None:
    """Declare a kind of approval; called from AppConfig.ready of the app that owns the change."""
    _kinds[code] = Kind(code, handler, permission, label, on_reject)


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
    requested_by: Any,
    payload: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    amount: Decimal | None = None,
) -> Approval:
    """Ask for a second pair of eyes. Raises ApprovalAlreadyPending, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing()
    approval, created = Approval.objects.get_or_create(
        **_target(kind, obj),
        status=ApprovalStatus.PENDING,
        defaults={
            "object_label": label_of(obj),
            "payload": payload or {},
            "before": before or {},
            "after": after or {},
            "amount": amount,
            "reason": reason,
            "requested_by": requested_by,
        },
    )
    if not created:
        raise ApprovalAlreadyPending(label=approval.object_label)
    record("requested", approval, reason=reason, before=approval.before, after=approval.after, actor=requested_by)
    return approval


def about(kind: str, obj: models.Model) -> models.QuerySet[Approval]:
    """Every request of this kind about ``obj``, however it was decided."""
    return Approval.objects.filter(**_target(kind, obj))


def pending(kind: str, obj: models.Model) -> Approval | None:
    """The request of this kind about ``obj`` that nobody decided yet."""
    return about(kind, obj).filter(status=ApprovalStatus.PENDING).first()


@transaction.atomic
def approve(*, approval_id: int, decided_by: Any, on: date, reason: str = "") -> Approval:
    """Approve and carry out. Raises SecondPersonNeeded, ApprovalNotPermitted, ApprovalAlreadyDecided and whatever the
    change itself refuses; then nothing is decided."""
    approval = _decide(approval_id, decided_by, reason, ApprovalStatus.APPROVED)
    with acting(actor=decided_by, reason=reason or approval.reason):
        kind_of(approval).handler(approval, on)
    return approval


@transaction.atomic
def reject(*, approval_id: int, decided_by: Any, reason: str, on: date) -> Approval:
    """Refuse the request; a reason is compulsory."""
    if not reason.strip():
        raise ReasonMissing()
    approval = _decide(approval_id, decided_by, reason, ApprovalStatus.REJECTED)
    on_reject = kind_of(approval).on_reject
    if on_reject is not None:
        with acting(actor=decided_by, reason=reason):
            on_reject(approval, on)
    return approval


def _target(kind: str, obj: models.Model) -> dict[str, str]:
    return {"kind": kind, "object_type": obj._meta.label_lower, "object_id": str(obj.pk)}


def _decide(approval_id: int, decided_by: Any, reason: str, status: ApprovalStatus) -> Approval:
    approval = Approval.objects.select_for_update().get(pk=approval_id)
    if approval.status != ApprovalStatus.PENDING:
        raise ApprovalAlreadyDecided(status=approval.get_status_display())
    if approval.requested_by_id == decided_by.pk:
        raise SecondPersonNeeded()
    permission = kind_of(approval).permission
    if not decided_by.has_perm(permission):
        raise ApprovalNotPermitted(permission=permission)
    approval.status = status
    approval.decided_by = decided_by
    approval.decided_at = timezone.now()
    approval.decision_reason = reason
    approval.save(update_fields=["status", "decided_by", "decided_at", "decision_reason"])
    record(str(status), approval, reason=reason, before=approval.before, after=approval.after, actor=decided_by)
    return approval
