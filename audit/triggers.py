"""Hangs the audit log on every historical table.

History rows may be written by the ORM one by one or by one INSERT … SELECT for thousands of loans; a trigger sees both,
so nothing that has a history can miss the log. Each table has a function of its own, so that PostgreSQL keeps the plan
of the one query in it. It names the table and no column but the keys, so it outlives any migration of other columns; one
that renames a history table calls ``install_history_triggers`` itself before it writes history.
"""

from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

# before/after hold only what changed; bookkeeping columns and sealed personal data are left out or shown as sealed.
# All rows of a statement at once: for a night's thousands, a call and an INSERT for each would cost twice as much.
_FUNCTION = """
BEGIN
    INSERT INTO audit_auditevent
        (at, actor_id, channel, action, object_type, object_id, object_label, reason, request_id, before, after)
    SELECT w.history_date, w.history_user_id, w.channel,
           CASE w.history_type WHEN '+' THEN 'created' WHEN '~' THEN 'changed' ELSE 'deleted' END,
           {object_type}, w.now_row ->> {key_name},
           left(coalesce(w.now_row ->> 'number', w.now_row ->> 'public_id', w.now_row ->> 'username',
                         w.now_row ->> {key_name}), 120),
           left(coalesce(w.history_change_reason, ''), 200), w.request_id,
           CASE WHEN w.history_type = '-' THEN d.new_part ELSE d.old_part END,
           CASE WHEN w.history_type = '-' THEN '{{}}'::jsonb ELSE d.new_part END
      FROM (SELECT n.history_id, n.history_date, n.history_user_id, n.history_type, n.history_change_reason, n.channel,
                   n.request_id, to_jsonb(n) AS now_row,
                   CASE WHEN n.history_type = '~' THEN (
                       SELECT to_jsonb(h) FROM {table} h
                        WHERE h.{key} = n.{key} AND h.history_id < n.history_id ORDER BY h.history_id DESC LIMIT 1)
                   END AS old_row
              FROM written n OFFSET 0) w
     CROSS JOIN LATERAL (
           SELECT coalesce(jsonb_object_agg(f.key, coalesce(w.old_row -> f.key, 'null'))
                           FILTER (WHERE w.old_row IS NOT NULL), '{{}}') AS old_part,
                  coalesce(jsonb_object_agg(f.key, f.value), '{{}}') AS new_part
             FROM jsonb_each(w.now_row) f
            WHERE f.value IS DISTINCT FROM (w.old_row -> f.key)
              AND f.key NOT LIKE 'history\\_%' AND f.key NOT IN ('request_id', 'channel')
              AND f.key NOT LIKE '%\\_index' AND f.key <> 'password'
              AND (w.old_row IS NOT NULL OR f.value NOT IN ('null'::jsonb, '""'::jsonb))) d
     WHERE NOT (w.history_type = '~' AND d.new_part = '{{}}' AND coalesce(w.history_change_reason, '') = '')
     ORDER BY w.history_id;
    RETURN NULL;
END
"""


def install_history_triggers(sender: object, using: str = "default", **_signal: object) -> None:
    """After each migrate: create the triggers that are missing and the functions that read otherwise."""
    with connections[using].cursor() as cursor:
        tables, known = _tables(cursor), _known(cursor)
        for model in apps.get_models(include_auto_created=True):
            if _is_history(model) and model._meta.db_table in tables:
                _install(cursor, model, known.get(model._meta.db_table))


def _is_history(model: type[Model]) -> bool:
    return hasattr(model, "history_type") and hasattr(model, "instance_type")


def _tables(cursor: CursorWrapper) -> set[str]:
    cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)")
    return {name for (name,) in cursor.fetchall()}


def _known(cursor: CursorWrapper) -> dict[str, str]:
    """The text of the function behind the trigger of each table."""
    cursor.execute(
        "SELECT c.relname, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgname = 'audit_history_event' AND pg_table_is_visible(c.oid)"
    )
    return dict(cursor.fetchall())


def _install(cursor: CursorWrapper, model: Any, known: str | None) -> None:
    tracked_model, table = model.instance_type, model._meta.db_table
    key = tracked_model._meta.pk.column
    text = _FUNCTION.format(
        table=_name(table), key=_name(key), key_name=_quote(key), object_type=_quote(tracked_model._meta.label_lower)
    )
    if text == known:
        return
    function = _name(f"audit_{table}"[:63])
    cursor.execute(f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {_quote(text)}")
    cursor.execute(
        f"CREATE OR REPLACE TRIGGER audit_history_event AFTER INSERT ON {_name(table)} "
        f"REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
