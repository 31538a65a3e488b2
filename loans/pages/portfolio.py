"""The portfolio in a few numbers: outstanding, and how much of it is late, today and at past month ends.

Today is read from the positions. A past month end is worked out from what happened until then (disbursements, repayments,
moves of bucket), so no second copy of the truth is kept; who shows it may keep the result, since closed months rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from core.money import ZERO, round_money
from core.rules import rule
from loans.models import LoanPosition

PAR_DAYS = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class PortfolioAtRisk:
    """Outstanding principal on a day, and the parts of it more than 30, 60, 90 days late."""

    on: date
    outstanding: Decimal
    late: tuple[Decimal, ...]

    @property
    def shares(self) -> tuple[Decimal, ...]:
        """Per cent of the outstanding, for each of PAR_DAYS."""
        if not self.outstanding:
            return (ZERO,) * len(self.late)
        return tuple(round_money(late * 100 / self.outstanding) for late in self.late)


_AT_MONTH_END = """
WITH running AS (
    SELECT l.id, l.disbursed_on, coalesce((
        SELECT sum((part ->> 1)::numeric)
          FROM jsonb_array_elements(CASE jsonb_typeof(l.drawdowns) WHEN 'array' THEN l.drawdowns END) part
         WHERE (part ->> 0)::date <= %(on)s
    ) + coalesce((
        SELECT sum((a.parameters ->> 'amount')::numeric) FROM loans_loanact a
         WHERE a.loan_id = l.id AND a.kind = 'drawn_down' AND a.status = 'standing' AND a.effective_on <= %(on)s
    ), 0), l.principal) AS principal FROM loans_loan l
     WHERE l.disbursed_on <= %(on)s
       AND (l.settled_on IS NULL OR l.settled_on > %(on)s)
       AND (l.written_off_on IS NULL OR l.written_off_on > %(on)s)
       AND NOT EXISTS (SELECT 1 FROM loans_loanposition p WHERE p.loan_id = l.id AND p.charged_off_on <= %(on)s)
       AND l.status <> 'cancelled'
), owed AS (
    SELECT running.id, running.disbursed_on, running.principal - coalesce((
        SELECT sum(r.principal) FROM loans_repayment r
         WHERE r.loan_id = running.id AND r.received_on <= %(on)s AND r.status = 'posted' AND NOT r.is_recovery
    ), 0) AS principal FROM running
), placed AS (
    SELECT owed.principal, (
        SELECT t.after FROM loans_loantransition t
         WHERE t.loan_id = owed.id AND t.kind = 'bucket' AND t."on" BETWEEN owed.disbursed_on AND %(on)s
         ORDER BY t."on" DESC, t.id DESC LIMIT 1
    ) AS bucket FROM owed
)
SELECT coalesce(sum(principal), 0),
       coalesce(sum(principal) FILTER (WHERE bucket = ANY(%(late_0)s)), 0),
       coalesce(sum(principal) FILTER (WHERE bucket = ANY(%(late_1)s)), 0),
       coalesce(sum(principal) FILTER (WHERE bucket = ANY(%(late_2)s)), 0)
  FROM placed
"""


def at_risk(on: date) -> PortfolioAtRisk:
    """The portfolio at the end of ``on``, worked out from events."""
    buckets = {f"late_{place}": _buckets_beyond(days, on) for place, days in enumerate(PAR_DAYS)}
    with connection.cursor() as cursor:
        cursor.execute(_AT_MONTH_END, {"on": on, **buckets})
        outstanding, *late = cursor.fetchone()
    return PortfolioAtRisk(on, outstanding, tuple(late))


def month_ends(before: date, count: int) -> list[date]:
    """The last ``count`` month ends before the day, oldest first."""
    ends: list[date] = []
    first = before.replace(day=1)
    while len(ends) < count:
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]


def first_disbursement() -> date | None:
    return LoanPosition.objects.order_by("loan__disbursed_on").values_list("loan__disbursed_on", flat=True).first()


def _buckets_beyond(days: int, on: date) -> list[str]:
    steps: Sequence[tuple[str, int]] = rule("arrears_buckets", on)["buckets"]
    return [name for name, first_day in steps if first_day > days]
