"""Operations of migrations that read from a file what they do: a law PostgreSQL keeps, rows a new system begins with."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.migrations import RunPython, RunSQL
from django.db.migrations.operations.base import Operation

TAKEN_BACK_BY = "-- Taken back by:\n"


class Law(RunSQL):
    """A law from ``law/NAME.sql`` of the app whose migration (``__file__``) names it.

    The file says in plain words what is kept and why, then makes the law; what follows the line ``-- Taken back by:``
    removes it again. Raises ValueError for a file without that line.
    """

    def __init__(self, migration: str, name: str) -> None:
        self.path = _beside(migration, "law", f"{name}.sql")
        made_by, taken_back_by = self.path.read_text("utf-8").split(TAKEN_BACK_BY)
        super().__init__(made_by, taken_back_by)

    def describe(self) -> str:
        return f"The law {self.path.name}"


class Seeds(RunPython):
    """Rows from ``seeds/NAME.toml`` of the app whose migration (``__file__``) names it.

    ``sow(apps, content)`` writes them; rows that are there already stay as they are, and nothing takes them back, since
    by then staff may have made them their own.
    """

    def __init__(self, migration: str, name: str, sow: Callable[[Any, dict[str, Any]], None]) -> None:
        self.path = _beside(migration, "seeds", f"{name}.toml")
        super().__init__(lambda apps, _editor: sow(apps, tomllib.loads(self.path.read_text("utf-8"))), RunPython.noop)

    def describe(self) -> str:
        return f"The seeds {self.path.name}"


class PartitionedByMonth(Operation):
    """Lays the table of ``model`` by the month of its field ``by``; stands right after the model's CreateModel.

    The table is made anew under its name while it is empty, with the columns, checks and numbers that Django gave it and
    the key (id, ``by``). Indexes and foreign keys, which Django makes at the end of a migration, then fall on it, and on
    each month. Which months there are, ``core.partitions`` says. Raises ValueError for a table with a unique column: what
    must be unique over all months cannot stand in it.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model: str, *, by: str) -> None:
        self.model, self.by = model, by

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The model stays as it is."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model)
        if unique := [field.name for field in model._meta.local_fields if field.unique and not field.primary_key]:
            raise ValueError(f"{model._meta.label} is unique by {', '.join(unique)}: it cannot be laid by the month")
        table, key = model._meta.db_table, model._meta.pk.column
        by = model._meta.get_field(self.by).column
        schema_editor.execute(f'''
            ALTER TABLE "{table}" RENAME TO "{table}_whole";
            CREATE TABLE "{table}" (
                LIKE "{table}_whole" INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION
            ) PARTITION BY RANGE ("{by}");
            DROP TABLE "{table}_whole";
            ALTER TABLE "{table}" ADD CONSTRAINT "{table}_pkey" PRIMARY KEY ("{key}", "{by}");
            CREATE SEQUENCE "{table}_{key}_seq" OWNED BY "{table}"."{key}";
            ALTER TABLE "{table}" ALTER "{key}" SET DEFAULT nextval('"{table}_{key}_seq"')
        ''')

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The table goes with its months when CreateModel is taken back."""

    def describe(self) -> str:
        return f"Lays {self.model} by the month of {self.by}"


def sow_rules(apps: Any, content: dict[str, Any]) -> None:
    """First versions of rules: each ``[[rule]]`` with its code, day, data and source, all of one market."""
    rule = apps.get_model("core", "Rule")
    rows = [rule(market=content["market"], **row) for row in content["rule"]]
    rule.objects.bulk_create(rows, ignore_conflicts=True)


def _beside(migration: str, folder: str, name: str) -> Path:
    return Path(migration).resolve().parent.parent / folder / name
