"""What evidence costs when there is much of it. ``./dev bench evidence``

``[N] [--json]``: N pieces (100,000 unless told otherwise) lie about the people of a book, ten of each, and a thousand about
one of them; a hundredth is held, expired or brought by a partner. The list is asked with each of its filters by somebody who
sees everybody and by an officer, the papers of the one with a thousand, and what a partner's key lists.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import django
from django.apps import apps

import config  # noqa: F401  (puts collections/ on the import path)

if not apps.ready:
    django.setup()

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, reset_queries
from django.test import Client, override_settings
from django.utils import timezone

from benchmarks import book
from borrowers.models import Borrower
from casework.models import Evidence
from core import business_date
from core.encryption import encrypt
from partners.keys import issue_key, make_client
from staff.models import User

PIECES, A_PERSON = 100_000, 10
QUERIES, MILLISECONDS = 10, 150.0
ROUNDS = 7
STATES = ("", "held", "expired", "wiped")

_MAKE = """
INSERT INTO casework_evidence (public_id, object_type, object_id, object_label, kind, source, name, content_type, size,
       pages, sha256_sent, sha256_kept, fingerprint, storage_key, received_on, received_at, received_by_id, brought_by_id,
       expires_on)
SELECT 'evd_' || upper(left(md5('evidence' || n), 26)), 'borrowers.borrower', b.id::text, b.number,
       (ARRAY['income', 'identity', 'statement', 'other'])[1 + n % 4], 'borrower', %(name)s, 'image/jpeg', 1000, 1,
       %(hash)s, %(hash)s, encode(sha256(n::text::bytea), 'hex'), md5(n::text) || md5('k' || n),
       DATE '2026-06-01' - n % 300, now(), %(by)s, CASE WHEN n % 100 = 0 THEN %(client)s END,
       CASE WHEN n % 100 = 1 THEN DATE '2026-05-01' END
  FROM generate_series(1, %(count)s) n
  JOIN LATERAL (SELECT p.id, p.number FROM borrowers_borrower p
                 WHERE p.id = CASE WHEN n <= 1000 THEN %(first)s ELSE %(first)s + n %% %(people)s END) b ON true
"""
_UPLOADS = """
INSERT INTO casework_evidenceupload (public_id, client_id, object_type, object_id, about, kind, source, name, content_type,
       size, sha256, status, started_at, evidence_id)
SELECT 'eup_' || right(public_id, 26), brought_by_id, object_type, object_id, 'cus_1', kind, source, '', '', size,
       sha256_sent, 'finished', received_at, id
  FROM casework_evidence WHERE brought_by_id IS NOT NULL
"""
_HOLD = """
INSERT INTO casework_evidencehold (evidence_id, reason, set_on, set_by_id)
SELECT id, 'benchmark', DATE '2026-06-01', %(by)s FROM casework_evidence WHERE id %% 100 = 2
"""


def main() -> int:
    parser = ArgumentParser(prog="./dev bench evidence")
    parser.add_argument("pieces", nargs="?", type=int, default=PIECES)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if Evidence.objects.exists():
        print("This needs an empty database: ./dev bench evidence makes one.", file=sys.stderr)
        return 2
    # Pages need the addresses of their files only, not the files collected with a hash.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    business_date.move_to(book.DAY)
    book.write(max(wanted.pieces // A_PERSON, 10))
    token = _write(wanted.pieces)
    told = measured(token)
    for name, (milliseconds, queries) in told.items():
        print(f"  {name:28} {milliseconds:6.1f} ms, {queries} statements")
    if wanted.json:
        print(json.dumps({name: {"ms": ms, "statements": queries} for name, (ms, queries) in told.items()}))
    return judged(told)


def judged(told: dict[str, tuple[float, int]]) -> int:
    """The code to end with: 1 where something takes too long, or too many statements."""
    return 0 if all(ms <= MILLISECONDS and queries <= QUERIES for ms, queries in told.values()) else 1


def _write(count: int) -> str:
    """The evidence, and the token of the partner that brought a hundredth of it."""
    officer = _person("officer")
    client = make_client(name="Benchmark")
    issued = issue_key(client_id=client.pk, scopes=["evidence:read"], at=timezone.now())
    first = Borrower.objects.order_by("pk").values_list("pk", flat=True)[0]
    given: dict[str, Any] = {
        "by": officer.pk,
        "client": client.pk,
        "count": count,
        "first": first,
        "people": Borrower.objects.count(),
        "name": encrypt("payslip.jpg"),
        "hash": encrypt("0" * 64),
    }
    with connection.cursor() as cursor:
        cursor.execute(_MAKE.replace("n % ", "n %% "), given)
        cursor.execute(_HOLD, given)
        cursor.execute(_UPLOADS)
        cursor.execute("VACUUM ANALYZE casework_evidence")
        cursor.execute("VACUUM ANALYZE casework_evidencehold")
    return issued.token


def _person(role: str) -> User:
    found, made = User.objects.get_or_create(username=f"bench-{role}")
    if made:
        found.groups.set(Group.objects.filter(name=role))
    return found


def measured(token: str) -> dict[str, tuple[float, int]]:
    """Of each address milliseconds, the middle of several rounds, and statements of one."""
    told: dict[str, tuple[float, int]] = {}
    number = Borrower.objects.order_by("pk").values_list("number", flat=True)[0]
    for role in ("compliance", "officer"):
        client = Client(headers={"host": "localhost"})
        client.force_login(_person(role))
        for state in STATES:
            told[f"{role} list {state}".strip()] = _ask(client, f"/app/evidence/?state={state}")
        told[f"{role} list kind"] = _ask(client, "/app/evidence/?kind=income")
        told[f"{role} papers"] = _ask(client, f"/app/papers/borrower/{number}/")
    partner = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
    told["partner list"] = _ask(partner, "/api/v1/evidence")
    return told


def _ask(client: Client, address: str) -> tuple[float, int]:
    def asked() -> Any:
        answer = client.get(address)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")
        return answer

    asked()
    took = [_timed(asked) for _round in range(ROUNDS)]
    with override_settings(DEBUG=True):
        reset_queries()
        asked()
        return median(took), len(connection.queries)


def _timed(act: Callable[[], Any]) -> float:
    began = perf_counter()
    act()
    return (perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())
