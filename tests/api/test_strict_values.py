"""What is told of people, drafts and money is taken as told or refused by name, and then nothing is written."""

from datetime import timedelta

import pytest

from borrowers.models import ExternalDebt, Income
from core import business_date
from loans.models import Application, Loan, LoanAct, Repayment
from tests.api.refusals import errors_of, pointers_of, rows
from tests.api.town import lent, lin, registered, somebody, yuan
from tests.loans.factories import ProductVersionFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db

# People --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"birth_date": "1949-12-30"}, "/birth_date", "birth_date_contradicts"),
        ({"sex": "male"}, "/sex", "sex_contradicts"),
        ({"name": "林\n小雨"}, "/name", "text_not_plain"),
        ({"name": "林小雨\n"}, "/name", "text_not_plain"),
        ({"name": "林\u200b小雨"}, "/name", "text_not_plain"),
        ({"name": "\u202e雨小林"}, "/name", "text_not_plain"),
        ({"name": "   "}, "/name", "blank"),
        ({"name": 5}, "/name", "not_text"),
        ({"phone": "138\u200b12341234"}, "/phone", "text_not_plain"),
        ({"phone": 13812341234}, "/phone", "not_text"),
        ({"identity_number": 110105194912310021}, "/identity_number", "not_text"),
        ({"external_id": "C\u20661"}, "/external_id", "text_not_plain"),
        (
            {"consents": [{"purpose": "credit_query", "given_at": "2026-06-15T02:00:00Z", "agreed": 1}]},
            "/consents/0/agreed",
            "field_unknown",
        ),
        (
            {"consents": [{"purpose": "credit_query", "given_at": "2026-06-15T02:00:00"}]},
            "/consents/0/given_at",
            "not_an_instant",
        ),
        ({"consents": {}}, "/consents", "not_a_list"),
    ],
)
def test_a_person_is_registered_as_told_or_not_at_all(lilac, changes, pointer, code):
    before = rows()

    response = lilac.send("/borrowers", lin(**changes))

    assert response.status_code == 422
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in response.json()["errors"]}
    assert rows() == before


@pytest.mark.parametrize(
    ("birth_date", "code"), [("2030-01-01", "birth_date_in_future"), ("1901-01-01", "birth_date_too_early")]
)
def test_a_birth_that_cannot_be_is_refused(lilac, birth_date, code):
    told = {"identity_kind": "other", "identity_number": "P1234567", "birth_date": birth_date}

    response = lilac.send("/borrowers", lin(**told))

    assert_problem(response, 422, code)
    assert pointers_of(response) == {"/birth_date"}


def test_what_the_identity_number_says_may_be_told_as_well(lilac):
    assert lilac.send("/borrowers", lin(birth_date="1949-12-31", sex="female")).status_code == 201


@pytest.mark.parametrize("as_of", ["2030-01-01", "2016-06-14", "1901-01-01"])
def test_a_figure_is_from_the_last_ten_years(lilac, as_of):
    path = f"/borrowers/{registered(lilac)}"
    before = Income.objects.count()

    income = {"source": "salary", "monthly_amount": yuan(5000), "as_of": as_of}
    debt = {"lender": "A", "balance": yuan(1), "monthly_payment": yuan(1), "as_of": as_of}
    for part, body in (("incomes", income), ("external_debts", debt)):
        assert ("/as_of", "day_out_of_range") in errors_of(lilac.send(f"{path}/{part}", body))

    assert (Income.objects.count(), ExternalDebt.objects.count()) == (before, 0)


# Drafts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": yuan(1_000_000)}, "/amount"),
        ({"amount": yuan(1)}, "/amount"),
        ({"term_count": 400}, "/term_count"),
        ({"price": yuan(3_000)}, "/price"),
        ({"first_drawdown": yuan(500)}, "/first_drawdown"),
        ({"goods": "a phone"}, "/merchant"),
        ({"amount": {"amount": 200_000, "currency": "USD"}}, "/amount"),
        ({"purpose": "a\u202eb"}, "/purpose"),
    ],
)
@pytest.mark.parametrize("submit", [False, True])
def test_a_draft_outside_its_product_is_refused(lilac, product, changes, pointer, submit):
    wish = {"borrower": registered(lilac), "product": product.public_id, "amount": yuan(2_000), "term_count": 6}

    assert pointers_of(lilac.send("/applications", {**wish, "submit": submit, **changes})) == {pointer}

    assert not Application.objects.exists()


def test_a_draft_of_a_product_that_is_closed_or_sold_elsewhere_is_refused(lilac, product):
    wish = {"borrower": registered(lilac), "amount": yuan(2_000), "term_count": 6, "submit": False}
    abroad = ProductVersionFactory(product__code="abroad", product__market="US").product
    dollars = {"amount": {"amount": 200_000, "currency": "USD"}}

    assert_problem(
        lilac.send("/applications", {**wish, "product": abroad.public_id, **dollars}), 422, "product_of_another_market"
    )
    type(product).objects.filter(pk=product.pk).update(active=False)
    assert_problem(lilac.send("/applications", {**wish, "product": product.public_id}), 404, "product_not_sold")

    assert not Application.objects.exists()


def test_a_draft_of_a_purchase_may_lack_what_is_still_to_be_chosen(lilac, open_house):
    purchase = ProductVersionFactory(product__code="phone-purchase", is_purchase=True).product
    wish = {"borrower": registered(lilac), "product": purchase.public_id, "amount": yuan(2_000), "term_count": 6}

    kept = lilac.send("/applications", {**wish, "submit": False})

    assert kept.status_code == 201
    assert_problem(lilac.send(f"/applications/{kept.json()['id']}/submit"), 422, "price_missing")


# Money ---------------------------------------------------------------------------------------------------------------


def test_a_full_payment_with_a_misspelt_word_is_not_an_ordinary_one(lilac, product):
    loan = lent(lilac, product)
    quote = lilac.ask(f"/loans/{loan['id']}/payoff_quote").json()["total"]
    before = rows()

    response = lilac.send("/repayments", {"loan": loan["id"], "amount": quote, "settle_early": True})

    assert ("/settle_early", "field_unknown") in errors_of(response)
    assert rows() == before
    assert Loan.objects.get().status == "active"


@pytest.mark.parametrize("fen", [10**13, 10**13 - 1, 10**15, 10**40, 500_000_00])
def test_more_than_is_owed_or_than_the_books_hold_is_refused(lilac, product, fen):
    loan = lent(lilac, product)
    before = rows()

    response = lilac.send("/repayments", {"loan": loan["id"], "amount": {"amount": fen, "currency": "CNY"}})

    assert response.status_code in {409, 422}
    assert response.json()["errors"][0]["pointer"] == "/amount"
    assert response.json()["errors"][0]["code"] in {"payment_above_owed", "too_large"}
    assert rows() == before


def test_the_same_reference_or_the_same_day_and_sum_is_asked_about(lilac, product):
    loan = lent(lilac, product)
    paid = {"loan": loan["id"], "amount": yuan(100), "payer_reference": "TRX-1"}
    assert lilac.send("/repayments", paid).status_code == 201

    assert_problem(lilac.send("/repayments", {**paid, "amount": yuan(101)}), 409, "payment_looks_repeated")
    assert_problem(lilac.send("/repayments", {**paid, "payer_reference": "TRX-2"}), 409, "payment_looks_repeated")
    assert ("/allow_repeats", "field_unknown") in errors_of(lilac.send("/repayments", {**paid, "allow_repeats": True}))
    assert lilac.send("/repayments", {**paid, "allow_repeat": True}).status_code == 201
    assert Repayment.objects.count() == 2


def test_a_receipt_to_come_is_refused(lilac, product):
    loan = lent(lilac, product)
    tomorrow = (business_date.current() + timedelta(days=1)).isoformat()

    for day in (tomorrow, "2030-01-01", "1901-01-01"):
        response = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(5), "received_on": day})
        assert pointers_of(response) == {"/received_on"}
    assert not Repayment.objects.exists()


@pytest.mark.parametrize("path", ["acts", "acts/preview"])
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"parameters": {"amout": yuan(25)}}, "/parameters/amout"),
        ({"parameters": {"amount": 25}}, "/parameters/amount"),
        ({"parameters": {"amount": "25.00"}}, "/parameters/amount"),
        ({"parameters": {"amount": {"amount": 25.5, "currency": "CNY"}}}, "/parameters/amount"),
        ({"parameters": {"amount": {"amount": 10**15, "currency": "CNY"}}}, "/parameters/amount"),
        ({"parameters": {}}, "/parameters/amount"),
        ({"parameters": {"amount": None}}, "/parameters/amount"),
        ({"parameters": {"amount": yuan(25), "a/b": 1}}, "/parameters/a~1b"),
        ({"parameter": {"amount": yuan(25)}}, "/parameter"),
        ({"parameters": []}, "/parameters"),
        ({"effective_on": "2030-01-01"}, "/effective_on"),
        ({"effective_on": "2026-W25-1"}, "/effective_on"),
        ({"reason": "a\u202eb"}, "/reason"),
        ({"kind": "due_day_changed", "parameters": {"day": "lots"}}, "/parameters/day"),
        ({"kind": "due_day_changed", "parameters": {"day": 5.0}}, "/parameters/day"),
        ({"kind": "due_day_changed", "parameters": {"day": True}}, "/parameters/day"),
        ({"kind": "due_day_changed", "parameters": {"day": 99}}, "/parameters/day"),
        ({"kind": "fee_added", "parameters": {"amount": yuan(1), "due_on": "2026-W25-1"}}, "/parameters/due_on"),
        ({"kind": "fee_added", "parameters": {"amount": yuan(1), "due_on": "20260715"}}, "/parameters/due_on"),
    ],
)
def test_an_act_names_the_parameter(lilac, product, path, changes, pointer):
    loan = lent(lilac, product)
    before = rows()
    wish = {"kind": "penalty_added", "parameters": {"amount": yuan(25)}, "reason": "a broken rule"}

    response = lilac.send(f"/loans/{loan['id']}/{path}", {**wish, **changes})

    assert pointer in pointers_of(response)
    assert (rows(), LoanAct.objects.count()) == (before, 0)


def test_what_is_written_shows_in_the_counts(lilac):
    before = rows()

    lilac.send("/borrowers", somebody())

    assert rows() != before
