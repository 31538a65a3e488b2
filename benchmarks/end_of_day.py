"""How long a night takes, and what a loop over objects would take on the same rows. ``./dev bench end_of_day``

One run on one scratch database: loans are written in bulk (12 instalments each, a fifth of the loans late), then the
production close runs as it does every night, at 10,000, 50,000 and 100,000 active loans. The first close after each
growth reads the new loans for the first time and is not counted; of the next three the median counts. Then the usual
way of an ORM (lock, read, compute and save each loan by itself, with its history row) does one of the steps, the reading
of positions, for a sample of the same loans on the next day. Ratios are what to compare between machines, not seconds.
"""

import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Any

import django

import config  # noqa: F401  (puts collections/ on the import path)

django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from core import business_date
from loans.account.account import age
from loans.bookkeeping import positions
from loans.models import Loan, Product, ProductVersion, RepaymentMethod, VersionStatus
from operations.end_of_day import close_day
from operations.models import EndOfDayChunk, EndOfDayRun
from operations.steps import LABELS

SIZES = (10_000, 50_000, 100_000)
NIGHTS = 3
SAMPLE = 1_000
FIRST_DAY = date(2026, 6, 15)
GOAL = 50

_BORROWERS = """
INSERT INTO borrowers_borrower (id, public_id, number, market, identity_kind, name, name_index, identity_number,
    identity_index, sex, phone, phone_index, language, source, status, do_not_contact, created_on)
SELECT i, 'cus_bench' || i, 'CU-BENCH-' || i, 'CN', 'other', '', md5('n' || i), '', md5('i' || i), 'unknown', '',
       md5('p' || i), 'zh-hans', '', 'active', false, %(day)s
  FROM generate_series(%(lo)s::int, %(hi)s::int) AS i
"""
_LOANS = """
INSERT INTO loans_loan (id, public_id, number, borrower_id, product_version_id, status, principal, annual_rate,
    fee_total, fee_due, method, frequency, every, instalment_count, day_count, grace_days, late_annual_rate,
    allocation_order, disbursed_on, created_at)
SELECT i, 'loan_bench' || i, 'LN-BENCH-' || i, i, (%(versions)s::bigint[])[1 + i %% 3], 'active', 12000, 0.18, 0,
       'spread', 'equal_principal', 'day', 30, 12, 'act_365f', i %% 4, 0.27,
       '{fee,late_interest,interest,principal}', %(day)s::date - (30 * (i %% 11) + i %% 29)::int, now()
  FROM generate_series(%(lo)s::int, %(hi)s::int) AS i
"""
# Every fifth loan has left its last one to four due instalments unpaid.
_INSTALMENTS = """
INSERT INTO loans_instalment (loan_id, version, number, starts_on, due_on, principal, interest, fee, late_interest,
    principal_paid, interest_paid, fee_paid, late_interest_paid, settled_on)
SELECT l.id, 1, n, due - 30, due, 1000, 180 - 14 * n, 0, 0, CASE WHEN paid THEN 1000 ELSE 0 END,
       CASE WHEN paid THEN 180 - 14 * n ELSE 0 END, 0, 0, CASE WHEN paid THEN due END
  FROM loans_loan l
  CROSS JOIN generate_series(1, 12) AS n
  CROSS JOIN LATERAL (SELECT l.disbursed_on + 30 * n AS due) AS d
  CROSS JOIN LATERAL (
      SELECT due < %(day)s AND NOT (l.id %% 5 = 0 AND due >= %(day)s::date - 30 * (1 + l.id %% 4)::int) AS paid) AS p
 WHERE l.id BETWEEN %(lo)s AND %(hi)s
 ORDER BY l.id, n
"""
_POSITIONS = """
INSERT INTO loans_loanposition (loan_id, borrower_id, product_id, status, as_of, principal_outstanding,
    interest_accrued, interest_paid, fee_accrued, fee_paid, late_interest_accrued, late_interest_paid,
    overdue_principal, overdue_interest, overdue_fee, due_today, next_due_amount, days_past_due, bucket, risk_class,
    overpaid, written_off_amount, recovered, kept_on)
SELECT l.id, l.borrower_id, v.product_id, 'active', %(day)s::date - 1, sum(i.principal - i.principal_paid),
       sum(i.interest_paid), sum(i.interest_paid), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'C', 'normal', 0, 0, 0, %(day)s::date - 1
  FROM loans_loan l
  JOIN loans_productversion v ON v.id = l.product_version_id
  JOIN loans_instalment i ON i.loan_id = l.id
 WHERE l.id BETWEEN %(lo)s AND %(hi)s
 GROUP BY l.id, v.product_id
 ORDER BY l.id
"""


def main() -> int:
    if Loan.objects.exists():
        print("This needs an empty database: ./dev bench end_of_day makes one.", file=sys.stderr)
        return 2
    business_date.move_to(FIRST_DAY)
    versions = _products()
    have, per_loan = 0, {}
    print(f"chunks of {settings.END_OF_DAY_CHUNK_SIZE:,} ids, {settings.END_OF_DAY_WORKERS} worker(s), one run\n")
    for size in SIZES:
        _grow(have + 1, size, versions)
        have = size
        close_day()
        nights = sorted((_timed_close() for _night in range(NIGHTS)), key=lambda night: night[1])
        run, seconds = nights[NIGHTS // 2]
        per_loan[size] = seconds / size
        _tell_night(size, run, seconds)
    return _tell_ratio(run, per_loan)


def _products() -> list[int]:
    versions = []
    for number in range(3):
        product = Product.objects.create(code=f"bench-{number}", name=f"Bench {number}")
        version = ProductVersion.objects.create(
            product=product,
            version=1,
            status=VersionStatus.LIVE,
            effective_from=date(2020, 1, 1),
            method=RepaymentMethod.EQUAL_PRINCIPAL,
            min_amount=Decimal(1),
            max_amount=Decimal(100_000),
            annual_rate=Decimal("0.18"),
        )
        versions.append(version.pk)
    return versions


def _grow(lo: int, hi: int, versions: Sequence[int]) -> None:
    started = perf_counter()
    values: dict[str, Any] = {"lo": lo, "hi": hi, "day": business_date.current(), "versions": list(versions)}
    with connection.cursor() as cursor:
        for sql in (_BORROWERS, _LOANS, _INSTALMENTS, _POSITIONS):
            cursor.execute(sql, values)
        cursor.execute("VACUUM ANALYZE")
    print(f"… {hi:,} loans written in {perf_counter() - started:.0f} s", file=sys.stderr)


def _timed_close() -> tuple[EndOfDayRun, float]:
    started = perf_counter()
    run = close_day()
    seconds = perf_counter() - started
    if not run.finished:
        raise SystemExit(f"The close failed: {run.error}")
    return run, seconds


def _tell_night(size: int, run: EndOfDayRun, seconds: float) -> None:
    print(f"{size:>7,} active loans: {seconds:6.2f} s a night, {1e6 * seconds / size:6.1f} µs a loan")
    for step, took in _took(run).items():
        print(f"          {LABELS[step]!s:<20} {took:6.2f} s   {run.counts.get(step, {})}")


def _took(run: EndOfDayRun) -> dict[str, float]:
    chunks = EndOfDayChunk.objects.filter(run=run).order_by().values_list("step")
    took = {step: took.total_seconds() for step, took in chunks.annotate(took=Sum("took"))}
    return {step: took[step] for step in LABELS if step in took}


def _tell_ratio(run: EndOfDayRun, per_loan: dict[int, float]) -> int:
    """The loop does the positions step alone; it is compared with that step and, unfairly, with the whole night."""
    most = SIZES[-1]
    step = _took(run)["positions"] / most
    loop = _loop_over_objects(business_date.current(), most)
    print(f"\nloop over objects, with history, {SAMPLE:,} of the same loans: {1e6 * loop:,.0f} µs a loan")
    print(f"  extrapolated to {most:,} loans: {loop * most:,.0f} s")
    print(f"  ratio to the same step set-based:       {loop / step:7.0f} x   (goal: {GOAL} x)")
    print(f"  ratio to the whole night of all steps:  {loop / per_loan[most]:7.0f} x")
    flat = per_loan[most] / per_loan[SIZES[0]]
    print("time a loan: " + ", ".join(f"{1e6 * per_loan[size]:.1f} µs at {size:,}" for size in SIZES))
    print(f"  at {most:,} it is {flat:.2f} of that at {SIZES[0]:,}")
    return 0 if loop / step >= GOAL and flat <= 1.25 else 1


def _loop_over_objects(on: date, most: int) -> float:
    """Seconds a loan when each is locked, read, computed, booked and saved by itself, with a history row."""
    ids = range(1, most + 1, most // SAMPLE)
    started = perf_counter()
    for loan_id in ids:
        with transaction.atomic():
            loan = Loan.objects.locked(loan_id)
            position = positions.locked(loan_id)
            before = positions.load(loan, position)
            positions.store(loan, position, before, age(before, on), posted_on=on)
            loan.save()
    return (perf_counter() - started) / len(ids)


if __name__ == "__main__":
    sys.exit(main())
