"""What ``benchmarks.book`` writes: the tables it works things out in, then the rows of each model, in their order.

Parameters: ``lo``, ``hi`` (ids), ``day`` (the business date), ``on`` (the day before, to which loans are read), codes of
accounts, steps of buckets and classes. Columns that are not named take the default of their field.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models

from audit.models import AuditEvent
from borrowers.models import Borrower, ContactPoint
from debt_collections.models import Case, CaseEvent, ContactAttempt, Promise
from ledger.models import JournalEntry, JournalLine
from loans.models import (
    Accrual,
    Application,
    Instalment,
    Loan,
    LoanPosition,
    NightAccrual,
    Repayment,
    RepaymentLine,
)
from messaging.models import Message, MessageKey
from risk.models import CreditLimit, LimitChange


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table from ``source``: columns and the SQL that fills them."""

    model: type[models.Model]
    source: str
    columns: dict[str, str]


def _number(prefix: str) -> str:
    return f"'{prefix}-' || %(year)s::text || '-' || lpad(w.id::text, greatest(6, length(w.id::text)), '0')"


def _public(prefix: str, key: str = "w.id") -> str:
    return f"'{prefix}_' || lpad({key}::text, 26, '0')"


# The loans of a call: who is late by how many instalments, and when the money went out.
_WISHED = """
CREATE TEMPORARY TABLE wished AS
SELECT i AS id, i %% 50 = 49 AS settled, CASE WHEN i %% 5 = 0 THEN (1 + i %% 4)::int ELSE 0 END AS late, i %% 4 AS grace,
       (%(versions)s::bigint[])[1 + i %% 3] AS version_id,
       %(day)s::date - CASE WHEN i %% 50 = 49 THEN 361 + i %% 29 ELSE 30 * (i %% 11) + 1 + i %% 29 END::int AS out_on
  FROM generate_series(%(lo)s::bigint, %(hi)s::bigint) AS i;
"""
_PARTS = """
CREATE TEMPORARY TABLE part AS
SELECT w.id AS loan_id, n, starts_on, due_on, interest, due_on < %(day)s AND NOT missed AS paid,
       CASE WHEN missed THEN round(1000 * 0.27 / 365, 8) * greatest(%(on)s::date - due_on - w.grace, 0)::int
            ELSE 0 END AS late_interest,
       CASE WHEN due_on < %(day)s AND NOT missed
            THEN nextval(pg_get_serial_sequence('ledger_journalentry', 'id')) END AS entry_id,
       CASE WHEN due_on < %(day)s AND NOT missed
            THEN nextval(pg_get_serial_sequence('loans_repayment', 'id')) END AS repayment_id
  FROM wished w
 CROSS JOIN generate_series(1, 12) AS n
 CROSS JOIN LATERAL (SELECT w.out_on + 30 * (n - 1) AS starts_on, w.out_on + 30 * n AS due_on,
                            round((13000 - 1000 * n) * 0.18 * 30 / 365, 2) AS interest) AS d
 CROSS JOIN LATERAL (SELECT due_on < %(day)s AND due_on >= %(day)s::date - 30 * w.late AS missed) AS m
 ORDER BY w.id, n
"""
_STANDS = """
CREATE TEMPORARY TABLE stands AS
SELECT s.*, nextval(pg_get_serial_sequence('ledger_journalentry', 'id')) AS entry_id, v.product_id,
       CASE WHEN s.days > 0 THEN nextval(pg_get_serial_sequence('collections_case', 'id')) END AS case_id,
       (%(collectors)s::bigint[])[1 + s.id %% 5] AS collector_id,
       CASE WHEN s.days >= %(suspended)s::int THEN s.accrued - s.paid ELSE 0 END AS suspended,
       CASE WHEN s.days >= %(suspended)s::int THEN s.late_accrued ELSE 0 END AS late_suspended,
       (%(bucket_names)s::text[])[width_bucket(s.days, %(bucket_days)s::int[])] AS bucket,
       (%(class_names)s::text[])[width_bucket(s.days, %(class_days)s::int[])] AS class
  FROM (SELECT w.*, a.*, coalesce(%(on)s::date - a.oldest_due_on, 0) AS days FROM wished w JOIN (
        SELECT loan_id,
               coalesce(sum(1000) FILTER (WHERE NOT paid), 0) AS outstanding,
               sum(CASE WHEN due_on <= %(on)s THEN interest WHEN starts_on >= %(on)s THEN 0
                        ELSE round(interest * (%(on)s::date - starts_on) / 30, 2) END) AS accrued,
               coalesce(sum(interest) FILTER (WHERE paid), 0) AS paid,
               sum(round(late_interest, 2)) AS late_accrued,
               coalesce(sum(1000) FILTER (WHERE NOT paid AND due_on < %(on)s), 0) AS overdue,
               coalesce(sum(interest) FILTER (WHERE NOT paid AND due_on < %(on)s), 0) AS overdue_interest,
               coalesce(sum(1000 + interest) FILTER (WHERE NOT paid AND due_on = %(on)s), 0) AS due_today,
               min(due_on) FILTER (WHERE NOT paid AND due_on < %(on)s) AS oldest_due_on,
               min(due_on) FILTER (WHERE NOT paid AND due_on >= %(on)s) AS next_due_on,
               max(1000 + interest) FILTER (WHERE NOT paid AND due_on >= %(on)s) AS due_next,
               max(due_on) AS ended_on, max(due_on) FILTER (WHERE paid) AS paid_on
          FROM part GROUP BY loan_id) a ON a.loan_id = w.id) s
  JOIN loans_productversion v ON v.id = s.version_id
"""
# One entry of accrued income a product, as the night books it.
_BOOKED = """
CREATE TEMPORARY TABLE booked AS
SELECT b.*, nextval(pg_get_serial_sequence('ledger_journalentry', 'id')) AS entry_id FROM (
    SELECT s.product_id, p.code, count(*) AS loans, sum(accrued) AS accrued, sum(late_accrued) AS late,
           sum(suspended) AS suspended, sum(late_suspended) AS late_suspended
      FROM stands s JOIN loans_product p ON p.id = s.product_id
     GROUP BY s.product_id, p.code HAVING sum(accrued) + sum(late_accrued) > 0) b;
ANALYZE wished; ANALYZE part; ANALYZE stands
"""
_ENTRIES = f"""(
    SELECT entry_id, 'disbursement' AS event, out_on AS on, {_number("LN")} AS about FROM stands w UNION ALL
    SELECT entry_id, 'repayment', due_on, l.number FROM part JOIN loans_loan l ON l.id = loan_id WHERE paid UNION ALL
    SELECT entry_id, 'accrual', %(on)s::date, code FROM booked) AS e"""
_LINES = """(
    SELECT entry_id, out_on AS on, %(principal)s AS account, id AS loan_id, 12000 AS debit, 0 AS credit FROM stands UNION ALL
    SELECT entry_id, out_on, %(cash)s, NULL, 0, 12000 FROM stands UNION ALL
    SELECT entry_id, due_on, %(cash)s, NULL, 1000 + interest, 0 FROM part WHERE paid UNION ALL
    SELECT entry_id, due_on, %(principal)s, loan_id, 0, 1000 FROM part WHERE paid UNION ALL
    SELECT entry_id, due_on, %(interest)s, loan_id, 0, interest FROM part WHERE paid UNION ALL
    SELECT entry_id, %(on)s::date, %(interest)s, NULL, accrued, 0 FROM booked UNION ALL
    SELECT entry_id, %(on)s::date, %(interest_income)s, NULL, 0, accrued - suspended FROM booked UNION ALL
    SELECT entry_id, %(on)s::date, %(late_interest)s, NULL, late, 0 FROM booked UNION ALL
    SELECT entry_id, %(on)s::date, %(late_interest_income)s, NULL, 0, late - late_suspended FROM booked UNION ALL
    SELECT entry_id, %(on)s::date, %(suspense_interest)s, NULL, 0, suspended + late_suspended FROM booked) AS e
 WHERE debit + credit > 0 ORDER BY entry_id"""
_AS_OF = "CASE WHEN w.settled THEN w.ended_on ELSE %(on)s::date END"
_PROMISED = "w.id %% 3 = 0"


def _message(template: str, on: str, amount: str, facts: str, condition: str) -> Rows:
    """A message about each loan, delivered; every thirtieth failed."""
    return Rows(
        Message,
        f"stands w JOIN borrowers_contactpoint c ON c.borrower_id = w.id WHERE {condition}",
        {
            "dedupe_key": f"'bench:{template}:' || w.id", "borrower_id": "w.id", "contact_point_id": "c.id",
            "template_code": f"'{template}'", "template_version": "1", "language": "'zh-hans'",
            "context": f"jsonb_build_object('loan_number', {_number('LN')}, 'amount', '{amount}', {facts})",
            "subject": f"'{template}'", "body": f"'{template} ' || w.id", "reference": _number("LN"),
            "purpose": "'service'", "due_at": f"{on} + interval '2 hours'", "sent_at": f"{on} + interval '3 hours'",
            "status": "CASE WHEN w.id %% 30 = 7 THEN 'failed' ELSE 'delivered' END", "attempts": "1",
            "created_on": on,
        },
    )  # fmt: skip


def _history(model: Any) -> tuple[Rows, Rows]:
    """The first history row of each, and what its trigger writes down in the audit."""
    table, kept = model._meta.db_table, {field.column for field in model.history.model._meta.concrete_fields}
    copied = {str(field.column): f'w."{field.column}"' for field in model._meta.concrete_fields if field.column in kept}
    told = {"request_id": "'bench'", "channel": "'import'"}
    source = f"{table} w WHERE w.id BETWEEN %(lo)s AND %(hi)s"
    return (
        Rows(model.history.model, source, copied | told | {"history_date": "now()", "history_type": "'+'"}),
        Rows(
            AuditEvent,
            source,
            told
            | {
                "at": "now()", "action": "'created'", "object_type": f"'{model._meta.label_lower}'",
                "object_id": "w.id", "object_label": "w.number",
                "after": "jsonb_build_object('number', w.number, 'status', w.status)",
            },
        ),
    )  # fmt: skip


STEPS: tuple[str | Rows, ...] = (
    _WISHED,
    _PARTS,
    _STANDS,
    _BOOKED,
    Rows(
        Borrower,
        "person w",
        {
            "id": "w.id", "public_id": _public("cus"), "number": _number("CU"), "identity_kind": "'other'",
            "name": "w.name", "name_index": "w.name_index", "identity_number": "w.identity",
            "identity_index": "w.identity_index", "phone": "w.phone", "phone_index": "w.phone_index",
            "birth_date": "date '1970-01-01' + (w.id %% 10000)::int", "created_on": "%(on)s::date - 400",
        },
    ),
    # Every thirtieth cannot be reached any more.
    Rows(
        ContactPoint,
        "person w",
        {
            "borrower_id": "w.id", "kind": "'mobile'", "value": "w.phone", "value_index": "w.phone_index",
            "state": "CASE WHEN w.id %% 30 = 7 THEN 'undeliverable' ELSE 'verified' END", "is_primary": "true",
            "verified_at": "%(on)s::date - interval '1 year'",
        },
    ),
    Rows(
        CreditLimit,
        "person w",
        {
            "borrower_id": "w.id", "amount": "20000 - 1000 * (w.id %% 7)",
            "grade": "substr('ABCD', 1 + (w.id %% 4)::int, 1)", "points": "520 + (w.id %% 80)::int",
            "as_of": "%(on)s::date", "changed_on": "%(on)s::date - (w.id %% 200)::int",
        },
    ),
    Rows(
        LimitChange,
        "person w",
        {
            "borrower_id": "w.id", "before": "0", "after": "20000 - 1000 * (w.id %% 7)", "reason": "'first'",
            "on": "%(on)s::date - (w.id %% 200)::int",
        },
    ),
    Rows(
        Application,
        "stands w",
        {
            "id": "w.id", "public_id": _public("app"), "number": _number("AP"), "borrower_id": "w.id",
            "product_id": "w.product_id", "amount": "12000", "term_count": "12", "status": "'accepted'",
            "purpose_id": "'household'", "submitted_on": "w.out_on", "decided_on": "w.out_on", "outcome": "'approve'",
            "decision_reasons": """'["within_policy"]'::jsonb""", "decision_source": "'imported'",
        },
    ),
    Rows(
        Loan,
        "stands w",
        {
            "id": "w.id", "public_id": _public("loan"), "number": _number("LN"), "borrower_id": "w.id",
            "product_version_id": "w.version_id", "application_id": "w.id", "principal": "12000",
            "annual_rate": "0.18", "status": "CASE WHEN w.settled THEN 'settled' ELSE 'active' END",
            "method": "'equal_principal'", "frequency": "'day'", "every": "30", "instalment_count": "12",
            "grace_days": "w.grace", "late_annual_rate": "0.27", "disbursed_on": "w.out_on",
            "settled_on": "CASE WHEN w.settled THEN w.ended_on END",
        },
    ),
    Rows(
        Instalment,
        "part w",
        {
            "loan_id": "w.loan_id", "number": "w.n", "starts_on": "w.starts_on", "due_on": "w.due_on",
            "principal": "1000", "interest": "w.interest", "late_interest": "w.late_interest",
            "principal_paid": "CASE WHEN w.paid THEN 1000 ELSE 0 END",
            "interest_paid": "CASE WHEN w.paid THEN w.interest ELSE 0 END",
            "settled_on": "CASE WHEN w.paid THEN w.due_on END",
        },
    ),
    Rows(
        LoanPosition,
        "stands w",
        {
            "loan_id": "w.id", "borrower_id": "w.id", "product_id": "w.product_id",
            "status": "CASE WHEN w.settled THEN 'settled' ELSE 'active' END",
            "as_of": _AS_OF,
            "principal_outstanding": "w.outstanding", "interest_accrued": "w.accrued", "interest_paid": "w.paid",
            "late_interest_accrued": "w.late_accrued", "overdue_principal": "w.overdue",
            "overdue_interest": "w.overdue_interest", "due_today": "w.due_today", "oldest_due_on": "w.oldest_due_on",
            "next_due_on": "w.next_due_on", "next_due_amount": "coalesce(w.due_next, 0)", "days_past_due": "w.days",
            "bucket": "w.bucket", "risk_class": "w.class", "suspended_interest": "w.suspended",
            "suspended_late_interest": "w.late_suspended", "kept_on": _AS_OF, "kept_interest": "w.accrued",
            "kept_late_interest": "w.late_accrued", "kept_suspended_interest": "w.suspended",
            "kept_suspended_late_interest": "w.late_suspended",
        },
    ),
    Rows(
        JournalEntry,
        _ENTRIES,
        {"id": "entry_id", "event": "event", "posted_on": '"on"', "effective_on": '"on"', "description": "about"},
    ),
    Rows(
        JournalLine,
        _LINES,
        {
            "entry_id": "entry_id", "posted_on": '"on"', "account_id": "account", "subledger_id": "loan_id",
            "debit": "debit", "credit": "credit",
        },
    ),
    Rows(
        NightAccrual,
        "booked b",
        {
            "product_id": "b.product_id", "accrued_on": "%(on)s::date", "lo": "%(lo)s", "hi": "%(hi)s",
            "loans": "b.loans", "interest": "b.accrued", "late_interest": "b.late", "fee": "0",
            "suspended_interest": "b.suspended", "suspended_late_interest": "b.late_suspended", "entry_id": "b.entry_id",
        },
    ),
    Rows(
        Accrual,
        "part w WHERE w.paid",
        {
            "loan_id": "w.loan_id", "first_on": "w.starts_on + 1", "accrued_on": "w.due_on", "interest": "w.interest",
        },
    ),
    Rows(
        Accrual,
        "stands w WHERE w.accrued > w.paid",
        {
            "loan_id": "w.id", "first_on": "coalesce(w.paid_on, w.out_on) + 1", "accrued_on": _AS_OF,
            "interest": "w.accrued - w.paid",
            "late_interest": "w.late_accrued", "suspended_interest": "w.suspended",
            "suspended_late_interest": "w.late_suspended",
        },
    ),
    Rows(
        Repayment,
        "part w WHERE w.paid",
        {
            "id": "w.repayment_id", "public_id": _public("rep", "w.repayment_id"),
            "number": _number("RP").replace("w.id", "w.repayment_id"), "loan_id": "w.loan_id",
            "amount": "1000 + w.interest", "received_on": "w.due_on", "recorded_on": "w.due_on", "channel": "'import'",
            "idempotency_key": "'bench' || w.repayment_id", "principal": "1000", "interest": "w.interest",
            "entry_id": "w.entry_id", "booked_on": "w.due_on",
        },
    ),
    Rows(
        RepaymentLine,
        "part w WHERE w.paid",
        {
            "repayment_id": "w.repayment_id", "entry_id": "w.entry_id", "instalment_number": "w.n",
            "principal": "1000", "interest": "w.interest",
        },
    ),
    _message("loan_disbursed", "w.out_on", "12000.00", "'disbursed_on', w.out_on", "w.id IS NOT NULL"),
    _message("repayment_received", "w.paid_on", "1000.00", "'received_on', w.paid_on", "w.paid_on IS NOT NULL"),
    Rows(
        MessageKey,
        "messaging_message w WHERE w.borrower_id BETWEEN %(lo)s AND %(hi)s",
        {"dedupe_key": "w.dedupe_key", "message_id": "w.id", "created_on": "w.created_on"},
    ),
    Rows(
        Case,
        "stands w WHERE w.case_id IS NOT NULL",
        {
            "id": "w.case_id", "public_id": _public("case", "w.case_id"), "borrower_id": "w.id",
            "opened_on": "w.oldest_due_on + 1", "stage": "w.bucket",
            "status": f"CASE WHEN {_PROMISED} THEN 'promised' ELSE 'open' END",
            "overdue_amount": "w.overdue + w.overdue_interest + w.late_accrued", "days_past_due": "w.days",
            "late_since": "w.oldest_due_on", "priority": "10 * w.days + (w.id %% 10)",
            "assigned_to_id": "CASE WHEN w.id %% 4 > 0 THEN w.collector_id END",
        },
    ),
    Rows(
        CaseEvent,
        "stands w WHERE w.case_id IS NOT NULL",
        {"case_id": "w.case_id", "kind": "'opened'", "on": "w.oldest_due_on + 1", "after": "w.bucket"},
    ),
    Rows(
        ContactAttempt,
        "stands w CROSS JOIN generate_series(0, 1) AS n WHERE w.case_id IS NOT NULL",
        {
            "case_id": "w.case_id", "borrower_id": "w.id", "outcome": "(ARRAY['no_answer', 'answered'])[n + 1]",
            "on": "least(w.oldest_due_on + 1 + n, %(on)s::date)", "by_id": "w.collector_id",
            "at": "least(w.oldest_due_on + 1 + n, %(on)s::date) + interval '2 hours'",
        },
    ),
    Rows(
        Promise,
        f"stands w WHERE w.case_id IS NOT NULL AND {_PROMISED}",
        {
            "case_id": "w.case_id", "loan_id": "w.id", "amount": "w.overdue + w.overdue_interest",
            "due_on": "%(day)s::date + (w.id %% 7)::int", "taken_by_id": "w.collector_id", "taken_on": "%(on)s::date",
        },
    ),
    *_history(Borrower),
    *_history(Loan),
    "DROP TABLE person, wished, part, stands, booked",
)  # fmt: skip
