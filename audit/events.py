"""Writes audit events for acts that leave no history row: reveals, exports, sign-ins, decisions."""

from collections.abc import Mapping

from django.db.models import Model
from django.utils import timezone

from audit.models import AuditEvent
from core import partitions
from core.context import current
from staff.models import User


def record(
    action: str,
    obj: Model,
    *,
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    actor: User | None = None,
) -> AuditEvent:
    """Append one event about ``obj``; who, channel and request come from the running context."""
    context, at = current(), timezone.now()
    partitions.require_month(at)
    return AuditEvent.objects.create(
        at=at,
        actor_id=context.actor_id if actor is None else actor.pk,
        channel=context.channel,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_label=label_of(obj),
        reason=(reason or context.reason)[:200],
        request_id=context.request_id,
        before=before or {},
        after=after or {},
    )


def label_of(obj: Model) -> str:
    """The number people know the object by, where it has one."""
    return str(
        getattr(obj, "number", None) or getattr(obj, "public_id", None) or getattr(obj, "username", None) or obj.pk
    )[:120]
