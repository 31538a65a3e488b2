"""Into the outbox, and how a message moves through it.

Queueing is one row and no thought: the address, the wording and whether the borrower may be contacted at all are settled
at the moment of sending, because all three may change in between.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import partitions, rows, sending
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


def mark_delivered(arrived: Mapping[str, datetime], *, queued_since: date) -> int:
    """Deliveries are many and teach nothing about the address, so a batch of them is one statement.

    ``arrived`` maps the gateway's reference to the moment of arrival; none was queued before ``queued_since``. Moves only
    what the table lets move.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message m SET status = 'delivered', refusal = '', receipt_at = r.at"
            "  FROM unnest(%s::text[], %s::timestamptz[]) AS r(reference, at)"
            " WHERE m.provider_reference = r.reference AND r.reference <> '' AND m.provider_reference <> ''"
            "   AND m.created_on >= %s AND m.status = ANY(%s)",
            [list(arrived), list(arrived.values()), queued_since, sorted(MESSAGES.before(_DELIVERED))],
        )
        return cursor.rowcount


def take_keys(wanted: str) -> str:
    """The INSERT by which a set-based producer takes the keys of the rows ``wanted``, a CTE with their ``dedupe_key`` and
    ``created_on``, each key once. Gives ``dedupe_key`` and ``message_id`` of those nobody had taken: what is joined to
    them is what to store, under that number."""
    return (
        f"INSERT INTO messaging_messagekey (dedupe_key, created_on) SELECT dedupe_key, created_on FROM {wanted} "
        "ON CONFLICT (dedupe_key) DO NOTHING RETURNING dedupe_key, message_id"
    )


@cache
def _queueing() -> tuple[str, str]:
    """The key is taken, and where it was free the message stored under its number, which ``{stored}`` tells."""
    names = rows.written(Message).columns
    return (
        "INSERT INTO messaging_messagekey (dedupe_key, created_on) VALUES (%s, %s) ON CONFLICT (dedupe_key) DO NOTHING",
        f"INSERT INTO messaging_message (id, {', '.join(names)}) "
        f"SELECT message_id, {', '.join(['%s'] * len(names))} FROM {{stored}}",
    )


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
    follows_id: int | None = None,
) -> None:
    """Put one message in the outbox; with the same ``dedupe_key`` again nothing is done.

    The context must not carry personal data: it is stored in the clear and becomes part of the text.
    """
    message = rows.new(
        Message,
        dedupe_key=dedupe_key,
        borrower_id=borrower_id,
        template_code=template_code,
        context=dict(context),
        due_at=due_at,
        purpose=purpose,
        channel=channel,
        reference=reference,
        wanted_point_id=contact_point_id,
        follows_id=follows_id,
        created_on=timezone.localdate(due_at),
    )
    partitions.require_month(message.created_on)
    key, stored = _queueing()
    sending.later(key, [dedupe_key, message.created_on, *rows.new_values(message)], copied=stored)


def queue_again(message: Message, at: datetime) -> None:
    """Say the same once more through another address, after this one failed."""
    root, _slash, times = message.dedupe_key.partition("/again/")
    queue(
        dedupe_key=f"{root}/again/{int(times or 0) + 1}",
        borrower_id=message.borrower_id,
        template_code=message.template_code,
        context=message.context,
        due_at=at,
        purpose=message.purpose,
        channel=message.channel,
        reference=message.reference,
        follows_id=message.pk,
    )
