"""Names for objects: prefixed ULIDs for partners, running numbers for people."""

from datetime import date

from django.db import connection
from ulid import ULID


def new_id(prefix: str) -> str:
    """A public identifier such as ``loan_01JD…``: sortable by time, safe in URLs, telling its kind."""
    return f"{prefix}_{ULID()}"


def next_number(prefix: str, on: date) -> str:
    """The next running number of the kind, such as ``LN-2026-000418``; one PostgreSQL sequence a prefix.

    Numbers are unique and rising; a rolled-back transaction leaves a gap, as any sequence does.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass)", [f"core_number_{prefix.lower()}"])
        (value,) = cursor.fetchone()
    return f"{prefix}-{on.year}-{value:06d}"
