"""Whether the tables are there and ours: a command that may be the first to touch a database makes them itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class TablesBehind(DomainError):
    """A database in use waits for migrations, which only who runs it may apply."""

    code = "tables_behind"
    message = _("The tables of this database are older than the program. Run ./dev manage migrate first.")


class TablesOfAnotherVersion(DomainError):
    """A database went through migrations that are not in this program: before they were folded, or in a newer version."""

    code = "tables_of_another_version"
    message = _(
        "The database “%(database)s” was made by another version of Loandesk: it went through %(count)s migrations that "
        "this version does not have, such as %(example)s. Nothing was changed. Run the version that made it, or keep a "
        "copy of it and begin with an empty database."
    )


def tables_are_behind() -> bool:
    """Whether migrations wait to be applied."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def bring_tables_up_to_date() -> None:
    """Apply the waiting migrations. Raises TablesOfAnotherVersion."""
    refuse_tables_of_another_version()
    call_command("migrate", verbosity=0)


def require_tables() -> None:
    """Make the tables of a database nobody has used yet.

    Raises TablesBehind for one in use that is behind, TablesOfAnotherVersion for one that this version cannot bring on.
    """
    if not tables_are_behind():
        return
    refuse_tables_of_another_version()
    if MigrationExecutor(connection).loader.applied_migrations:
        raise TablesBehind()
    bring_tables_up_to_date()


def refuse_tables_of_another_version(using: str = DEFAULT_DB_ALIAS) -> None:
    """Raises TablesOfAnotherVersion where a migration of one of our apps was applied that this version does not have.

    Apps of others are left out: they drop old migrations when they have folded them, and Django knows how.
    """
    ours = {config.label for config in apps.get_app_configs() if _is_ours(config.path)}
    applied = MigrationRecorder(connections[using]).applied_migrations()
    unknown = sorted(applied.keys() - MigrationLoader(None).disk_migrations.keys())
    names = [f"{app}.{name}" for app, name in unknown if app in ours]
    if names:
        database = connections[using].settings_dict["NAME"]
        raise TablesOfAnotherVersion(database=database, count=len(names), example=names[0])


def _is_ours(folder: str) -> bool:
    return Path(folder).parent in {settings.BASE_DIR, settings.BASE_DIR / "collections"}


def check_tables(app_configs: Any, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """Asked by `migrate` before it does anything: the refusal in place of Django's word on an inconsistent history."""
    found: list[CheckMessage] = []
    for using in databases or ():
        try:
            refuse_tables_of_another_version(using)
        except TablesOfAnotherVersion as refusal:
            found.append(Error(refusal.detail, id=f"core.{refusal.code}"))
    return found
