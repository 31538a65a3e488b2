"""How long it takes to verify a book, and to read its rows at all. ``./dev bench verify [--sizes N,N] [--json]``

Books are written in bulk (``benchmarks.book``) and verified as ``verify_books`` does it, by one process and by two, at two
sizes: every loan rebuilt and compared, and the books checked. Beside it, in the same run: reading the same rows into Python
and doing nothing with them, rebuilding loans no two of which share a contract, and the oracle on some loans (a run asks it
of one loan in a hundred, and of no more than some five hundred). Seconds belong to one machine; the ratio to the reading
is what to compare.
"""

import argparse
import json
import sys
from collections import defaultdict
from time import perf_counter, process_time
from typing import Any

import django

import config  # noqa: F401  (puts collections/ on the import path)

django.setup()

from django.db import connection
from django.db.models import Sum

from benchmarks import book
from core import business_date
from loans.models import Loan
from loans.proof import rebuilding
from loans.proof.verifying import MOST_SAMPLED, against_oracle
from operations.models import Verification, VerificationChunk
from operations.verifications import carry_out, request

SIZES = (20_000, 100_000)
PROCESSES = (1, 2)
ASKED = 40  # loans of the oracle
SAMPLE = 4_000  # loans that are rebuilt with and without what they have in common
GOAL = 240  # µs a loan with two processes: a million in four minutes
FLAT = 1.15
_ROWS = (
    ("loans_loan", "id"),
    ("loans_loanposition", "loan_id"),
    ("loans_instalment", "loan_id"),
    ("loans_repayment", "loan_id"),
    ("loans_repaymentline", "id"),
    ("loans_accrual", "loan_id"),
    ("ledger_journalentry", "id"),
    ("ledger_journalline", "id"),
)
_AT_ONCE = 10_000  # rows


def main(words: list[str]) -> int:
    asked = _arguments(words)
    if Loan.objects.exists():
        print("This needs an empty database: ./dev bench verify makes one.", file=sys.stderr)
        return 2
    business_date.move_to(book.DAY)
    have, results = 0, []
    for size in asked.sizes:
        book.write(size - have)
        book.vacuum()
        have = size
        results.append(_measured(size))
        _tell(results[-1])
    ended = _judge(results)
    if asked.json:
        print(json.dumps({"sizes": results, "goal_us_a_loan": GOAL, "ended": ended}))
    return ended


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench verify")
    sizes = ",".join(map(str, SIZES))
    parser.add_argument(
        "--sizes", type=lambda text: [int(size) for size in text.split(",")], default=sizes, metavar="N,N"
    )
    parser.add_argument("--json", action="store_true", help="one object as the last line")
    return parser.parse_args(words)


def _measured(size: int) -> dict[str, Any]:
    read = _seconds_to_read()
    took: dict[int, float] = {}
    parts: dict[str, float] = {}
    for processes in PROCESSES:
        started = perf_counter()
        run = carry_out(request(on=business_date.current(), from_the_first=True, oracle_every=0, processes=processes))
        took[processes] = perf_counter() - started
        if not run.is_clean:
            raise SystemExit(f"The verification ended as {run.status} with {run.found} differences. {run.error}")
        parts = parts or _parts(run)
    shared, alone = _rebuilt()
    return {
        "loans": size,
        "read_us": 1e6 * read / size,
        "us": {str(processes): 1e6 * seconds / size for processes, seconds in took.items()},
        "times_reading": {str(processes): seconds / read for processes, seconds in took.items()},
        "parts_us": {code: 1e6 * seconds / size for code, seconds in parts.items()},
        "oracle_ms_a_loan": _by_oracle(),
        "rebuilt_cpu_us": {"as they are": shared, "no contract in common": alone},
    }


def _seconds_to_read() -> float:
    """All rows that a verification looks at, as tuples."""
    started = perf_counter()
    with connection.cursor() as cursor:
        for table, key in _ROWS:
            cursor.execute(f"SELECT max({key}) FROM {table}")
            most = cursor.fetchone()[0] or 0
            for lo in range(0, most + 1, _AT_ONCE):
                cursor.execute(f"SELECT * FROM {table} WHERE {key} >= %s AND {key} < %s", [lo, lo + _AT_ONCE])
                cursor.fetchall()
    return perf_counter() - started


def _parts(run: Verification) -> dict[str, float]:
    """Seconds by check."""
    found: defaultdict[str, float] = defaultdict(float)
    chunks = VerificationChunk.objects.filter(run=run).order_by().values_list("code")
    for code, took in chunks.annotate(took=Sum("took")):
        found[code] += took.total_seconds()
    return dict(sorted(found.items(), key=lambda part: -part[1]))


def _rebuilt() -> tuple[float, float]:
    """µs of this process a loan: as the loans are, and as if each had a contract of its own."""
    costs = []
    for most in (rebuilding.Contracts.MOST, 0):
        contracts = rebuilding.Contracts(most)
        started = process_time()
        for lo in range(1, SAMPLE + 1, 1_000):
            if any(rebuilding.differences(lo, lo + 999, contracts)):
                raise SystemExit("The book differs.")
        costs.append(1e6 * (process_time() - started) / SAMPLE)
    return costs[0], costs[1]


def _by_oracle() -> float:
    """Milliseconds of this process a loan."""
    loans = Loan.objects.filter(pk__lte=ASKED)
    started = process_time()
    if any(found for loan in loans for found in against_oracle(loan)):
        raise SystemExit("The book differs.")
    return 1e3 * (process_time() - started) / ASKED


def _tell(result: dict[str, Any]) -> None:
    print(f"{result['loans']:>9,} loans: reading every row {result['read_us']:6.1f} µs a loan")
    for processes, us in result["us"].items():
        times = result["times_reading"][processes]
        print(f"          verified by {processes} process(es) {us:6.1f} µs a loan, {times:4.1f} x reading")
    for code, us in result["parts_us"].items():
        print(f"            {code:<18} {us:7.2f} µs")
    print(f"          by the oracle {result['oracle_ms_a_loan']:.0f} ms a loan that it is asked of")
    told = ", ".join(f"{how} {us:.0f} µs" for how, us in result["rebuilt_cpu_us"].items())
    print(f"          rebuilding a loan, this process alone: {told}\n")


def _judge(results: list[dict[str, Any]]) -> int:
    first, last = results[0], results[-1]
    by_two = last["us"]["2"] + last["oracle_ms_a_loan"] * MOST_SAMPLED / 1e3 / len(PROCESSES)
    flat = last["times_reading"]["1"] / first["times_reading"]["1"]
    print(f"a million loans by two processes, with the oracle: {by_two:.0f} s (goal {GOAL} s)")
    print(f"against reading, {last['loans']:,} loans take {flat:.2f} of what {first['loans']:,} take (goal {FLAT})")
    print(f"two processes are {last['us']['1'] / last['us']['2']:.2f} x as fast as one")
    return 0 if by_two <= GOAL and flat <= FLAT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
