"""Borrowers over the API: one file a person, masked, and only for the partner that brought them in."""

import pytest

from audit.models import AuditEvent
from borrowers.models import BankAccount, Borrower
from tests.api.town import lin, passing_on, registered, somebody, yuan
from tests.partners.factories import EVERYTHING_OWN, CallerFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


def test_a_borrower_is_registered_with_birth_date_and_sex_read_from_the_id(lilac):
    response = lilac.send("/borrowers", lin(external_id="LP-77"))

    body = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/borrowers/{body['id']}"
    assert (body["object"], body["external_id"], body["sex"]) == ("borrower", "LP-77", "female")
    assert body["id"].startswith("cus_")
    assert body["livemode"] is False


def test_personal_data_is_masked(lilac):
    body = lilac.send("/borrowers", lin()).json()

    for answer in (body, lilac.ask(f"/borrowers/{body['id']}").json(), lilac.ask("/borrowers").json()["data"][0]):
        assert answer["name"] == "林*雨"
        assert answer["phone"] == "138****1234"
        assert answer["identity_number"] == "110***********002X"
        assert answer["birth_date"] == "1949"


def test_the_scope_for_personal_data_unmasks_one_borrower_and_is_audited(open_house):
    lilac = CallerFactory(client__name="Lilac Phones", scopes=[*EVERYTHING_OWN, "borrowers:read_personal"])
    made = lilac.send("/borrowers", lin()).json()

    body = lilac.ask(f"/borrowers/{made['id']}").json()

    assert (body["name"], body["phone"], body["birth_date"]) == ("林小雨", "13812341234", "1949-12-31")
    event = AuditEvent.objects.get(action="revealed")
    assert event.object_label == made["number"]
    assert event.actor.display_name == "Lilac Phones"
    assert lilac.ask("/borrowers").json()["data"][0]["name"] == "林*雨"


def test_every_change_names_the_partner_and_the_request(lilac):
    response = lilac.send("/borrowers", lin())

    event = AuditEvent.objects.get(action="created", object_type="borrowers.borrower")
    assert (event.actor.display_name, event.channel) == ("Lilac Phones", "api")
    assert event.request_id == response["Request-Id"]


def test_the_same_person_twice_is_refused_with_the_id_of_the_first(lilac):
    first = lilac.send("/borrowers", lin()).json()

    problem = assert_problem(lilac.send("/borrowers", lin()), 409, "borrower_already_registered")

    assert problem["existing"] == first["id"]


def test_an_external_id_names_one_borrower_only(lilac, harbour):
    first = lilac.send("/borrowers", somebody(external_id="7")).json()

    problem = assert_problem(lilac.send("/borrowers", somebody(external_id="7")), 409, "external_id_taken")
    assert problem["existing"] == first["id"]
    assert harbour.send("/borrowers", somebody(external_id="7")).status_code == 201
    assert [row["id"] for row in lilac.ask("/borrowers?external_id=7").json()["data"]] == [first["id"]]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"identity_number": "110105194912310021"}, "/identity_number", "identity_number_invalid"),
        ({"phone": "12345"}, "/phone", "phone_invalid"),
        ({"name": ""}, "/name", "blank"),
        ({"name": None}, "/name", "null"),
        ({"name": "a\x00b"}, "/name", "null_characters_not_allowed"),
        ({"language": "fr"}, "/language", "invalid_choice"),
        ({"consents": [{"purpose": "everything", "given_at": "yesterday"}]}, "/consents/0/purpose", "invalid_choice"),
        ({"email": "nobody"}, "/email", "invalid"),
    ],
)
def test_a_wrong_value_is_pointed_at(lilac, changes, pointer, code):
    problem = lilac.send("/borrowers", lin(**changes))

    assert problem.status_code == 422
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in problem.json()["errors"]}
    assert not Borrower.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", "3", '"x"', "null", '{"a": NaN}', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_malformed(lilac, body):
    assert_problem(lilac.send("/borrowers", body), 400, "malformed")


def test_another_content_type_is_refused(lilac):
    response = lilac.post("/api/v1/borrowers", {"name": "x"}, headers={"idempotency-key": "1"})

    assert_problem(response, 415, "unsupported_media_type")


def test_consents_given_at_registration_are_recorded_once(lilac):
    tick = {"purpose": "credit_query", "given_at": "2026-06-15T02:00:00Z"}
    borrower = lilac.send("/borrowers", lin(consents=[*passing_on(), tick])).json()["id"]

    again = lilac.send(f"/borrowers/{borrower}/consents", tick)

    consents = lilac.ask(f"/borrowers/{borrower}/consents").json()
    assert again.status_code == 201
    assert [consent["purpose"] for consent in consents["data"]] == ["credit_query", "third_party"]
    assert consents["data"][0]["given_at"] == "2026-06-15T02:00:00Z"
    assert consents["has_more"] is False


def test_a_partners_own_wording_needs_its_version(lilac):
    borrower = lilac.send("/borrowers", lin()).json()["id"]
    tick = {"purpose": "credit_query", "given_at": "2026-06-15T02:00:00Z", "text": "I agree."}

    problem = assert_problem(lilac.send(f"/borrowers/{borrower}/consents", tick), 422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/text_version"
    made = lilac.send(f"/borrowers/{borrower}/consents", {**tick, "text_version": "LP-3"}).json()
    assert made["text_version"] == "LP-3"


def test_a_new_primary_mobile_becomes_the_borrowers_phone(lilac):
    borrower = lilac.send("/borrowers", lin()).json()["id"]

    point = {"kind": "mobile", "value": "139 0000 5678", "is_primary": True}
    made = lilac.send(f"/borrowers/{borrower}/contact_points", point).json()

    assert (made["value"], made["state"], made["provenance"]) == ("139****5678", "unverified", "partner")
    assert lilac.ask(f"/borrowers/{borrower}").json()["phone"] == "139****5678"
    assert len(lilac.ask(f"/borrowers/{borrower}/contact_points").json()["data"]) == 2


def test_means_travel_as_money_and_come_back_the_same(lilac):
    borrower = registered(lilac)
    debt = {"lender": "Other", "balance": yuan(5000), "monthly_payment": yuan(0), "as_of": "2026-06-01"}

    made = lilac.send(f"/borrowers/{borrower}/external_debts", debt).json()

    assert made["balance"] == yuan(5000)
    assert made["monthly_payment"] == yuan(0)
    income = lilac.ask(f"/borrowers/{borrower}/incomes").json()["data"][0]
    assert (income["monthly_amount"], income["verified"]) == (yuan(15_000), False)
    account = lilac.ask(f"/borrowers/{borrower}/bank_accounts").json()["data"][0]
    assert (account["account_number"], account["is_primary"]) == (f"**** {BankAccount.objects.get().last4}", True)


@pytest.mark.parametrize(
    ("money", "code"),
    [
        (100, "not_money"),
        ({"amount": "100", "currency": "CNY"}, "not_whole"),
        ({"amount": 1.5, "currency": "CNY"}, "not_whole"),
        ({"amount": True, "currency": "CNY"}, "not_whole"),
        ({"amount": 0, "currency": "CNY"}, "not_positive"),
        ({"amount": -1, "currency": "CNY"}, "not_positive"),
        ({"amount": 10**14, "currency": "CNY"}, "too_large"),
        ({"amount": 100, "currency": "USD"}, "currency_unknown"),
        ({"amount": 100}, "not_money"),
    ],
)
def test_money_that_is_none_is_refused_by_name(lilac, money, code):
    borrower = lilac.send("/borrowers", lin()).json()["id"]
    income = {"source": "salary", "monthly_amount": money, "as_of": "2026-06-01"}

    problem = assert_problem(lilac.send(f"/borrowers/{borrower}/incomes", income), 422, "validation_failed")

    assert problem["errors"] == [{"pointer": "/monthly_amount", "code": code, "detail": problem["errors"][0]["detail"]}]


def test_the_language_can_be_changed_unless_the_borrower_changed_since(lilac):
    made = lilac.send("/borrowers", lin()).json()
    path = f"/borrowers/{made['id']}"
    seen = lilac.ask(path)["ETag"]

    changed = lilac.send(path, {"language": "en"}, method="patch", **{"if-match": seen})
    stale = lilac.send(path, {"language": "zh-hans"}, method="patch", **{"if-match": seen})

    assert changed.json()["language"] == "en"
    assert changed["ETag"] != seen
    assert_problem(stale, 412, "changed_since")
    assert lilac.ask(path).json()["language"] == "en"


def test_a_change_discloses_once_and_a_refused_one_nothing(open_house):
    lilac = CallerFactory(client__name="Lilac Phones", scopes=[*EVERYTHING_OWN, "borrowers:read_personal"])
    path = f"/borrowers/{lilac.send('/borrowers', lin()).json()['id']}"
    revealed = AuditEvent.objects.filter(action="revealed")

    assert_problem(lilac.send(path, {"language": "en"}, method="patch", **{"if-match": '"x"'}), 412, "changed_since")
    assert not revealed.exists()
    lilac.send(path, {"language": "en"}, method="patch")
    assert revealed.count() == 1


def test_others_borrowers_do_not_exist(lilac, harbour):
    borrower = registered(lilac)

    for part in ("", "/consents", "/contact_points", "/incomes", "/external_debts", "/bank_accounts"):
        assert_problem(harbour.ask(f"/borrowers/{borrower}{part}"), 404, "not_found")
    income = {"source": "salary", "monthly_amount": yuan(1), "as_of": "2026-06-01"}
    assert_problem(harbour.send(f"/borrowers/{borrower}/incomes", income), 404, "not_found")
    assert harbour.ask("/borrowers").json()["data"] == []


def test_the_portfolio_scope_sees_every_origin(lilac, open_house):
    borrower = registered(lilac)

    bureau = CallerFactory(client__name="River Bureau", scopes=["borrowers:read", "portfolio:read"])

    assert bureau.ask(f"/borrowers/{borrower}").json()["id"] == borrower
