"""The lives of rows with states: every table is whole, and nothing moves a state around the table of its model."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from borrowers.bank_accounts import BANK_ACCOUNTS
from borrowers.contacts import CONTACT_POINTS
from borrowers.models import ContactState
from borrowers.standing import BORROWERS
from casework.models import TaskStatus
from casework.working import TASKS
from core.lifecycle import Lifecycle
from debt_collections.lifecycle import CASES
from debt_collections.models import PromiseStatus, Status
from debt_collections.promises import PROMISES
from loans.bookkeeping.lifecycle import LOANS, LoanNotInState, LoanTransitionRefused
from loans.disbursement.order_lifecycle import ORDERS
from loans.incoming.file_lifecycle import BANK_FILES
from loans.models import Loan, LoanStatus
from loans.origination import origination
from loans.origination.application_lifecycle import APPLICATIONS
from loans.pledges.pledge_lifecycle import PLEDGES
from loans.products.version_lifecycle import VERSIONS
from messaging.models import MessageStatus
from messaging.outbox import MESSAGES
from tests.loans.factories import ON, OfferFactory
from tests.test_architecture import Source, code

DECLARED: dict[str, Lifecycle[Any]] = {
    "borrowers/bank_accounts.py": BANK_ACCOUNTS,
    "borrowers/contacts.py": CONTACT_POINTS,
    "borrowers/standing.py": BORROWERS,
    "casework/working.py": TASKS,
    "collections/debt_collections/lifecycle.py": CASES,
    "collections/debt_collections/promises.py": PROMISES,
    "loans/bookkeeping/lifecycle.py": LOANS,
    "loans/disbursement/order_lifecycle.py": ORDERS,
    "loans/incoming/file_lifecycle.py": BANK_FILES,
    "loans/origination/application_lifecycle.py": APPLICATIONS,
    "loans/pledges/pledge_lifecycle.py": PLEDGES,
    "loans/products/version_lifecycle.py": VERSIONS,
    "messaging/outbox.py": MESSAGES,
}
# The codes partners program against.
CODES = {
    "borrowers/bank_accounts.py": ("bank_account_state_impossible", "not_in_state"),
    "borrowers/contacts.py": ("contact_state_impossible", "not_in_state"),
    "borrowers/standing.py": ("borrower_step_refused", "not_in_state"),
    "casework/working.py": ("task_ended", "task_ended"),
    "collections/debt_collections/lifecycle.py": ("case_step_not_allowed", "case_closed"),
    "collections/debt_collections/promises.py": ("promise_already_judged", "promise_already_judged"),
    "loans/bookkeeping/lifecycle.py": ("loan_transition_refused", "loan_not_in_state"),
    "loans/disbursement/order_lifecycle.py": ("disbursement_step_refused", "not_in_state"),
    "loans/incoming/file_lifecycle.py": ("bank_file_step_refused", "not_in_state"),
    "loans/origination/application_lifecycle.py": ("application_step_refused", "not_in_state"),
    "loans/pledges/pledge_lifecycle.py": ("pledge_transition_refused", "pledge_not_in_state"),
    "loans/products/version_lifecycle.py": ("version_step_refused", "not_in_state"),
    "messaging/outbox.py": ("message_move_impossible", "not_in_state"),
}
# Whose `.status` may be assigned or updated by the ORM: rows without a table of steps, and copies of a state.
MAY_BE_SET = {
    "position": "a copy of the state of its loan",
    "BankTransfer": "keeps what its order was when the bank answered",
    "later": "transfers that were never sent",
    "offer": "open until something ends it, once",
    "Offer": "the same, many at once",
    "application.offers": "the same",
    "mandate": "active until it is revoked",
    "repayment": "posted until it is reversed",
    "act": "standing until it is undone",
    "approval": "pending until it is decided",
    "payment": "a receipt without a payer, until it is matched or sent back",
    "run": "a closing of the day, a verification of the books",
    "chunks": "parts of a verification: waiting until they are done, or failed and tried again",
    "waiting": "the same",
    "VerificationChunk": "the same",
    "Verification": "a run whose process was interrupted",
    "BusinessDay": "a day of the calendar",
    "job": "a long job",
    "LongJob": "the same",
    "batch": "an imported file",
    "tasks": "open ones, ended many at once by the fact that settles them",
    "upload": "open until it is finished or forgotten, once",
    "record": "a call under an idempotency key",
    "client": "a program of a partner",
    "row": "a line of an imported file",
}
# The steps each statement of SQL takes; the conditions stand beside them in the statement.
IN_SQL: dict[tuple[str, str], list[tuple[Lifecycle[Any], str, str]]] = {
    ("casework/standing.py", "casework_task"): [(TASKS, TaskStatus.OPEN, TaskStatus.DONE)],
    ("collections/debt_collections/judging.py", "collections_promise"): [
        (PROMISES, PromiseStatus.PENDING, PromiseStatus.KEPT),
        (PROMISES, PromiseStatus.PENDING, PromiseStatus.BROKEN),
    ],
    ("collections/debt_collections/judging.py", "collections_case"): [(CASES, Status.PROMISED, Status.OPEN)],
    ("collections/debt_collections/reviewing.py", "collections_case"): [
        (CASES, Status.HOLD, Status.OPEN),
        *((CASES, state, Status.CLOSED) for state in Status if state != Status.CLOSED),
    ],
    ("collections/debt_collections/reviewing.py", "collections_promise"): [
        (PROMISES, PromiseStatus.PENDING, PromiseStatus.CANCELLED)
    ],
    ("messaging/claiming.py", "messaging_message"): [
        (MESSAGES, MessageStatus.QUEUED, state)
        for state in (MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.REFUSED)
    ],
    ("messaging/outbox.py", "messaging_message"): [
        (MESSAGES, state, MessageStatus.DELIVERED) for state in MESSAGES.before(MessageStatus.DELIVERED)
    ],
}

every_life = pytest.mark.parametrize("life", list(DECLARED.values()), ids=list(DECLARED))


@every_life
def test_every_state_is_in_the_table_and_the_table_has_no_other(life: Lifecycle[Any]) -> None:
    states = set(life.states.values)

    assert set(life.steps) == states
    assert set().union(*life.steps.values()) <= states and life.begins <= states
    assert life.model._meta.get_field(life.column).choices == life.states.choices
    assert life.model._meta.get_field(life.column).default in life.begins


@every_life
def test_every_step_can_be_reached_from_where_a_row_begins(life: Lifecycle[Any]) -> None:
    reached, ahead = set(life.begins), list(life.begins)
    while ahead:
        for following in life.steps[ahead.pop()] - reached:
            reached.add(following)
            ahead.append(following)

    assert reached == set(life.states.values)


@pytest.mark.parametrize("room", list(DECLARED))
def test_the_refusals_of_a_life_keep_their_codes(room: str) -> None:
    life = DECLARED[room]

    assert (life.step_refused.code, life.not_in_state.code) == CODES[room]


def test_a_life_is_declared_once_a_model_and_the_list_here_is_whole() -> None:
    found = [
        source.name
        for source in code()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Lifecycle"
    ]

    assert sorted(found) == sorted(DECLARED)
    assert len({life.model for life in DECLARED.values()}) == len(DECLARED)


def test_nothing_sets_a_state_beside_its_life() -> None:
    found = [
        source.at(node, f"sets the state of {whose}")
        for source in code()
        for whose, node in _states_set(source)
        if whose not in MAY_BE_SET and whose.rpartition(".")[2] not in MAY_BE_SET
    ]

    assert not found, "\n".join(found)


def test_the_names_that_may_set_a_state_are_all_in_use() -> None:
    used = {whose for source in code() for whose, _node in _states_set(source)}

    assert set(MAY_BE_SET) <= used | {whose.rpartition(".")[2] for whose in used}


def _states_set(source: Source) -> Iterator[tuple[str, ast.AST]]:
    """Whose ``status`` or ``state`` is assigned, or updated through the ORM."""
    for node in ast.walk(source.tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        )
        for target in (one for given in targets for one in (given.elts if isinstance(given, ast.Tuple) else [given])):
            if isinstance(target, ast.Attribute) and target.attr in {"status", "state"}:
                yield ast.unparse(target.value), node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            named = {keyword.arg for keyword in node.keywords}
            yield from [(_root(node.func.value), node)] if named & {"status", "state"} else []


def _root(queried: ast.expr) -> str:
    """``Offer`` of ``Offer.objects.filter(…)``, ``application.offers`` of ``application.offers.filter(…)``."""
    while isinstance(queried, ast.Call) and isinstance(queried.func, ast.Attribute):
        queried = queried.func.value
    return ast.unparse(queried).removesuffix(".objects")


def test_sql_takes_only_steps_of_the_tables() -> None:
    columns = {life.model._meta.db_table: life.column for life in DECLARED.values()}
    update = re.compile(
        rf"UPDATE\s+\"?({'|'.join(columns)})\"?(?:\s+\w+)?\s+SET\s+(.*?)(?:\bFROM\b|\bWHERE\b)", re.DOTALL
    )
    found = {
        (source.name, table)
        for source in code()
        for table, assignments in update.findall(source.text)
        if re.search(rf"\b{columns[table]}\s*=", assignments)
    }

    assert found == set(IN_SQL)
    for life, before, after in (step for steps in IN_SQL.values() for step in steps):
        assert after in life.steps[before]


@pytest.mark.django_db
class TestALoan:
    def test_a_step_and_its_history_are_one_statement(self) -> None:
        loan = origination.accept_offer(offer_id=OfferFactory().pk, on=ON, accepted_via="app")

        with CaptureQueriesContext(connection) as asked:
            LOANS.advance(loan, LoanStatus.ACTIVE, reason="paid out", disbursed_on=ON)

        assert len(asked) == 1
        stored = Loan.objects.get()
        newest = stored.history.first()
        assert (stored.status, stored.disbursed_on) == ("active", ON)
        assert (newest.status, newest.history_change_reason) == ("active", "paid out")

    def test_a_refusal_says_where_it_stands_and_what_it_may_become(self) -> None:
        loan = Loan(number="LN-1", status=LoanStatus.ACTIVE)

        with pytest.raises(LoanTransitionRefused) as refused:
            LOANS.advance(loan, LoanStatus.CANCELLED, settled_on=date(2026, 6, 15))
        with pytest.raises(LoanNotInState) as misplaced:
            LOANS.require(loan, LoanStatus.SETTLED, LoanStatus.WRITTEN_OFF)

        assert (loan.status, loan.settled_on) == ("active", None)
        assert refused.value.detail == "Loan LN-1 is active and cannot become cancelled."
        assert refused.value.context["allowed"] == ["settled", "written_off"]
        assert misplaced.value.detail == "Loan LN-1 is active; this needs a loan that is settled, written off."
        assert misplaced.value.context["current_status"] == "active"

    def test_a_state_that_is_allowed_is_let_through(self) -> None:
        LOANS.require(Loan(number="LN-1", status="active"), LoanStatus.SETTLED, LoanStatus.ACTIVE)


def test_who_asks_what_leads_where_is_answered_from_the_table() -> None:
    assert LOANS.before(LoanStatus.ACTIVE) == {"pending_disbursement", "settled", "written_off"}
    assert LOANS.next_of(Loan(status=LoanStatus.SETTLED)) == {"active"}
    assert not CONTACT_POINTS.leads(CONTACT_POINTS.model(state=ContactState.RETIRED), ContactState.VERIFIED)
