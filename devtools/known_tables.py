"""Whether the tables of a data folder are those of this version, asked before anything works on them.

Django would end in a traceback, or work on tables it does not know. A database of DATABASE_URL is asked by `migrate`
itself (core/tables.py).
"""

from __future__ import annotations

from devtools.embedded import Services
from devtools.home import REPOSITORY, Stop
from devtools.servers import Postgres

SHOWN = 2


def refuse_tables_of_another_version(found: Services) -> None:
    """Raises Stop where the data folder's database went through migrations that are not here."""
    known = _migrations_here()
    ours = {name.split(".")[0] for name in known}
    for database in (server for server in found.servers if isinstance(server, Postgres)):
        applied = database.ask("SELECT app || '.' || name FROM django_migrations")
        unknown = sorted(name for name in applied if name not in known and name.split(".")[0] in ours)
        if unknown:
            raise Stop(_refusal(found, unknown))


def _migrations_here() -> set[str]:
    """As Django notes them: the label of an app is the name of its first folder."""
    paths = [*REPOSITORY.glob("*/migrations/[0-9]*.py"), *REPOSITORY.glob("collections/*/migrations/[0-9]*.py")]
    return {f"{path.relative_to(REPOSITORY).parts[0]}.{path.stem}" for path in paths}


def _refusal(found: Services, unknown: list[str]) -> str:
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    return (
        f"The database in {found.home.root} was made by another version of Loandesk: it went through migrations\n"
        f"that this version does not have ({', '.join(unknown[:SHOWN])}{more}). Nothing was changed.\n"
        "Run the version that made it, or begin anew: keep a copy of the folder, if you need what is in it, and remove it\n"
        "by ./dev reset. Or set LOANDESK_HOME to another folder for a second one."
    )
