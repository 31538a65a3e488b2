"""Reminders before, on and after the due date: rows for the outbox, written by one statement a chunk.

When to remind is the rule ``reminders``. The key of a message names loan, due date and day, so a repeat adds nothing.
No reminder goes out on a day on which messages are on hold.
"""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from core import partitions
from core.currencies import currencies
from core.rules import rule
from messaging.outbox import take_keys

SEND_AT = time(9, 0)

# The day is asked first, of positions alone; loan, borrower and product are looked at for those it is the day of.
QUEUE = f"""
WITH due AS MATERIALIZED (
    SELECT p.loan_id, p.borrower_id, p.holds, d.due_on, d.days, d.amount
      FROM loans_loanposition p
      CROSS JOIN LATERAL (
          SELECT p.oldest_due_on AS due_on, %(next)s::date - p.oldest_due_on AS days,
                 p.overdue_principal + p.overdue_interest + p.overdue_fee
                 + p.late_interest_accrued - p.late_interest_paid AS amount
           WHERE p.oldest_due_on IS NOT NULL
          UNION ALL
          SELECT p.next_due_on, %(next)s::date - p.next_due_on, p.next_due_amount
           WHERE p.next_due_on IS DISTINCT FROM p.oldest_due_on AND p.next_due_on IS NOT NULL) AS d
     WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND p.status = 'active' AND d.days = ANY(%(days)s) AND d.amount > 0
       AND (%(next)s::date - p.oldest_due_on = ANY(%(days)s) OR %(next)s::date - p.next_due_on = ANY(%(days)s))
), wanted AS MATERIALIZED (
    SELECT 'reminder:' || due.loan_id || ':' || due.due_on || ':' || due.days AS dedupe_key, %(next)s::date AS created_on,
           due.borrower_id,
           CASE WHEN due.days < 0 THEN 'repayment_due_soon' WHEN due.days = 0 THEN 'repayment_due_today'
                ELSE 'repayment_overdue' END AS template_code,
           b.language,
           jsonb_build_object('loan_number', l.number, 'amount', to_char(due.amount, 'FM999999999990.00'),
                              'currency', %(currencies)s::jsonb ->> product.market,
                              'due_on', to_char(due.due_on, 'YYYY-MM-DD'),
                              'days_past_due', greatest(due.days, 0)) AS context,
           l.number AS reference, CASE WHEN due.days > 0 THEN 'collection' ELSE 'reminder' END AS purpose
      FROM due
      JOIN loans_loan l ON l.id = due.loan_id AND l.id BETWEEN %(lo)s AND %(hi)s
      JOIN borrowers_borrower b ON b.id = due.borrower_id
      JOIN loans_productversion version ON version.id = l.product_version_id
      JOIN loans_product product ON product.id = version.product_id
     WHERE NOT EXISTS (
           SELECT 1 FROM jsonb_array_elements(due.holds) AS h
            WHERE h->>2 IN ('messages', 'everything') AND %(next)s::date BETWEEN (h->>0)::date AND (h->>1)::date)
), held AS ({take_keys("wanted")})
INSERT INTO messaging_message
    (id, dedupe_key, borrower_id, channel, template_code, language, context, reference, purpose, due_at, status,
     created_on)
SELECT held.message_id, dedupe_key, borrower_id, 'sms', template_code, language, context, reference, purpose,
       %(due_at)s, 'queued', created_on
  FROM wanted JOIN held USING (dedupe_key)
"""


def queue_reminders(lo: int, hi: int, on: date) -> dict[str, int]:
    """Queue the reminders that go out on the morning after ``on`` for active loans ``lo`` to ``hi``."""
    morning = on + timedelta(days=1)
    days = _days(morning)
    due_at = timezone.make_aware(datetime.combine(morning, SEND_AT))
    partitions.require_month(morning)
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"lo": lo, "hi": hi, "next": morning, "days": days, "due_at": due_at}
        cursor.execute(QUEUE, {**parameters, "currencies": json.dumps(currencies())})
        return {"reminders_queued": cursor.rowcount}


def _days(on: date) -> list[int]:
    """The days relative to the due date on which the rule reminds; before the due date they are negative."""
    plan = rule("reminders", on)
    before = [-days for days in plan["days_before_due"]]
    return [*before, *([0] if plan["on_due"] else []), *plan["days_after_due"]]
