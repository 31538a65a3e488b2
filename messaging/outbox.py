"""Into the outbox, and how a message moves through it.

Queueing is one row and no thought: the address, the wording and whether the borrower may be contacted at all are settled
at the moment of sending, because all three may change in between.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import rows
from core.errors import DomainError
from core.lifecycle import Lifecycle
from messaging.models import Channel, Message, MessageStatus

_QUEUED, _SENT = MessageStatus.QUEUED, MessageStatus.SENT
_DELIVERED, _FAILED = MessageStatus.DELIVERED, MessageStatus.FAILED
_WRONG_NUMBER, _REFUSED = MessageStatus.WRONG_NUMBER, MessageStatus.REFUSED


class MessageMoveImpossible(DomainError):
    """The table of states has no such move."""

    code = "message_move_impossible"
    message = _("A message that is “%(status)s” cannot become “%(to)s”.")


# Sent goes back to queued when the phone was only switched off. A gateway may correct itself once more after a failure;
# a person may say "wrong number" after a delivery.
MESSAGES = Lifecycle(
    model=Message,
    states=MessageStatus,
    begins=frozenset({_QUEUED}),
    steps={
        _QUEUED: frozenset({_SENT, _REFUSED, _FAILED}),
        _SENT: frozenset({_DELIVERED, _FAILED, _WRONG_NUMBER, _QUEUED}),
        _DELIVERED: frozenset({_WRONG_NUMBER}),
        _FAILED: frozenset({_DELIVERED, _WRONG_NUMBER}),
        _WRONG_NUMBER: frozenset(),
        _REFUSED: frozenset(),
    },
    step_refused=MessageMoveImpossible,
    named_by="pk",
)

advance = MESSAGES.advance


def mark_delivered(arrived: Mapping[str, datetime]) -> int:
    """Deliveries are many and teach nothing about the address, so a batch of them is one statement.

    ``arrived`` maps the gateway's reference to the moment of arrival. Moves only what the table lets move.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message m SET status = 'delivered', refusal = '', receipt_at = r.at"
            "  FROM unnest(%s::text[], %s::timestamptz[]) AS r(reference, at)"
            " WHERE m.provider_reference = r.reference AND r.reference <> '' AND m.status = ANY(%s)",
            [list(arrived), list(arrived.values()), sorted(MESSAGES.before(_DELIVERED))],
        )
        return cursor.rowcount


def queue(
    *,
    borrower_id: int,
    template_code: str,
    context: Mapping[str, object],
    dedupe_key: str,
    due_at: datetime,
    purpose: str,
    channel: str = Channel.SMS,
    reference: str = "",
    contact_point_id: int | None = None,
) -> Message:
    """Put one message in the outbox. The same ``dedupe_key`` again gives the message that is already there.

    The context must not carry personal data: it is stored in the clear and becomes part of the text.
    """
    message = Message(
        dedupe_key=dedupe_key,
        borrower_id=borrower_id,
        template_code=template_code,
        context=dict(context),
        due_at=due_at,
        purpose=purpose,
        channel=channel,
        reference=reference,
        wanted_point_id=contact_point_id,
        created_on=timezone.localdate(due_at),
    )
    if not rows.insert_unless_known(message, "dedupe_key"):
        return Message.objects.get(dedupe_key=dedupe_key)
    return message


def queue_again(message: Message, at: datetime) -> Message:
    """Say the same once more through another address, after this one failed."""
    root, _slash, times = message.dedupe_key.partition("/again/")
    again, _created = Message.objects.get_or_create(
        dedupe_key=f"{root}/again/{int(times or 0) + 1}",
        defaults={
            "borrower_id": message.borrower_id,
            "template_code": message.template_code,
            "context": message.context,
            "due_at": at,
            "purpose": message.purpose,
            "channel": message.channel,
            "reference": message.reference,
            "follows": message,
            "created_on": timezone.localdate(at),
        },
    )
    return again
