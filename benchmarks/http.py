"""How long the API takes to tell of a loan over HTTP. ``./dev bench http [LOANS] [--json]``

The web server is started as README starts it (gunicorn, three processes of four threads); one client asks it over one
connection that stays open for loans drawn evenly over the book, in turns with ``/healthz``, which asks the database one
question and the cache another. 10,000 loans unless told otherwise.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles
from time import perf_counter, sleep

import django
from django.apps import apps

import config  # noqa: F401  (puts collections/ on the import path)

if not apps.ready:
    django.setup()

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks import book
from core import business_date
from loans.models import Loan
from partners.keys import issue_key, make_client
from partners.scopes import SCOPES

LOANS, ASKED, WARM_UP = 10_000, 400, 60
GOAL = 12.0  # ms, half of the answers at most
WHOLE, NOTHING = "a loan", "/healthz"


def main() -> int:
    parser = ArgumentParser(prog="./dev bench http")
    parser.add_argument("loans", nargs="?", type=int, default=LOANS)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if Loan.objects.exists():
        print("This needs an empty database: ./dev bench http makes one.", file=sys.stderr)
        return 2
    business_date.move_to(book.DAY)
    book.write(wanted.loans)
    _name_as_the_engine_does()
    book.vacuum()
    partner = make_client(name="bench", requests_per_minute=1_000_000)
    token = issue_key(client_id=partner.pk, scopes=sorted(SCOPES), at=timezone.now()).token
    ids = Loan.objects.order_by("pk").values_list("public_id", flat=True)[:: max(1, wanted.loans // (ASKED + WARM_UP))]
    paths = [f"/api/v1/loans/{public_id}" for public_id in ids]
    with _server() as port:
        found = _ask(port, paths, token)
    statements = _statements(paths[0], token)
    print(f"{wanted.loans:,} loans, {len(found[WHOLE])} asked for, {statements} statements each")
    told: dict[str, float] = {"loans": wanted.loans, "statements": statements}
    for what, took in found.items():
        percent = quantiles(took, n=100)
        name = "loan" if what == WHOLE else "nothing"
        told |= {f"{name}_p50_ms": 1e3 * percent[49], f"{name}_p99_ms": 1e3 * percent[98]}
        print(f"  {what:<9} p50 {1e3 * percent[49]:6.1f} ms, p99 {1e3 * percent[98]:6.1f} ms")
    print(f"  ratio {told['loan_p50_ms'] / told['nothing_p50_ms']:.1f}; goal {GOAL} ms for a loan")
    if wanted.json:
        print(json.dumps(told))
    return 0 if told["loan_p50_ms"] <= GOAL else 1


@transaction.atomic
def _name_as_the_engine_does() -> None:
    """Addresses of the API know the form of a public id."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE loans_loan SET public_id = 'loan_' || lpad(id::text, 26, '0')")


@contextmanager
def _server() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "3",
               "--threads", "4", "--timeout", "120", "--keep-alive", "60"]  # fmt: skip
    process = subprocess.Popen(command, env=os.environ | {"LOG_LEVEL": "WARNING"}, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port):
            sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False


def _ask(port: int, paths: list[str], token: str) -> dict[str, list[float]]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found: dict[str, list[float]] = {WHOLE: [], NOTHING: []}
    for place, path in enumerate(paths):
        for what, asked in ((WHOLE, path), (NOTHING, "/healthz")):
            began = perf_counter()
            line.request("GET", asked, headers={"Authorization": f"Bearer {token}"})
            answer = line.getresponse()
            body = answer.read()
            took = perf_counter() - began
            if answer.status != 200:
                raise SystemExit(f"{asked}: {answer.status} {body[:300]!r}")
            if place >= WARM_UP:
                found[what].append(took)
    return found


def _statements(path: str, token: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        Client(headers={"Authorization": f"Bearer {token}", "Host": "localhost"}).get(path)
    return len(asked.captured_queries)


if __name__ == "__main__":
    sys.exit(main())
