"""The tables as migrations left them, for tests with real transactions: emptied and filled again by SQL.

Django truncates every table after such a test, which costs over a second on a schema of this size, and writes the
seeds back object by object, two statements each: some two thousand. Most tables were never written to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.backends.base.creation import BaseDatabaseCreation
from django.db.backends.postgresql.operations import DatabaseOperations

SCHEMA = "seeds"
# Rows go and come in any order, and the ledger's guards look away.
NO_TRIGGERS = "SET LOCAL session_replication_role = replica"


def use() -> None:
    BaseDatabaseCreation.deserialize_db_from_string = bring_back  # type: ignore[method-assign,assignment]
    DatabaseOperations.sql_flush = emptying  # type: ignore[method-assign,assignment]


def emptying(operations: DatabaseOperations, _style: Any, tables: Iterable[str], **_: Any) -> list[str]:
    """In place of ``sql_flush``: delete where there are rows."""
    with operations.connection.cursor() as cursor:
        return [NO_TRIGGERS, *(f'DELETE FROM public."{table}"' for table in _filled(cursor, sorted(tables)))]


def bring_back(creation: BaseDatabaseCreation, _serialized: str) -> None:
    """In place of ``deserialize_db_from_string``: the first test finds the tables as migrated, and a copy is kept.

    What a test left behind whose clean-up failed goes first: its failure must not become that of all after it.
    """
    connection = creation.connection
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        cursor.execute("SELECT to_regnamespace(%s) IS NULL", [SCHEMA])
        if cursor.fetchone()[0]:
            _keep(cursor, tables)
            return
        for statement in emptying(connection.ops, None, tables):
            cursor.execute(statement)
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [SCHEMA])
        for (table,) in cursor.fetchall():
            cursor.execute(f'INSERT INTO public."{table}" SELECT * FROM {SCHEMA}."{table}"')


def _keep(cursor: Any, tables: list[str]) -> None:
    cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    for table in _filled(cursor, tables):
        cursor.execute(f'CREATE TABLE {SCHEMA}."{table}" AS TABLE public."{table}"')


def _filled(cursor: Any, tables: list[str]) -> list[str]:
    if not tables:
        return []
    cursor.execute(
        " UNION ALL ".join(f"""SELECT '{table}' WHERE EXISTS (SELECT 1 FROM public."{table}")""" for table in tables)
    )
    return [table for (table,) in cursor.fetchall()]
