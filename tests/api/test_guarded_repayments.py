"""Partners are asked before more than is owed is taken, or what looks like a payment recorded before."""

from datetime import timedelta

import pytest

from loans.models import Repayment
from partners.api.openapi import document
from tests.api.conftest import TODAY
from tests.api.town import lent, yuan
from tests.loans.books import close_until
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan(lilac, product):
    """A loan of ten days, and its payoff quote of today."""
    made = lent(lilac, product)
    close_until(TODAY + timedelta(days=9))
    return made


def above(lilac, loan, cents=100):
    owed = lilac.ask(f"/loans/{loan['id']}/payoff_quote").json()["total"]
    return {**owed, "amount": owed["amount"] + cents}


def test_more_than_is_owed_is_refused_and_taken_when_it_is_meant(lilac, loan):
    body = {"loan": loan["id"], "amount": above(lilac, loan)}

    refused = lilac.send("/repayments", body, key="k")
    assert_problem(refused, 409, "payment_above_owed")
    assert refused.json()["errors"][0]["pointer"] == "/amount"
    assert "¥ 1.00 too much" in refused.json()["detail"]
    assert not Repayment.objects.exists()

    made = lilac.send("/repayments", {**body, "allow_overpayment": True}, key="k")

    assert made.status_code == 201
    assert made.json()["allocation"]["overpaid"] == yuan(1)
    assert lilac.ask(f"/loans/{loan['id']}").json()["status"] == "settled"


def test_exactly_what_is_owed_needs_no_answer(lilac, loan):
    assert lilac.send("/repayments", {"loan": loan["id"], "amount": above(lilac, loan, 0)}).status_code == 201


def test_the_answers_belong_to_the_request_of_the_key(lilac, loan):
    body = {"loan": loan["id"], "amount": above(lilac, loan), "allow_overpayment": True}
    first = lilac.send("/repayments", body, key="k")

    again = lilac.send("/repayments", body, key="k")
    other = lilac.send("/repayments", {**body, "allow_overpayment": False}, key="k")

    assert again.content == first.content
    assert_problem(other, 422, "idempotency_key_reused")
    assert Repayment.objects.count() == 1


@pytest.mark.parametrize(
    "second",
    [{"amount": yuan(500)}, {"amount": yuan(400), "payer_reference": "TRX-1"}],
    ids=["day and amount", "reference"],
)
def test_what_looks_repeated_names_the_earlier_one_and_is_taken_when_it_is_another(lilac, loan, second):
    first = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(500), "payer_reference": "TRX-1"}).json()
    body = {"loan": loan["id"], **second}

    refused = lilac.send("/repayments", body, key="k")
    assert_problem(refused, 409, "payment_looks_repeated")
    assert refused.json()["existing"] == first["id"]
    assert first["number"] in refused.json()["detail"] and "¥ 500.00" in refused.json()["detail"]
    assert lilac.send("/repayments", {**body, "allow_repeat": True}, key="k").status_code == 201
    assert Repayment.objects.count() == 2


def test_a_reversed_payment_may_be_reported_again(lilac, loan):
    body = {"loan": loan["id"], "amount": yuan(500), "payer_reference": "TRX-1"}
    first = lilac.send("/repayments", body).json()
    lilac.send(f"/repayments/{first['id']}/reverse", {"reason": "returned"})

    assert lilac.send("/repayments", body).status_code == 201


def test_a_settlement_with_the_reference_of_another_payment_is_asked_about(lilac, loan):
    lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(500), "payer_reference": "TRX-1"})
    quote = lilac.ask(f"/loans/{loan['id']}/payoff_quote").json()
    body = {"loan": loan["id"], "amount": quote["total"], "settles_early": True, "payer_reference": "TRX-1"}

    assert_problem(lilac.send("/repayments", body, key="k"), 409, "payment_looks_repeated")
    made = lilac.send("/repayments", {**body, "allow_repeat": True}, key="k")
    assert (made.status_code, made.json()["payer_reference"]) == (201, "TRX-1")


def test_a_settlement_is_the_exact_quote_whatever_is_allowed(lilac, loan):
    body = {"loan": loan["id"], "amount": above(lilac, loan), "settles_early": True, "allow_overpayment": True}

    assert_problem(lilac.send("/repayments", body), 422, "settlement_amount_differs")


def test_the_preview_asks_the_same(lilac, loan):
    body = {"loan": loan["id"], "amount": above(lilac, loan)}

    assert_problem(lilac.send("/repayments/preview", body), 409, "payment_above_owed")
    shown = lilac.send("/repayments/preview", {**body, "allow_overpayment": True})
    assert shown.status_code == 200
    assert not Repayment.objects.exists()


def test_whatever_is_offered_is_recorded_or_refused(lilac, loan):
    offered = [yuan(500), yuan(500), above(lilac, loan), yuan(300), above(lilac, loan, -1)]
    answers = [lilac.send("/repayments", {"loan": loan["id"], "amount": amount}) for amount in offered]

    taken = [money["amount"] for money, answer in zip(offered, answers, strict=True) if answer.status_code == 201]
    assert [answer.status_code for answer in answers] == [201, 409, 409, 201, 409]
    assert sum(taken) == sum(int(row.amount * 100) for row in Repayment.objects.all())


def test_the_refusals_are_told_in_the_language_asked_for(lilac, loan):
    body = {"loan": loan["id"], "amount": above(lilac, loan)}

    refused = lilac.send("/repayments", body, **{"accept-language": "zh-hans"})

    assert "请更正金额，或确认将超出部分转为溢缴款" in refused.json()["detail"]


def test_the_answers_stand_in_the_reference(lilac):
    fields = document()["components"]["schemas"]["RepaymentInput"]["properties"]

    assert "payment_above_owed" in fields["allow_overpayment"]["description"]
    assert "payment_looks_repeated" in fields["allow_repeat"]["description"]
