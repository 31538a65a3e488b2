"""A database that another version of Loandesk made is refused by name, before anything is done to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from core.tables import TablesOfAnotherVersion, bring_tables_up_to_date, require_tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorder() -> MigrationRecorder:
    return MigrationRecorder(connection)


def newest_migration(app: str) -> tuple[str, str]:
    """The last one of ``app``, whatever has been added since these tests were written."""
    (leaf,) = MigrationLoader(None).graph.leaf_nodes(app)
    return leaf


def test_tables_of_this_version_pass() -> None:
    assert run_checks(databases=["default"], tags=["database"]) == []


def test_migrate_refuses_tables_of_another_version_and_leaves_them_alone(recorder: MigrationRecorder) -> None:
    recorder.record_applied("collections", "0001_initial")
    recorder.record_applied("loans", "0001_initial")
    recorder.record_unapplied(*newest_migration("loans"))
    before = recorder.applied_migrations().keys()

    with pytest.raises(SystemCheckError, match=r"2 migrations that this version does not have.*collections\.0001_init"):
        call_command("migrate", skip_checks=False, verbosity=0)

    assert recorder.applied_migrations().keys() == before


@pytest.mark.parametrize("command", [bring_tables_up_to_date, require_tables])
def test_so_do_the_commands_that_make_the_tables_themselves(
    command: Callable[[], None], recorder: MigrationRecorder
) -> None:
    recorder.record_applied("loans", "0099_of_tomorrow")
    recorder.record_unapplied(*newest_migration("loans"))

    with pytest.raises(TablesOfAnotherVersion) as refused:
        command()

    assert refused.value.context["example"] == "loans.0099_of_tomorrow"


def test_apps_of_others_may_fold_their_migrations(recorder: MigrationRecorder) -> None:
    recorder.record_applied("axes", "0000_folded_since")

    assert run_checks(databases=["default"], tags=["database"]) == []
