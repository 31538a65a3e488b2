"""Statements that wait for each other are carried out as if each had been sent by itself."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict
from psycopg.types.json import Jsonb

from core import rows, sending
from core.context import acting
from core.history import insert_tracked
from core.pages import Counted
from ledger.models import Account
from loans.models import Product
from messaging.models import MessageStatus
from operations.models import ChangedLoan
from tests.ledger.factories import AccountFactory
from tests.loans.factories import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_prepared(db: None) -> None:
    """By the tests before, of which statements stay prepared."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def _account(code: str) -> Account:
    return AccountFactory.build(code=code, name="Petty cash")


def _names() -> list[str]:
    return sorted(Account.objects.filter(code__startswith="91").values_list("code", flat=True))


_RENAME = "UPDATE ledger_account SET name = %s WHERE code = %s"


def test_what_waits_is_sent_as_one_statement_at_the_end(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1) as asked, sending.together():
        rows.insert_later(_account("9101"))
        rows.insert_later(_account("9102"))
        sending.later("INSERT INTO operations_changedloan (loan_id, borrower_id) VALUES (%s, %s)", [1, 2])
        assert len(asked.captured_queries) == 0

    assert _names() == ["9101", "9102"]
    assert ChangedLoan.objects.count() == 1


def test_two_changes_of_one_row_both_count() -> None:
    """In one statement PostgreSQL would make only the first of them."""
    _account("9101").save()
    with sending.together():
        sending.later(_RENAME, ["Till", "9101"])
        sending.later("UPDATE ledger_account SET name = name || '!' WHERE code = %s", ["9101"])

    assert Account.objects.get(code="9101").name == "Till!"


def test_only_what_is_known_to_write_one_table_may_wait() -> None:
    with pytest.raises(ValueError, match="only an INSERT or UPDATE"), sending.together():
        sending.later(_RENAME, ["Till", "9101"])
        sending.later("DELETE FROM ledger_account WHERE code = %s", ["9101"])


def test_whatever_else_is_sent_finds_what_waited_before_it() -> None:
    with sending.together():
        rows.insert_later(_account("9101"))
        assert _names() == ["9101"]
        sending.later(_RENAME, ["Till", "9101"])
        assert sending.execute("SELECT name FROM ledger_account WHERE code = '9101'", []).fetchone() == ("Till",)
        with sending.together():  # belongs to the one around it
            sending.later(_RENAME, ["Float", "9101"])
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            _fail()
        assert Account.objects.get(code="9101").name == "Float", "kept when a later savepoint was taken back"


def test_nothing_is_sent_after_a_failure_and_nothing_waits_any_more() -> None:
    with pytest.raises(ZeroDivisionError), sending.together():
        rows.insert_later(_account("9101"))
        _fail()
    rows.insert_later(_account("9102"))  # outside at once

    assert _names() == ["9102"]


def test_what_the_database_refuses_of_what_waited_is_told_as_ever() -> None:
    with pytest.raises(IntegrityError, match="9101"), transaction.atomic(), sending.together():
        rows.insert_later(_account("9101"))
        rows.insert_later(_account("9101"))

    assert _names() == []


def _fail() -> None:
    raise ZeroDivisionError


_NOTED = "INSERT INTO operations_changedloan (loan_id, borrower_id) VALUES (%s, %s)"
_TWICE = "INSERT INTO operations_changedloan (loan_id, borrower_id) SELECT loan_id + %s, borrower_id FROM {stored}"


def _notes() -> list[tuple[int, int]]:
    return sorted(ChangedLoan.objects.values_list("loan_id", "borrower_id"))


def test_what_is_copied_reads_what_was_stored(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1), sending.together():
        sending.later(_NOTED, [1, 7, 10], copied=_TWICE)
        sending.later(_NOTED, [2, 8])
        sending.later(_NOTED, [3, 9, 10], copied=_TWICE)

    assert _notes() == [(1, 7), (2, 8), (3, 9), (11, 7), (13, 9)]
    with django_assert_num_queries(1):
        sending.later(_NOTED, [4, 7, 10], copied=_TWICE)  # outside at once
    assert {(4, 7), (14, 7)} <= set(_notes())


def test_rows_are_numbered_in_the_order_in_which_they_waited() -> None:
    with sending.together():
        for loan in range(1, 6):
            values, copied = ([loan, 7, 10], _TWICE) if loan % 2 else ([loan, 7], "")
            sending.later(_NOTED, values, copied=copied)
    assert list(ChangedLoan.objects.order_by("pk").values_list("loan_id", flat=True)) == [1, 11, 2, 3, 13, 4, 5, 15]


def test_numbers_taken_ahead_are_given_out_in_their_order_and_last_as_long_as_the_block(
    django_assert_num_queries: Any,
) -> None:
    sequence = rows.sequence_of(ChangedLoan)
    first = sending.next_number(sequence)
    sending.take_numbers(sequence)  # nothing waits: nothing is taken
    assert sending.number_ahead(sequence) is None
    with django_assert_num_queries(2), sending.together():
        sending.take_numbers(sequence, sequence)
        given = [sending.next_number(sequence) for _time in range(3)]  # the third is asked for
    assert given == [first + 1, first + 2, first + 3]
    with sending.together():
        assert sending.number_ahead(sequence) is None


def test_a_tracked_row_whose_number_is_known_waits_with_its_history(django_assert_num_queries: Any) -> None:
    with acting(reason="ordered", request_id="req-3", channel="api"):
        with sending.together():
            sending.take_numbers(rows.sequence_of(Product))
            with django_assert_num_queries(0):
                one = ProductFactory.build(code="one", name="One")
                insert_tracked(one)
        other = ProductFactory.build(code="other", name="One")
        insert_tracked(other)

    kept = ("history_type", "history_change_reason", "request_id", "channel", "market", "name")
    stored = Product.objects.get(pk=one.pk)
    assert model_to_dict(stored) == model_to_dict(one)
    assert one.history.values(*kept).get() == other.history.values(*kept).get()
    assert one.history.get().code == one.code


def test_what_the_database_refuses_has_the_name_its_statement_gives_it() -> None:
    class Taken(Exception):
        pass

    def named(refusal: IntegrityError) -> Exception:
        return Taken() if "9101" in str(refusal) else refusal

    for code, told in (("9101", Taken), ("9102", IntegrityError)):
        with pytest.raises(told), transaction.atomic(), sending.together():
            rows.insert_later(_account(code), named=named)
            sending.later(_NOTED, [1, 2])
            rows.insert_later(_account(code))
        with pytest.raises(told), transaction.atomic():  # at once
            rows.insert_later(_account(code), _account(code), named=named)
    assert (_names(), _notes()) == ([], [])


def test_a_statement_is_prepared_once_whatever_its_values_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "prepare_threshold", 0)
    update = "UPDATE ledger_account SET name = coalesce(%s, name) || '%%' WHERE code = %s"
    for name in ("a", None, "ä" * 70):
        sending.execute(update, [name, "9101"])
    for number in (1, 70_000, 10**12):
        sending.execute("SELECT 1 FROM operations_changedloan WHERE loan_id = %s", [number])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE ANY(%s)",
            [["UPDATE ledger_account SET name = coal%", "SELECT 1 FROM operations_changedloan%"]],
        )
        assert cursor.fetchone() == (2,)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [1, 70_000, 10**12, Counted(1001)]),
        ("numeric", [Decimal("0.00"), Decimal("-1234567.89")]),
        ("boolean", [True, False]),
        ("double precision", [0.5, 1e300]),
        ("text", ["", "ä' \\ 好", MessageStatus.QUEUED]),
        ("date", [date(2026, 3, 31), date(999, 1, 1)]),
        ("timestamptz", [datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)]),
        ("uuid", [UUID(int=7)]),
        ("text[]", [["fee", 'a "b", {c}'], [], [None]]),
        ("bigint[]", [[1, 10**12], [2]]),
    ],
)
def test_values_of_every_kind_arrive_and_are_no_reason_to_prepare_anew(
    kind: str, values: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "prepare_threshold", 0)
    question = f"SELECT %s::{kind}"
    for value in (*values, None):
        assert sending.execute(question, [value]).fetchone() == (value,)
    told = connection.connection.execute("SELECT statement FROM pg_prepared_statements", prepare=False).fetchall()
    assert [statement for (statement,) in told if statement.startswith("SELECT $1::")] == [f"SELECT $1::{kind}"]


def test_json_arrives_as_django_writes_it() -> None:
    value = {"amount": Decimal("1.50"), "on": date(2026, 3, 31)}
    written = Jsonb(value, dumps=lambda given: json.dumps(given, cls=DjangoJSONEncoder))
    assert sending.execute("SELECT %s::jsonb ->> 'on'", [written]).fetchone() == ("2026-03-31",)
