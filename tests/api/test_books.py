"""The books over the API: for programs that reconcile, with a scope of its own."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory
from tests.partners.factories import Caller, CallerFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
TODAY = DISBURSED + timedelta(days=3)


@pytest.fixture
def auditor() -> Caller:
    close_until(TODAY - timedelta(days=1))
    return CallerFactory(client__name="Ledger House", scopes=["books:read"])


def fen(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": "CNY"}


def test_the_trial_balance_is_in_balance(auditor: Caller) -> None:
    LoanFactory(active=True)
    close_until(TODAY)

    body = auditor.ask(f"/books/trial_balance?first={TODAY}").json()

    assert (body["in_balance"], body["debit"], body["last"]) == (True, body["credit"], str(TODAY + timedelta(days=1)))
    principal = next(row for row in body["accounts"] if row["code"] == "1201")
    assert (principal["opening"], principal["closing"]) == (fen(12000_00), fen(12000_00))


def test_lines_are_walked_by_cursor_and_their_balances_join(auditor: Caller) -> None:
    loans = [LoanFactory(active=True) for _ in range(5)]

    seen, cursor = [], ""
    while True:
        body = auditor.ask(f"/books/lines?account=1201&limit=2{cursor}").json()
        seen += body["data"]
        if not body["has_more"]:
            break
        cursor = f"&starting_after={body['next_cursor']}"

    assert [row["loan"] for row in seen] == [loan.public_id for loan in reversed(loans)]
    assert [row["balance"] for row in seen] == [fen(12000_00 * n) for n in (5, 4, 3, 2, 1)]
    assert {row["event"] for row in seen} == {"disbursement"}


def test_more_lines_cost_no_more_queries(auditor: Caller) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert auditor.ask("/books/lines?account=1201").status_code == 200
        return len(queries)

    LoanFactory(active=True)
    cost()
    alone = cost()
    for _ in range(4):
        LoanFactory(active=True)

    assert cost() == alone


def test_wrong_questions_are_told_apart(auditor: Caller) -> None:
    assert_problem(auditor.ask("/books/lines?account=9999"), 422, "account_unknown")
    late, early = date(2026, 2, 2), date(2026, 2, 1)
    assert_problem(auditor.ask(f"/books/trial_balance?first={late}&last={early}"), 422, "days_out_of_order")


def test_the_books_need_their_own_scope() -> None:
    partner = CallerFactory(client__name="Lilac Phones", scopes=["portfolio:read"])

    for address in ("/books/trial_balance", "/books/lines?account=1201"):
        assert_problem(partner.ask(address), 403, "missing_scope")
