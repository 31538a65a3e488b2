"""No door binds without asking: with a gate that refuses everything every door stays shut, and whatever in the code writes
what binds the house stands in one list."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loans.gate import asking
from loans.gate.gate import BindingAct, Finding, Result, Severity, Verdict
from loans.gate.known_facts import Facts
from tests.loans.gate.doors import DOORS, bound, rows
from tests.loans.gate.test_doors import but_limits, go
from tests.places import ROOT


def shut(_facts: Facts, at: BindingAct) -> Verdict:
    return Verdict(at=at, findings=(Finding(code="alive", severity=Severity.HARD, result=Result.FAILED),))


@pytest.mark.django_db
@pytest.mark.parametrize("name", DOORS)
def test_with_a_gate_that_is_shut_no_door_opens(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    door = DOORS[name]
    at, before = door.prepare(), bound()
    monkeypatch.setattr(asking, "gate", shut)

    answer = go(door, at)

    assert but_limits(bound(), door) == but_limits(before, door), answer
    assert (
        rows("SELECT count(*) FROM loans_gateverdict WHERE NOT binds") != [(0,)] or door.at is BindingAct.RULES_DECISION
    )


# --- who writes what binds ----------------------------------------------------------------------------------------------

BINDS = {"Offer", "Contract", "BankTransfer", "Disbursement", "CreditLimit", "Loan", "LimitChange"}
MAKES = {"create", "get_or_create", "update_or_create", "bulk_create"}
TABLES = (
    r"(?:INSERT INTO|UPDATE|COPY)\s+"
    r"(loans_(?:offer|contract|banktransfer|disbursement|loan)|risk_(?:creditlimit|limitchange))\b"
)

# Each place, and by which way it was asked. One that is not here is a door nobody guards.
PLACES = {
    "loans/acts/drawing.py:_order": "asks before it writes the order of a further part",
    "loans/disbursement/disbursing.py:_open_transfer": "asks before each transfer",
    "loans/disbursement/disbursing.py:queue": "of a contract just made, whose acceptance was asked, or of who asked",
    "loans/origination/contracts.py:_loan": "of an offer that was accepted",
    "loans/origination/contracts.py:seal": "with the verdict of the acceptance",
    "loans/origination/offering.py:_offer": "saved by make_offer, with the verdict of the decision",
    "loans/proof/conformity/cases.py:a_loan": "published examples, in a transaction that is taken back",
    "loans/proof/oracle_reading.py:_contract": "another class of that name: what the oracle reads",
    "risk/limits.py:_write": "down at once; up once the second person agreed and the gate was asked",
    "risk/limits.py:_open": "the first limit, which the gate lets pass",
    "risk/limits.py:sql": "the night: down at once, up where the gate lets it pass",
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        inside = path.relative_to(ROOT)
        if inside.parts[0] not in {"tests", "benchmarks"} and not {"migrations", ".venv", ".loandesk"} & set(
            inside.parts
        ):
            yield str(inside), ast.parse(path.read_text())


def writers(tree: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    """The functions of a file that make such a row, and of what."""
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for node in ast.walk(function):
            made = _made_by(node)
            if made:
                yield f"{name}:{function.name}", made
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for table in re.findall(TABLES, node.value):
                yield f"{name}:sql", table


def _made_by(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    called = node.func
    if isinstance(called, ast.Name) and called.id in BINDS:
        return called.id
    if isinstance(called, ast.Attribute) and called.attr in MAKES:
        manager = called.value
        while isinstance(manager, (ast.Attribute, ast.Call)):
            manager = manager.func if isinstance(manager, ast.Call) else manager.value
        if isinstance(manager, ast.Name) and manager.id in BINDS:
            return manager.id
    return ""


def test_whatever_writes_what_binds_is_known() -> None:
    found: dict[str, Any] = {}
    for name, tree in sources():
        for place, made in writers(tree, name):
            found.setdefault(place, set()).add(made)

    assert found.keys() == PLACES.keys(), sorted(found.keys() ^ PLACES.keys())


def test_the_walk_sees_each_way_of_writing() -> None:
    tree = ast.parse(
        "def a(): Offer(x=1)\n"
        "def b(): Contract.objects.create(x=1)\n"
        "def c(): BankTransfer.objects.filter(x=1).update_or_create()\n"
        "def d(): loan.disbursements.create()\n"
        "SQL = 'INSERT INTO loans_offer (x)'\n"
    )
    assert list(writers(tree, "f")) == [
        ("f:a", "Offer"), ("f:b", "Contract"), ("f:c", "BankTransfer"), ("f:sql", "loans_offer"),
    ]  # fmt: skip


def test_the_places_exist() -> None:
    assert all((Path(ROOT) / place.partition(":")[0]).exists() for place in PLACES)
