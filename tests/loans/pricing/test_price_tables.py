"""The price table of a product version: each field is the quote of its amount and count, or it is said why there is none."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import business_date
from loans.models import ProductVersion
from loans.pricing.price_tables import PriceTableNotPossible, amounts_between, counts_between, price_table
from loans.pricing.quotes import AmountOutOfRange, TermOutOfRange, quote_for
from tests.loans.factories import ProductVersionFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 1, 31)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"annual_rate": Decimal(0)},
        {"annual_rate": Decimal("0.0725"), "fee_rate": Decimal("0.011")},
        {"fee_rate": Decimal("0.02"), "fee_due": "first"},
        {"rate_index": "LPR1Y", "rate_spread": Decimal("0.1"), "repricing": "quarterly"},
        {"day_count": "act_360", "business_calendar": "CN"},
    ],
)
def test_each_price_is_the_quote_of_its_amount_and_count(changes: dict[str, Any]) -> None:
    version = ProductVersionFactory(**changes)

    table = price_table(version, ON)

    assert len(table.prices) == len(table.amounts) * len(table.counts) >= 20
    for price in table.prices:
        quote = quote_for(version=version, principal=price.amount, term_count=price.count, on=ON)
        first = quote.schedule.instalments[0]
        assert price.instalment == first.principal + first.interest
        assert (price.total_interest, price.total_fee) == (quote.schedule.total_interest, quote.schedule.total_fee)
        assert (price.total_repayable, price.cost) == (quote.total_repayable, quote.cost)
        assert price.within_cap == quote.within_cap


def test_a_fee_taken_out_of_the_sum_costs_what_the_quote_says() -> None:
    version = ProductVersionFactory(product__code="deducted", fee_rate=Decimal("0.01"), fee_due="deducted")

    for price in price_table(version, ON).prices:
        quote = quote_for(version=version, principal=price.amount, term_count=price.count, on=ON)
        assert (price.total_repayable, price.cost) == (quote.total_repayable, quote.cost)


def test_amounts_and_counts_of_ones_own() -> None:
    version = ProductVersionFactory()

    table = price_table(version, ON, [Decimal("12345.67"), Decimal("1000")], [7, 5, 7])

    assert (table.amounts, table.counts) == ((Decimal("1000"), Decimal("12345.67")), (5, 7))
    assert [[(price.amount, price.count) for price in row] for row in table.rows][1][0] == (Decimal("12345.67"), 5)
    with pytest.raises(AmountOutOfRange):
        price_table(version, ON, [Decimal("99.99")])
    with pytest.raises(TermOutOfRange):
        price_table(version, ON, counts=[version.max_count + 1])


def test_a_table_shows_both_ends_and_round_figures_between() -> None:
    assert amounts_between(Decimal("500"), Decimal("60000")) == [
        *map(Decimal, ("500.00", "2000.00", "10000.00", "20000.00", "60000.00"))
    ]
    assert amounts_between(Decimal("800"), Decimal("800")) == [Decimal("800")]
    assert counts_between(1, 12) == [1, 3, 6, 9, 12]
    assert counts_between(2, 60)[0] == 2 and counts_between(2, 60)[-1] == 60
    assert counts_between(6, 6) == [6]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"method": "interest_only"}, "not equal"),
        ({"method": "stages", "stages": [[3, "0.5"], [3, "0.5"]]}, "not equal"),
        ({"frequency": "week"}, "every month"),
        ({"every": 3}, "every month"),
        ({"interest_by": "day"}, "special"),
        ({"grace_on_principal": 1, "min_count": 2}, "special"),
        ({"emi_rounding": "nearest"}, "special"),
        ({"down_payment_rate": Decimal("0.2")}, "special"),
    ],
)
def test_a_version_whose_schedules_are_not_ordinary_is_explained(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(PriceTableNotPossible) as refused:
        price_table(ProductVersionFactory(product__code="odd", **changes), ON)
    assert why in refused.value.detail


# --- on the product's page ------------------------------------------------------------------------------------------


def page(client: Client, version: ProductVersion, query: str = "") -> str:
    response = client.get(f"/app/products/{version.product.code}{query}")
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def officer(client: Client, signed_in: Callable[..., Client]) -> Client:
    business_date.move_to(ON)
    return signed_in(client, "officer")


def test_the_page_shows_the_prices(officer: Client, django_assert_max_num_queries: Any) -> None:
    version = ProductVersionFactory()
    price = next(price for price in price_table(version, ON).prices if price.count == 12)

    with django_assert_max_num_queries(16):
        text = page(officer, version)

    assert "Prices of version 1" in text and "12 instalments" in text
    assert f"{price.instalment:,.2f}" in text and f"{price.total_interest:,.2f}" in text


def test_more_fields_take_no_more_statements(officer: Client) -> None:
    one = ProductVersionFactory(
        product__code="one", min_count=12, max_count=12, min_amount=Decimal(1000), max_amount=Decimal(1000)
    )
    many = ProductVersionFactory(product__code="many")
    page(officer, one)  # rules and calendars are in the process now
    with CaptureQueriesContext(connection) as few:
        page(officer, one)
    with CaptureQueriesContext(connection) as most:
        page(officer, many)

    assert len(most) == len(few)


def test_a_version_above_the_cap_and_one_to_come_are_shown_as_such(officer: Client) -> None:
    version = ProductVersionFactory(product__code="dear", annual_rate=Decimal("0.36"))
    assert "above the cap" in page(officer, version)
    coming = ProductVersion.objects.get(pk=version.pk)
    coming.pk, coming.version, coming.status = None, 2, "draft"
    coming.effective_from, coming.annual_rate = date(2026, 7, 1), Decimal("0.12")
    coming._state.adding = True
    coming.save()

    text = page(officer, version, "?version=2")

    assert "Prices of version 2" in text and "above the cap" not in text and "2026-07-01" in text
    assert "Prices of version 1" in page(officer, version, "?version=nonsense")


def test_the_page_explains_why_there_are_no_prices(officer: Client) -> None:
    text = page(officer, ProductVersionFactory(product__code="odd", method="bullet"))

    assert "No price table" in text and "its instalments are not equal ones" in text
