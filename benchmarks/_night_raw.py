"""The physical limit beside the night: what it must at least read and write, by hand and without books, laws or cases."""

from datetime import date, timedelta
from time import perf_counter

from django.db import connection, transaction

_MAKE = """
CREATE TABLE raw_state (
    loan_id bigint PRIMARY KEY, as_of date NOT NULL, days_past_due int NOT NULL, bucket text NOT NULL,
    principal numeric(14,2) NOT NULL, overdue numeric(14,2) NOT NULL, accrued numeric(14,2) NOT NULL,
    late_interest numeric(14,8) NOT NULL, oldest_due_on date, next_due_on date
) WITH (fillfactor = 45);
INSERT INTO raw_state
SELECT loan_id, as_of, days_past_due, bucket, principal_outstanding, 0, interest_accrued, 0, oldest_due_on, next_due_on
  FROM loans_loanposition WHERE status = 'active' ORDER BY loan_id;
CREATE TABLE raw_move (loan_id bigint, "on" date, before text, after text, days_past_due int);
CREATE INDEX raw_move_loan ON raw_move (loan_id, "on");
CREATE TABLE raw_reminder (LIKE messaging_message INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE UNIQUE INDEX raw_reminder_once ON raw_reminder (dedupe_key);
"""
_STATE = """
WITH sums AS (
    SELECT i.loan_id,
           sum(i.principal - i.principal_paid) AS principal,
           coalesce(sum(i.principal - i.principal_paid + i.interest - i.interest_paid) FILTER (WHERE i.due_on < %(on)s), 0)
               AS overdue,
           sum(CASE WHEN i.due_on <= %(on)s THEN i.interest WHEN i.starts_on >= %(on)s THEN 0
                    ELSE round(i.interest * (%(on)s::date - i.starts_on) / (i.due_on - i.starts_on), 2) END) AS accrued,
           coalesce(sum(round((i.principal - i.principal_paid) * 0.27 / 365, 8)) FILTER (WHERE i.due_on < %(on)s), 0)
               AS late_interest,
           min(i.due_on) FILTER (WHERE i.due_on < %(on)s) AS oldest_due_on,
           min(i.due_on) FILTER (WHERE i.due_on >= %(on)s) AS next_due_on
      FROM loans_instalment i
     WHERE i.settled_on IS NULL AND i.superseded_on IS NULL
     GROUP BY i.loan_id
), written AS (
    UPDATE raw_state r
       SET as_of = %(on)s, principal = s.principal, overdue = s.overdue, accrued = s.accrued,
           late_interest = r.late_interest + s.late_interest, oldest_due_on = s.oldest_due_on,
           next_due_on = s.next_due_on, days_past_due = coalesce(%(on)s::date - s.oldest_due_on, 0),
           bucket = CASE WHEN s.oldest_due_on IS NULL THEN 'C' WHEN %(on)s::date - s.oldest_due_on <= 30 THEN 'M1'
                         WHEN %(on)s::date - s.oldest_due_on <= 60 THEN 'M2' ELSE 'M3' END
      FROM sums s WHERE r.loan_id = s.loan_id
 RETURNING r.loan_id, OLD.bucket AS before, NEW.bucket AS after, r.days_past_due
)
INSERT INTO raw_move SELECT loan_id, %(on)s, before, after, days_past_due FROM written WHERE before <> after
"""
_REMIND = """
INSERT INTO raw_reminder (
    dedupe_key, borrower_id, channel, template_code, language, context, reference, purpose, due_at, status, created_on)
SELECT 'reminder:' || loan_id || ':' || due_on || ':' || (%(on)s::date - due_on), loan_id, 'sms', 'repayment_due_soon',
       'zh-hans', jsonb_build_object('loan_id', loan_id, 'amount', overdue, 'due_on', due_on), 'LN-' || loan_id,
       'reminder', now(), 'queued', %(on)s
  FROM raw_state CROSS JOIN LATERAL (VALUES (oldest_due_on), (next_due_on)) AS d(due_on)
 WHERE %(on)s::date - due_on = ANY(ARRAY[-3, -1, 0, 1, 3, 7, 15, 30])
ON CONFLICT (dedupe_key) DO NOTHING
"""


class RawPass:
    """The same book in a state table of its own; each ``night`` is one more day."""

    def __init__(self, on: date) -> None:
        self.on = on
        with connection.cursor() as cursor:
            cursor.execute(_MAKE)
            cursor.execute("VACUUM ANALYZE raw_state")

    def night(self) -> float:
        """Seconds of one pass, committed."""
        started = perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL plan_cache_mode TO force_custom_plan")
            cursor.execute(_STATE, {"on": self.on})
            cursor.execute(_REMIND, {"on": self.on + timedelta(days=1)})
        self.on += timedelta(days=1)
        return perf_counter() - started

    def drop(self) -> None:
        """Take the tables away."""
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE raw_state, raw_move, raw_reminder")
