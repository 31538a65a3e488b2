"""How long every page takes in a small and in a large book. ``./dev bench pages [--sizes 10000,100000] [--json]``

One run on one scratch database: a book is written (``benchmarks.book``) and closed for a night, and every page of the desk
is asked for through Django's test client, by somebody with every role, and every list once with each choice of its filters
and on its second page; so are the lists of the admin with a search each, and what partners can read. Then the book grows and
the same is asked again. The addresses are read off the addresses of the project (``_page_addresses.py``).

Cold is a request after the process has forgotten all it keeps; of it, and of warm requests, the median counts. A page fails
where it takes more than 150 ms in the large book, more than 1.5 times (and 10 ms more than) what it takes in the small one,
or another number of statements, or cannot be shown. The code is 1 when one does.
"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import django

import config  # noqa: F401  (puts collections/ on the import path)

django.setup()

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment
from django.utils import timezone

from benchmarks import book
from benchmarks._page_addresses import SOUGHT, Address, addresses, admin_lists
from core import business_date, kept
from loans.models import Loan
from operations.demo.staff import every_role_together
from operations.end_of_day import close_day
from partners.keys import issue_key, make_client
from partners.scopes import SCOPES
from staff.models import User

SIZES = (10_000, 100_000)
RUNS = 3
MOST_MS, MOST_RATIO, NOISE_MS = 150.0, 1.5, 10.0
SHOWN, NO_GET = (200, 302), 405


@dataclass(frozen=True, slots=True)
class Measured:
    """One page in one book: the answer's status, median milliseconds cold and warm, statements of a warm request."""

    status: int
    cold: float
    warm: float
    statements: int


@dataclass(frozen=True, slots=True)
class Verdict:
    name: str
    small: Measured
    large: Measured

    @property
    def ratio(self) -> float:
        return self.large.warm / self.small.warm

    @property
    def wrong(self) -> str:
        """Why it fails; nothing where it does not."""
        found = [
            f"status {self.large.status}" if self.large.status not in SHOWN else "",
            *(self._slow(kind) for kind in ("cold", "warm")),
            "" if self.small.statements == self.large.statements else "statements differ",
        ]
        return ", ".join(filter(None, found))

    def _slow(self, kind: str) -> str:
        small, large = getattr(self.small, kind), getattr(self.large, kind)
        if large > MOST_MS:
            return f"{kind} over {MOST_MS:.0f} ms"
        return f"{kind} grows" if large > MOST_RATIO * small and large > small + NOISE_MS else ""


def main(arguments: Sequence[str]) -> int:
    asked = _read(arguments)
    if Loan.objects.exists():
        print("This needs an empty database: ./dev bench pages makes one.", file=sys.stderr)
        return 2
    setup_test_environment()
    logging.disable(logging.WARNING)
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    business_date.move_to(book.DAY)
    measured = []
    for had, size in zip((0, *asked.sizes), asked.sizes, strict=False):
        _grow(size - had, size)
        measured.append(_measure(asked.only))
    small, large = measured
    verdicts = [Verdict(name, small[name], large[name]) for name in large if name in small]
    _tell(verdicts, asked.sizes)
    failed = [verdict for verdict in verdicts if verdict.wrong]
    missing = sorted(set(small) ^ set(large))
    if missing:
        print(f"shown in one book only: {', '.join(missing)}")
    if asked.json:
        rows = [{**asdict(verdict), "ratio": round(verdict.ratio, 2), "wrong": verdict.wrong} for verdict in verdicts]
        print(json.dumps({"sizes": asked.sizes, "failed": len(failed), "pages": rows}))
    return 1 if failed or missing else 0


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench pages")
    parser.add_argument("--sizes", default=list(SIZES), type=lambda text: [int(size) for size in text.split(",")])
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _grow(more: int, size: int) -> None:
    started = perf_counter()
    book.write(more)
    close_day()
    book.vacuum()
    print(f"… {size:,} loans written and closed in {perf_counter() - started:.0f} s", file=sys.stderr)


# --- asking -----------------------------------------------------------------------------------------------------------


def _measure(only: str) -> dict[str, Measured]:
    return {
        address.name: _of_page(client, address, status) for client, address, status in shown() if only in address.name
    }


def shown() -> Iterator[tuple[Client, Address, int]]:
    """Every page with who asks for it and what was answered; what takes no GET is none."""
    for client, asked in ((_signed_in(), _pages), (_administrator(), _admin), (_partner(), _partners)):
        for address, answer in asked(client):
            if answer.status_code != NO_GET:
                yield client, address, answer.status_code


def _signed_in() -> Client:
    person, _made = User.objects.get_or_create(username="bench-everybody")
    with every_role_together():
        person.groups.set(Group.objects.all())
    client = Client()
    client.force_login(person, backend="staff.backends.StaffBackend")
    return client


def _administrator() -> Client:
    person, _made = User.objects.get_or_create(username="bench-root", defaults={"is_staff": True, "is_superuser": True})
    client = Client()
    client.force_login(person, backend="staff.backends.StaffBackend")
    return client


def _partner() -> Client:
    partner = make_client(name=f"Bench {timezone.now():%H%M%S}")
    token = issue_key(client_id=partner.pk, scopes=list(SCOPES), at=timezone.now()).token
    return Client(headers={"Authorization": f"Bearer {token}"})


def _pages(client: Client) -> Iterator[tuple[Address, Any]]:
    """The pages of staff, with the filters each offers."""
    for address in addresses():
        if address.path.startswith("/app/"):
            answer = client.get(address.path)
            yield address, answer
            for filtered in _with_filters(address, answer.context or {}):
                yield filtered, client.get(filtered.path)


def _with_filters(address: Address, context: Any) -> Iterator[Address]:
    form = context.get("filters") or context.get("form")
    if isinstance(form, forms.Form) and form.is_bound:  # a form that is filled in later is not bound to the address
        for name, field in form.fields.items():
            for value in _values(name, field):
                yield Address(f"{address.name} ?{name}={value}", f"{address.path}?{urlencode({name: value})}")
    following = getattr(context.get("page"), "next_url", "")
    if following:
        yield Address(f"{address.name} page 2", following)


def _values(name: str, field: forms.Field) -> list[str]:
    if name in SOUGHT:
        return [SOUGHT[name]]
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return [str(value) for value, _label in choices if value]
    return ["on"] if isinstance(field, forms.BooleanField) else []


def _admin(client: Client) -> Iterator[tuple[Address, Any]]:
    yield from ((address, client.get(address.path)) for address in admin_lists())


def _partners(client: Client) -> Iterator[tuple[Address, Any]]:
    for address in addresses():
        if address.path.startswith("/api/v1/"):
            yield address, client.get(address.path)


def _of_page(client: Client, address: Address, status: int) -> Measured:
    cold = [_timed(client, address, _forget)[0] for _time in range(RUNS)]
    warm = [_timed(client, address, lambda: None) for _time in range(RUNS)]
    return Measured(status, median(cold), median(took for took, _count in warm), warm[-1][1])


def _forget() -> None:
    cache.clear()
    kept.forget()


def _timed(client: Client, address: Address, before: Callable[[], None]) -> tuple[float, int]:
    """Milliseconds and statements of one request."""
    before()
    counted = 0

    def count(execute: Any, *given: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(*given)

    with connection.execute_wrapper(count):
        started = perf_counter()
        client.get(address.path)
        return 1000 * (perf_counter() - started), counted


# --- telling ----------------------------------------------------------------------------------------------------------


def _tell(verdicts: Sequence[Verdict], sizes: Sequence[int]) -> None:
    print(f"{'ms, cold and warm':<62} {sizes[0]:>15,} {sizes[1]:>15,}  ratio statements")
    for verdict in verdicts:
        small, large = verdict.small, verdict.large
        print(
            f"{verdict.name:<62} {small.cold:7.0f} {small.warm:7.1f} {large.cold:7.0f} {large.warm:7.1f}"
            f"  {verdict.ratio:5.2f} {large.statements:>4} {verdict.wrong}"
        )
    failed = sum(1 for verdict in verdicts if verdict.wrong)
    print(f"{len(verdicts)} pages, {failed} fail")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
