"""Running loans and their money over the API."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loans.models import Repayment
from tests.api.conftest import TODAY
from tests.api.town import lent, offered, yuan
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory
from tests.partners.factories import CallerFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


def minor(money):
    return money["amount"]


def test_a_disbursed_loan_shows_terms_and_position(lilac, product):
    loan = lent(lilac, product)

    assert (loan["status"], loan["disbursed_on"]) == ("active", TODAY.isoformat())
    assert loan["disbursement"]["status"] == "paid"
    assert loan["position"]["principal_outstanding"] == loan["principal"]
    assert loan["position"]["days_past_due"] == 0
    assert loan["position"]["bucket"] == "C"


def test_a_loan_is_told_in_three_statements_and_as_with_everything_expanded(lilac, harbour, product):
    """The caller, the loan with what belongs to it, the order that paid it out: all by number."""
    loan = lent(lilac, product)
    for caller, status in ((lilac, 200), (harbour, 404)):
        caller.ask(f"/loans/{loan['id']}")  # notes when the key was used, once a minute
        with CaptureQueriesContext(connection) as captured:
            answer = caller.ask(f"/loans/{loan['id']}")
        assert answer.status_code == status
        assert len(captured) == (3 if status == 200 else 2), [query["sql"] for query in captured]

    expanded = lilac.ask(f"/loans/{loan['id']}?expand=borrower,application,merchant").json()
    for name in ("borrower", "application"):
        expanded[name] = expanded[name]["id"]
    assert lilac.ask(f"/loans/{loan['id']}").json() == expanded


def test_before_the_money_is_paid_out_the_schedule_is_indicative(lilac, product):
    offer = offered(lilac, product)
    loan = lilac.send(f"/offers/{offer['id']}/accept").json()

    schedule = lilac.ask(f"/loans/{loan['id']}/schedule").json()

    assert schedule["indicative"] is True
    assert [row["total"] for row in schedule["instalments"]] == [row["total"] for row in offer["instalments"]]
    assert loan["position"] is None
    assert_problem(lilac.ask(f"/loans/{loan['id']}/payoff_quote"), 409, "loan_not_in_state")


def test_the_schedule_adds_up_and_tells_the_state_of_each_instalment(lilac, product):
    loan = lent(lilac, product)
    first = lilac.ask(f"/loans/{loan['id']}/schedule").json()["instalments"][0]
    due = date.fromisoformat(first["due_on"])
    close_until(due - timedelta(days=1))
    lilac.send("/repayments", {"loan": loan["id"], "amount": first["total"]})

    schedule = lilac.ask(f"/loans/{loan['id']}/schedule").json()

    assert [row["state"] for row in schedule["instalments"]] == ["paid"] + ["upcoming"] * 5
    for part in ("principal", "interest", "fee", "total", "paid", "owed"):
        assert minor(schedule["totals"][part]) == sum(minor(row[part]) for row in schedule["instalments"])
    close_until(due + timedelta(days=40))
    assert lilac.ask(f"/loans/{loan['id']}/schedule").json()["instalments"][1]["state"] == "overdue"


def test_a_repayment_is_recorded_once_and_shows_its_allocation(lilac, product):
    loan = lent(lilac, product)
    close_until(TODAY + timedelta(days=29))
    body = {"loan": loan["id"], "amount": yuan(500), "payer_reference": "TRX-1"}

    first = lilac.send("/repayments", body, key="pay-1")
    again = lilac.send("/repayments", body, key="pay-1")

    made = first.json()
    assert first.status_code == again.status_code == 201
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert again.content == first.content
    assert again["Location"] == first["Location"] == f"/api/v1/repayments/{made['id']}"
    assert Repayment.objects.count() == 1
    assert (made["channel"], made["payer_reference"], made["recorded_on"]) == ("api", "TRX-1", "2026-07-15")
    assert sum(minor(part) for part in made["allocation"].values()) == 500_00
    lines = sum(minor(line[part]) for line in made["lines"] for part in ("principal", "interest", "fee"))
    assert lines == 500_00 - minor(made["allocation"]["overpaid"])
    assert lilac.ask(f"/repayments/{made['id']}").json() == made


def test_the_key_is_compulsory_and_belongs_to_one_request(lilac, product):
    loan = lent(lilac, product)
    body = {"loan": loan["id"], "amount": yuan(500)}

    assert_problem(lilac.send("/repayments", body, key=""), 400, "idempotency_key_missing")
    lilac.send("/repayments", body, key="pay-1")
    other = lilac.send("/repayments", {**body, "amount": yuan(501)}, key="pay-1")
    elsewhere = lilac.send("/borrowers", body, key="pay-1")

    assert_problem(other, 422, "idempotency_key_reused")
    assert_problem(elsewhere, 422, "idempotency_key_reused")
    assert Repayment.objects.count() == 1


def test_a_refused_request_may_be_corrected_under_its_key(lilac, product):
    loan = lent(lilac, product)

    refused = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(0)}, key="pay-1")
    corrected = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(5)}, key="pay-1")

    assert_problem(refused, 422, "validation_failed")
    assert corrected.status_code == 201


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"received_on": "2026-06-16"}, 422, "received_in_future"),
        ({"received_on": "2026-06-14"}, 422, "received_before_disbursement"),
        ({"received_on": "16.06.2026"}, 422, "validation_failed"),
        ({"loan": "loan_nothing"}, 422, "reference_unknown"),
    ],
)
def test_a_repayment_that_cannot_be_is_refused_by_name(lilac, product, changes, status, code):
    loan = lent(lilac, product)

    assert_problem(lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(5), **changes}), status, code)


def test_a_loan_is_settled_with_exactly_its_payoff_quote(lilac, product):
    loan = lent(lilac, product)
    close_until(TODAY + timedelta(days=9))
    quote = lilac.ask(f"/loans/{loan['id']}/payoff_quote").json()
    body = {"loan": loan["id"], "settles_early": True}

    parts = sum(minor(quote[part]) for part in ("principal", "interest", "fee", "late_interest"))
    assert minor(quote["total"]) == parts
    assert quote["on"] == "2026-06-25"
    less = {"amount": minor(quote["total"]) - 1, "currency": "CNY"}
    problem = lilac.send("/repayments", {**body, "amount": less}, key="settle")
    assert_problem(problem, 422, "settlement_amount_differs")

    made = lilac.send("/repayments", {**body, "amount": quote["total"]}, key="settle").json()

    assert made["settles_early"] is True
    assert lilac.ask(f"/loans/{loan['id']}").json()["status"] == "settled"


@pytest.mark.parametrize(
    ("on", "status"), [("2026-06-15", 200), ("2027-06-16", 200), ("2026-06-14", 422), ("2027-06-17", 422)]
)
def test_a_payoff_is_quoted_from_today_to_a_year_ahead(lilac, product, on, status):
    loan = lent(lilac, product)

    response = lilac.ask(f"/loans/{loan['id']}/payoff_quote?date={on}")

    assert response.status_code == status
    if status == 200:
        assert response.json()["on"] == on


def test_who_reported_a_repayment_can_reverse_it(lilac, product):
    loan = lent(lilac, product)
    made = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(300)}).json()
    path = f"/repayments/{made['id']}/reverse"

    reversed_ = lilac.send(path, {"reason": "returned by the bank"}).json()

    assert (reversed_["status"], reversed_["reversal_reason"]) == ("reversed", "returned by the bank")
    assert lilac.ask(f"/loans/{loan['id']}").json()["position"] == loan["position"]
    assert_problem(lilac.send(path, {}), 422, "validation_failed")


def test_a_repayment_and_its_reversal_are_previewed_and_not_made(lilac, product):
    loan = lent(lilac, product)
    report = {"loan": loan["id"], "amount": yuan(100)}

    shown = lilac.send("/repayments/preview", report).json()
    assert not Repayment.objects.exists()
    made = lilac.send("/repayments", report).json()
    back = lilac.send(f"/repayments/{made['id']}/reverse/preview", {"reason": "returned"}).json()

    assert shown["object"] == back["object"] == "repayment_preview"
    assert [line["debit"]["amount"] for line in shown["journal"] if line["account"] == "1001"] == [10_000]
    assert [line["credit"]["amount"] for line in back["journal"] if line["account"] == "1001"] == [10_000]
    after = {figure["name"]: figure["after"] for figure in shown["figures"]}
    assert {figure["name"]: figure["before"] for figure in back["figures"]} == after
    assert Repayment.objects.get().status == "posted"


def test_a_preview_refuses_as_the_call_does(lilac, harbour, product):
    loan = lent(lilac, product)
    made = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(100)}).json()

    early = {"loan": loan["id"], "amount": yuan(1), "received_on": (TODAY - timedelta(days=9)).isoformat()}
    assert lilac.send("/repayments/preview", early).status_code in (409, 422)
    assert_problem(harbour.send(f"/repayments/{made['id']}/reverse/preview", {"reason": "mine"}), 404, "not_found")


def test_a_repayment_recorded_by_the_lender_is_seen_and_not_reversed(lilac, product):
    loan = lent(lilac, product)
    gateway = CallerFactory(client__name="River Gateway", scopes=["repayments:write", "portfolio:write"])
    made = gateway.send("/repayments", {"loan": loan["id"], "amount": yuan(300)}).json()

    assert lilac.ask(f"/repayments/{made['id']}").json()["amount"] == yuan(300)
    refused = lilac.send(f"/repayments/{made['id']}/reverse", {"reason": "not mine"})
    assert_problem(refused, 403, "not_your_repayment")


def test_transactions_show_everything_that_moved_newest_first(lilac, product):
    loan = lent(lilac, product)
    close_until(TODAY)
    made = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(300)}).json()
    lilac.send(f"/repayments/{made['id']}/reverse", {"reason": "returned"})

    rows = lilac.ask(f"/loans/{loan['id']}/transactions").json()["data"]

    assert [(row["kind"], row["direction"], row["status"]) for row in rows] == [
        ("repayment", "in", "reversed"),
        ("disbursement", "out", "paid"),
    ]
    assert rows[0]["reference"] == made["id"]
    assert rows[1]["amount"] == loan["principal"]


def test_loans_of_others_do_not_exist(lilac, harbour, product):
    loan = lent(lilac, product)
    made = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(300)}).json()

    for path in ("", "/schedule", "/transactions", "/payoff_quote"):
        assert_problem(harbour.ask(f"/loans/{loan['id']}{path}"), 404, "not_found")
    assert_problem(harbour.ask(f"/repayments/{made['id']}"), 404, "not_found")
    assert_problem(harbour.send(f"/repayments/{made['id']}/reverse", {"reason": "x"}), 404, "not_found")
    refused = harbour.send("/repayments", {"loan": loan["id"], "amount": yuan(5)})
    assert_problem(refused, 422, "reference_unknown")
    assert harbour.ask("/loans").json()["data"] == harbour.ask("/repayments").json()["data"] == []


def test_a_loan_that_came_without_application_is_the_lenders_alone(lilac):
    loan = LoanFactory(active=True, disbursed_on=TODAY)

    assert_problem(lilac.ask(f"/loans/{loan.public_id}"), 404, "not_found")
    everything = CallerFactory(client__name="River Bureau", scopes=["loans:read", "portfolio:read"])
    assert everything.ask(f"/loans/{loan.public_id}").json()["application"] is None
