"""Operations of migrations that read from a file what they do: a law PostgreSQL keeps, rows a new system begins with."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.migrations import RunPython, RunSQL

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


def sow_rules(apps: Any, content: dict[str, Any]) -> None:
    """First versions of rules: each ``[[rule]]`` with its code, day, data and source, all of one market."""
    rule = apps.get_model("core", "Rule")
    rows = [rule(market=content["market"], **row) for row in content["rule"]]
    rule.objects.bulk_create(rows, ignore_conflicts=True)


def _beside(migration: str, folder: str, name: str) -> Path:
    return Path(migration).resolve().parent.parent / folder / name
