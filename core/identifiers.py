"""Names for objects: prefixed ULIDs for partners, running numbers for people."""

from datetime import date

from ulid import ULID

from core import rows


def new_id(prefix: str) -> str:
    """A public identifier such as ``loan_01JD…``: sortable by time, safe in URLs, telling its kind."""
    return f"{prefix}_{ULID()}"


def next_number(prefix: str, on: date) -> str:
    """The next running number of the kind, such as ``LN-2026-000418``; one PostgreSQL sequence a prefix.

    Numbers are unique and rising; a rolled-back transaction leaves a gap, as any sequence does.
    """
    (value,) = rows.execute("SELECT nextval(%s::regclass)", [f"core_number_{prefix.lower()}"]).fetchone()
    return f"{prefix}-{on.year}-{value:06d}"
