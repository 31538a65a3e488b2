"""What migrations seeded, brought back by SQL after a test that emptied the tables.

Django writes it back object by object, two statements each: some two thousand before every test with real transactions.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.backends.base.creation import BaseDatabaseCreation

SCHEMA = "seeds"


def bring_back(creation: BaseDatabaseCreation, _serialized: str) -> None:
    """In place of ``deserialize_db_from_string``: the first test finds the tables as migrated, and a copy is kept."""
    connection = creation.connection
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s) IS NULL", [SCHEMA])
        if cursor.fetchone()[0]:
            _keep(cursor, connection.introspection.django_table_names(only_existing=True, include_views=False))
            return
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [SCHEMA])
        kept = [table for (table,) in cursor.fetchall()]
        cursor.execute("SET LOCAL session_replication_role = replica")  # in any order, and as they were
        for table in kept:
            cursor.execute(f'INSERT INTO public."{table}" SELECT * FROM {SCHEMA}."{table}"')


def _keep(cursor: Any, tables: list[str]) -> None:
    cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    for table in tables:
        cursor.execute(f'SELECT EXISTS (SELECT 1 FROM public."{table}")')
        if cursor.fetchone()[0]:
            cursor.execute(f'CREATE TABLE {SCHEMA}."{table}" AS TABLE public."{table}"')
