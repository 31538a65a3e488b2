"""Hangs the audit log on every historical table.

History rows may be written by the ORM one by one or by one INSERT … SELECT for thousands of loans; a trigger sees both,
so nothing that has a history can miss the log. The function itself is in migration 0002.
"""

from typing import Any

from django.apps import apps
from django.db import connections


def install_history_triggers(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """Create the missing triggers after each migrate; existing ones stay as they are."""
    with connections[using].cursor() as cursor:
        present = _existing(cursor)
        for model in apps.get_models(include_auto_created=True):
            if _is_history(model) and model._meta.db_table not in present:
                _install(cursor, model)


def _is_history(model: Any) -> bool:
    return hasattr(model, "history_type") and hasattr(model, "instance_type")


def _existing(cursor: Any) -> set[str]:
    cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit_history_event'")
    return {row[0].strip('"') for row in cursor.fetchall()}


def _install(cursor: Any, model: Any) -> None:
    tracked_model = model.instance_type
    table, key = model._meta.db_table, tracked_model._meta.pk.column
    cursor.execute("SELECT to_regclass(%s)", [f'"{table}"'])
    if cursor.fetchone()[0] is None:
        return
    cursor.execute(
        f'CREATE TRIGGER audit_history_event AFTER INSERT ON "{table}" FOR EACH ROW '
        "EXECUTE FUNCTION audit_write_event(%s, %s)" % (_quote(tracked_model._meta.label_lower), _quote(key))
    )


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
