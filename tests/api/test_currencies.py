"""Money over the API is in the currency of the market, and money in another one is refused."""

import json
from typing import Any

import pytest

from core.kept import forget
from tests.api.town import lent, yuan
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def dollars(lilac, product) -> dict[str, Any]:
    """A running loan of a product that is sold in the United States."""
    loan = lent(lilac, product)
    product.market = "US"
    product.save(update_fields=["market"])
    forget()
    return loan


@pytest.mark.parametrize("part", ["", "/schedule", "/transactions", "/payoff_quote"])
def test_everything_of_a_loan_is_in_its_own_currency(lilac, dollars, part):
    answer = lilac.ask(f"/loans/{dollars['id']}{part}")

    assert answer.status_code == 200
    assert '"currency":"USD"' in json.dumps(answer.json(), separators=(",", ":"))
    assert "CNY" not in answer.content.decode()


def test_a_repayment_in_another_currency_is_refused_by_name(lilac, dollars):
    wrong = {"loan": dollars["id"], "amount": yuan(50)}
    right = {"loan": dollars["id"], "amount": {"amount": 50_00, "currency": "USD"}}

    refused = lilac.send("/repayments", wrong)
    made = lilac.send("/repayments", right)

    assert_problem(refused, 422, "validation_failed")
    assert refused.json()["errors"][0]["code"] == "currency_unknown"
    assert made.status_code == 201, made.content
    assert made.json()["amount"] == {"amount": 50_00, "currency": "USD"}


def test_a_list_of_loans_of_two_markets_keeps_them_apart(lilac, dollars, product):
    answer = lilac.ask("/loans").json()["data"]

    assert {loan["principal"]["currency"] for loan in answer} == {"USD"}
