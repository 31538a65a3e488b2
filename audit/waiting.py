"""What waits for a second person about an object: told on its pages, where the form to ask stood."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

from audit.kinds import kind_of
from audit.models import Approval, ApprovalStatus
from audit.queries import approvals_for
from staff.models import User


def waits(about: Model, *kinds: str, instead: bool = True) -> dict[str, object]:
    """What a page tells its template (``audit/_waits.html``) so that requests of ``kinds`` about an object are shown:
    ``instead`` of the form, or where one person may do some of it alone, above it."""
    return {"waits_about": about, "waits_kinds": kinds, "waits_instead": instead}


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request that waits, and whether the reader finds it under Approvals."""

    approval: Approval
    label: Any
    is_listed: bool


def requests_about(objects: Iterable[Model], on: date, kinds: Collection[str] = ()) -> QuerySet[Approval]:
    """What waits on the business date ``on`` about ``objects`` of one model, oldest first; of ``kinds``, where named."""
    wanted = list(objects)
    if not wanted:
        return Approval.objects.none()
    found = Approval.objects.filter(
        object_type=wanted[0]._meta.label_lower,
        object_id__in=[str(one.pk) for one in wanted],
        status=ApprovalStatus.PENDING,
        expires_on__gte=on,
    )
    return (found.filter(kind__in=kinds) if kinds else found).select_related("requested_by").order_by("pk")


def as_seen_by(found: Iterable[Approval], user: User, on: date) -> list[WaitingRequest]:
    """The same for ``user``: their own requests and what they may decide are listed under Approvals."""
    requests = list(found)
    if not requests:
        return []
    mine = approvals_for(user, pending=True, on=on).filter(pk__in=[one.pk for one in requests])
    listed = set(mine.order_by().values_list("pk", flat=True))
    return [WaitingRequest(one, kind_of(one).label, one.pk in listed) for one in requests]
