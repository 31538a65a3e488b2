"""From product to accepted offer over the API."""

import pytest

from loans.models import Application, Loan, Product
from loans.origination.decisions import DecisionReason
from loans.origination.origination import Decision, decline, refer
from partners.models import Introduction
from risk.tasks import assess_submitted
from tests.api.conftest import TODAY
from tests.api.town import applied, offered, registered, yuan
from tests.core.factories import RuleFactory
from tests.loans.factories import ProductVersionFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


def test_products_are_listed_with_the_conditions_of_the_live_version(lilac, product):
    found = {row["code"]: row for row in lilac.ask("/products").json()["data"]}["phone-12"]

    assert found["annual_rate"] == "0.1800"
    assert found["min_amount"] == yuan(100)
    assert lilac.ask(f"/products/{product.public_id}").json() == found


def test_a_product_that_is_not_sold_is_not_there(lilac, product):
    Product.objects.update(active=False)

    assert lilac.ask("/products").json()["data"] == []
    assert_problem(lilac.ask(f"/products/{product.public_id}"), 404, "not_found")


def test_a_quote_shows_schedule_and_all_in_cost_and_stores_nothing(lilac, product):
    asked = {"product": product.public_id, "amount": yuan(12_000), "term_count": 12}

    quote = lilac.send("/quotes", asked, key="").json()

    assert quote["principal"] == yuan(12_000)
    assert len(quote["instalments"]) == 12
    assert quote["instalments"][0]["due_on"] == "2026-07-15"
    total = sum(row["total"]["amount"] for row in quote["instalments"])
    assert total == quote["total_repayable"]["amount"] == 12_000_00 + quote["total_interest"]["amount"]
    assert quote["annualised_simple"].startswith("0.18")
    assert [(row["kind"], row["payee"], row["amount"]) for row in quote["components"]] == [
        ("interest", "lender", quote["total_interest"])
    ]
    assert quote["total_cost"] == quote["total_interest"]
    assert set(quote["rates"]) == {"cn_simple", "cn_compound", "eu_aprc", "us_apr", "xirr"}
    assert quote["rates_shown"] == ["cn_simple", "cn_compound"]
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"amount": yuan(10)}, "/amount", "amount_out_of_range"),
        ({"term_count": 48}, "/term_count", "term_out_of_range"),
        ({"term_count": 0}, "/term_count", "min_value"),
        ({"price": yuan(20_000)}, "/price", "price_not_expected"),
        ({"product": "prod_nothing"}, "/product", "reference_unknown"),
        ({"product": "\x00"}, "/product", "null_characters_not_allowed"),
    ],
)
def test_what_the_product_does_not_allow_is_refused_by_name(lilac, product, changes, pointer, code):
    asked = {"product": product.public_id, "amount": yuan(12_000), "term_count": 12}

    response = lilac.send("/quotes", {**asked, **changes}, key="")

    assert response.status_code == 422
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [(pointer, code)]


def test_an_application_is_taken_and_names_what_can_be_done_with_it(lilac, product):
    borrower = registered(lilac)

    made = applied(lilac, product, borrower=borrower, external_id="ORDER-9", purpose="electronics")

    assert (made["status"], made["channel"], made["external_id"]) == ("submitted", "api", "ORDER-9")
    assert (made["borrower"], made["product"]) == (borrower, product.public_id)
    assert made["allowed_actions"] == ["withdraw"]
    assert made["submitted_on"] == TODAY.isoformat()
    assert lilac.ask(f"/applications/{made['id']}").json() == made
    assert [row["id"] for row in lilac.ask("/applications?external_id=ORDER-9").json()["data"]] == [made["id"]]


def test_a_draft_waits_to_be_submitted(lilac, product):
    made = applied(lilac, product, submit=False)
    assert (made["status"], made["allowed_actions"]) == ("draft", ["submit", "withdraw"])
    assess_submitted()

    sent = lilac.send(f"/applications/{made['id']}/submit", key="").json()

    assert sent["status"] == "submitted"
    assert lilac.send(f"/applications/{made['id']}/submit", key="").json() == sent


def test_a_borrower_of_somebody_else_cannot_be_applied_for(lilac, harbour, product):
    wish = {"borrower": registered(lilac), "product": product.public_id, "amount": yuan(2000), "term_count": 6}

    problem = assert_problem(harbour.send("/applications", wish), 422, "reference_unknown")

    assert problem["errors"][0]["pointer"] == "/borrower"
    assert not Application.objects.exists()


def test_before_it_is_decided_the_decision_is_not_final(lilac, product):
    made = applied(lilac, product)

    decision = lilac.ask(f"/applications/{made['id']}/decision").json()

    assert (decision["final"], decision["outcome"], decision["offer"]) == (False, None, None)


def test_an_approved_application_carries_its_offer(lilac, product):
    made = applied(lilac, product)
    assess_submitted()

    decision = lilac.ask(f"/applications/{made['id']}/decision").json()

    assert decision["final"] is True
    assert decision["outcome"] in {"approve", "counter_offer"}
    assert decision["reasons"]
    assert all(set(reason) == {"code", "detail"} for reason in decision["reasons"])
    offer = lilac.ask(f"/offers/{decision['offer']['id']}").json()
    assert offer == decision["offer"]
    assert sum(row["principal"]["amount"] for row in offer["instalments"]) == offer["principal"]["amount"]


def test_reasons_that_would_tip_off_stay_inside(lilac, product):
    made = applied(lilac, product)
    reasons = (DecisionReason.SUSPECTED_FRAUD.value, DecisionReason.SCORE_LOW.value, "affordability")
    pk = Application.objects.get().pk
    decline(application_id=pk, decision=Decision(outcome="decline", reasons=reasons, note="seen before"), on=TODAY)

    text = lilac.ask(f"/applications/{made['id']}/decision").content.decode()

    assert "fraud" not in text
    assert "seen before" not in text
    assert '"not_eligible"' in text
    assert '"score_low"' not in text  # or its absence would tell the others from it
    assert '"affordability"' not in text  # or it would tell what is owed elsewhere


def test_while_an_underwriter_looks_the_outcome_is_refer(lilac, product):
    made = applied(lilac, product)
    decision = Decision(outcome="refer", reasons=(DecisionReason.SCORE_BORDERLINE.value,))
    refer(application_id=Application.objects.get().pk, decision=decision, on=TODAY)

    decision = lilac.ask(f"/applications/{made['id']}/decision").json()

    assert (decision["final"], decision["outcome"], decision["rights"]) == (False, "refer", [])


def test_a_withdrawn_application_cannot_be_submitted_and_the_problem_says_what_can(lilac, product):
    made = applied(lilac, product)
    path = f"/applications/{made['id']}"

    assert lilac.send(f"{path}/withdraw", key="").json()["status"] == "withdrawn"
    problem = assert_problem(lilac.send(f"{path}/submit", key=""), 409, "application_step_refused")

    assert (problem["current_status"], problem["allowed_actions"]) == ("withdrawn", [])


def test_an_accepted_offer_becomes_one_loan_however_often_it_is_accepted(lilac, product):
    offer = offered(lilac, product)

    first = lilac.send(f"/offers/{offer['id']}/accept")
    second = lilac.send(f"/offers/{offer['id']}/accept")

    assert first.status_code == 201
    assert first["Location"] == f"/api/v1/loans/{first.json()['id']}"
    assert second.json()["id"] == first.json()["id"]
    assert (first.json()["status"], first.json()["principal"]) == ("pending_disbursement", offer["principal"])
    assert first.json()["disbursement"]["status"] == "queued"
    assert Loan.objects.count() == 1
    assert lilac.ask(f"/offers/{offer['id']}").json()["status"] == "accepted"


def test_an_offer_over_a_cap_lowered_since_is_refused_with_both_numbers(lilac, product):
    offer = offered(lilac, product)
    private = {"lender_type": "private_lender"}
    RuleFactory(code="lender_type", data=private)

    problem = assert_problem(lilac.send(f"/offers/{offer['id']}/accept"), 409, "gate_refused")

    assert problem["checks"] == ["price"]
    assert "20.00%" in problem["detail"]
    assert "12.00%" in problem["detail"]


def test_an_offer_that_ended_cannot_be_accepted(lilac, product):
    offer = offered(lilac, product)
    lilac.send(f"/applications/{offer['application']}/withdraw", key="")

    assert_problem(lilac.send(f"/offers/{offer['id']}/accept"), 409, "offer_not_open")


def test_what_another_partner_made_does_not_exist(lilac, harbour, product):
    offer = offered(lilac, product)

    assert harbour.ask("/applications").json()["data"] == []
    for path in (f"/applications/{offer['application']}", f"/applications/{offer['application']}/decision"):
        assert_problem(harbour.ask(path), 404, "not_found")
    assert_problem(harbour.send(f"/applications/{offer['application']}/withdraw", key=""), 404, "not_found")
    assert_problem(harbour.ask(f"/offers/{offer['id']}"), 404, "not_found")
    assert_problem(harbour.send(f"/offers/{offer['id']}/accept"), 404, "not_found")
    assert not Loan.objects.exists()


def test_related_objects_open_up_two_levels_deep(lilac, product):
    offer = offered(lilac, product)

    closed = lilac.ask(f"/offers/{offer['id']}").json()
    one = lilac.ask(f"/offers/{offer['id']}?expand=application").json()
    two = lilac.ask(f"/offers/{offer['id']}?expand=application.borrower").json()

    assert one["application"]["id"] == closed["application"]
    assert one["application"]["borrower"] == two["application"]["borrower"]["id"]
    assert_problem(lilac.ask(f"/offers/{offer['id']}?expand=loan"), 400, "expansion_unknown")


def test_an_application_and_whose_it_is_are_stored_together(lilac, product):
    borrower = registered(lilac)
    wish = {
        "borrower": borrower,
        "product": product.public_id,
        "amount": yuan(2000),
        "term_count": 6,
        "purpose": "daily",
    }
    lilac.send("/applications", {**wish, "external_id": "1"})

    problem = assert_problem(lilac.send("/applications", {**wish, "external_id": "1"}), 409, "external_id_taken")

    assert problem["existing"] == lilac.ask("/applications").json()["data"][0]["id"]
    assert Application.objects.count() == Introduction.objects.filter(kind="application").count() == 1


def test_a_purchase_needs_its_price_and_names_the_down_payment(lilac, open_house):
    purchase = ProductVersionFactory(product__code="phone-purchase", is_purchase=True).product
    asked = {"product": purchase.public_id, "amount": yuan(4_000), "term_count": 6}

    quote = lilac.send("/quotes", {**asked, "price": yuan(5_000)}, key="").json()

    assert quote["down_payment"] == yuan(1_000)
    assert_problem(lilac.send("/quotes", asked, key=""), 422, "price_missing")
