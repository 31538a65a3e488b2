"""Pages read from a real replica, in a process of its own: ``python -m tests.core.replica_pages``.

The environment names the two servers. Each answer of standard input lets it go on with the next part.
"""

import sys
from typing import Any

import django

import config  # noqa: F401

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connections, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from core import replica  # noqa: E402
from ledger.models import Account  # noqa: E402


def asked(client: Client, path: str) -> tuple[Any, list[str], list[str]]:
    """The answer, and the statements that went to the primary and to the replica."""
    replica._Known.until = min(replica._Known.until, 0.0) if replica._Known.lag is not None else replica._Known.until
    with (
        CaptureQueriesContext(connections["default"]) as primary,
        CaptureQueriesContext(connections["replica"]) as other,
    ):
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    found = [[query["sql"] for query in queries.captured_queries] for queries in (primary, other)]
    return (answer.status_code, body.decode()), *found


def wait_until_replayed() -> None:
    while replica._measured() != 0.0:
        pass


def about(statements: list[str], word: str) -> list[str]:
    return [sql for sql in statements if word in sql]


def part(name: str) -> None:
    print(name, flush=True)
    sys.stdin.readline()


user = get_user_model().objects.create_superuser("auditor", password="x")
client = Client()
client.force_login(user, backend="staff.backends.StaffBackend")
wait_until_replayed()

for path, word in (("/app/", "loans_"), ("/app/books/", "ledger_"), ("/app/audit/", "audit_"),
                   ("/admin/loans/product/", "loans_product"), ("/app/books/trial-balance.csv", "ledger_")):  # fmt: skip
    for _try in range(50):  # whatever PostgreSQL writes for itself between the two puts the replica behind
        wait_until_replayed()
        (status, body), primary, other = asked(client, path)
        if about(other, word):
            break
    assert status == 200, (path, status)
    assert about(other, word), (path, other)
    assert not [sql for sql in about(primary, word) if not sql.startswith("INSERT")], (path, about(primary, word))
    assert not about(other, "staff_user") or "JOIN" in about(other, "staff_user")[0], path
    assert about(primary, "django_session") and not about(other, "django_session"), path
    assert path.endswith(".csv") or "Read from the replica, 0 seconds behind." in body, path
user.language = "zh-hans"
user.save()
client.cookies["django_language"] = "zh-hans"
wait_until_replayed()
assert "数据读自只读副本，落后 0 秒。" in asked(client, "/app/books/")[0][1]
(status, body), primary, other = asked(client, "/app/search")
assert (status, other) == (200, []), "only the places named are read there"
with replica.reading(0.0):
    assert Account.objects.all().db == "replica"
    with transaction.atomic():
        assert Account.objects.all().db == "default", "a transaction that may write reads what it writes"
    account = Account.objects.using("replica").first()
    assert account is not None
    account.save()  # goes to the primary, whatever it was read from: the replica would refuse

part("pause")
Account.objects.filter(pk=account.pk).update(name="Renamed")
while replica._measured() == 0.0:
    pass
(status, body), primary, other = asked(client, "/app/books/")
assert status == 200 and not about(other, "ledger_") and about(primary, "ledger_"), "too far behind: the primary"
assert "只读副本" not in body

part("resume")
wait_until_replayed()
assert about(asked(client, "/app/books/")[2], "ledger_")

part("stop")
answer = client.get("/app/books/", follow=True)
assert answer.status_code == 200, "a replica that went away"
assert not replica._Known.lag
part("done")
