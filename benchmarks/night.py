"""How long a night takes as the book grows, and what else it costs. ``./dev bench night [--sizes N,N] [--json]``

One run on one scratch database: a book is written in bulk (``benchmarks/book.py``: twelve instalments a loan, a fifth of the
loans late, with messages, entries and history), then the production close runs as it does every night; on the days between,
nine of ten pay what falls due, so that as many are late at one size as at another. At each size:

- the first night reads the instalments of every loan (full); of the nights after it, in which most loans are counted on
  by arithmetic, the median counts;
- beside it the raw pass: one hand-written statement that reads every unpaid instalment and writes the state of every
  loan into a narrow table, and two that write the moves and the reminders;
- the closed day once more as a second run finds it, and each step over each range once more as if no checkpoint were
  left: neither may write a row; then the step of positions after a twentieth of the loans was changed;
- at the largest size with two workers, and a loop over objects (lock, read, compute, save one loan, with its history) on
  a sample;
- rows and bytes a night adds, by table, messages apart; the memory of the process.

Ratios are what to compare between machines, not seconds.
"""

import argparse
import json
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from time import perf_counter

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from benchmarks import book  # first: it sets Django up
from benchmarks._night_raw import RawPass
from benchmarks._paying import pay_what_is_due
from core import business_date
from loans.account.account import age
from loans.bookkeeping import positions
from loans.models import Loan
from operations import end_of_day
from operations.end_of_day import close_day
from operations.models import EndOfDayChunk, EndOfDayRun
from operations.steps import LABELS, STEPS

SIZES = (100_000, 300_000, 1_000_000)
NIGHTS = 3
SAMPLE = 500
MESSAGES = "messaging_"
GOALS = {
    "growth": ("a loan at the largest size, to one at the smallest", 1.15),
    "to_raw": ("a night with one worker, to the raw pass", 3.0),
    "again": ("a second run of a closed day, to the first", 0.10),
    "written_again": ("tables a second run writes to", 0),
    "changed": ("a run after 5 % were changed, to a full one", 0.30),
    "bytes_a_loan": ("bytes a loan and night without messages", 90.0),
    "memory": ("memory at the largest size, to the smallest", 1.10),
}
LEAST = {"two_workers": ("two workers, to one", 1.5), "loop": ("the loop over objects, to the same step", 50.0)}
Figures = dict[str, float]


def main() -> int:
    arguments = _arguments()
    if Loan.objects.exists():
        print("This needs an empty database: ./dev bench night makes one.", file=sys.stderr)
        return 2
    business_date.move_to(book.DAY)
    sizes, have = sorted(arguments.sizes), 0
    found: dict[int, Figures] = {}
    print(f"chunks of {settings.END_OF_DAY_CHUNK_SIZE:,} ids, one run\n")
    for size in sizes:
        started = perf_counter()
        book.write(size - have)
        book.vacuum()
        print(f"… {size:,} loans written in {perf_counter() - started:.0f} s", file=sys.stderr)
        have = size
        found[size] = _measured(size)
    largest = found[sizes[-1]]
    largest["two_workers"] = _two_workers(largest["night"])
    largest["loop"] = _loop_over_objects(sizes[-1]) / (largest["positions_full"] / sizes[-1])
    return _verdict(found, as_json=arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench night")
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=list(SIZES))
    parser.add_argument("--json", action="store_true", help="the last line is one object of the figures")
    return parser.parse_args()


def _measured(size: int) -> Figures:
    run, full = _timed_close()
    positions_full = _took(run)["positions"]
    nights, added = [], defaultdict[str, list[int]](lambda: [0, 0])
    for _night in range(NIGHTS):
        pay_what_is_due()
        before = _tables()
        nights.append(_timed_close())
        for table, (size_after, rows_after) in _tables().items():
            size_before, rows_before = before.get(table, (0, 0))
            added[table][0] += size_after - size_before
            added[table][1] += rows_after - rows_before
    last = nights[-1][0].business_day.on
    run, night = sorted(nights, key=lambda timed: timed[1])[NIGHTS // 2]
    raw = _raw()
    again, written = _written_by(lambda: close_day(on=last))
    steps_again, written_by_steps = _written_by(lambda: _every_step(last))
    changed = _run_changed(last)
    _tell_night(size, run, night, full, raw)
    of_bytes = _tell_growth(size, added)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"          again {again:.3f} s, {written or 'no'} rows written; each step without its checkpoints "
          f"{steps_again:.2f} s, {written_by_steps or 'no'} rows; after 5 % were changed {changed:.2f} s (accrued and aged "
          f"in full: {positions_full:.2f} s); memory {memory:.0f} MB\n")  # fmt: skip
    return {
        "night": night, "full": full, "raw": raw, "positions_full": positions_full, "again_seconds": again,
        "steps_again_seconds": steps_again, "written_again": len(written) + len(written_by_steps),
        "changed_seconds": changed, "bytes_a_loan": of_bytes, "memory_mb": memory, "a_loan": night / size,
    }  # fmt: skip


def _timed_close() -> tuple[EndOfDayRun, float]:
    started = perf_counter()
    run = close_day()
    seconds = perf_counter() - started
    if not run.finished:
        raise SystemExit(f"The close failed: {run.error}")
    return run, seconds


def _took(run: EndOfDayRun) -> dict[str, float]:
    chunks = EndOfDayChunk.objects.filter(run=run).order_by().values_list("step")
    took = {step: took.total_seconds() for step, took in chunks.annotate(took=Sum("took"))}
    return {step: took[step] for step in LABELS if step in took}


def _raw() -> float:
    raw = RawPass(business_date.current())
    seconds = sorted(raw.night() for _night in range(NIGHTS))
    raw.drop()
    return seconds[NIGHTS // 2]


def _written_by(work: Callable[[], object]) -> tuple[float, dict[str, int]]:
    """Seconds of ``work``, and rows it wrote by table."""
    before, started = _rows_written(), perf_counter()
    work()
    seconds = perf_counter() - started
    return seconds, {
        table: rows - before.get(table, 0) for table, rows in _rows_written().items() if rows != before.get(table)
    }


def _every_step(on: date) -> None:
    for step in STEPS:
        for lo, hi in end_of_day.ranges(step.id_range(), settings.END_OF_DAY_CHUNK_SIZE):
            with transaction.atomic():
                step.function(lo, hi, on)


def _run_changed(on: date) -> float:
    """What a night pays for the loans that something happened to: a twentieth is set back as an event would leave it.

    Loans in no arrears, so that no day of late interest is charged twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE loans_loanposition SET quiet_before = NULL, as_of = as_of - 1 "
            "WHERE status = 'active' AND days_past_due = 0 AND loan_id % 15 = 7"
        )
    (step,) = (step for step in STEPS if step.code == "positions")
    started = perf_counter()
    for lo, hi in end_of_day.ranges(step.id_range(), settings.END_OF_DAY_CHUNK_SIZE):
        with transaction.atomic():
            step.function(lo, hi, on)
    return perf_counter() - started


def _two_workers(one: float) -> float:
    settings.END_OF_DAY_WORKERS = 2
    seconds = sorted(_timed_close()[1] for _night in range(NIGHTS))[NIGHTS // 2]
    settings.END_OF_DAY_WORKERS = 1
    print(f"two workers: {seconds:.2f} s a night")
    return one / seconds


def _loop_over_objects(size: int) -> float:
    """Seconds a loan when each is locked, read, computed, booked and saved by itself, with a history row."""
    on, ids = business_date.current(), range(1, size + 1, max(size // SAMPLE, 1))
    running = set(Loan.objects.filter(pk__in=list(ids), status="active").values_list("pk", flat=True))
    started = perf_counter()
    for loan_id in sorted(running):
        with transaction.atomic():
            loan = Loan.objects.locked(loan_id)
            position = positions.locked(loan_id)
            before = positions.load(loan, position)
            positions.store(loan, position, before, age(before, on), posted_on=on)
            loan.save()
    seconds = (perf_counter() - started) / len(running)
    print(f"loop over objects, with history, {len(running):,} of the same loans: {1e6 * seconds:,.0f} µs a loan")
    return seconds


# --- what tables grow by --------------------------------------------------------------------------------------------
def _tables() -> dict[str, tuple[int, int]]:
    """Bytes with indexes, and rows inserted so far, by table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT relname, pg_total_relation_size(relid), n_tup_ins FROM pg_stat_user_tables "
            "WHERE relname NOT LIKE 'raw_%'"
        )
        return {table: (size, rows) for table, size, rows in cursor.fetchall()}


def _rows_written() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables")
        return dict(cursor.fetchall())


def _tell_night(size: int, run: EndOfDayRun, night: float, full: float, raw: float) -> None:
    print(f"{size:>9,} loans: {night:6.2f} s a night, {1e6 * night / size:5.1f} µs a loan; the first {full:.2f} s; "
          f"raw pass {raw:.2f} s: {night / raw:.2f} x")  # fmt: skip
    for step, took in _took(run).items():
        print(f"          {LABELS[step]!s:<28} {took:6.2f} s   {run.counts.get(step, {})}")


def _tell_growth(size: int, added: Mapping[str, Sequence[int]]) -> float:
    total = 0.0
    print("          a night adds:")
    for table, (grown, rows) in sorted(added.items(), key=lambda item: -item[1][0]):
        grown, rows = grown // NIGHTS, rows // NIGHTS
        if grown < size // 10 and not rows:
            continue
        print(f"          {table:<36} {rows:>9,} rows {grown / 1e6:8.2f} MB {grown / size:6.1f} bytes a loan")
        total += 0 if table.startswith(MESSAGES) else grown / size
    print(f"          without messages {total:.1f} bytes a loan and night")
    return total


# --- the verdict ----------------------------------------------------------------------------------------------------
def _verdict(found: dict[int, Figures], *, as_json: bool) -> int:
    first, last = found[min(found)], found[max(found)]
    ratios = {
        "growth": last["a_loan"] / first["a_loan"],
        "to_raw": last["night"] / last["raw"],
        "again": last["again_seconds"] / last["night"],
        "written_again": last["written_again"],
        "changed": last["changed_seconds"] / last["positions_full"],
        "bytes_a_loan": last["bytes_a_loan"],
        "memory": last["memory_mb"] / first["memory_mb"],
        "two_workers": last["two_workers"],
        "loop": last["loop"],
    }
    missed = []
    for name, ratio in ratios.items():
        words, goal = (GOALS | LEAST)[name]
        kept = ratio <= goal if name in GOALS else ratio >= goal
        bound = "at most" if name in GOALS else "at least"
        print(f"{words:<56} {ratio:8.2f}   ({bound} {goal}){'' if kept else '   MISSED'}")
        missed += [] if kept else [name]
    if as_json:
        figures = {str(size): values for size, values in found.items()}
        print(json.dumps({"ratios": ratios, "missed": missed, "sizes": figures}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
