"""An instalment agreed over the API instead of their number: quoted, applied for, refused by name with what would do."""

import pytest

from tests.api.town import registered, yuan
from tests.loans.factories import ProductVersionFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_instalment(open_house):
    return ProductVersionFactory(product__code="what-i-can-pay", allows_agreed_instalment=True, max_count=24).product


def test_the_number_follows_in_quote_and_loan(lilac, by_instalment):
    """10,000 at 18 % a year: eleven instalments of a thousand, the last of 916.22."""
    asked = {"product": by_instalment.public_id, "amount": yuan(10_000), "agreed_instalment": yuan(1_000)}

    quote = lilac.send("/quotes", asked, key="").json()

    assert (quote["term_count"], quote["agreed_instalment"]) == (11, yuan(1_000))
    assert [row["total"]["amount"] for row in quote["instalments"]] == [100_000] * 10 + [91_622]
    assert lilac.ask(f"/products/{by_instalment.public_id}").json()["allows_agreed_instalment"] is True


@pytest.mark.parametrize(
    ("more", "problem", "pointer"),
    [
        ({"agreed_instalment": yuan(150)}, "agreed_instalment_below_charges", "/agreed_instalment"),
        ({"agreed_instalment": yuan(499)}, "agreed_instalment_too_low", "/agreed_instalment"),
        ({"agreed_instalment": yuan(1_000), "term_count": 12}, "agreed_instalment_or_number", "/term_count"),
        ({}, "agreed_instalment_or_number", "/term_count"),
    ],
)
def test_what_cannot_be_agreed_is_named(lilac, by_instalment, more, problem, pointer):
    asked = {"borrower": registered(lilac), "product": by_instalment.public_id, "amount": yuan(10_000), **more}

    found = assert_problem(lilac.send("/applications", asked), 422, problem)

    assert found["errors"][0]["pointer"] == pointer
