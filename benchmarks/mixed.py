"""Payments while the night is closed, and what a month of days leaves on disk. ``./dev bench mixed [LOANS] [--json]``

First ``--days`` days pass, each with payments of what falls due and a night; a line through the sizes of each table says how
many bytes a loan and night it grows by. Then two processes record payments one after another, by themselves and while nights
are closed beside them, in turns: how long a payment takes and how many there are, idle and in the night. Sizes are
those on disk with indexes, partitions with the table they belong to. 10,000 loans unless told otherwise.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from itertools import count, cycle
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from statistics import quantiles
from time import perf_counter
from typing import Any

import django
from django.apps import apps

import config  # noqa: F401  (puts collections/ on the import path)

if not apps.ready:
    django.setup()

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Max

from benchmarks import book
from benchmarks._paying import pay, pay_what_is_due
from core import business_date
from core.context import acting
from loans.models import Loan, LoanPosition, LoanStatus
from operations.end_of_day import close_day
from operations.models import EndOfDayChunk

LOANS, DAYS, CLIENTS = 10_000, 30, 2
TURNS = 3  # idle and in the night
SECONDS = 6.0  # each turn at least
SLOWER, RATE = 3.0, 0.5  # goals: p99 in the night at most so many times the idle one, rate at least such a part of it
OFF_THE_BOOK = ("messaging_",)  # told apart: how many messages there are is the lender's choice
_SIZES = """
SELECT pg_partition_root(c.oid)::regclass::text, sum(pg_total_relation_size(c.oid))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relispartition AND n.nspname = 'public' GROUP BY 1
UNION ALL
SELECT c.oid::regclass::text, pg_total_relation_size(c.oid)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND NOT c.relispartition AND n.nspname = 'public'
"""
Sizes = dict[str, int]


def main() -> int:
    parser = ArgumentParser(prog="./dev bench mixed")
    parser.add_argument("loans", nargs="?", type=int, default=LOANS)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if Loan.objects.exists():
        print("This needs an empty database: ./dev bench mixed makes one.", file=sys.stderr)
        return 2
    business_date.move_to(book.DAY)
    began = perf_counter()
    book.write(wanted.loans)
    book.vacuum()
    print(f"… {wanted.loans:,} loans written in {perf_counter() - began:.0f} s", file=sys.stderr)
    _night()  # the first reads the new loans for the first time
    slopes = _month(wanted.loans, wanted.days)
    payments = _payments()  # last: among its many nights nobody pays what falls due
    if wanted.json:
        print(json.dumps({"loans": wanted.loans, "payments": payments, "bytes_a_loan_and_night": slopes}))
    return 0 if payments["p99_ratio"] <= SLOWER and payments["rate_ratio"] >= RATE else 1


# --- payments, idle and in the night ----------------------------------------------------------------------------------


def _payments() -> dict[str, float]:
    clerk = get_user_model().objects.create(username="bench").pk
    took: dict[str, list[float]] = {"idle": [], "night": []}
    spent = {"idle": 0.0, "night": 0.0}
    nights = 0
    with _clients(clerk) as clients:
        for _turn in range(TURNS):
            for way in ("idle", "night"):
                with _paying(clients, took[way]) as seconds:
                    while seconds() < SECONDS:
                        if way == "night":
                            _night()
                            nights += 1
                spent[way] += seconds()
    found: dict[str, float] = {}
    for way, each in took.items():
        percent = quantiles(each, n=100)
        found |= {f"{way}_p50_ms": 1e3 * percent[49], f"{way}_p99_ms": 1e3 * percent[98],
                  f"{way}_a_second": len(each) / spent[way]}  # fmt: skip
        print(f"{way:<6} {len(each):>6,} payments by {CLIENTS} clients: p50 {1e3 * percent[49]:6.1f} ms, "
              f"p99 {1e3 * percent[98]:6.1f} ms, {len(each) / spent[way]:6.0f} a second")  # fmt: skip
    found["p99_ratio"] = found["night_p99_ms"] / found["idle_p99_ms"]
    found["rate_ratio"] = found["night_a_second"] / found["idle_a_second"]
    slowest = EndOfDayChunk.objects.aggregate(took=Max("took"))["took"]
    found["slowest_chunk_ms"] = 1e3 * slowest.total_seconds()
    print(
        f"  {nights} nights; p99 {found['p99_ratio']:.1f} x idle (goal {SLOWER} x), rate {found['rate_ratio']:.0%} of idle"
    )
    print(f"  (goal {RATE:.0%}); slowest chunk {found['slowest_chunk_ms']:.0f} ms\n")
    return found


class _Clients:
    """The processes that pay, and the flag that ends a turn."""

    def __init__(self, pools: Sequence[ProcessPoolExecutor], stop: Event) -> None:
        self.pools, self.stop = pools, stop


@contextmanager
def _clients(clerk: int) -> Iterator[_Clients]:
    spawn = get_context("spawn")
    stop = spawn.Event()
    loans = list(LoanPosition.objects.filter(status=LoanStatus.ACTIVE).order_by("pk").values_list("pk", flat=True))
    shares = [loans[number::CLIENTS] for number in range(CLIENTS)]
    pools = [
        ProcessPoolExecutor(1, mp_context=spawn, initializer=_prepare, initargs=(stop, clerk, number, share))
        for number, share in enumerate(shares)
    ]
    try:
        for ready in [pool.submit(_pay_once) for pool in pools]:
            ready.result()
        yield _Clients(pools, stop)
    finally:
        stop.set()
        for pool in pools:
            pool.shutdown()


@contextmanager
def _paying(clients: _Clients, took: list[float]) -> Iterator[Any]:
    """Payments come in while the block runs; it gets how many seconds that is so far."""
    clients.stop.clear()
    began = perf_counter()
    ended: list[float] = []
    running = [pool.submit(_pay_until_told) for pool in clients.pools]
    yield lambda: (ended[0] if ended else perf_counter()) - began
    clients.stop.set()
    for each in running:
        took += each.result()
    ended.append(perf_counter())


class _Client:
    """What a client's process holds."""

    stop: Event
    clerk: Any
    number: int
    loans: Iterator[int]
    keys = count()


def _prepare(stop: Event, clerk: int, number: int, loans: Sequence[int]) -> None:
    _Client.stop, _Client.number, _Client.loans = stop, number, cycle(loans)
    _Client.clerk = get_user_model().objects.get(pk=clerk)


def _pay_once() -> None:
    key = f"bench-{_Client.number}-{next(_Client.keys)}"
    with acting(actor=_Client.clerk, request_id=key, channel="api", reason="bench"):
        pay(next(_Client.loans), Decimal("10.00"), key, by=_Client.clerk)


def _pay_until_told() -> list[float]:
    took = []
    while not _Client.stop.is_set():
        began = perf_counter()
        _pay_once()
        took.append(perf_counter() - began)
    return took


def _night() -> None:
    run = close_day()
    if not run.finished:
        raise SystemExit(f"The close failed: {run.error}")


# --- a month of days --------------------------------------------------------------------------------------------------


def _month(loans: int, days: int) -> dict[str, float]:
    """Bytes a loan and night, by table."""
    history = [_sizes()]
    paid = 0
    for _day in range(days):
        paid += pay_what_is_due()
        _night()
        history.append(_sizes())
        print(f"… {business_date.current()}: {sum(history[-1].values()) / 1e6:,.0f} MB", file=sys.stderr)
    slopes = {table: _slope([sizes.get(table, 0) for sizes in history]) / loans for table in history[-1]}
    grown = {table: each for table, each in sorted(slopes.items(), key=lambda pair: -pair[1]) if each >= 0.05}
    print(f"{days} days of {loans:,} loans, {paid:,} payments, to {business_date.current()}; bytes a loan and night:")
    for table, each in grown.items():
        print(f"  {table:<36} {each:8.1f}   {each * 365 * 1e6 / 1e9:8.1f} GB a year and million loans")
    without = sum(each for table, each in grown.items() if not table.startswith(OFF_THE_BOOK))
    print(f"  {'all but messages':<36} {without:8.1f}\n  {'all':<36} {sum(grown.values()):8.1f}")
    return grown


def _sizes() -> Sizes:
    with connection.cursor() as cursor:
        cursor.execute(_SIZES)
        return {table: int(size) for table, size in cursor.fetchall()}


def _slope(sizes: Sequence[int]) -> float:
    """Of the straight line nearest to the sizes, a night."""
    middle, mean = (len(sizes) - 1) / 2, sum(sizes) / len(sizes)
    spread = sum((place - middle) ** 2 for place in range(len(sizes)))
    return sum((place - middle) * (size - mean) for place, size in enumerate(sizes)) / spread


if __name__ == "__main__":
    sys.exit(main())
