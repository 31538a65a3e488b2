"""Closed books stay closed: PostgreSQL refuses, whoever asks and however."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Event

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from core.partitions import require_month
from ledger.models import JournalEntry, PeriodClosing
from ledger.periods import AlreadyClosed, DayStillOpen, NothingClosed, close_through, reopen_from
from ledger.posting import PeriodClosed, reverse
from ledger.queries import closed_through
from loans.proof.verifying import compare
from staff.models import User
from tests.ledger.factories import JournalEntryFactory
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db
FIFTH, SIXTH, SEVENTH = (date(2026, 6, day) for day in (5, 6, 7))
TEN = Decimal("10.00")


def book(on: date) -> JournalEntry:
    return JournalEntryFactory(posted_on=on, amount=TEN)


def test_nothing_is_posted_into_closed_books() -> None:
    entry = book(FIFTH)
    closing = close_through(FIFTH, on=SIXTH)

    with pytest.raises(PeriodClosed, match="closed through 2026-06-05"), transaction.atomic():
        book(FIFTH)
    with pytest.raises(PeriodClosed), transaction.atomic():
        reverse(entry, posted_on=FIFTH, reason="too late")
    assert (closing.entries, closing.debit, closing.credit) == (1, TEN, TEN)
    assert reverse(entry, posted_on=SIXTH, reason="on the open day").effective_on == FIFTH


def test_around_the_orm_the_database_refuses_as_well() -> None:
    close_through(FIFTH, on=SIXTH)
    require_month(FIFTH)

    with pytest.raises(IntegrityError, match="the books are closed through 2026-06-05"), transaction.atomic():
        JournalEntry.objects.bulk_create(
            [JournalEntry(event="raw", posted_on=day, effective_on=day) for day in (SIXTH, FIFTH)]
        )
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize(
    "sql", ["UPDATE ledger_periodclosing SET closed_through = NULL", "DELETE FROM ledger_periodclosing"]
)
def test_a_closing_is_neither_changed_nor_deleted(sql: str) -> None:
    close_through(FIFTH, on=SIXTH)

    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_open_day_cannot_be_closed_and_no_day_twice() -> None:
    with pytest.raises(DayStillOpen):
        close_through(SIXTH, on=SIXTH)
    close_through(FIFTH, on=SEVENTH)

    with pytest.raises(AlreadyClosed):
        close_through(FIFTH, on=SEVENTH)
    with pytest.raises(IntegrityError, match="closed through 2026-06-05 already"), transaction.atomic():
        PeriodClosing.objects.create(act="closed", closed_through=FIFTH)


def test_reopening_needs_two_people_and_a_reason(staff_member: Callable[..., User]) -> None:
    asks, agrees = staff_member("finance"), staff_member("checker")
    book(FIFTH)
    close_through(SIXTH, on=SEVENTH, by=asks)

    for wrong in ({"reason": "", "approved_by": agrees}, {"reason": "late bill", "approved_by": asks}):
        with pytest.raises(IntegrityError, match="ledger_closing_lawful"), transaction.atomic():
            reopen_from(SIXTH, by=asks, **wrong)
    reopen_from(SIXTH, reason="late bill", by=asks, approved_by=agrees)

    assert closed_through() == FIFTH
    book(SIXTH)
    with pytest.raises(PeriodClosed), transaction.atomic():
        book(FIFTH)
    with pytest.raises(NothingClosed):
        reopen_from(SIXTH, reason="again", by=asks, approved_by=agrees)


def test_a_payment_told_of_late_is_posted_today_and_counts_from_its_day() -> None:
    loan = LoanFactory(active=True)
    today = DISBURSED + timedelta(days=60)
    close_until(today - timedelta(days=1))
    close_through(today - timedelta(days=1), on=today)
    came_on = DISBURSED + timedelta(days=31)

    repayment = RepaymentFactory(loan=loan, amount=Decimal("1100.15"), received_on=came_on, recorded_on=today)

    assert (repayment.entry.posted_on, repayment.entry.effective_on) == (today, came_on)
    loan.refresh_from_db()
    assert compare(loan) == []


@pytest.mark.django_db(transaction=True)
def test_a_closing_waits_for_the_booking_under_way() -> None:
    """A booking that is not committed yet is part of what is closed: the closing counts it, or it is refused."""
    booked, closing_asked = Event(), Event()

    def slow_booking() -> None:
        with transaction.atomic():
            book(FIFTH)
            booked.set()
            closing_asked.wait(5)
        connections.close_all()

    def closing() -> int:
        booked.wait(5)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                with pytest.raises(DatabaseError, match="lock timeout"), transaction.atomic():
                    close_through(FIFTH, on=SIXTH)
                cursor.execute("SET LOCAL lock_timeout = 0")
            closing_asked.set()
            made = close_through(FIFTH, on=SIXTH)
        connections.close_all()
        return made.entries

    with ThreadPoolExecutor(2) as pool:
        pool.submit(slow_booking)
        assert pool.submit(closing).result() == 1
