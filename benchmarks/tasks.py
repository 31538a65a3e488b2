"""What tasks cost when there are many of them. ``./dev bench tasks``

``[N] [--json]``: N open tasks (100,000 unless told otherwise) lie in the inbox, half as many are raised by one statement,
raised again, and ended by their fact. Every tab of the inbox is asked in a large inbox and in one of a hundred tasks.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from statistics import median
from time import perf_counter

import django
from django.apps import apps

import config  # noqa: F401  (puts collections/ on the import path)

if not apps.ready:
    django.setup()

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, reset_queries
from django.test import Client, override_settings

from casework.models import Task
from casework.queries import Tab
from casework.raising import raise_for, settle_for
from loans.task_kinds import PAYMENT_UNMATCHED
from staff.models import User

TASKS = 100_000
QUERIES, MILLISECONDS, RAISED_S = 10, 150.0, 20.0
KIND = PAYMENT_UNMATCHED.code
ROUNDS = 7


def main() -> int:
    parser = ArgumentParser(prog="./dev bench tasks")
    parser.add_argument("tasks", nargs="?", type=int, default=TASKS)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if Task.objects.exists():
        print("This needs an empty database: ./dev bench tasks makes one.", file=sys.stderr)
        return 2
    # Pages need the addresses of their files only, not the files collected with a hash.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    client, person = _signed_in()
    told: dict[str, float] = {}
    _make(0, 100)
    few = {tab: _ask(client, tab)[0] for tab in Tab}
    half = wanted.tasks // 2
    _make(100, half - 100)
    told["raised_s"] = _timed(lambda: _make(half, half))
    told["again_s"] = _timed(lambda: _make(half, half), new=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE casework_task")
    Task.objects.filter(pk__in=Task.objects.order_by("id").values("pk")[: half // 10]).update(owner=person)
    print(f"  {half:,} tasks raised by one statement in {told['raised_s']:.2f} s, again in {told['again_s']:.2f} s")
    most_queries = 0
    for tab in Tab:
        milliseconds, queries = _ask(client, tab)
        told[f"{tab}_ms"], told[f"{tab}_ratio"] = milliseconds, milliseconds / few[tab]
        most_queries = max(most_queries, queries)
        print(
            f"  {tab:10} {milliseconds:6.1f} ms, {milliseconds / few[tab]:.2f} of a small inbox, {queries} statements"
        )
    told["statements"] = most_queries
    rows = Task.objects.filter(pk__gt=half)
    told["ended_s"] = _timed(lambda: settle_for(KIND, rows, outcome="settled", fact="benchmark"))
    print(f"  {half:,} ended by their fact in {told['ended_s']:.2f} s")
    if wanted.json:
        print(json.dumps(told))
    slowest = max(told[f"{tab}_ms"] for tab in Tab)
    return 0 if most_queries <= QUERIES and slowest <= MILLISECONDS and told["raised_s"] <= RAISED_S else 1


def _signed_in() -> tuple[Client, User]:
    person = User.objects.create_user("bench")
    person.groups.set(Group.objects.filter(name__in=["operations", "checker"]))
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    return client, person


def _make(first: int, count: int) -> int:
    return raise_for(KIND, _Series(first, count))  # type: ignore[arg-type]


class _Series:
    """As much of a query as ``raise_for`` asks for: objects that need no rows of their own, as tasks are measured."""

    def __init__(self, first: int, count: int) -> None:
        self.query = self
        self._given = (first, count)

    def order_by(self) -> "_Series":
        return self

    def sql_with_params(self) -> tuple[str, tuple[int, ...]]:
        first, count = self._given
        sql = """
            SELECT n::text AS subject_id, 'BR' || n AS subject_label, '' AS cause, n %% 100 AS priority,
                   jsonb_build_object('amount', n::text, 'paid_on', '2026-09-14') AS facts
              FROM generate_series(%s::bigint, %s::bigint) n"""
        return sql, (first + 1, first + count)


def _timed(act: Callable[[], int], new: int | None = None) -> float:
    began = perf_counter()
    made = act()
    took = perf_counter() - began
    if new is not None and made != new:
        raise SystemExit(f"{made} tasks were raised where {new} were to be")
    return took


def _ask(client: Client, tab: Tab) -> tuple[float, int]:
    """Milliseconds, the middle of several rounds, and statements of one."""
    address, took = f"/app/tasks/?tab={tab}", []
    client.get(address)
    for _round in range(ROUNDS):
        began = perf_counter()
        answer = client.get(address)
        took.append((perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")
    with override_settings(DEBUG=True):
        reset_queries()
        client.get(address)
        queries = len(connection.queries)
    return median(took), queries


if __name__ == "__main__":
    sys.exit(main())
