"""The policy pledged for a loan over the API."""

from datetime import date
from decimal import Decimal

import pytest

from loans.models import Loan
from loans.pledge_cover import CashValue
from tests.api.conftest import TODAY
from tests.api.town import lent
from tests.loans.pledges import a_pledge
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


def test_the_policy_tells_cash_value_against_debt_and_nothing_personal(lilac, product):
    loan = lent(lilac, product)
    assert_problem(lilac.ask(f"/loans/{loan['id']}/policy"), 404, "loan_without_policy")
    values = (CashValue(date(2020, 1, 1), Decimal("50000.00")),)
    pledge = a_pledge(Loan.objects.get(public_id=loan["id"]), cash_values=values, on=TODAY, number="PL-99887766")

    answer = lilac.ask(f"/loans/{loan['id']}/policy")

    policy = answer.json()
    assert (policy["object"], policy["id"], policy["status"]) == ("policy_pledge", pledge.public_id, "pledged")
    assert policy["cover"]["cash_value"]["amount"] == 5_000_000
    assert policy["cover"]["debt"] == loan["principal"] and policy["exhausted_on"] is None
    assert "99887766" not in answer.content.decode() and policy["last4"] == "7766"
