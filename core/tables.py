"""Whether the tables are there: a command that may be the first to touch a database makes them itself."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class TablesBehind(DomainError):
    """A database in use waits for migrations, which only who runs it may apply."""

    code = "tables_behind"
    message = _("The tables of this database are older than the program. Run ./dev manage migrate first.")


def tables_are_behind() -> bool:
    """Whether migrations wait to be applied."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def bring_tables_up_to_date() -> None:
    """Apply the waiting migrations."""
    call_command("migrate", verbosity=0)


def require_tables() -> None:
    """Make the tables of a database nobody has used yet. Raises TablesBehind for one in use that is behind."""
    if not tables_are_behind():
        return
    if MigrationExecutor(connection).loader.applied_migrations:
        raise TablesBehind()
    bring_tables_up_to_date()
