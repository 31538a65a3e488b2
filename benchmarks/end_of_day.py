"""How long a night takes, and what a loop over objects would take on the same rows. ``./dev bench end_of_day``

One run on one scratch database: loans are written in bulk (``benchmarks.book``: 12 instalments each, a fifth late), then the
production close runs as it does every night, at 10,000, 50,000 and 100,000 loans. The first close after each
growth reads the new loans for the first time and is not counted; of the next three the median counts. Then the usual
way of an ORM (lock, read, compute and save each loan by itself, with its history row) does one of the steps, the reading
of positions, for a sample of the same loans on the next day. Ratios are what to compare between machines, not seconds.
"""

import sys
from datetime import date
from time import perf_counter

import django

import config  # noqa: F401  (puts collections/ on the import path)

django.setup()

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from benchmarks import book
from core import business_date
from loans.account.account import age
from loans.bookkeeping import positions
from loans.models import Loan
from operations.end_of_day import close_day
from operations.models import EndOfDayChunk, EndOfDayRun
from operations.steps import LABELS

SIZES = (10_000, 50_000, 100_000)
NIGHTS = 3
SAMPLE = 1_000
GOAL = 50


def main() -> int:
    if Loan.objects.exists():
        print("This needs an empty database: ./dev bench end_of_day makes one.", file=sys.stderr)
        return 2
    business_date.move_to(book.DAY)
    have, per_loan = 0, {}
    print(f"chunks of {settings.END_OF_DAY_CHUNK_SIZE:,} ids, {settings.END_OF_DAY_WORKERS} worker(s), one run\n")
    for size in SIZES:
        _grow(size - have)
        have = size
        close_day()
        nights = sorted((_timed_close() for _night in range(NIGHTS)), key=lambda night: night[1])
        run, seconds = nights[NIGHTS // 2]
        per_loan[size] = seconds / size
        _tell_night(size, run, seconds)
    return _tell_ratio(run, per_loan)


def _grow(more: int) -> None:
    started = perf_counter()
    book.write(more)
    book.vacuum()
    print(f"… {more:,} loans written in {perf_counter() - started:.0f} s", file=sys.stderr)


def _timed_close() -> tuple[EndOfDayRun, float]:
    started = perf_counter()
    run = close_day()
    seconds = perf_counter() - started
    if not run.finished:
        raise SystemExit(f"The close failed: {run.error}")
    return run, seconds


def _tell_night(size: int, run: EndOfDayRun, seconds: float) -> None:
    print(f"{size:>7,} loans: {seconds:6.2f} s a night, {1e6 * seconds / size:6.1f} µs a loan")
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
