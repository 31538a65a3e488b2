"""The story of a case: what people did and what happened by itself, newest first, machine lines folded together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from core.together import Reading
from core.writing import money
from debt_collections.models import (
    Case,
    CaseEvent,
    ContactAttempt,
    EventKind,
    HoldReason,
    Promise,
    PromiseStatus,
    Reason,
    Status,
)
from loans.models import Repayment, RepaymentStatus
from loans.pages.loan_page import message_event, money_split
from loans.pages.story import Event, newest_first
from messaging.models import Message

READ_AT_MOST = 40
FOLD_FROM = 3
_BY_ITSELF = {"status", "message"}


@dataclass(frozen=True)
class Line:
    """One line of the story, or several machine lines behind one."""

    event: Event | None = None
    folded: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Happened:
    """What happened to a case beside contacts and promises: its events, the borrower's money and messages."""

    events: list[CaseEvent]
    repayments: list[Repayment]
    messages: list[Message]


def happened(case: Case) -> Reading[Happened]:
    """The newest of each since the case was opened."""
    received = Repayment.objects.filter(loan__borrower_id=case.borrower_id, received_on__gte=case.opened_on)
    messages = Message.objects.filter(borrower_id=case.borrower_id, created_on__gte=case.opened_on)
    return Reading(
        (
            case.events.select_related("by").order_by("-at", "-id")[:READ_AT_MOST],
            received.select_related("loan", "recorded_by").order_by("-received_on", "-id")[:READ_AT_MOST],
            messages.order_by("-id")[:READ_AT_MOST],
        ),
        Happened,
    )


def story(
    case: Case, beside: Happened, *, contacts: Sequence[ContactAttempt], promised: Sequence[Promise]
) -> list[Line]:
    """Contacts and promises with what happened beside them."""
    events = [_contact(contact) for contact in contacts]
    for promise in promised:
        events += _promise(promise, case.currency)
    events += [line for event in beside.events if (line := _case_event(event)) is not None]
    events += [_repayment(repayment) for repayment in beside.repayments]
    events += [message_event(message) for message in beside.messages]
    return fold(newest_first(events))


def fold(events: Iterable[Event]) -> list[Line]:
    """Runs of machine events become one line that opens."""
    lines: list[Line] = []
    run: list[Event] = []
    for event in [*events, None]:
        if event is not None and event.kind in _BY_ITSELF:
            run.append(event)
            continue
        lines += [Line(folded=run)] if len(run) >= FOLD_FROM else [Line(event=one) for one in run]
        run = []
        lines += [Line(event=event)] if event is not None else []
    return lines


def _contact(contact: ContactAttempt) -> Event:
    note = f"“{contact.note}”" if contact.note else ""
    where = contact.contact_point.masked_value if contact.contact_point else ""
    return Event(
        at=timezone.localtime(contact.at),
        title=contact.get_channel_display(),
        text=" ".join(part for part in (contact.get_outcome_display(), note) if part),
        note=" · ".join(part for part in (where, contact.by.label, contact.override_reason) if part),
        tone="info" if contact.was_answered else "attention",
        kind="contact",
    )


def _promise(promise: Promise, currency: str) -> list[Event]:
    if promise.judged_on is None:
        return []  # the call in which it was taken tells it, and the page shows what is pending
    titles = {
        PromiseStatus.KEPT: _("Promise kept"),
        PromiseStatus.BROKEN: _("Promise broken"),
        PromiseStatus.CANCELLED: _("Promise cancelled"),
    }
    status = PromiseStatus(promise.status)
    text = _("%(amount)s by %(due)s") % {
        "amount": money(promise.amount, currency),
        "due": promise.due_on.isoformat(),
    }
    if promise.partly_paid:
        text += " · " + _("%(amount)s came") % {"amount": money(promise.received, currency)}
    return [
        Event(
            at=_at(promise.judged_on, time(23, 58)),
            title=titles[status],
            text=text,
            note=promise.cancel_reason or _("end of day"),
            tone=status.tone,
            kind="promise",
        )
    ]


def _repayment(repayment: Repayment) -> Event:
    reversed_ = repayment.status == RepaymentStatus.REVERSED
    recorded = timezone.localtime(repayment.recorded_at)
    return Event(
        at=recorded if recorded.date() == repayment.received_on else _at(repayment.received_on, time(12)),
        title=_("Payment reversed") if reversed_ else _("Payment"),
        text=f"{money(repayment.amount, repayment.currency)} {repayment.get_channel_display()}",
        note=" · ".join(part for part in (repayment.loan.number, money_split(repayment)) if part),
        tone="attention" if reversed_ else "good",
    )


def _case_event(event: CaseEvent) -> Event | None:
    """None for what another line tells already (a promise moves the case to and fro)."""
    text, tone = _words(event)
    if text is None:
        return None
    by_person = event.by is not None
    who = event.by.label if event.by else _("end of day")
    return Event(
        at=_moment(event),
        title=event.get_kind_display(),
        text=text,
        note=" · ".join(part for part in (who, event.note) if part),
        tone=tone,
        kind="person" if by_person else "status",
    )


def _words(event: CaseEvent) -> tuple[str | None, str]:
    kind = EventKind(event.kind)
    if kind == EventKind.STATUS:
        return _status_words(event), "info"
    if kind == EventKind.MOVED:
        return f"{event.before} → {event.after}", "attention"
    if kind == EventKind.CLASSIFIED:
        return str(Reason(event.after).label), "info"
    if kind in (EventKind.EXTENDED, EventKind.EXTENSION_ASKED):
        return _("%(loan)s by %(days)s days") % {"loan": event.before, "days": event.after}, "attention"
    if kind == EventKind.CLOSED:
        return _("nothing overdue any more"), "good"
    if kind == EventKind.ASSIGNED:
        return event.after or _("nobody"), "info"
    grave = (EventKind.ESCALATED, EventKind.WRITE_OFF, EventKind.WRITTEN_OFF)
    return event.after, "bad" if kind in grave else "info"


def _status_words(event: CaseEvent) -> str | None:
    if Status.HOLD not in (event.before, event.after):
        return None
    if event.after == Status.HOLD:
        held = event.case.hold_reason
        return str(HoldReason(held).label) if held else str(Status.HOLD.label)
    return f"{Status(event.before).label} → {Status(event.after).label}"


def _moment(event: CaseEvent) -> datetime:
    """The business day it belongs to, at the clock time it was written; the night comes last."""
    if event.by_id is None:
        return _at(event.on, time(23, 59))
    return _at(event.on, timezone.localtime(event.at).time())


def _at(on: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(on, at))
