"""The law of the books as PostgreSQL keeps it: every test goes around the ORM."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from core.money import ZERO
from core.partitions import require_month
from ledger.models import JournalEntry, JournalLine
from ledger.posting import AlreadyReversed, EntryNotBalanced, Line, post, reverse
from ledger.queries import balances, difference
from ledger.trial_balances import trial_balance
from tests.ledger.factories import JournalEntryFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 6, 15)


def an_entry() -> JournalEntry:
    lines = [Line("1001", debit=Decimal("10.00")), Line("4001", credit=Decimal("10.00"), subledger_id=7)]
    return JournalEntryFactory(posted_on=ON, lines=lines)


def execute(sql: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def a_bare_entry() -> int:
    require_month(ON)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_journalentry (event, posted_on, effective_on, description, currency, recorded_at) "
            "VALUES ('raw', %s, %s, '', 'CNY', now()) RETURNING id",
            [ON, ON],
        )
        return int(cursor.fetchone()[0])


def test_an_unbalanced_entry_is_refused() -> None:
    entry_id = a_bare_entry()

    with pytest.raises(IntegrityError, match="does not balance"):
        execute(
            "INSERT INTO ledger_journalline (entry_id, posted_on, account_id, debit, credit) "
            "VALUES (%s, %s, '1001', 10.00, 0), (%s, %s, '4001', 0, 9.99)",
            *(entry_id, ON) * 2,
        )
    assert not JournalLine.objects.exists()


def test_half_an_entry_is_refused() -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        execute(
            "INSERT INTO ledger_journalline (entry_id, posted_on, account_id, debit, credit) VALUES (%s, %s, '1001', 10, 0)",
            a_bare_entry(),
            ON,
        )


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_journalline SET debit = 99 WHERE debit > 0",
        "DELETE FROM ledger_journalline",
        "UPDATE ledger_journalentry SET posted_on = posted_on + 1",
        "DELETE FROM ledger_journalentry",
    ],
)
def test_what_is_posted_is_neither_changed_nor_deleted(sql: str) -> None:
    an_entry()

    with pytest.raises(DatabaseError, match="is refused: what is posted stays posted"):
        execute(sql)
    assert balances() == {"1001": Decimal("10.00"), "4001": Decimal("-10.00")}


def test_the_books_are_not_truncated_unless_tests_say_so() -> None:
    an_entry()

    with pytest.raises(DatabaseError, match="TRUNCATE"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL loandesk.allow_truncate = 'off'")
        cursor.execute("TRUNCATE ledger_journalline")


@pytest.mark.parametrize(("debit", "credit"), [("-1", "0"), ("1", "1"), ("0", "0")])
def test_a_line_has_one_side_and_no_sign(debit: str, credit: str) -> None:
    with pytest.raises(IntegrityError, match="ledger_line_one_side"):
        execute(
            "INSERT INTO ledger_journalline (entry_id, posted_on, account_id, debit, credit) "
            "VALUES (%s, %s, '1001', %s, %s)",
            a_bare_entry(),
            ON,
            debit,
            credit,
        )


@pytest.mark.django_db(transaction=True)
def test_a_posted_entry_takes_no_more_lines() -> None:
    entry = an_entry()

    with pytest.raises(DatabaseError, match="is posted"):
        execute(
            "INSERT INTO ledger_journalline (entry_id, posted_on, account_id, debit, credit) "
            "VALUES (%s, %s, '1001', 5, 0), (%s, %s, '4001', 0, 5)",
            *(entry.pk, ON) * 2,
        )


def test_posting_says_politely_what_the_database_would_refuse() -> None:
    with pytest.raises(EntryNotBalanced):
        post(event="x", posted_on=ON, effective_on=ON, lines=[Line("1001", debit=Decimal("1.00"))])
    with pytest.raises(EntryNotBalanced):
        post(event="x", posted_on=ON, effective_on=ON, lines=[])


def test_a_reversal_is_the_mirror_image_and_happens_once() -> None:
    entry = an_entry()

    mirror = reverse(entry, posted_on=ON, reason="wrong loan")

    assert (mirror.reverses_id, mirror.event) == (entry.pk, "test_reversal")
    assert balances() == {"1001": ZERO, "4001": ZERO}
    assert balances(7) == {"4001": ZERO}
    assert difference() == ZERO
    assert [row.debit for row in trial_balance(first=None, last=ON).rows] == [Decimal("10.00")] * 2
    with pytest.raises(AlreadyReversed):
        reverse(entry, posted_on=ON, reason="again")
