"""Operations of migrations that Django does not bring along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations import AddConstraint, AddField, AlterField
from django.db.migrations.operations.base import Operation


class InOneGo(Operation):
    """Many changes of existing tables after one rendering of the models.

    Django renders each changed model and all that are related to it anew after every single operation. In an app where
    nearly everything is related, a migration of 146 fields spent most of a minute on that, on each new database.
    """

    def __init__(self, operations: Sequence[AddField | AlterField | AddConstraint]) -> None:
        self.operations = list(operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.operations], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # what was rendered; rendered again, once, when it is asked for
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"{len(self.operations)} changes of tables in one go"
