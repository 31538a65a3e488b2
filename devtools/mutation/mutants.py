"""Small faults for one module: which there are, which of them are tried, and the module with all of them built in.

Each mutant is one expression (or one ``+=``) inside a function put slightly wrong. The module is compiled once with all
mutants in it, each behind a question, ``(wrong if __mutant__(7) else right)``: nothing is compiled anew for the next one,
and a test that evaluates the expression is known by the question it made the module ask.

Left alone: messages of refusals, annotations, defaults, and ``assert``, which is a check itself.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

QUESTION = "__mutant__"
Node = TypeVar("Node", bound=ast.AST)

OTHER_COMPARISON: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OTHER_OPERATOR: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}  # fmt: skip
OTHER_FUNCTION = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """``change`` says what stands for what; it names the mutant within its function, whatever line that stands on."""

    module: str
    function: str
    change: str
    line: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.module, self.function, self.change


@dataclass(frozen=True, slots=True)
class _Site:
    mutant: Mutant
    node: ast.expr | ast.AugAssign
    wrong: ast.expr | ast.AugAssign


def mutants_of(source: str, module: str) -> list[Mutant]:
    """Every mutant of ``module``, in the order of its text."""
    return [site.mutant for site in _sites(ast.parse(source), module)]


def sample(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """``size`` of ``mutants``, in their order. Each has its lot by its own name, so that a change elsewhere in the module
    leaves the others drawn as they were."""
    drawn = sorted(mutants, key=lambda mutant: hashlib.sha256(repr((seed, mutant.key)).encode()).digest())[:size]
    return [mutant for mutant in mutants if mutant in set(drawn)]


def instrumented(source: str, module: str, numbers: dict[tuple[str, str, str], int]) -> ast.Module:
    """The module with the mutants of ``numbers`` (by their keys) built in, each behind the question for its number."""
    tree = ast.parse(source)
    wanted: dict[ast.AST, list[tuple[int, _Site]]] = {}
    for site in _sites(tree, module):
        if site.mutant.key in numbers:
            wanted.setdefault(site.node, []).append((numbers[site.mutant.key], site))
    _Builder(wanted).visit(tree)
    return ast.fix_missing_locations(tree)


class _Builder(ast.NodeTransformer):
    def __init__(self, wanted: dict[ast.AST, list[tuple[int, _Site]]]) -> None:
        self.wanted = wanted

    def visit(self, node: ast.AST) -> ast.AST:
        built: ast.AST = self.generic_visit(node)
        for number, site in self.wanted.get(node, ()):
            question = ast.Call(ast.Name(QUESTION, ast.Load()), [ast.Constant(number)], [])
            if isinstance(site.wrong, ast.expr):
                assert isinstance(built, ast.expr)
                built = ast.copy_location(ast.IfExp(question, site.wrong, built), node)
            else:
                assert isinstance(built, ast.stmt)
                built = ast.copy_location(ast.If(question, [site.wrong], [built]), node)
        return built


def _sites(tree: ast.Module, module: str) -> Iterator[_Site]:
    seen: Counter[tuple[str, str]] = Counter()
    for function, node, role in _walk(tree, (), inside=False):
        for wrong in _faults(node, role):
            change = f"{ast.unparse(node)} → {ast.unparse(wrong)}"
            seen[function, change] += 1
            if seen[function, change] > 1:
                change = f"{change} #{seen[function, change]}"
            yield _Site(Mutant(module, function, change, node.lineno), node, wrong)


def _walk(
    node: ast.AST, names: tuple[str, ...], *, inside: bool
) -> Iterator[tuple[str, ast.expr | ast.AugAssign, str]]:
    """What may be put wrong below ``node``: the name of its function, the node, and what it is there for."""
    for field, child in _children(node):
        if isinstance(child, ast.Raise | ast.Assert | ast.JoinedStr | ast.pattern | ast.arguments):
            continue
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _walk(child, (*names, child.name), inside=inside or isinstance(child, ast.FunctionDef))
            continue
        if inside and isinstance(child, ast.expr | ast.AugAssign):
            yield ".".join(names), child, _role(node, field)
        yield from _walk(child, names, inside=inside or isinstance(child, ast.Lambda))


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "bases"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield field, child


def _role(parent: ast.AST, field: str) -> str:
    if isinstance(parent, ast.Return):
        return "answer"
    return "condition" if field in {"test", "ifs"} else ""


def _faults(node: ast.expr | ast.AugAssign, role: str) -> Iterator[ast.expr | ast.AugAssign]:
    yield from _by_kind(node)
    if isinstance(node, ast.expr):
        if role == "condition" and isinstance(node, ast.Name | ast.Attribute | ast.Call):
            yield ast.copy_location(ast.UnaryOp(ast.Not(), copy.deepcopy(node)), node)
        if role == "answer" and not (isinstance(node, ast.Constant) and node.value is None):
            yield ast.copy_location(ast.Constant(None), node)


def _by_kind(node: ast.expr | ast.AugAssign) -> Iterator[ast.expr | ast.AugAssign]:
    match node:
        case ast.Compare():
            for n, operator in enumerate(node.ops):
                wrong = copy.deepcopy(node)
                wrong.ops[n] = OTHER_COMPARISON[type(operator)]()
                yield wrong
        case ast.BinOp() | ast.AugAssign() if type(node.op) in OTHER_OPERATOR:
            yield _with(node, op=OTHER_OPERATOR[type(node.op)]())
        case ast.BoolOp():
            yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp() if isinstance(node.op, ast.Not | ast.USub):
            yield copy.deepcopy(node.operand)
        case ast.IfExp():
            yield _with(node, body=copy.deepcopy(node.orelse), orelse=copy.deepcopy(node.body))
        case ast.Name(ctx=ast.Load()) if node.id in OTHER_FUNCTION:
            yield _with(node, id=OTHER_FUNCTION[node.id])
        case ast.Constant() if isinstance(node.value, bool):
            yield _with(node, value=not node.value)
        case ast.Constant() if isinstance(node.value, int):
            yield _with(node, value=node.value + 1)
            yield _with(node, value=node.value - 1)


def _with(node: Node, **changes: object) -> Node:
    wrong = copy.deepcopy(node)
    for field, value in changes.items():
        setattr(wrong, field, value)
    return wrong
