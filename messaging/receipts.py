"""What became of a message, as the gateway or a person reports it; the address learns from it.

Gateways repeat receipts, send them late and out of order. The same news twice changes nothing; news the state table does
not allow any more (a failure after the delivery) is dropped, because the first word of a gateway counts.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from borrowers.models import ContactPoint, ContactState
from core.errors import Invalid, NotFound
from messaging.channels.base import DELIVERED, FAILED, WRONG_NUMBER, Awaiting, Receipt, adapter_for
from messaging.delivery import PAUSES
from messaging.models import Message, MessageStatus
from messaging.outbox import MESSAGES, advance, mark_delivered
from messaging.undelivered import address_failed
from staff.models import User

OUTCOMES = {
    DELIVERED: MessageStatus.DELIVERED,
    FAILED: MessageStatus.FAILED,
    WRONG_NUMBER: MessageStatus.WRONG_NUMBER,
}
_LEARNT = {MessageStatus.FAILED: ContactState.UNDELIVERABLE, MessageStatus.WRONG_NUMBER: ContactState.WRONG_PERSON}
_BATCH = 500
_ASK_FOR = timedelta(days=3)


class OutcomeUnknown(Invalid):
    """Not something that can become of a message."""

    code = "receipt_outcome_unknown"
    field = "outcome"
    message = gettext_lazy("“%(outcome)s” is not a result of a message. Known: delivered, failed, wrong_number.")


class MessageUnknown(NotFound):
    """No such message."""

    code = "message_unknown"
    message = gettext_lazy("This message does not exist.")


@transaction.atomic
def record_receipt(
    *,
    outcome: str,
    at: datetime,
    message_id: int | None = None,
    provider_reference: str = "",
    permanent: bool = True,
    detail: str = "",
    reported_by: User | None = None,
) -> Message:
    """Take in one receipt, named by our message or by the gateway's reference. Repeats change nothing."""
    if outcome not in OUTCOMES:
        raise OutcomeUnknown(outcome=outcome)
    message, after = _locked(message_id, provider_reference), OUTCOMES[outcome]
    if after is MessageStatus.FAILED and not permanent:
        return _out_of_reach(message, at)
    if not MESSAGES.leads(message, after):
        return message
    advance(message, after, receipt_at=at, refusal=message.refusal if after is MessageStatus.FAILED else "")
    if after in _LEARNT:
        reason = detail or str(_words(after))
        address_failed(message, to=_LEARNT[after], at=at, reason=reason, by=reported_by)
    return message


def _words(after: MessageStatus) -> str:
    if after is MessageStatus.WRONG_NUMBER:
        return _("Somebody else answered a message.")
    return _("A message could not be delivered.")


def _out_of_reach(message: Message, at: datetime) -> Message:
    """The phone was switched off or full: nothing is learnt about the number, the message goes again later."""
    if message.status != MessageStatus.SENT:
        return message
    if message.attempts > len(PAUSES):
        advance(message, MessageStatus.FAILED, receipt_at=at)
        return message
    pause = PAUSES[message.attempts - 1]
    advance(message, MessageStatus.QUEUED, next_attempt_at=at + pause, provider_reference="", receipt_at=None)
    return message


def _locked(message_id: int | None, provider_reference: str) -> Message:
    named = {"pk": message_id} if message_id is not None else {"provider_reference": provider_reference or None}
    message = Message.objects.select_for_update().filter(**named).first()
    if message is None:
        raise MessageUnknown
    return message


def collect_receipts(now: datetime) -> dict[str, int]:
    """Ask every channel what became of what it took; gives how many receipts came, by outcome."""
    counts: Counter[str] = Counter()
    last_id = 0
    waiting = Message.objects.filter(status=MessageStatus.SENT, sent_at__gt=now - _ASK_FOR).exclude(
        provider_reference=""
    )
    while batch := list(waiting.filter(pk__gt=last_id).order_by("pk")[:_BATCH]):
        last_id = batch[-1].pk
        received = _asked(batch, now)
        arrived = {one.provider_reference: one.at for one in received if one.outcome == DELIVERED}
        mark_delivered(arrived, queued_since=min(message.created_on for message in batch))
        for receipt in (one for one in received if one.outcome != DELIVERED):
            _take_in(receipt)
        counts.update(one.outcome for one in received)
    return dict(counts)


def _take_in(receipt: Receipt) -> None:
    record_receipt(
        provider_reference=receipt.provider_reference,
        outcome=receipt.outcome,
        at=receipt.at,
        permanent=receipt.permanent,
        detail=receipt.detail,
    )


def _asked(batch: Sequence[Message], now: datetime) -> list[Receipt]:
    points = ContactPoint.objects.in_bulk([message.contact_point_id for message in batch])
    by_channel: dict[str, list[Awaiting]] = defaultdict(list)
    for message in batch:
        point, sent_at = points.get(message.contact_point_id), message.sent_at
        if point is not None and sent_at is not None:
            awaiting = Awaiting(message.provider_reference, point.value, message.attempts, sent_at)
            by_channel[message.channel].append(awaiting)
    return [
        receipt for channel, awaiting in by_channel.items() for receipt in adapter_for(channel).receipts(awaiting, now)
    ]
