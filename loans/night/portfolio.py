"""The portfolio of a day as one row: the night reads the positions it has just closed; the past is made from events.

A past day is worked out from what happened until then (disbursements, repayments, moves of bucket and class), so a row can
always be made anew; a back-dated event moves only rows that are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from core.money import ZERO
from core.rules import rule
from loans.models import LoanStatus, PortfolioDay

LATE = {
    "late_1": 1,
    "late_30": 31,
    "late_60": 61,
    "late_90": 91,
}  # portfolio at risk: the first day past due that counts

_CLOSED = """
SELECT p.product_id, CASE WHEN p.status = 'active' AND p.charged_off_on IS NOT NULL THEN 'charged_off' ELSE p.status END,
       p.bucket, p.risk_class, count(*), sum(p.principal_outstanding)
  FROM loans_loanposition p
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""

_FROM_EVENTS = """
WITH paid_out AS (
    SELECT l.id, l.disbursed_on, v.product_id, coalesce((
        SELECT sum((part ->> 1)::numeric)
          FROM jsonb_array_elements(CASE jsonb_typeof(l.drawdowns) WHEN 'array' THEN l.drawdowns END) part
         WHERE (part ->> 0)::date <= %(on)s
    ) + coalesce((
        SELECT sum((a.parameters ->> 'amount')::numeric) FROM loans_loanact a
         WHERE a.loan_id = l.id AND a.kind = 'drawn_down' AND a.status = 'standing' AND a.effective_on <= %(on)s
    ), 0), l.principal) AS principal,
           CASE WHEN l.written_off_on <= %(on)s THEN 'written_off'
                WHEN l.settled_on <= %(on)s THEN 'settled'
                WHEN p.charged_off_on <= %(on)s THEN 'charged_off' ELSE 'active' END AS status
      FROM loans_loan l
      JOIN loans_productversion v ON v.id = l.product_version_id
      JOIN loans_loanposition p ON p.loan_id = l.id
     WHERE l.disbursed_on <= %(on)s AND l.status <> 'cancelled'
), owed AS (
    SELECT o.product_id, o.status, CASE WHEN o.status IN ('settled', 'written_off') THEN 0 ELSE o.principal - coalesce((
               SELECT sum(r.principal) FROM loans_repayment r
                WHERE r.loan_id = o.id AND r.received_on <= %(on)s AND r.status = 'posted' AND NOT r.is_recovery), 0)
               END AS principal,
           coalesce((SELECT t.after FROM loans_loantransition t
                      WHERE t.loan_id = o.id AND t.kind = 'bucket' AND t."on" BETWEEN o.disbursed_on AND %(on)s
                      ORDER BY t."on" DESC, t.id DESC LIMIT 1), %(first_bucket)s) AS bucket,
           coalesce((SELECT t.after FROM loans_loantransition t
                      WHERE t.loan_id = o.id AND t.kind = 'class' AND t."on" BETWEEN o.disbursed_on AND %(on)s
                      ORDER BY t."on" DESC, t.id DESC LIMIT 1), %(first_class)s) AS class
      FROM paid_out o
)
SELECT product_id, status, bucket, class, count(*), sum(principal) FROM owed GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""

_ROLLS = """
SELECT before, after, count(*), sum(amount) FROM loans_loantransition
 WHERE "on" = %(on)s AND kind = 'bucket' GROUP BY 1, 2 ORDER BY 1, 2
"""
_MOVED = """
SELECT coalesce((SELECT sum(amount) FROM loans_disbursement WHERE paid_on = %(on)s), 0),
       coalesce((SELECT sum(amount) FROM loans_repayment WHERE recorded_on = %(on)s AND status = 'posted'), 0)
"""


@dataclass(frozen=True, slots=True)
class _Group:
    product_id: int
    status: str
    bucket: str
    risk_class: str
    loans: int
    principal: Decimal

    @property
    def runs(self) -> bool:
        return self.status == LoanStatus.ACTIVE


def note_portfolio(lo: int, hi: int, on: date) -> dict[str, int]:
    """Write the row of ``on`` from the positions closed for it. Repeated, it writes the same."""
    _store(on, _groups(_CLOSED, on))
    return {"portfolio_days": 1}


def rebuild(on: date) -> PortfolioDay:
    """The row of ``on`` made anew from events."""
    return _store(on, _groups(_FROM_EVENTS, on))


def _groups(sql: str, on: date) -> list[_Group]:
    buckets, classes = rule("arrears_buckets", on)["buckets"], rule("risk_classes", on)["floors"]
    return [_Group(*row) for row in _rows(sql, on, first_bucket=buckets[0][0], first_class=classes[0][0])]


def _store(on: date, groups: Sequence[_Group]) -> PortfolioDay:
    running = [group for group in groups if group.runs]
    late = {name: _principal_in(running, _buckets_from(first_day, on)) for name, first_day in LATE.items()}
    ((disbursed, collected),) = _rows(_MOVED, on)
    figures = {
        "loans": sum(group.loans for group in running),
        "outstanding": sum((group.principal for group in running), ZERO),
        "disbursed": disbursed,
        "collected": collected,
        "groups": [
            [group.product_id, group.status, group.bucket, group.risk_class, group.loans, str(group.principal)]
            for group in groups
        ],
        "rolls": [[before, after, loans, str(amount)] for before, after, loans, amount in _rows(_ROLLS, on)],
        **late,
    }
    row = PortfolioDay.objects.filter(on=on).first()
    if row is None or any(getattr(row, name) != value for name, value in figures.items()):
        row, _new = PortfolioDay.objects.update_or_create(on=on, defaults=figures)
    return row


def _principal_in(groups: Sequence[_Group], buckets: Sequence[str]) -> Decimal:
    return sum((group.principal for group in groups if group.bucket in buckets), ZERO)


def _buckets_from(days: int, on: date) -> list[str]:
    """The buckets of loans ``days`` days late or later."""
    steps: Sequence[tuple[str, int]] = rule("arrears_buckets", on)["buckets"]
    return [name for name, first_day in steps if first_day >= days]


def _rows(sql: str, on: date, **values: str) -> list[Any]:
    named = {name: value for name, value in values.items() if f"%({name})s" in sql}
    with connection.cursor() as cursor:
        cursor.execute(sql, {"on": on, **named} if "%(" in sql else None)
        return list(cursor.fetchall())
