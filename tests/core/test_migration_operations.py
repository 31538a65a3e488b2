"""Laws and seeds read from files; and that a law taken back leaves nothing behind and can be made again."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from core import partitions
from core.migration_operations import Law, Seeds

LAWFUL = """
SELECT format('%s %s', c.conrelid::regclass, pg_get_constraintdef(c.oid)) FROM pg_constraint c
 WHERE c.connamespace = 'public'::regnamespace
UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE NOT t.tgisinternal
UNION ALL SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')  -- not of an extension
UNION ALL SELECT format('%s %s %s', relname, relkind, reloptions) FROM pg_class
 WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT format('%s %s', table_name, column_name) FROM information_schema.columns
 WHERE table_schema = 'public' ORDER BY 1
"""


def laws() -> list[Law]:
    """All laws in the order in which an empty database gets them."""
    graph = MigrationLoader(None).graph
    order = [node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf)]
    nodes = [graph.nodes[node] for node in dict.fromkeys(order)]
    return [step for node in nodes for step in node.operations if isinstance(step, Law)]


def kept() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(LAWFUL)
        return [row for (row,) in cursor.fetchall()]


@pytest.mark.django_db
def test_every_law_can_be_taken_back_and_made_again() -> None:
    before = kept()
    with connection.cursor() as cursor:
        for law in reversed(laws()):
            standing = kept()
            cursor.execute(law.reverse_sql)
            assert kept() != standing, law.path
        # What notes a history row in the audit log comes with the history tables, not from a law.
        history = ("audit_history_event", "INSERT INTO audit_auditevent")
        assert not [row for row in kept() if "FUNCTION" in row and not any(part in row for part in history)]
        for law in laws():
            cursor.execute(law.sql)
    partitions.keep_guards()
    assert kept() == before


def migration_beside(folder: Path, text: str) -> str:
    folder.mkdir(parents=True)
    (folder / "offers.sql").write_text(text)
    return str(folder.parent / "migrations" / "0002_law.py")


def test_a_law_says_how_it_is_taken_back(tmp_path: Path) -> None:
    text = "-- Why.\n\nCREATE SEQUENCE a;\n\n-- Taken back by:\n\nDROP SEQUENCE a;\n"
    law = Law(migration_beside(tmp_path / "loans" / "law", text), "offers")

    assert law.sql == "-- Why.\n\nCREATE SEQUENCE a;\n\n"
    assert law.reverse_sql == "\nDROP SEQUENCE a;\n"


def test_a_law_that_cannot_be_taken_back_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        Law(migration_beside(tmp_path / "loans" / "law", "CREATE SEQUENCE a;\n"), "offers")


def test_seeds_are_read_from_their_file_when_they_are_sown(tmp_path: Path) -> None:
    file = tmp_path / "loans" / "seeds" / "rules.toml"
    file.parent.mkdir(parents=True)
    sown: list[object] = []
    seeds = Seeds(str(tmp_path / "loans" / "migrations" / "0003_seeds.py"), "rules", lambda *given: sown.extend(given))
    file.write_text('market = "CN"\n', "utf-8")

    seeds.code("the models as they were", None)

    assert sown == ["the models as they were", {"market": "CN"}]
