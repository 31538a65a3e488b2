"""Nowhere but in ``audit.deciding`` are two people told apart by their numbers: two accounts may be one person's."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey

from staff.models import User

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "core",
    "staff",
    "audit",
    "partners",
    "casework",
    "ledger",
    "borrowers",
    "messaging",
    "loans",
    "risk",
    "collections",
)
ROOMS = (*APPS, "operations", "desk", "config")
HOME = "audit/deciding.py"
# What a call hands over, and what names a person without being a column.
SPOKEN = {"by", "user", "actor", "person", "requester", "checker", "maker", "who", "decider", "giver"}
KEYS = {"pk", "id"}

# Where two people are compared all the same, and why nobody's second account gains by it.
ALLOWED = {
    ("audit/people.py", "nobody_else_yet"): "whether anybody else was ever here at all, by whatever account",
    ("staff/ties.py", "tie"): "what one does to one's own account ties it to nobody",
    ("audit/admin/people_and_rules.py", "get_readonly_fields"): "the form of one's own account shows no roles to tick",
    ("audit/web/two_people_forms.py", "__init__"): "a list to choose from; the use case asks again",
    ("desk/navigation.py", "approvals_for"): "a count beside a place of the navigation",
    ("borrowers/models/borrower.py", "identity_to_confirm"): "a list to choose from; the use case asks again",
    ("casework/web/forms.py", "__init__"): "a list to choose from; the use case asks again",
    ("casework/opening.py", "require_open"): "a signed word that was given to one account opens for that account",
    ("borrowers/likeness.py", "is_barred_person"): "in what two files are alike, which are no people's accounts",
    ("loans/servicing/in_a_day.py", "_is_too_much"): "whose sums are one hand's, by the ties just read",
    ("loans/servicing/in_a_day.py", "_hand_of"): "the ties of all who have a sum that day",
    ("risk/means.py", "_proves"): "whom the ties of all who verified, read just before, leave out",
}


def columns_of_people() -> set[str]:
    """How every foreign key to a person is called, with and without ``_id``."""
    found: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is User and field.name != "history_user":
                found |= {field.name, field.attname}
    return found - {"account", "account_id"}  # whose tie it is; elsewhere an account at a bank or of the books


PEOPLE = columns_of_people()


def names_a_person(node: ast.expr) -> bool:
    """``approval.decided_by_id``, ``by.pk``, ``request.user``, ``by``; also within a tuple or a set."""
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return any(names_a_person(part) for part in node.elts)
    if isinstance(node, ast.BinOp):
        return names_a_person(node.left) or names_a_person(node.right)
    if isinstance(node, ast.Name):
        return node.id in SPOKEN | PEOPLE
    if not isinstance(node, ast.Attribute):
        return False
    if node.attr in KEYS:
        return names_a_person(node.value)
    return node.attr in PEOPLE or node.attr in SPOKEN


def is_bare(node: ast.AST) -> bool:
    """A comparison of somebody with somebody, or a list of rows that leaves somebody's out."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        plain = any(isinstance(side, ast.Constant) for side in sides)
        told_apart = all(isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for op in node.ops)
        return told_apart and not plain and any(names_a_person(side) for side in sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "exclude":
        return any(key.arg in {"pk", *PEOPLE} and names_a_person(key.value) for key in node.keywords)
    return False


def bare_comparisons(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, int]]:
    """Each with the function it stands in and its line."""
    for node in ast.iter_child_nodes(tree):
        if is_bare(node):
            yield inside, node.lineno  # type: ignore[attr-defined]
        named = isinstance(node, ast.FunctionDef | ast.ClassDef)
        yield from bare_comparisons(node, node.name if named else inside)  # type: ignore[attr-defined]


def found_in_the_house() -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if place == HOME or "/migrations/" in place:
                continue
            for inside, line in bare_comparisons(ast.parse(path.read_text("utf-8"))):
                found.setdefault((place, inside), []).append(line)
    return found


def test_people_are_told_apart_in_one_place() -> None:
    found = found_in_the_house()

    strangers = {place: lines for place, lines in found.items() if place not in ALLOWED}
    assert strangers == {}, "Ask audit.deciding: require_other_hand, or same_account for what is one's own."
    assert ALLOWED.keys() <= found.keys(), "A place that compares nobody any more is taken off the list."


def test_the_walk_finds_what_it_looks_for() -> None:
    bare = (
        "approval.decided_by_id == application.submitted_by_id",
        "borrower.registered_by_id == by.pk",
        "by == account.added_by",
        "case.assigned_to_id not in (None, by.pk)",
        "by.pk in deciders_of(application)",
        "obj == request.user",
        "rows.exclude(requested_by=user)",
    )
    plain = ("by is None", "act.agreed_by_id is not None", "loan.pk == other.pk", "rows.filter(requested_by=user)")
    assert [code for code in bare if not list(bare_comparisons(ast.parse(code)))] == []
    assert [code for code in plain if list(bare_comparisons(ast.parse(code)))] == []
