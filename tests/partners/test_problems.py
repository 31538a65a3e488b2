"""Every refusal has the same shape; every answer carries its headers."""

import pytest

from core.errors import DomainError
from partners.keys import suspend_client
from tests.partners.factories import ApiClientFactory, Caller, CallerFactory, IssuedKeyFactory

pytestmark = pytest.mark.django_db


def assert_problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"].endswith(f"/api/docs/errors/#{code}")
    assert body["request_id"] == response["Request-Id"]
    assert body["title"]
    assert body["detail"]
    assert response["API-Version"]
    return body


def test_without_a_key_the_door_says_what_to_send():
    response = Caller().ask("/me")

    assert_problem(response, 401, "api_key_missing")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer lk_test_none.secret", "Basic abc", "Bearer ", "Bearer \x00", "nonsense"])
def test_a_wrong_key_is_refused(header):
    assert_problem(Caller().ask("/me", authorization=header), 401, "api_key_not_accepted")


def test_a_suspended_client_is_refused():
    lilac = ApiClientFactory()
    token = IssuedKeyFactory(client=lilac).token
    suspend_client(client_id=lilac.pk)

    assert_problem(Caller(token).ask("/me"), 403, "client_suspended")


@pytest.mark.parametrize("path", ["/nowhere", "/", "/loans/not-an-id", "/me/more", "/%00"])
def test_an_address_that_does_not_exist_is_a_problem_too(path):
    assert_problem(CallerFactory().ask(path), 404, "not_found")


def test_a_wrong_method_names_the_right_ones():
    response = CallerFactory().send("/me")

    assert_problem(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_an_unknown_format_is_refused():
    assert_problem(CallerFactory().ask("/me", accept="text/html"), 406, "not_acceptable")


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_trailing_slash_is_optional(slash):
    body = CallerFactory().ask(f"/me{slash}").json()

    assert body["name"] == "Lilac Phones"
    assert body["livemode"] is False
    assert "repayments:write" in body["scopes"]


def test_the_catalogue_lists_every_refusal_of_the_code():
    codes = {entry["code"] for entry in CallerFactory().ask("/errors").json()["data"]}

    assert {"api_key_not_accepted", "missing_scope", "idempotency_key_reused", "validation_failed"} <= codes
    assert {kind.code for kind in DomainError.__subclasses__() if kind.__module__.startswith("partners")} <= codes


def test_the_catalogue_names_the_gaps_of_a_sentence():
    entries = {entry["code"]: entry for entry in CallerFactory().ask("/errors").json()["data"]}

    assert entries["missing_scope"]["detail"] == "This API key lacks the scope {missing_scope}."
    assert not any("%(" in entry["detail"] for entry in entries.values())


def test_the_request_id_of_the_caller_is_kept():
    response = CallerFactory().ask("/me", **{"request-id": "lilac-0001-order-77"})

    assert response["Request-Id"] == "lilac-0001-order-77"


def test_the_allowance_is_told_and_then_enforced():
    lilac = Caller(IssuedKeyFactory(client__requests_per_minute=2).token)

    told = lilac.ask("/me")
    lilac.ask("/me")
    refused = lilac.ask("/me")

    assert told["RateLimit-Policy"] == '"default";q=2;w=60'
    assert told["RateLimit"].startswith('"default";r=1;t=')
    assert_problem(refused, 429, "rate_limited")
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_details_follow_accept_language_and_codes_do_not():
    english = Caller().ask("/me", **{"accept-language": "en"}).json()
    chinese = Caller().ask("/me", **{"accept-language": "zh-hans"}).json()

    assert english["code"] == chinese["code"]
