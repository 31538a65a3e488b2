"""Taking messages out of the queue and writing back what became of them, a batch at a time.

A batch is claimed with a lease: ``next_attempt_at`` moves a few minutes ahead and the row lock is let go before anything
is handed over. What a message is about is read again in the transaction of the claim (``messaging.rereading``). Several
workers never claim the same row (SKIP LOCKED), and a worker that dies gives its batch back when the lease runs out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

LEASE = timedelta(minutes=5)

_CLAIM = """
UPDATE messaging_message SET next_attempt_at = %(until)s
 WHERE (id, created_on) IN (SELECT id, created_on FROM messaging_message
                             WHERE status = 'queued' AND coalesce(next_attempt_at, due_at) <= %(now)s
                             ORDER BY coalesce(next_attempt_at, due_at), id LIMIT %(most)s
                               FOR UPDATE SKIP LOCKED)
RETURNING id, created_on
"""

_SETTLE = """
UPDATE messaging_message m
   SET status = r.status, refusal = r.refusal, attempts = r.attempts, next_attempt_at = r.next_attempt_at,
       contact_point_id = coalesce(r.contact_point_id, m.contact_point_id), channel = r.channel, language = r.language,
       template_version = r.template_version, subject = r.subject, body = r.body,
       provider_reference = r.provider_reference, sent_at = r.sent_at,
       context = coalesce(r.context, m.context), rewritten = coalesce(nullif(r.rewritten, ''), m.rewritten),
       context_queued = CASE WHEN r.context IS NULL THEN m.context_queued ELSE coalesce(m.context_queued, m.context) END
  FROM jsonb_to_recordset(%s::jsonb) AS r(
       message_id bigint, created_on date, status text, refusal text, attempts smallint, next_attempt_at timestamptz,
       contact_point_id bigint, channel text, language text, template_version integer, subject text, body text,
       provider_reference text, sent_at timestamptz, context jsonb, rewritten text)
 WHERE m.id = r.message_id AND m.created_on = r.created_on AND m.status = 'queued'
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one claimed message; it stays queued while ``next_attempt_at`` is set."""

    message_id: int
    created_on: date  # in which month it lies
    status: str
    channel: str
    attempts: int = 0
    refusal: str = ""
    next_attempt_at: datetime | None = None
    contact_point_id: int | None = None
    language: str = ""
    template_version: int | None = None
    subject: str = ""
    body: str = ""
    provider_reference: str = ""
    sent_at: datetime | None = None
    context: Mapping[str, Any] | None = None  # where it says something else than was queued
    rewritten: str = ""


def claim(now: datetime, *, most: int) -> dict[int, date]:
    """The ids of the next due messages, ours until the lease runs out, and the day each was queued on."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "until": now + LEASE, "most": most})
        return dict(sorted(cursor.fetchall()))


def settle(results: Sequence[Result]) -> None:
    """Write a batch back in one statement; a message somebody else settled meanwhile is left alone."""
    rows = json.dumps([asdict(result) for result in results], cls=DjangoJSONEncoder)
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [rows])
