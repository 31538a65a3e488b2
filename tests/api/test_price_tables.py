"""The price table of a product over the API."""

import pytest

from loans.pricing.quotes import quote_for
from tests.api.conftest import TODAY
from tests.api.town import yuan
from tests.loans.factories import ProductVersionFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


def test_a_partner_reads_what_a_product_costs(lilac, product, django_assert_max_num_queries):
    path = f"/products/{product.public_id}/price_table"
    lilac.ask(path)
    with django_assert_max_num_queries(8):
        table = lilac.ask(f"{path}?amounts=100000,1200000&term_counts=6,12").json()

    assert (table["object"], table["product"], table["version"], table["on"]) == (
        "price_table",
        product.public_id,
        1,
        "2026-06-15",
    )
    assert [(row["amount"], row["term_count"]) for row in table["prices"]] == [
        (yuan(1_000), 6),
        (yuan(1_000), 12),
        (yuan(12_000), 6),
        (yuan(12_000), 12),
    ]
    last, version = table["prices"][-1], product.versions.get()
    quote = quote_for(version=version, principal=12_000, term_count=12, on=TODAY)
    assert last["instalment"]["amount"] == int(quote.first_instalment * 100)
    assert last["total_interest"]["amount"] == int(quote.schedule.total_interest * 100)
    asked = lilac.send("/quotes", {"product": product.public_id, "amount": yuan(12_000), "term_count": 12}).json()
    for name in ("total_interest", "total_fees", "total_repayable", "annualised_simple", "annualised_compound"):
        assert last[name] == asked[name]
    assert last["within_cap"] is True


def test_without_wishes_it_chooses_from_the_range(lilac, product):
    rows = lilac.ask(f"/products/{product.public_id}/price_table").json()["prices"]

    assert (rows[0]["amount"], rows[-1]["amount"]) == (yuan(100), yuan(200_000))
    assert (rows[0]["term_count"], rows[-1]["term_count"]) == (1, 12)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("amounts=100", 422, "amount_out_of_range"),
        ("term_counts=13", 422, "term_out_of_range"),
        ("amounts=1e5", 422, "validation_failed"),
        ("amounts=0", 422, "validation_failed"),
        ("term_counts=6,,12", 422, "validation_failed"),
        ("term_counts=" + ",".join(["6"] * 13), 422, "validation_failed"),
        ("count=6", 400, "parameter_unknown"),
    ],
)
def test_wishes_out_of_range_are_refused_by_name(lilac, product, query, status, code):
    assert_problem(lilac.ask(f"/products/{product.public_id}/price_table?{query}"), status, code)


def test_a_product_without_a_table_or_without_a_version_on_sale(lilac, product):
    odd = ProductVersionFactory(product__code="odd", method="bullet").product

    assert_problem(lilac.ask(f"/products/{odd.public_id}/price_table"), 422, "price_table_not_possible")
    product.active = False
    product.save()
    assert_problem(lilac.ask(f"/products/{product.public_id}/price_table"), 404, "not_found")
