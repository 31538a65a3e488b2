"""A charge for repaying early over the API: told with product and quote, a line of its own in the pay-off, paid with it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.api.test_loans import TODAY, minor
from tests.api.town import lent, yuan
from tests.loans.books import close_until
from tests.loans.factories import ProductVersionFactory

pytestmark = pytest.mark.django_db


def test_it_is_told_before_and_charged_with_the_pay_off(lilac, open_house):
    product = ProductVersionFactory(
        product__code="charged", early_charge_rate=Decimal("0.01"), early_charge_months=6
    ).product
    asked = {"product": product.public_id, "amount": yuan(12_000), "term_count": 12}
    told = [lilac.ask(f"/products/{product.public_id}").json(), lilac.send("/quotes", asked, key="").json()]
    loan = lent(lilac, product)
    close_until(TODAY + timedelta(days=9))

    quote = lilac.ask(f"/loans/{loan['id']}/payoff_quote").json()
    body = {"loan": loan["id"], "settles_early": True, "amount": quote["total"]}
    made = lilac.send("/repayments", body, key="settle").json()

    for shown in (*told, loan):
        assert Decimal(shown["early_charge_rate"]) == Decimal(shown["early_charge_last_year_rate"]) == Decimal("0.01")
        assert shown["early_charge_months"] == 6
    parts = ("principal", "interest", "fee", "late_interest", "early_charge")
    assert minor(quote["total"]) == sum(minor(quote[part]) for part in parts)
    assert minor(quote["early_charge"]) > 0
    assert made["early_charge"] == quote["early_charge"]
    assert lilac.ask(f"/loans/{loan['id']}").json()["status"] == "settled"
