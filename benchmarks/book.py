"""A book of loans written in bulk, with the past that the engine would have left. ``./dev bench book [COUNT]``

Every loan is 12,000 in twelve equal parts of principal, one every thirty days, and stands read to the day before the
business date. A fiftieth is settled; a fifth of the others left its last one to four due instalments unpaid, and has a
case. What is paid was paid on its due date. Borrower, application and loan have the same id, and numbers of a year that
no use case gives out any more. The rows are those of the engine but for two things: what was accrued is
one entry, of the last day read, and receipts have no history. Triggers and foreign keys rest meanwhile, so
``tests/devtools/test_bench_book.py`` holds a small book against ``verify_books``.

Beside the demo of a data folder: ``./dev manage shell -c "from benchmarks import book; book.write(100_000)"``.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from time import perf_counter
from typing import Any

import django
from django.apps import apps

import config  # noqa: F401  (puts collections/ on the import path)

if not apps.ready:
    django.setup()

from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from benchmarks._book_rows import STEPS, Rows
from borrowers.fingerprints import contact_index, identity_index, name_index
from borrowers.models import Borrower
from core import business_date, partitions
from core.encryption import encrypt
from ledger import day_sums
from loans.bookkeeping.account_mapping import accounts_of_product
from loans.bookkeeping.positions import bucket_steps, class_steps, suspense_from
from loans.models import Application, Loan, Product, ProductVersion, RepaymentMethod, VersionStatus
from staff.models import User

DAY = date(2026, 6, 15)
PRODUCTS = 3
COLLECTORS = 5
CHUNK = 100_000
PAST = 400  # days: no loan was disbursed before
YEAR = 2019  # of the numbers
MOBILE = 13_000_000_000
_ONE_ID: tuple[type[models.Model], ...] = (Borrower, Application, Loan)
_FAMILIES, _GIVEN = "王李张刘陈杨黄赵吴周", "伟芳娜敏静强磊军洋勇"


@dataclass(frozen=True, slots=True)
class Span:
    """The ids, of borrowers, applications and loans alike, of one call."""

    lo: int
    hi: int


def number(prefix: str, identity: int) -> str:
    """The number of the borrower, loan or application with an id ("CU", "LN", "AP")."""
    return f"{prefix}-{YEAR}-{identity:06d}"


def public_id(prefix: str, identity: int) -> str:
    """What partners call it ("cus", "app", "loan", "rep")."""
    return f"{prefix}_{identity:026d}"


def name_of(identity: int) -> str:
    """A hundred thousand names, so that a name has some namesakes in a large book and none in a small one."""
    digits = [int(digit) for digit in f"{identity % 100_000:05d}"]
    return _FAMILIES[digits[0]] + "".join(_GIVEN[digit] for digit in digits[1:])


def phone_of(identity: int) -> str:
    return str(MOBILE + identity)


def identity_of(identity: int) -> str:
    return f"E{identity:08d}"


def write(count: int) -> Span:
    """Write ``count`` more loans, each of a borrower of its own, as of the business date. Needs a superuser of the
    database."""
    first = 1 + max(model._default_manager.aggregate(most=models.Max("pk"))["most"] or 0 for model in _ONE_ID)
    span = Span(first, first + count - 1)
    for lo in range(span.lo, span.hi + 1, CHUNK):
        _write(Span(lo, min(lo + CHUNK - 1, span.hi)))
    with connection.cursor() as cursor:
        for model in _ONE_ID:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {model._meta.db_table}))",
                [model._meta.db_table],
            )
        cursor.execute(f"ANALYZE {', '.join({step.model._meta.db_table for step in STEPS if isinstance(step, Rows)})}")
    day_sums.make_anew(
        business_date.current() - timedelta(days=1)
    )  # the guard that notes what is booked late was resting
    return span


def vacuum() -> None:
    """Statistics and visibility, as autovacuum would have brought them."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@transaction.atomic
def _write(span: Span) -> None:
    values = _values(span)
    partitions.ensure_months(values["day"] - timedelta(days=PAST), values["day"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        _write_people(cursor, span)
        for step in STEPS:
            if isinstance(step, str):
                cursor.execute(step, _named(step, values))
            else:
                _insert(cursor, step, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def _values(span: Span) -> dict[str, Any]:
    versions = _versions()
    day = business_date.current()
    on = day - timedelta(days=1)
    accounts = accounts_of_product(versions[0].product_id)
    buckets, classes = bucket_steps(on), class_steps(on)
    return {
        "lo": span.lo, "hi": span.hi, "day": day, "on": on, "year": str(YEAR),
        "versions": [version.pk for version in versions],
        "collectors": _collectors(),
        "cash": accounts.cash, "principal": accounts.principal, "interest": accounts.interest,
        "late_interest": accounts.late_interest, "interest_income": accounts.interest_income,
        "late_interest_income": accounts.late_interest_income, "suspense_interest": accounts.suspense_interest,
        "bucket_names": [name for name, _first in buckets], "bucket_days": [first for _name, first in buckets],
        "class_names": [name for name, _first in classes], "class_days": [first for _name, first in classes],
        "suspended": suspense_from(on) or 100_000,
    }  # fmt: skip


def _versions() -> list[ProductVersion]:
    versions = []
    for place in range(PRODUCTS):
        product, _made = Product.objects.get_or_create(code=f"bench-{place}", defaults={"name": f"Bench {place}"})
        known = ProductVersion.objects.filter(product=product).first()
        versions.append(
            known
            or ProductVersion.objects.create(
                product=product,
                version=1,
                status=VersionStatus.LIVE,
                effective_from=date(2020, 1, 1),
                method=RepaymentMethod.EQUAL_PRINCIPAL,
                min_amount=Decimal(1),
                max_amount=Decimal(100_000),
                annual_rate=Decimal("0.18"),
            )
        )
    return versions


def _collectors() -> list[int]:
    found = []
    for place in range(COLLECTORS):
        person, made = User.objects.get_or_create(username=f"bench-collector-{place}")
        if made:
            person.groups.set(Group.objects.filter(name="collector"))
        found.append(person.pk)
    return found


def _write_people(cursor: CursorWrapper, span: Span) -> None:
    """What must be sealed is sealed here; a name is sealed once, as its namesakes cannot be told apart anyway."""
    cursor.execute(
        "CREATE TEMPORARY TABLE person (id bigint, name text, name_index text, identity text, identity_index text,"
        " phone text, phone_index text)"
    )
    with cursor.copy("COPY person FROM STDIN") as copy:
        for row in _people(span):
            copy.write_row(row)
    cursor.execute("ANALYZE person")


def _people(span: Span) -> Iterator[Sequence[object]]:
    for identity in range(span.lo, span.hi + 1):
        document, phone = identity_of(identity), phone_of(identity)
        yield (
            identity, *_sealed_name(name_of(identity)), encrypt(document), identity_index(document), encrypt(phone),
            contact_index("mobile", phone),
        )  # fmt: skip


@cache
def _sealed_name(name: str) -> tuple[str, str]:
    return encrypt(name), name_index(name)


def _insert(cursor: CursorWrapper, rows: Rows, values: dict[str, Any]) -> None:
    expressions = dict(rows.columns)
    given: dict[str, Any] = {}
    for field in rows.model._meta.concrete_fields:
        name = str(field.column)
        if name in expressions or field.primary_key or field.generated or field.has_db_default():
            continue
        if getattr(field, "auto_now_add", False):
            expressions[name] = "now()"
        elif not field.null or field.has_default():
            given[f"default_{name}"] = field.get_db_prep_save(field.get_default(), connection)
            expressions[name] = f"%(default_{name})s"
    names = ", ".join(f'"{name}"' for name in expressions)
    table = rows.model._meta.db_table
    sql = f'INSERT INTO "{table}" ({names}) SELECT {", ".join(expressions.values())} FROM {rows.source}'
    cursor.execute(sql, given | _named(sql, values))


def _named(sql: str, values: dict[str, Any]) -> dict[str, Any]:
    """Those of ``values`` that ``sql`` asks for: a server-side parameter that stands nowhere has no type."""
    return {name: value for name, value in values.items() if f"%({name})s" in sql}


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CHUNK
    business_date.move_to(DAY)
    started = perf_counter()
    write(count)
    print(f"{count:,} loans written in {perf_counter() - started:.1f} s")
    vacuum()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_live_tup, pg_size_pretty(pg_total_relation_size(relid)) FROM pg_stat_user_tables"
            " WHERE n_live_tup > 0 ORDER BY pg_total_relation_size(relid) DESC LIMIT 20"
        )
        for table, held, size in cursor.fetchall():
            print(f"  {table:<40} {held:>12,} rows {size:>10}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
