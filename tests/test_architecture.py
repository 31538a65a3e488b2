"""The laws of the house that a program can check. Each failure names file and line."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from importlinter.cli import lint_imports

from core.migration_operations import Law, Seeds
from tests.places import ROOT

APPS = [
    *("core", "staff", "audit", "partners", "casework", "ledger", "borrowers", "messaging", "loans", "risk"),
    *("collections/debt_collections", "operations", "desk", "config"),
]
DOORS = {"web", "api", "admin", "management", "tasks", "receivers", "templatetags", "middleware", "demo"}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "services", "service", "common", "misc"}
# The end of the day moves the date; the navigation is part of every page; which requests somebody sees, rights that are
# lent until a day say, and whose papers are asked for by a page or the API; whether a version of a rule is one of days to
# come is asked when it is asked for, and again when it is agreed to.
MAY_KNOW_THE_DAY = (
    "operations/",
    "core/business_date",
    "desk/navigation",
    "casework/subjects_declared",
    "audit/four_eyes",
)
CLOCKS = {"date.today", "datetime.today", "datetime.now", "localdate", "timezone.localdate"}
READ_IN_DOORS = {"business_date.current", "business_date.now", "clock.now", "clock.today"}
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION = 400, 60, 10


@dataclass(frozen=True)
class Source:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def at(self, node: ast.AST, why: str) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 0)} {why}"


@cache
def sources(*folders: str) -> list[Source]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    kept = [path for path in paths if "migrations" not in path.parts and "__pycache__" not in path.parts]
    return [Source(path, path.read_text(), ast.parse(path.read_text())) for path in kept]


def code() -> list[Source]:
    return sources(*APPS, "devtools", "benchmarks", "scripts")


def everything() -> list[Source]:
    return [*code(), *sources("tests")]


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_apps_and_rooms_import_in_one_direction() -> None:
    assert lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True, no_logo=True) == 0


def test_no_import_stands_inside_a_function() -> None:
    found = [
        source.at(node, "imports inside a function")
        for source in everything()
        for function in functions(source)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not found, "\n".join(found)


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lines = {source.name: source.text.count("\n") for source in everything()}
    long = [f"{name} has {count} lines" for name, count in lines.items() if count > LONGEST_FILE]
    assert not long, "\n".join(long)


def test_functions_are_short() -> None:
    long = [
        source.at(function, f"{function.name} has {length(function)} lines")
        for source in everything()
        for function in functions(source)
        if length(function) > LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)
    assert median(length(function) for source in code() for function in functions(source)) <= MEDIAN_FUNCTION


def test_the_folder_collections_never_becomes_a_package() -> None:
    assert not (ROOT / "collections" / "__init__.py").exists(), "it would shadow Python's own collections"
    clean = subprocess.run(
        [sys.executable, "-c", "from collections import Counter"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert clean.returncode == 0, clean.stderr


def test_rooms_have_names_from_lending() -> None:
    found = [source.name for source in everything() if NAMES_THAT_SAY_NOTHING & _parts(source)]
    assert not found, "\n".join(found)


def _parts(source: Source) -> set[str]:
    return {part.removesuffix(".py") for part in source.path.relative_to(ROOT).parts}


def _is_door(source: Source) -> bool:
    return bool(DOORS & _parts(source))


def test_rounding_and_floats_stay_in_core_money() -> None:
    """`float(` and `round(` as calls, `.quantize(` as a method, outside the one room that rounds."""
    places = sources(*[app for app in APPS if app != "config"])
    found = []
    for source in (source for source in places if source.name != "core/money.py"):
        for node in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
            called = node.func
            if isinstance(called, ast.Name) and called.id in {"float", "round"} and not _is_exempt(source, node):
                found.append(source.at(node, f"calls {called.id}()"))
            if isinstance(called, ast.Attribute) and called.attr == "quantize":
                found.append(source.at(node, "calls .quantize()"))
    assert not found, "\n".join(found)


def _is_exempt(source: Source, node: ast.Call) -> bool:
    """A line that says why its number is not money, as `# not money: …`."""
    return "# not money" in source.text.splitlines()[node.lineno - 1]


def test_only_doors_and_the_end_of_day_read_the_business_date() -> None:
    """Rules get dates and moments passed in: no `today()` anywhere, the business date and people's clock only in doors."""
    found = []
    for source in sources(*[app for app in APPS if app != "config"]):
        allowed = _is_door(source) or source.name.startswith(MAY_KNOW_THE_DAY)
        for node in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
            called = ast.unparse(node.func)
            if called in CLOCKS and not node.args and not allowed:
                found.append(source.at(node, f"calls {called}()"))
            if called in READ_IN_DOORS and not allowed:
                found.append(source.at(node, f"calls {called}()"))
    assert not found, "\n".join(found)


def test_models_do_not_override_save() -> None:
    found = [
        source.at(function, "overrides save()")
        for source in code()
        if "/models" in source.name
        for function in functions(source)
        if function.name in {"save", "delete"}
    ]
    assert not found, "\n".join(found)


def test_every_migration_history_of_an_app_starts_with_one_initial_migration() -> None:
    for app in APPS[:-1]:
        numbers = [path.name[:4] for path in (ROOT / app / "migrations").glob("[0-9]*.py")]
        assert len(numbers) == len(set(numbers)), f"{app} has two migrations with one number"


def test_every_law_and_every_seed_is_read_by_one_migration() -> None:
    """A file that no migration names would look like a law and keep nothing."""
    migrations = MigrationLoader(None).disk_migrations.values()
    steps = [step for migration in migrations for step in migration.operations if isinstance(step, Law | Seeds)]
    patterns = ("*/law/*", "*/seeds/*", "collections/*/law/*", "collections/*/seeds/*")

    assert sorted(step.path for step in steps) == sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def test_no_law_stands_in_the_python_of_a_migration() -> None:
    """What PostgreSQL keeps is read in ``law/*.sql``, not in strings among operations."""
    found = []
    for path in (path for app in APPS for path in sorted((ROOT / app / "migrations").glob("*.py"))):
        source = Source(path, path.read_text(), ast.parse(path.read_text()))
        for node in (node for node in ast.walk(source.tree) if isinstance(node, ast.Attribute | ast.Name)):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in {"RunSQL", "execute", "executemany"}:
                found.append(source.at(node, f"uses {name}"))
    assert not found, "\n".join(found)


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True)
