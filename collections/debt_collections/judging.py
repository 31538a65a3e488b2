"""The judgement of promises as set-based SQL: by money that arrived in time, never by hand.

Kept as soon as enough came in, broken on the day after the due day. What counts: standing repayments of the borrower
(of the one loan, if the promise names it) received from the day it was taken to the due day and recorded after it was
taken. Part payment does not keep a promise; if nearly all was paid, the broken promise is not held against the person.
The borrower is told of a broken one by a message on the next morning.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from core import partitions
from core.currencies import currencies
from core.rows import Parameters
from core.rules import rule
from debt_collections.models import Case, EventKind, Promise, PromiseStatus, Status
from debt_collections.recording import context_parameters, history_sql
from debt_collections.strategy import PromiseRule
from loans.notices.reminders import SEND_AT
from messaging.outbox import take_keys

# Cases first, as everywhere: whoever takes or cancels a promise holds its case.
_HOLD_CASES = f"""
SELECT c.id FROM collections_case c
 WHERE c.id IN (SELECT case_id FROM collections_promise
                 WHERE id >= %(lo)s AND id < %(hi)s AND status = '{PromiseStatus.PENDING}')
 ORDER BY c.id FOR UPDATE OF c
"""

_JUDGE = f"""
WITH judged AS (
    SELECT p.id, money.received,
           CASE WHEN money.received >= p.amount * %(kept_share)s THEN '{PromiseStatus.KEPT}'
                ELSE '{PromiseStatus.BROKEN}' END AS verdict
      FROM collections_promise p
      JOIN collections_case c ON c.id = p.case_id
      CROSS JOIN LATERAL (
          SELECT coalesce(sum(r.amount), 0) AS received
            FROM loans_loan l
            JOIN loans_repayment r ON r.loan_id = l.id
           WHERE l.borrower_id = c.borrower_id AND (p.loan_id IS NULL OR l.id = p.loan_id)
             AND r.status = 'posted' AND r.id > p.repayments_before
             AND r.received_on >= p.taken_on AND r.received_on <= least(p.due_on, %(on)s::date)
      ) AS money
     WHERE p.id >= %(lo)s AND p.id < %(hi)s AND p.status = '{PromiseStatus.PENDING}' AND p.taken_on <= %(on)s
       AND (p.due_on < %(on)s OR money.received >= p.amount * %(kept_share)s)
),
decided AS (
    UPDATE collections_promise p
       SET status = judged.verdict, received = judged.received, judged_on = %(on)s,
           counts_against = judged.verdict = '{PromiseStatus.BROKEN}'
                            AND judged.received < p.amount * %(mostly_paid_share)s
      FROM judged WHERE p.id = judged.id
    RETURNING p.*
),
freed AS (
    UPDATE collections_case SET status = '{Status.OPEN}'
     WHERE status = '{Status.PROMISED}' AND id IN (SELECT case_id FROM decided)
    RETURNING *
),
told AS (
    INSERT INTO collections_caseevent (case_id, kind, "on", at, before, after, note)
    SELECT id, '{EventKind.STATUS}', %(on)s, now(), '{Status.PROMISED}', '{Status.OPEN}', '' FROM freed
),
wanted AS MATERIALIZED (
    SELECT 'promise_broken:' || d.id AS dedupe_key, %(on)s::date AS created_on, c.borrower_id, b.language,
           jsonb_build_object('loan_number', l.number, 'amount', to_char(d.amount, 'FM999999999990.00'),
                              'currency', %(currencies)s::jsonb ->> b.market,
                              'promised_on', to_char(d.due_on, 'YYYY-MM-DD')) AS context,
           l.number
      FROM decided d
      JOIN collections_case c ON c.id = d.case_id
      JOIN borrowers_borrower b ON b.id = c.borrower_id
      CROSS JOIN LATERAL (
          SELECT loan.number FROM loans_loan loan
            LEFT JOIN loans_loanposition position ON position.loan_id = loan.id
           WHERE loan.borrower_id = c.borrower_id AND (d.loan_id IS NULL OR loan.id = d.loan_id)
           ORDER BY position.days_past_due DESC NULLS LAST, loan.id DESC LIMIT 1
      ) AS l
     -- Said so that PostgreSQL reckons with half of them; with one, as for "=", it would look for each key among all.
     WHERE CASE WHEN d.status = '{PromiseStatus.BROKEN}' THEN true ELSE false END
),
held AS ({take_keys("wanted")}),
said AS (
    INSERT INTO messaging_message (id, dedupe_key, borrower_id, template_code, language, context, reference, purpose,
                                   due_at, created_on)
    SELECT message_id, dedupe_key, borrower_id, 'promise_broken', language, context, number, 'collection', %(due_at)s,
           created_on
      FROM wanted JOIN held USING (dedupe_key)
),
recorded AS ({history_sql(Promise, "decided", "~")}),
cases_recorded AS ({history_sql(Case, "freed", "~")})
SELECT count(*) FILTER (WHERE status = '{PromiseStatus.KEPT}'),
       count(*) FILTER (WHERE status = '{PromiseStatus.BROKEN}')
  FROM decided
"""


def judge_promises(lo: int, hi: int, on: date) -> dict[str, int]:
    """Judge the pending promises ``lo`` ≤ id < ``hi`` as of the end of ``on``, in the caller's transaction."""
    terms = PromiseRule.from_data(rule("collections_promise", on))
    parameters: Parameters = {
        "lo": lo,
        "hi": hi,
        "on": on,
        "kept_share": terms.kept_share,
        "mostly_paid_share": terms.mostly_paid_share,
        "currencies": json.dumps(currencies()),
        "due_at": timezone.make_aware(datetime.combine(on + timedelta(days=1), SEND_AT)),
        **context_parameters("judged by repayments"),
    }
    partitions.require_month(on)
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_CASES, parameters)
        cursor.execute(_JUDGE, parameters)
        kept, broken = cursor.fetchone()
    return {"promises_kept": kept, "promises_broken": broken}
