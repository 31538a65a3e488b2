"""Reads of the record: filtered events, the neighbours of one, what one request did, and what waits for approval."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from django.apps import apps
from django.db.models import Case, CharField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from audit import changes_by_two
from audit.approvals import kinds
from audit.changes import model_of
from audit.models import Approval, ApprovalStatus, AuditEvent, Delegation
from core.identifiers import number_given
from staff.models import User

_CONFIGURED = (
    "loans.product",
    "loans.productversion",
    "partners.apiclient",
    "partners.apikey",
)
NEWEST_FIRST = ("-at", "-id")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What the page asks for; empty means any."""

    actor_id: int | None = None
    object_type: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None
    request_id: str = ""
    text: str = ""


def power_types() -> list[str]:
    """What people configure: who sees these events sees no borrower and no amount."""
    declared = {row.model._meta.label_lower for row in changes_by_two.declared()}
    return sorted({*declared, *_CONFIGURED, "audit.delegation", "staff.user"})


def events(wanted: EventFilter, *, types: Collection[str] | None = None) -> QuerySet[AuditEvent]:
    """The events asked for; of ``types`` only, where they are named."""
    found = AuditEvent.objects.select_related("actor")
    if types is not None:
        found = found.filter(object_type__in=types)
    exact = {
        "actor_id": wanted.actor_id,
        "object_type": wanted.object_type,
        "action": wanted.action,
        "request_id": wanted.request_id,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if wanted.first:
        found = found.filter(at__gte=_midnight(wanted.first))
    if wanted.last:
        found = found.filter(at__lt=_midnight(wanted.last + timedelta(days=1)))
    if wanted.text:
        found = found.filter(_named(wanted.text.strip()))
    return found


def _named(text: str) -> Q:
    """The number of an object in any shape or the beginning of one, its id, or words of a reason: each has an index."""
    about = Q(object_label__startswith=text)
    if number := number_given(text):
        about |= Q(object_label=number)
    if text.isdecimal():
        about |= Q(object_type__in=object_types(), object_id=text)
    return about | (Q(reason__icontains=text) & ~Q(reason=""))


def _midnight(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time.min))


def object_types() -> list[str]:
    """Everything that can leave an event: what has a history, and what is approved. Known without asking the log."""
    tracked = [
        model.instance_type._meta.label_lower
        for model in apps.get_models()
        if hasattr(model, "history_type") and hasattr(model, "instance_type")
    ]
    return sorted({*tracked, Approval._meta.label_lower})


def neighbours(event: AuditEvent) -> tuple[AuditEvent | None, AuditEvent | None]:
    """The change of the same object before this one, and the one after it."""
    same = AuditEvent.objects.filter(object_type=event.object_type, object_id=event.object_id)
    earlier = same.filter(pk__lt=event.pk).order_by("-pk").first()
    later = same.filter(pk__gt=event.pk).order_by("pk").first()
    return earlier, later


def same_request(event: AuditEvent, *, at_most: int = 20) -> list[AuditEvent]:
    """What else the same request changed."""
    if not event.request_id:
        return []
    others = AuditEvent.objects.filter(request_id=event.request_id).exclude(pk=event.pk)
    return list(others.select_related("actor").order_by("pk")[:at_most])


class AboutObject(Protocol):
    """A record about an object that it names by type and key."""

    object_type: str
    object_id: str


def addresses_of(records: Iterable[AboutObject]) -> dict[tuple[str, str], str]:
    """The pages of the objects, where their models have one: one query a type, whatever the number of records."""
    wanted: dict[str, set[str]] = {}
    for record in records:
        wanted.setdefault(record.object_type, set()).add(record.object_id)
    found: dict[tuple[str, str], str] = {}
    for object_type, keys in wanted.items():
        model = model_of(object_type)
        if model is not None and hasattr(model, "get_absolute_url"):
            beside = getattr(model, "addressed_with", ())  # what the address is made from, read in the same query
            for item in model._default_manager.select_related(*beside).filter(pk__in=keys):
                found[object_type, str(item.pk)] = item.get_absolute_url()
    return found


def approvals_for(user: User, *, pending: bool, on: date, every: bool = False) -> QuerySet[Approval]:
    """Requests the person may decide on, by a right of their own or one lent to them on the business date ``on``, and their
    own; or ``every`` one."""
    found = Approval.objects.filter(kind__in=[kind.code for kind in kinds()])
    if not every:
        may_decide = [kind.code for kind in kinds() if user.has_perm(kind.permission)]
        found = found.filter(Q(kind__in=may_decide) | Q(requested_by=user) | _lent_to(user, on))
    by_state = found.filter(status=ApprovalStatus.PENDING) if pending else found.exclude(status=ApprovalStatus.PENDING)
    return by_state.select_related("requested_by", "decided_by")


def _lent_to(user: User, on: date) -> Exists:
    """Whether the right that a request needs is lent to the person: part of the same statement."""
    kinds_of: dict[str, list[str]] = {}
    for kind in kinds():
        kinds_of.setdefault(kind.permission, []).append(kind.code)
    asked = ExpressionWrapper(OuterRef("kind"), output_field=CharField())
    needed = Case(*(When(asked__in=codes, then=Value(right)) for right, codes in kinds_of.items()), default=Value(""))
    lent = Delegation.objects.standing(on).filter(given_to=user.pk)
    return Exists(lent.annotate(asked=asked).filter(permission=needed))
