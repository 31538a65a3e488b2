"""Entries and lines laid by the month: the laws hold in each, and whoever knows the day reads one."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import QuerySet

from core import partitions
from ledger.models import JournalEntry, JournalLine, Reversal
from ledger.posting import AlreadyReversed, credit, debit, post, reverse
from ledger.queries import difference, fetch_entries, newest_entry
from loans.models import LoanAct, Repayment
from tests.ledger.factories import JournalEntryFactory
from tests.loans.books import a_running_loan, close_days
from tests.loans.factories import DISBURSED, RepaymentFactory

pytestmark = pytest.mark.django_db
JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)
LONG_AGO = date(2019, 4, 3)


def book(on: date) -> JournalEntry:
    return JournalEntryFactory(
        posted_on=on, lines=[debit("1001", Decimal(1), 7), credit("1201", Decimal(1))], event="test"
    )


def places(model: type) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT tableoid::regclass::text FROM {model._meta.db_table}")  # type: ignore[attr-defined]
        return {name for (name,) in cursor.fetchall()}


def execute(sql: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def read(queryset: QuerySet) -> set[str]:
    """The months a query would look at, by its plan."""
    return set(re.findall(r"on ledger_journal(?:entry|line)_(\d{4}_\d{2})", queryset.explain()))


def test_what_says_it_is_laid_by_the_month_is() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]"
        )
        assert dict(cursor.fetchall()) == partitions.partitioned()
    assert {"ledger_journalentry", "ledger_journalline"} <= partitions.partitioned().keys()


def test_nothing_refers_to_such_a_table_by_a_foreign_key() -> None:
    """A month that others point at could never be put away."""
    laid = {model for model in apps.get_models() if hasattr(model, "by_month")}
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if field.remote_field and field.remote_field.model in laid and field.column is not None:
                assert not getattr(field, "db_constraint", False), field


def test_an_entry_and_its_lines_lie_in_the_month_they_are_posted_on() -> None:
    book(JUNE), book(JULY)

    assert places(JournalEntry) == {"ledger_journalentry_2026_06", "ledger_journalentry_2026_07"}
    assert places(JournalLine) == {"ledger_journalline_2026_06", "ledger_journalline_2026_07"}


@pytest.mark.parametrize("gone", ["ledger_journalentry_pkey", "ledger_entry_posted_on"])
def test_a_booking_reads_no_other_entry_of_its_day(gone: str) -> None:
    """Whichever index PostgreSQL takes: to one that knows nothing yet of a new day both look alike."""
    book(JULY)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    is_key = gone.endswith("_pkey")
    execute(f"ALTER TABLE ledger_journalentry DROP CONSTRAINT {gone}" if is_key else f"DROP INDEX {gone}")
    execute(
        "INSERT INTO ledger_journalentry (event, posted_on, effective_on, description, currency, recorded_at)"
        " SELECT 'test', %s, %s, '', 'CNY', now() FROM generate_series(1, 3000)",
        JULY,
        JULY,
    )
    before = rows_read("ledger_journalentry_2026_07")
    book(JULY)

    assert rows_read("ledger_journalentry_2026_07") - before < 10


def rows_read(table: str) -> int:
    """How many rows of the table this transaction has read, by an index or without."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = %s",
            [table],
        )
        return int(cursor.fetchone()[0])


def test_a_booking_of_long_ago_makes_its_month() -> None:
    entry = book(LONG_AGO)

    assert places(JournalLine) == {"ledger_journalline_2019_04"}
    assert entry.lines.count() == 2 and difference() == 0


def test_lines_name_accounts_that_are_there_and_accounts_stay() -> None:
    with pytest.raises(IntegrityError, match="there is no account 8888"), transaction.atomic():
        post(
            event="x", posted_on=JUNE, effective_on=JUNE, lines=[debit("8888", Decimal(1)), credit("1201", Decimal(1))]
        )
    book(JUNE)
    for sql in ("DELETE FROM ledger_account WHERE {}", "UPDATE ledger_account SET code = code || '0' WHERE {}"):
        with pytest.raises(DatabaseError, match="account 1001 has lines: it stays, under its code"):
            execute(sql.format("code = '1001'"))
    execute("UPDATE ledger_account SET name = 'Cash at bank' WHERE code = '1001'")


@pytest.mark.parametrize("table", ["ledger_journalentry_2026_06", "ledger_journalline_2026_06"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET posted_on = posted_on", "DELETE FROM {}"])
def test_a_month_is_no_back_door(table: str, sql: str) -> None:
    book(JUNE)

    with pytest.raises(DatabaseError, match="what is posted stays posted"):
        execute(sql.format(table))


def test_lines_put_into_a_month_itself_balance_too() -> None:
    entry = book(JUNE)

    with pytest.raises(IntegrityError, match="does not balance"):
        execute(
            "INSERT INTO ledger_journalline_2026_06 (entry_id, posted_on, account_id, debit, credit)"
            " VALUES (%s, %s, '1001', 1, 0)",
            entry.pk,
            JUNE,
        )


def test_lines_of_another_day_than_their_entry_are_refused() -> None:
    entry = book(JUNE)

    for day, entry_id in ((JULY, entry.pk), (JUNE, entry.pk + 999)):
        with pytest.raises(IntegrityError, match="there is no journal entry"):
            execute(
                "INSERT INTO ledger_journalline (entry_id, posted_on, account_id, debit, credit)"
                " VALUES (%s, %s, '1001', 1, 0), (%s, %s, '1201', 0, 1)",
                *(entry_id, day) * 2,
            )


def test_a_receipt_or_an_act_names_an_entry_that_is_there() -> None:
    loan = a_running_loan()
    paid = RepaymentFactory(loan=loan, amount=Decimal("10.00"), received_on=DISBURSED, recorded_on=DISBURSED)

    for column, value in (("entry_id", paid.entry_id + 999), ("booked_on", JULY)):
        with pytest.raises(IntegrityError, match="there is no journal entry"), transaction.atomic():
            Repayment.objects.filter(pk=paid.pk).update(**{column: value})
    with pytest.raises(IntegrityError, match="there is no journal entry"), transaction.atomic():
        LoanAct.objects.create(
            loan=loan, kind="waiver", effective_on=JUNE, recorded_on=JUNE, reason="x", idempotency_key="x",
            entry_id=paid.entry_id, booked_on=JULY,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="an entry that is not its own"), transaction.atomic():
        paid.lines.create(entry_id=paid.entry_id + 999, instalment_number=9)
    assert Repayment.objects.get(pk=paid.pk).entry == paid.entry


def test_a_reversal_over_the_turn_of_a_month_is_known_from_both_sides() -> None:
    entry = book(JUNE)
    mirror = reverse(entry, posted_on=JULY, reason="wrong")

    assert JournalEntry.objects.get(pk=mirror.pk).reverses == entry
    noted = Reversal.objects.get(pk=entry.pk)
    assert (noted.entry, noted.reversed_posted_on) == (mirror, JUNE)
    with pytest.raises(AlreadyReversed):
        reverse(entry, posted_on=date(2026, 8, 1), reason="again")
    with pytest.raises(DatabaseError, match="stays posted"):
        execute("DELETE FROM ledger_reversal")
    with pytest.raises(AlreadyReversed), transaction.atomic():  # past the polite question, PostgreSQL refuses by itself
        post(event="x", posted_on=JULY, effective_on=JULY, lines=[debit("1001", Decimal(1)), credit("1201", Decimal(1))],
             reverses=entry)  # fmt: skip


def test_who_knows_the_day_reads_one_month() -> None:
    first, other = book(JUNE), book(JULY)
    loan = a_running_loan()
    paid = RepaymentFactory(loan=loan, amount=Decimal("10.00"), received_on=DISBURSED, recorded_on=DISBURSED)
    entry = paid._meta.get_field("entry")

    for queryset in (
        first.lines.all(),
        JournalEntry.objects.filter(entry.get_reverse_related_filter(paid)),  # what paid.entry asks
        JournalLine.objects.filter(account="1001", posted_on__gte=JUNE, posted_on__lte=JUNE),
        JournalEntry.objects.filter(posted_on__in={JUNE}).filter(pk__in=[first.pk, other.pk]),
    ):
        assert read(queryset) in ({"2026_06"}, {"2026_01"}), queryset.query
    assert len(read(JournalEntry.objects.filter(pk=first.pk))) > 5


def test_entries_of_many_rows_are_fetched_in_one_query(django_assert_num_queries: Callable) -> None:
    loan = a_running_loan()
    for day in range(3):
        RepaymentFactory(
            loan=loan, amount=Decimal("10.00"), received_on=DISBURSED, recorded_on=DISBURSED, payer_reference=f"{day}"
        )
    rows = list(Repayment.objects.filter(loan=loan))

    with django_assert_num_queries(1):
        fetch_entries([*rows, None])
        assert {row.entry.event for row in rows if row.entry} == {"repayment"}


def test_numbers_of_entries_go_on_over_the_months() -> None:
    before = newest_entry()

    numbers = [book(day).pk for day in (JUNE, JULY, JUNE)]

    assert numbers == sorted(numbers) and numbers[0] > before and newest_entry() == numbers[-1]


def test_nights_over_the_turn_of_a_month_keep_the_books() -> None:
    loan = a_running_loan()
    close_days(DISBURSED, date(2026, 3, 2))

    assert places(JournalEntry) == {f"ledger_journalentry_2026_{month:02}" for month in (1, 2, 3)}
    assert difference() == 0 and loan.pk


@pytest.mark.django_db(transaction=True)
def test_two_who_take_the_same_entry_back_meet_and_one_is_refused() -> None:
    entry, together = book(JUNE), Barrier(2)

    def take_back(on: date) -> str:
        try:
            with transaction.atomic():
                together.wait(10)
                reverse(JournalEntry.objects.get(pk=entry.pk), posted_on=on, reason="both at once")
            return "reversed"
        except AlreadyReversed:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(take_back, (JULY, date(2026, 8, 1))))

    assert sorted(outcomes) == ["refused", "reversed"]
    assert JournalEntry.objects.count() == 2 and difference() == 0


@pytest.mark.django_db(transaction=True)
def test_many_who_book_into_a_new_month_at_once_all_do() -> None:
    together = Barrier(4)

    def first_of_the_month(number: int) -> int:
        try:
            together.wait(10)
            with transaction.atomic():
                return book(date(2033, 5, 1 + number)).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(first_of_the_month, range(4)))

    assert JournalEntry.objects.filter(posted_on__year=2033).count() == len(set(numbers)) == 4
