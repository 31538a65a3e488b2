"""What the world sends: bodies without measure, keys of any length, dates beyond the calendar, and our own defects."""

import pytest

from loans.api import views
from loans.models import Repayment
from tests.api.town import lent, lin, yuan
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


def test_a_body_nested_beyond_sense_is_malformed(lilac):
    assert_problem(lilac.send("/borrowers", "[" * 100_000), 400, "malformed")


def test_a_body_without_measure_is_refused_by_size(lilac):
    assert_problem(lilac.send("/borrowers", '{"name": "' + "x" * 1_000_001 + '"}'), 413, "body_too_large")


@pytest.mark.parametrize("length", [1, 120, 255])
def test_an_idempotency_key_may_be_as_long_as_promised(lilac, product, length):
    loan = lent(lilac, product)

    made = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(5)}, key="k" * length)

    assert made.status_code == 201
    assert Repayment.objects.count() == 1


@pytest.mark.parametrize("text", ["\ud800", "a\u0000b", "\u202e", "🙂" * 100])
def test_strange_characters_never_break_the_house(lilac, text):
    response = lilac.send("/borrowers", lin(name=text).copy())

    assert response.status_code in {201, 422}


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2999-01-01T00:00:00Z", "x"])
def test_a_consent_from_beyond_the_calendar_is_refused(lilac, at):
    tick = {"purpose": "credit_query", "given_at": at}

    problem = assert_problem(lilac.send("/borrowers", lin(consents=[tick])), 422, "validation_failed")

    assert problem["errors"][0]["pointer"] == "/consents/0/given_at"


@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_beyond_the_calendar_is_refused(lilac, product, on):
    loan = lent(lilac, product)

    response = lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(5), "received_on": on})
    quote = lilac.ask(f"/loans/{loan['id']}/payoff_quote?date={on}")

    assert (response.status_code, quote.status_code) == (422, 422)


def test_a_field_that_is_not_there_is_refused(lilac):
    lilac.send("/borrowers", lin())

    assert_problem(lilac.ask("/borrowers?fields=colour"), 400, "field_unknown")


def test_a_defect_of_ours_is_told_without_its_insides_and_nothing_is_kept(lilac, product, monkeypatch):
    def broken(**facts):
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(views, "quote_for", broken)
    lilac.raise_request_exception = False

    asked = {"product": product.public_id, "amount": yuan(1000), "term_count": 6}
    response = lilac.send("/quotes", asked, key="")

    assert_problem(response, 500, "internal_error")
    assert "secret" not in response.content.decode()
