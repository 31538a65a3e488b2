"""Balances by day: whatever was booked when, pages read what the lines themselves add up to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Event

import pytest
from django.db import connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from ledger.account_statements import NEWEST_FIRST, StatementFilter, lines_of, walk, with_balances
from ledger.day_sums import LOCK, events_booked, moved, sum_through, summed_through
from ledger.models import AccountDay, JournalLine, LateBooking, SummedDay
from ledger.periods import close_through
from ledger.posting import credit, debit, post, reverse
from ledger.queries import balances, difference, sums_through
from tests.ledger.factories import JournalEntryFactory

pytestmark = pytest.mark.django_db
FIRST = date(2026, 6, 28)
ACCOUNTS = ("1001", "1201", "4001")
DAYS = st.integers(0, 6).map(lambda n: FIRST + timedelta(days=n))  # over the turn of a month
BOOKING = st.tuples(DAYS, st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 10**9))
NIGHT = DAYS.map(lambda on: (on,))


def book(on: date, debited: str, credited: str, cents: int, event: str = "test") -> None:
    amount = Decimal(cents) / 100
    post(event=event, posted_on=on, effective_on=on, lines=[debit(debited, amount), credit(credited, amount)])


def added_up(first: date, last: date) -> dict[str, tuple[Decimal, ...]]:
    """What ``moved`` should say, from the lines alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, coalesce(sum(debit - credit) FILTER (WHERE posted_on < %s), 0),"
            " coalesce(sum(debit) FILTER (WHERE posted_on >= %s), 0),"
            " coalesce(sum(credit) FILTER (WHERE posted_on >= %s), 0)"
            " FROM ledger_journalline WHERE posted_on <= %s GROUP BY 1",
            [first, first, first, last],
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def told(first: date, last: date) -> dict[str, tuple[Decimal, ...]]:
    return {row.code: (row.opening, row.debit, row.credit) for row in moved(first=first, last=last)}


@given(story=st.lists(st.one_of(BOOKING, NIGHT), max_size=12), first=DAYS, last=DAYS)
def test_whenever_the_night_comes_the_sums_are_those_of_the_lines(
    story: list[tuple[date, ...]], first: date, last: date
) -> None:
    with transaction.atomic():
        for told_of in story:
            if len(told_of) == 1:
                sum_through(told_of[0])
            else:
                book(*told_of)  # type: ignore[arg-type]
        assert told(first, last) == added_up(first, last)
        entries, debits, credits = sums_through(last)
        whole = added_up(date.min, last)
        assert debits == credits == sum((row[1] for row in whole.values()), ZERO)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM ledger_journalentry WHERE posted_on <= %s", [last])
            assert cursor.fetchone() == (entries,)
        for account in ACCOUNTS:
            running, lines = ZERO, JournalLine.objects.filter(account=account).order_by("posted_on", "entry_id", "id")
            expected = {line.pk: (running := running + line.debit - line.credit) for line in lines}
            newest = list(lines_of(StatementFilter(account)).order_by(*NEWEST_FIRST))
            assert {row.line.pk: row.balance for row in with_balances(newest)} == expected
            assert {row.line.pk: row.balance for row in with_balances(newest[1::2])} == {
                line.pk: expected[line.pk] for line in newest[1::2]
            }
            on_days = [line for line in lines if first <= line.posted_on <= last]
            walked = [(row.line.pk, row.balance) for row in walk(StatementFilter(account, first, last))]
            assert walked == [(line.pk, expected[line.pk]) for line in on_days]
        transaction.set_rollback(True)


def test_a_second_night_writes_nothing() -> None:
    book(FIRST, "1001", "1201", 100)
    assert sum_through(FIRST + timedelta(days=1)) == {"days_summed": 2, "late_bookings": 0}
    before = list(AccountDay.objects.order_by("id").values_list())

    assert sum_through(FIRST + timedelta(days=1)) == {"days_summed": 0, "late_bookings": 0}
    assert list(AccountDay.objects.order_by("id").values_list()) == before


def test_what_comes_late_moves_the_days_after_it() -> None:
    for day in range(3):
        book(FIRST + timedelta(days=day), "1001", "1201", 100)
    sum_through(FIRST + timedelta(days=2))

    book(FIRST, "1001", "1201", 50, event="late")
    assert LateBooking.objects.count() == 3  # one for the entry, one an account
    assert balances()["1001"] == Decimal("3.50") and difference() == ZERO
    assert sum_through(FIRST + timedelta(days=2))["late_bookings"] == 3

    totals = AccountDay.objects.filter(account="1001").order_by("posted_on").values_list("debit_total", flat=True)
    assert [str(total) for total in totals] == ["1.50", "2.50", "3.50"]
    assert list(SummedDay.objects.order_by("posted_on").values_list("entries_total", flat=True)) == [2, 3, 4]
    assert not LateBooking.objects.exists()
    assert events_booked() == ["late", "test"]


def test_events_are_known_before_and_after_the_night() -> None:
    book(FIRST, "1001", "1201", 100, event="repayment")
    assert events_booked() == ["repayment"]
    sum_through(FIRST)
    book(FIRST + timedelta(days=1), "1001", "1201", 100, event="accrual")
    book(FIRST, "1001", "1201", 100, event="waiver")

    assert events_booked() == ["accrual", "repayment", "waiver"]


def test_a_closing_is_judged_by_sums_and_open_days() -> None:
    book(FIRST, "1001", "1201", 100)
    sum_through(FIRST)
    book(FIRST, "1001", "1201", 200)
    book(FIRST + timedelta(days=1), "1001", "1201", 300)

    closing = close_through(FIRST + timedelta(days=1), on=FIRST + timedelta(days=2))

    assert (closing.entries, closing.debit, closing.credit) == (3, Decimal("6.00"), Decimal("6.00"))


def test_days_without_entries_are_summed_too() -> None:
    sum_through(FIRST)

    assert summed_through() == FIRST
    assert moved() == [] and difference() == ZERO


def test_a_reversal_over_the_turn_of_a_month_leaves_nothing() -> None:
    entry = JournalEntryFactory(posted_on=FIRST, lines=[debit("1001", Decimal(5)), credit("1201", Decimal(5))])
    sum_through(FIRST)
    reverse(entry, posted_on=FIRST + timedelta(days=5), reason="wrong")

    assert set(balances().values()) == {ZERO}


@pytest.mark.django_db(transaction=True)
def test_the_night_counts_the_booking_under_way() -> None:
    """A booking that has not been committed yet is summed or noted late, never lost between the two."""
    booked, asked = Event(), Event()

    def slow_booking() -> None:
        try:
            with transaction.atomic():
                book(FIRST, "1001", "1201", 700)
                booked.set()
                asked.wait(10)
        finally:
            connections.close_all()

    def night() -> None:
        try:
            booked.wait(10)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
                assert cursor.fetchone() == (False,)
            asked.set()
            sum_through(FIRST)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(slow_booking), pool.submit(night)]:
            job.result()
    assert AccountDay.objects.get(account="1001").debit == Decimal("7.00")
    assert not LateBooking.objects.exists()
