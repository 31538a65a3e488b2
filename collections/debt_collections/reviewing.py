"""The review of cases as set-based SQL: one statement opens, moves and closes, one tells of write-offs, one wakes.

A case is open exactly while the borrower has something late: an active loan out of bucket C, or a written-off loan that
is not recovered; it opens only once the grace days are over. Each statement finds only what differs from that, so a
second run of the same day finds nothing. The nightly run calls it for ranges of borrower ids, a payment for one.
"""

from __future__ import annotations

import json
from datetime import date

from django.db import connection
from django.db.backends.utils import CursorWrapper

from core.rows import Parameters
from core.rules import rule
from debt_collections.models import Case, CloseReason, EventKind, Promise, PromiseStatus, Status
from debt_collections.recording import context_parameters, history_sql
from debt_collections.strategy import RECOVERY, PriorityRule

_LATE = """
late AS MATERIALIZED (
    SELECT p.borrower_id,
           coalesce((array_agg(p.bucket ORDER BY p.days_past_due DESC) FILTER (WHERE p.status = 'active'))[1],
                    %(recovery)s) AS stage,
           greatest(sum(CASE WHEN p.status = 'active'
                             THEN p.overdue_principal + p.overdue_interest + p.overdue_fee
                                  + p.late_interest_accrued - p.late_interest_paid
                             ELSE p.written_off_amount - p.recovered END), 0) AS owed,
           greatest(max(p.days_past_due), 0) AS days, min(coalesce(p.oldest_due_on, l.written_off_on)) AS since,
           bool_or(p.status = 'written_off' OR p.days_past_due > l.grace_days) AS beyond_grace
      FROM loans_loanposition p
      JOIN loans_loan l ON l.id = p.loan_id
     WHERE p.borrower_id >= %(lo)s AND p.borrower_id < %(hi)s
       AND ((p.status = 'active' AND p.bucket <> 'C')
            OR (p.status = 'written_off' AND p.written_off_amount > p.recovered))
     GROUP BY p.borrower_id
)"""

# The same arithmetic as strategy.priority; `late` carries stage, owed and days, `broken` the promises held against.
_PRIORITY = """
    coalesce((%(stage_points)s::jsonb ->> late.stage)::int, 0)
    + least(floor(late.owed / %(amount_per_point)s), %(amount_points_most)s)::int
    + least(late.days / %(days_per_point)s, %(days_points_most)s)
    + least({broken}, %(broken_promises_most)s) * %(broken_promise_points)s"""

# Who is late and has no case gets one, whose figures moved is written anew, who is not late any more is closed: one look
# at the positions. No case is in two of the three, so it does not matter that none sees what the others write.
_REVIEW = f"""
WITH {_LATE},
opened AS (
    INSERT INTO collections_case (public_id, borrower_id, opened_on, stage, status, reason, overdue_amount,
                                  days_past_due, late_since, broken_promises, priority, hold_reason, close_reason)
    SELECT collections_new_case_id(), late.borrower_id, %(on)s, late.stage, '{Status.OPEN}', 'unknown', late.owed,
           late.days, late.since, 0, {_PRIORITY.format(broken="0")}, '', ''
      FROM late
     WHERE late.beyond_grace
       AND NOT EXISTS (SELECT FROM collections_case c
                        WHERE c.borrower_id = late.borrower_id AND c.closed_on IS NULL
                          AND c.borrower_id >= %(lo)s AND c.borrower_id < %(hi)s)
     ORDER BY late.borrower_id
    ON CONFLICT (borrower_id) WHERE closed_on IS NULL DO NOTHING
    RETURNING *
),
opened_told AS (
    INSERT INTO collections_caseevent (case_id, kind, "on", at, before, after, note)
    SELECT id, '{EventKind.OPENED}', %(on)s, now(), '', stage, '' FROM opened
),
opened_recorded AS ({history_sql(Case, "opened", "+", "why_opened")}),
figures AS (
    SELECT c.id, c.stage AS stage_before, late.stage, late.owed, late.days, late.since, promises.broken,
           {_PRIORITY.format(broken="promises.broken")} AS priority
      FROM late
      JOIN collections_case c ON c.borrower_id = late.borrower_id AND c.closed_on IS NULL
                             AND c.borrower_id >= %(lo)s AND c.borrower_id < %(hi)s
      CROSS JOIN LATERAL (
          SELECT count(*)::int AS broken FROM collections_promise p WHERE p.case_id = c.id AND p.counts_against
      ) AS promises
     WHERE (c.stage, c.overdue_amount, c.days_past_due, c.late_since)
           IS DISTINCT FROM (late.stage::varchar, late.owed, late.days, late.since)
        OR c.broken_promises <> promises.broken
        OR c.priority <> {_PRIORITY.format(broken="promises.broken")}
     ORDER BY c.id
       FOR UPDATE OF c
),
moved AS (
    UPDATE collections_case c
       SET stage = figures.stage, overdue_amount = figures.owed, days_past_due = figures.days,
           late_since = figures.since, broken_promises = figures.broken, priority = figures.priority
      FROM figures
     WHERE c.id = figures.id AND c.borrower_id >= %(lo)s AND c.borrower_id < %(hi)s AND c.closed_on IS NULL
    RETURNING c.id, figures.stage_before, c.stage
),
moved_told AS (
    INSERT INTO collections_caseevent (case_id, kind, "on", at, before, after, note)
    SELECT id, '{EventKind.MOVED}', %(on)s, now(), stage_before, stage, '' FROM moved WHERE stage <> stage_before
),
cleared AS (
    SELECT c.id, c.stage FROM collections_case c
     WHERE c.borrower_id >= %(lo)s AND c.borrower_id < %(hi)s AND c.closed_on IS NULL
       AND NOT EXISTS (SELECT FROM late WHERE late.borrower_id = c.borrower_id)
     ORDER BY c.id FOR UPDATE OF c
),
closed AS (
    UPDATE collections_case
       SET status = '{Status.CLOSED}', closed_on = %(on)s, close_reason = '{CloseReason.CLEARED}', overdue_amount = 0,
           days_past_due = 0, priority = 0, next_action_at = NULL,
           claimed_by_id = NULL, claimed_until = NULL, hold_reason = '', hold_until = NULL
     WHERE id IN (SELECT id FROM cleared) AND borrower_id >= %(lo)s AND borrower_id < %(hi)s AND closed_on IS NULL
    RETURNING *
),
released AS (
    UPDATE collections_promise
       SET status = '{PromiseStatus.CANCELLED}', judged_on = %(on)s, cancel_reason = %(cleared)s
     WHERE status = '{PromiseStatus.PENDING}' AND case_id IN (SELECT id FROM closed)
    RETURNING *
),
closed_told AS (
    INSERT INTO collections_caseevent (case_id, kind, "on", at, before, after, note)
    SELECT id, '{EventKind.CLOSED}', %(on)s, now(), stage, '{CloseReason.CLEARED}', '' FROM closed
),
closed_recorded AS ({history_sql(Case, "closed", "~", "cleared")}),
promises_recorded AS ({history_sql(Promise, "released", "~", "cleared")})
SELECT (SELECT count(*) FROM opened), (SELECT count(*) FROM moved WHERE stage <> stage_before),
       (SELECT count(*) FROM closed)
"""

_WAKE = f"""
WITH rested AS (
    SELECT id FROM collections_case
     WHERE borrower_id >= %(lo)s AND borrower_id < %(hi)s
       AND closed_on IS NULL AND status = '{Status.HOLD}' AND hold_until < %(on)s
     ORDER BY id FOR UPDATE
),
woken AS (
    UPDATE collections_case SET status = '{Status.OPEN}', hold_reason = '', hold_until = NULL
     WHERE id IN (SELECT id FROM rested)
    RETURNING *
),
told AS (
    INSERT INTO collections_caseevent (case_id, kind, "on", at, before, after, note)
    SELECT id, '{EventKind.STATUS}', %(on)s, now(), '{Status.HOLD}', '{Status.OPEN}', '' FROM woken
),
recorded AS ({history_sql(Case, "woken", "~")})
SELECT count(*) FROM woken
"""

# A write-off is agreed to among the approvals; here the case hears of it, once.
_TELL_OF_WRITE_OFFS = f"""
WITH told AS (
INSERT INTO collections_caseevent (case_id, kind, "on", at, before, after, note, by_id)
SELECT c.id, '{EventKind.WRITTEN_OFF}', a.recorded_on, now(), '', l.number, a.reason, a.agreed_by_id
  FROM loans_loanposition p
  JOIN collections_case c ON c.borrower_id = p.borrower_id AND c.closed_on IS NULL
                         AND c.borrower_id >= %(lo)s AND c.borrower_id < %(hi)s
  JOIN loans_loan l ON l.id = p.loan_id
  JOIN loans_loanact a ON a.loan_id = l.id AND a.kind = 'write_off' AND a.status = 'standing'
 WHERE p.borrower_id >= %(lo)s AND p.borrower_id < %(hi)s AND p.status = 'written_off'
   AND a.recorded_on >= c.opened_on
   AND NOT EXISTS (SELECT FROM collections_caseevent e
                    WHERE e.case_id = c.id AND e.kind = '{EventKind.WRITTEN_OFF}' AND e.after = l.number
                      AND e."on" = a.recorded_on)
RETURNING id
)
SELECT count(*) FROM told
"""


def review(lo: int, hi: int, on: date) -> dict[str, int]:
    """Bring the cases of borrowers ``lo`` ≤ id < ``hi`` in line with their positions, in the caller's transaction."""
    parameters = _parameters(lo, hi, on)
    with connection.cursor() as cursor:
        opened, moved, closed = _run(cursor, _REVIEW, parameters, "")
        (told,) = _run(cursor, _TELL_OF_WRITE_OFFS, parameters, "")
        (woken,) = _run(cursor, _WAKE, parameters, "hold ended")
    return {
        "cases_opened": opened,
        "cases_moved": moved,
        "write_offs_told": told,
        "holds_ended": woken,
        "cases_closed": closed,
    }


def _run(cursor: CursorWrapper, statement: str, parameters: Parameters, why: str) -> tuple[int, ...]:
    cursor.execute(statement, parameters | context_parameters(why))
    counts: tuple[int, ...] = cursor.fetchone()
    return counts


def _parameters(lo: int, hi: int, on: date) -> Parameters:
    points = PriorityRule.from_data(rule("collections_priority", on))
    return {
        "lo": lo,
        "hi": hi,
        "on": on,
        "recovery": RECOVERY,
        "why_opened": "payment is late",
        "cleared": "nothing overdue",
        "stage_points": json.dumps(dict(points.stage_points)),
        "amount_per_point": points.amount_per_point,
        "amount_points_most": points.amount_points_most,
        "days_per_point": points.days_per_point,
        "days_points_most": points.days_points_most,
        "broken_promise_points": points.broken_promise_points,
        "broken_promises_most": points.broken_promises_most,
    }
