"""Tables laid by the month: how one is made, how its months come, and that nothing escapes its laws."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, migrations, models, transaction
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext

from core import partitions
from core.migration_operations import PartitionedByMonth

JANUARY, MARCH = date(2031, 1, 20), date(2031, 3, 1)
GUARD = """
CREATE FUNCTION core_note_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a note stays'; END $$;
CREATE TRIGGER core_note_stays BEFORE UPDATE OR DELETE ON core_note FOR EACH STATEMENT EXECUTE FUNCTION core_note_guard()
"""


def lay(by: type[models.Field] = models.DateField, **more: models.Field) -> None:
    """A table `core_note` as a migration makes it, laid by the month of `on`."""
    fields = [("id", models.BigAutoField(primary_key=True)), ("on", by()), ("size", models.IntegerField(default=1))]
    checks = [models.CheckConstraint(condition=models.Q(size__gt=0), name="core_note_size")]
    made = migrations.CreateModel(
        "Note",
        [*fields, *more.items()],
        {"constraints": checks, "indexes": [models.Index(fields=["size"], name="core_note_by_size")]},
    )
    state = ProjectState()
    with connection.schema_editor() as editor:
        for operation in (made, PartitionedByMonth("note", by="on")):
            before = state.clone()
            operation.state_forwards("core", state)
            operation.database_forwards("core", editor, before, state)


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(partitions, "partitioned", lambda: {"core_note": "on"})
    partitions.forget()
    yield
    partitions.forget()


def execute(sql: str, *parameters: Any) -> list[tuple]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def months() -> list[str]:
    return [
        name for (name,) in execute("SELECT relid::text FROM pg_partition_tree('core_note') WHERE isleaf ORDER BY 1")
    ]


@pytest.mark.django_db
class TestOneTable:
    def test_rows_lie_in_the_month_of_their_day(self) -> None:
        lay()

        assert partitions.ensure_months(JANUARY, MARCH) == 3
        rows = execute(
            'INSERT INTO core_note ("on", size) VALUES (%s, 1), (%s, 2) RETURNING id, tableoid::regclass::text',
            date(2031, 1, 31),
            MARCH,
        )

        assert months() == ["core_note_2031_01", "core_note_2031_02", "core_note_2031_03"]
        assert rows == [(1, "core_note_2031_01"), (2, "core_note_2031_03")]

    def test_months_that_are_there_are_left_alone(self) -> None:
        lay()
        partitions.ensure_months(JANUARY, JANUARY)

        assert partitions.ensure_months(JANUARY, MARCH) == 2
        assert partitions.ensure_months(JANUARY, MARCH) == 0

    def test_checks_key_and_indexes_hold_in_every_month(self) -> None:
        lay()
        partitions.require_month(JANUARY)

        with pytest.raises(IntegrityError, match="core_note_size"):
            execute('INSERT INTO core_note ("on", size) VALUES (%s, 0)', JANUARY)
        execute('INSERT INTO core_note (id, "on", size) VALUES (7, %s, 1)', JANUARY)
        with pytest.raises(IntegrityError, match="pkey"):
            execute('INSERT INTO core_note (id, "on", size) VALUES (7, %s, 1)', JANUARY)
        indexed = execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'core_note_2031_01'")
        assert indexed == [(2,)]

    def test_a_statement_that_names_the_month_meets_the_guard_too(self) -> None:
        lay()
        partitions.require_month(JANUARY)
        execute(GUARD)
        assert partitions.keep_guards() == 1 and partitions.keep_guards() == 0
        partitions.require_month(MARCH)

        for table in ("core_note", "core_note_2031_01", "core_note_2031_03"):
            with pytest.raises(DatabaseError, match="a note stays"):
                execute(f"DELETE FROM {table}")

    def test_a_row_without_a_month_is_refused_and_named(self) -> None:
        lay()

        with pytest.raises(IntegrityError) as refused:
            execute('INSERT INTO core_note ("on", size) VALUES (%s, 1)', JANUARY)
        assert partitions.means_month_missing(refused.value)

    def test_months_of_a_moment_are_those_of_utc(self) -> None:
        lay(models.DateTimeField)
        partitions.ensure_months(JANUARY, MARCH)

        moment = datetime(2031, 1, 31, 23, 59, 59, tzinfo=UTC)
        place = execute('INSERT INTO core_note ("on", size) VALUES (%s, 1) RETURNING tableoid::regclass::text', moment)

        assert place == [("core_note_2031_01",)]

    def test_what_is_unique_is_not_laid_by_the_month(self) -> None:
        with pytest.raises(ValueError, match="unique by key"):
            lay(key=models.CharField(max_length=9, unique=True))

    def test_a_known_month_costs_no_statement_and_one_taken_back_is_not_known(self) -> None:
        lay()
        with transaction.atomic():
            partitions.require_month(JANUARY)
            transaction.set_rollback(True)
        assert months() == []

        partitions.require_month(JANUARY)

        assert months() == ["core_note_2031_01"]


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    @pytest.fixture(autouse=True)
    def _table(self, transactional_db: None) -> Iterator[None]:
        lay()
        yield
        execute("DROP TABLE core_note")

    def test_a_month_that_stays_costs_no_statement(self) -> None:
        partitions.require_month(JANUARY)
        partitions.require_month(JANUARY)

        with CaptureQueriesContext(connection) as asked:
            partitions.require_month(JANUARY)

        assert not asked.captured_queries

    def test_a_month_is_made_while_others_write(self) -> None:
        """The writer keeps its transaction open until the month is there: the maker does not wait for it."""
        partitions.require_month(JANUARY)
        with transaction.atomic():
            execute('INSERT INTO core_note ("on", size) VALUES (%s, 1)', JANUARY)
            with ThreadPoolExecutor(1) as pool:
                made = pool.submit(_in_thread, MARCH).result()

        assert made == 1 and months() == ["core_note_2031_01", "core_note_2031_03"]

    def test_two_who_need_the_same_month_make_it_once(self) -> None:
        together = Barrier(4)
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _n: _in_thread(JANUARY, together), range(4)))

        assert sorted(made) == [0, 0, 0, 1]


def _in_thread(on: date, together: Barrier | None = None) -> int:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '10s'")
        if together:
            together.wait(10)
        return partitions.ensure_months(on, on)
    finally:
        connections.close_all()
