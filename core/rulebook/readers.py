"""Who reads a rule: found in the code itself, so that a page, a document and a test say the same of it.

A module reads a rule where it hands the rule's code to a function that reads one: to those of ``core.rules``, or to a
function that hands its own argument on to them. A rule nobody reads decides nothing, however carefully it is kept.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings

from core.rulebook.kinds import rule_kinds

READING = frozenset({"rule", "rule_of_house", "rule_versions"})
# What declares, sows or keeps rules, and decides nothing by them.
_LEFT_OUT = ("rules_declared.py", "migrations", "rulebook")


@cache
def readers() -> Mapping[str, tuple[str, ...]]:
    """The modules that read each declared rule, as paths from the root of the project; looked for once a process."""
    sources = dict(_sources())
    passing = _names_that_pass_on(sources)
    found: dict[str, set[str]] = defaultdict(set)
    for path, tree in _calling(sources, passing):
        for call in _calls(tree, passing):
            if (code := _text(call.args[0], tree, sources)) in rule_kinds():
                found[str(code)].add(path)
    return {code: tuple(sorted(found[code])) for code in rule_kinds()}


def _sources() -> Iterator[tuple[str, str]]:
    root = Path(settings.BASE_DIR)
    for config in apps.get_app_configs():
        folder = Path(config.path)
        if not folder.is_relative_to(root) or ".venv" in folder.parts:
            continue
        for path in sorted(folder.rglob("*.py")):
            if not any(part in path.parts for part in _LEFT_OUT):
                yield path.relative_to(root).as_posix(), path.read_text("utf-8")


def _names_that_pass_on(sources: Mapping[str, str]) -> frozenset[str]:
    """The names of functions that hand their own argument on as the code of the rule to read."""
    known: frozenset[str] = READING
    while True:
        more = {
            function.name
            for _path, tree in _calling(sources, known)
            for function in tree.body
            if isinstance(function, ast.FunctionDef) and (texts := _texts_taken(function))
            for call in _calls(function, known)
            if isinstance(call.args[0], ast.Name) and call.args[0].id in texts
        }
        if more <= known:
            return known
        known |= more


def _texts_taken(function: ast.FunctionDef) -> frozenset[str]:
    """The arguments of a function that are texts, as the code of a rule is."""
    taken = (one for one in function.args.args if isinstance(one.annotation, ast.Name) and one.annotation.id == "str")
    return frozenset(one.arg for one in taken)


def _calling(sources: Mapping[str, str], names: Collection[str]) -> Iterator[tuple[str, ast.Module]]:
    """The modules in which one of the functions may be called."""
    called = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\(")
    for path, source in sources.items():
        if called.search(source):
            yield path, _parsed(source)


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def _calls(within: ast.AST, names: Collection[str]) -> Iterator[ast.Call]:
    for node in ast.walk(within):
        if isinstance(node, ast.Call) and node.args:
            called = node.func
            if (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) in names:
                yield node


def _text(argument: ast.expr, tree: ast.Module, sources: Mapping[str, str]) -> str | None:
    """The text that is handed over: written there, or under a name of this module or of the one it is taken from."""
    if isinstance(argument, ast.Constant):
        return argument.value if isinstance(argument.value, str) else None
    if not isinstance(argument, ast.Name):
        return None
    for line in tree.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            if any(isinstance(name, ast.Name) and name.id == argument.id for name in line.targets):
                return str(line.value.value)
        elif isinstance(line, ast.ImportFrom) and line.module:
            for name in line.names:
                if (name.asname or name.name) == argument.id:
                    return _text_of(name.name, line.module.replace(".", "/") + ".py", sources)
    return None


def _text_of(name: str, file: str, sources: Mapping[str, str]) -> str | None:
    source = next((source for path, source in sources.items() if path == file or path.endswith(f"/{file}")), "")
    return _text(ast.Name(name), _parsed(source), {})
