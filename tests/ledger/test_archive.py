"""Months put away: the books say the same without them, and what comes back is what went."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.urls import reverse as address

from audit.models import AuditEvent
from core import month_files, partitions
from ledger import archive
from ledger.archive import archive_month, restore_month
from ledger.day_sums import moved, sum_through
from ledger.models import ArchivedMonth, CarriedBalance, JournalEntry, JournalLine
from ledger.periods import MonthArchived, close_through, reopen_from
from ledger.posting import EntryArchived, PeriodClosed, credit, debit, post, reverse
from ledger.queries import archived_through, balances, difference
from loans.models import Loan, Repayment
from loans.pages.receivables import movements
from loans.proof.book_checks import CHECKS, broken
from loans.servicing.repayments import reverse_repayment
from operations.books import close_books
from staff.models import User
from tests.ledger.factories import JournalEntryFactory
from tests.loans.books import a_running_loan, close_days
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db
JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (6, 7, 8))


@pytest.fixture(autouse=True)
def _known_months() -> Iterator[None]:
    yield
    partitions.forget()


def book(on: date, amount: str = "10.00", loan_id: int = 7) -> JournalEntry:
    money = Decimal(amount)
    return JournalEntryFactory(posted_on=on, lines=[debit("1201", money, loan_id), credit("1001", money)])


def three_months(closed: date = date(2026, 7, 31)) -> list[JournalEntry]:
    entries = [book(JUNE), book(JUNE + timedelta(days=29), "2.50"), book(JULY, "0.01"), book(AUGUST, "3.00")]
    sum_through(AUGUST)
    close_through(closed, on=AUGUST)
    return entries


def content() -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM ledger_journalentry e ORDER BY id")
        entries = cursor.fetchall()
        cursor.execute("SELECT l::text FROM ledger_journalline l ORDER BY id")
        return [*entries, *cursor.fetchall()]


def told() -> dict[str, list[tuple[object, ...]]]:
    return {check.code: list(broken(check)) for check in CHECKS}


def test_the_books_say_the_same_without_the_month_and_have_it_back_as_it_was(tmp_path: Path) -> None:
    three_months()
    before, whole, loan = content(), moved(), balances(7)

    sealed = archive_month(JUNE, tmp_path)

    assert (sealed.entries, sealed.lines, sealed.debit) == (2, 4, Decimal("12.50"))
    assert JournalEntry.objects.count() == 2 and archived_through() == date(2026, 6, 30)
    assert moved() == whole and balances(7) == loan and difference() == 0
    assert [row.debit for row in moved(first=JUNE, last=date(2026, 6, 30), account="1201")] == [Decimal("12.50")]
    assert {row for rows in told().values() for row in rows if "archived" in str(row[0])} == set()
    restore_month(JUNE)
    assert content() == before and moved() == whole and balances(7) == loan
    assert not CarriedBalance.objects.exists() and archived_through() is None
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True))[-2:] == ["archived", "restored"]


def test_months_go_oldest_first_and_come_back_newest_first(tmp_path: Path) -> None:
    three_months()

    with pytest.raises(month_files.NotTheNextMonth, match="2026-06"):
        archive_month(JULY, tmp_path)
    archive_month(JUNE, tmp_path)
    archive_month(JULY, tmp_path)
    with pytest.raises(month_files.NotTheNextMonth, match="2026-07"):
        restore_month(JUNE)
    restore_month(JULY)
    restore_month(JUNE)
    archive_month(JUNE, tmp_path)
    assert ArchivedMonth.objects.count() == 3


def test_what_may_not_go_is_refused_by_name(tmp_path: Path) -> None:
    three_months(closed=date(2026, 6, 29))

    with pytest.raises(archive.MonthNotClosed):
        archive_month(JUNE, tmp_path)
    with pytest.raises(archive.NothingToArchive):
        archive_month(date(2026, 5, 1), tmp_path)
    with pytest.raises(month_files.MonthNotArchived):
        restore_month(JUNE)
    book(date(2026, 6, 30))
    close_through(date(2026, 6, 30), on=AUGUST)
    with pytest.raises(archive.MonthNotSummed):
        archive_month(JUNE, tmp_path)
    assert not list(tmp_path.iterdir())


def test_sums_that_differ_from_their_lines_are_not_sealed(tmp_path: Path) -> None:
    three_months()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_accountday SET debit = debit + 1 WHERE posted_on = %s AND debit > 0", [JUNE])

    with pytest.raises(archive.DaySumsDiffer):
        archive_month(JUNE, tmp_path)
    assert JournalEntry.objects.count() == 4 and not ArchivedMonth.objects.exists()
    assert told()["account_days"]


def test_the_law_keeps_seals_and_closed_months(tmp_path: Path) -> None:
    three_months(closed=date(2026, 6, 30))
    archive_month(JUNE, tmp_path)

    for sql in ("UPDATE ledger_archivedmonth SET debit = 1, credit = 1", "DELETE FROM ledger_archivedmonth"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    with (
        pytest.raises(DatabaseError, match="are not closed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO ledger_archivedmonth (month, entries, lines, first_entry, last_entry, debit, credit, sha256,"
            " folder, archived_at) VALUES ('2026-07-01', 0, 0, 0, 0, 0, 0, '', '', now())"
        )


def test_archived_books_are_neither_opened_nor_booked_into(tmp_path: Path, staff_member: Callable[..., User]) -> None:
    entries = three_months()
    archive_month(JUNE, tmp_path)
    who = {"by": staff_member("finance"), "approved_by": staff_member("checker")}

    with pytest.raises(MonthArchived):
        reopen_from(date(2026, 6, 30), reason="late bill", **who)
    with pytest.raises(PeriodClosed), transaction.atomic():
        book(JUNE)
    with pytest.raises(EntryArchived):
        reverse(JournalEntry.objects.filter(pk=entries[0].pk).first(), posted_on=AUGUST, reason="wrong")
    with pytest.raises(DatabaseError, match="there is no journal entry"), transaction.atomic():
        post(
            event="x", posted_on=AUGUST, effective_on=AUGUST, reverses=entries[0],
            lines=[debit("1001", Decimal(1)), credit("1201", Decimal(1))],
        )  # fmt: skip
    assert reopen_from(JULY, reason="late bill", **who).closed_through == date(2026, 6, 30)


@pytest.mark.parametrize("broken_file", ["ledger_journalline_2026_06.csv.gz", "ledger_journalentry_2026_06.csv.gz"])
def test_files_that_were_changed_do_not_come_back(tmp_path: Path, broken_file: str) -> None:
    three_months()
    archive_month(JUNE, tmp_path)
    file = tmp_path / broken_file
    whole = gzip.decompress(file.read_bytes())

    file.write_bytes(gzip.compress(whole.replace(b"10.00", b"11.00").replace(b",test,", b",best,")))
    with pytest.raises(month_files.SealBroken):
        restore_month(JUNE)
    file.write_bytes(gzip.compress(whole)[:-9])
    with pytest.raises(month_files.SealBroken):
        restore_month(JUNE)
    file.unlink()
    with pytest.raises(month_files.ArchiveMissing):
        restore_month(JUNE)
    assert JournalEntry.objects.count() == 2 and archived_through() is not None


def test_a_loan_goes_on_over_its_archived_months(tmp_path: Path) -> None:
    loan = a_running_loan()
    close_days(DISBURSED, date(2026, 2, 28))
    paid = RepaymentFactory(
        loan=loan, amount=Decimal("1100.15"), received_on=date(2026, 2, 15), recorded_on=date(2026, 2, 28)
    )
    sum_through(date(2026, 3, 1))
    close_books(through=date(2026, 2, 28), on=date(2026, 3, 1))
    whole = movements(loan)

    archive_month(date(2026, 1, 1), tmp_path)
    archive_month(date(2026, 2, 1), tmp_path)

    assert not {code: rows for code, rows in told().items() if rows}
    opening = movements(loan)
    assert [(row.event, row.receivable) for row in opening] == [("carried_forward", whole[-1].receivable)]
    with pytest.raises(EntryArchived):
        reverse_repayment(repayment_id=paid.pk, reason="bounced", reversed_on=date(2026, 3, 1))
    RepaymentFactory(loan=loan, amount=Decimal("50.00"), received_on=date(2026, 2, 20), recorded_on=date(2026, 3, 1))
    assert not {code: rows for code, rows in told().items() if rows}
    restore_month(date(2026, 2, 1))
    reverse_repayment(repayment_id=paid.pk, reason="bounced", reversed_on=date(2026, 3, 1))
    assert Repayment.objects.get(pk=paid.pk).is_reversed
    assert not {code: rows for code, rows in told().items() if rows}


def test_a_month_made_again_for_another_table_is_no_hindrance_unless_it_was_used(tmp_path: Path) -> None:
    three_months()
    before = content()
    archive_month(JUNE, tmp_path)
    assert partitions.ensure_months(JUNE, JUNE) == 2

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "INSERT INTO ledger_journalentry (event, posted_on, effective_on, description, currency, recorded_at)"
            " VALUES ('raw', %s, %s, '', 'CNY', now())",
            [JUNE, JUNE],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(month_files.MonthInUse), transaction.atomic():
            restore_month(JUNE)
        transaction.set_rollback(True)
    restore_month(JUNE)
    assert content() == before


def test_a_seal_that_days_do_not_add_up_to_is_named(tmp_path: Path) -> None:
    three_months()
    archive_month(JUNE, tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_accountday SET credit = credit + 1 WHERE posted_on = %s AND credit > 0", [JUNE])

    assert [row[:2] for row in told()["seals"]] == [("archived month 2026-06", "credits")]


def test_the_page_of_an_archived_entry_says_so(
    client: Client, signed_in: Callable[..., Client], tmp_path: Path
) -> None:
    entries = three_months()
    archive_month(JUNE, tmp_path)
    finance = signed_in(client, "finance")

    page = finance.get(address("desk:books_entry", args=[entries[0].pk]))
    assert page.status_code == 200 and "was archived with its month" in page.content.decode()
    assert "2026-06" in page.content.decode()
    assert finance.get(address("desk:books_entry", args=[entries[-1].pk + 999])).status_code == 404
    statement = finance.get(address("desk:books_account", args=["1201"])).content.decode()
    assert "are archived; the balances include" in statement and "15.51" in statement
    loan = LoanFactory()
    for lent, told_there in ((JUNE, True), (JUNE + timedelta(days=40), False)):
        Loan.objects.filter(pk=loan.pk).update(disbursed_on=lent)
        accounting = finance.get(address("desk:loan_tab", args=[loan.number, "accounting"])).content.decode()
        assert ("archived and not listed here" in accounting) is told_there


@pytest.mark.django_db(transaction=True)
def test_interrupted_at_any_statement_nothing_is_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three_months()
    before, whole = content(), moved()

    def interrupted(work: Callable[[], object], at: int) -> bool:
        seen = 0

        def stop(execute: Callable[..., object], sql: str, *rest: object) -> object:
            nonlocal seen
            seen += 1
            if seen == at:
                raise KeyboardInterrupt
            return execute(sql, *rest)

        with connection.execute_wrapper(stop):
            try:
                work()
            except KeyboardInterrupt:
                return True
        return False

    at = 1
    while interrupted(lambda: archive_month(JUNE, tmp_path), at):
        assert content() == before and not ArchivedMonth.objects.exists() and not CarriedBalance.objects.exists()
        at += 1
    away = content()
    assert at > 20 and moved() == whole and JournalLine.objects.count() == 4
    at = 1
    while interrupted(lambda: restore_month(JUNE), at):
        assert content() == away and archived_through() is not None
        at += 1
    assert at > 20 and content() == before and moved() == whole


@pytest.mark.django_db(transaction=True)
def test_who_reads_for_long_is_not_cut_off_and_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PATIENCE", "50ms")
    three_months()
    before, reading, done = content(), Event(), Event()

    def reader() -> int:
        try:
            with transaction.atomic():
                seen = JournalLine.objects.count()
                reading.set()
                done.wait(10)
            return seen
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(reader)
        reading.wait(10)
        with pytest.raises(month_files.BooksBusy):
            archive_month(JUNE, tmp_path)
        done.set()
        assert read.result() == 8
    assert content() == before and not ArchivedMonth.objects.exists()
    archive_month(JUNE, tmp_path)


def test_the_commands_tell_what_they_did_and_what_they_refuse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three_months()

    call_command("archive_month", "2026-06", folder=tmp_path)
    assert "archived 2026-06: 2 entries, 4 lines, 12.50 each side" in capsys.readouterr().out
    with pytest.raises(CommandError, match="archive_nothing_booked"):
        call_command("archive_month", "2026-06", folder=tmp_path)
    call_command("restore_month", "2026-06")
    assert "as sealed" in capsys.readouterr().out
    with pytest.raises(CommandError, match="archive_month_not_archived"):
        call_command("restore_month", "2026-06")
