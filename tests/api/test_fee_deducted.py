"""A fee taken out of the sum paid out, over the API, in a market that allows it."""

from decimal import Decimal
from typing import Any

import pytest

from loans.models import Disbursement, Offer
from tests.api.town import lent, yuan
from tests.loans.disbursement.test_fee_deducted import a_product_with_deducted_fee
from tests.loans.pricing.test_advance_deduction import allow

pytestmark = pytest.mark.django_db


def test_the_api_shows_it(lilac: Any) -> None:
    allow()

    loan = lent(lilac, a_product_with_deducted_fee().product, amount=yuan(2_000))

    assert loan["principal"] == yuan(2_000) and loan["disbursement"]["amount"] == yuan(1_980)
    assert Disbursement.objects.get().amount == Decimal("1980.00")
    offer = lilac.ask(f"/offers/{Offer.objects.get().public_id}").json()
    assert (offer["fee_deducted"], offer["paid_out"]) == (yuan(20), yuan(1_980))
