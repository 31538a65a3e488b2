"""Whether a broken promise is still told of as broken on the day the message is sent (``messaging.rereading``)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from core.rules import rule
from debt_collections.models import PromiseStatus
from debt_collections.strategy import PromiseRule
from loans.models import LoanStatus
from loans.notices.rereading import wait_for_changes
from messaging.models import Message, Since
from messaging.rereading import Read, subject_of

# Money that came after the day keeps no promise, but "it has not arrived" is no longer true of it.
_PROMISES = f"""
SELECT p.id, p.status, s.status, money.received >= p.amount * %(kept_share)s,
       EXISTS (SELECT 1 FROM jsonb_array_elements(s.holds) AS h
                WHERE h->>2 IN ('messages', 'everything') AND %(today)s::date BETWEEN (h->>0)::date AND (h->>1)::date)
  FROM unnest(%(ids)s::bigint[], %(numbers)s::text[]) AS asked(id, number)
  JOIN collections_promise p ON p.id = asked.id
  JOIN collections_case c ON c.id = p.case_id
  JOIN loans_loan l ON l.number = asked.number
  JOIN loans_loanposition s ON s.loan_id = l.id
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(r.amount), 0) AS received
         FROM loans_loan mine
         JOIN loans_repayment r ON r.loan_id = mine.id
        WHERE mine.borrower_id = c.borrower_id AND (p.loan_id IS NULL OR mine.id = p.loan_id)
          AND r.status = 'posted' AND r.id > p.repayments_before AND r.received_on >= p.taken_on) AS money
 WHERE p.status <> '{PromiseStatus.PENDING}'
"""


def promises_today(messages: Sequence[Message], now: datetime) -> dict[int, Read]:
    """Messages of broken promises whose money has come since, whose loan ended or may not be spoken of."""
    asked = {int(subject_of(message)[1]): message for message in messages if subject_of(message)[1].isdigit()}
    wait_for_changes(sorted({message.reference for message in asked.values()}))
    today = timezone.localdate(now)
    parameters: dict[str, Any] = {
        "today": today,
        "kept_share": PromiseRule.from_data(rule("collections_promise", today)).kept_share,
        "ids": list(asked),
        "numbers": [message.reference for message in asked.values()],
    }
    found: dict[int, Read] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PROMISES, parameters)
        for promise_id, verdict, status, arrived, held in cursor.fetchall():
            why = _why(verdict, status, arrived=arrived, held=held)
            if why is not None:
                found[asked[promise_id].pk] = Read(why)
    return found


def _why(verdict: str, status: str, *, arrived: bool, held: bool) -> Since | None:
    if status == LoanStatus.SETTLED:
        return Since.SETTLED
    if verdict != PromiseStatus.BROKEN:
        return Since.ENDED
    if arrived:
        return Since.PAID
    return Since.HELD if held else None
