"""Purchases over the API: merchants to choose from, and a loan that names price, down payment and merchant."""

from datetime import date

import pytest

from core import business_date
from loans.acts.performing import perform
from loans.merchants.changing import change_merchant
from loans.models import Loan, Merchant
from tests.api.town import applied, lent, offered, registered, yuan
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.factories import MerchantFactory, ProductVersionFactory
from tests.partners.factories import CallerFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(open_house: None) -> Merchant:
    return MerchantFactory()


def test_merchants_are_listed_without_their_accounts(lilac, shop):
    closed = MerchantFactory(name="Bay Bikes")
    change_merchant(merchant_id=closed.pk, name=closed.name, reason="closed", active=False, on=business_date.current())

    (found,) = lilac.ask("/merchants?active=true").json()["data"]

    assert (found["object"], found["id"], found["name"]) == ("merchant", shop.public_id, "Harbour Phones")
    assert "2345" not in str(found)
    assert lilac.ask(f"/merchants/{shop.public_id}").json() == found
    by_number = lilac.ask(f"/merchants?registration_number={shop.registration_number}").json()["data"]
    assert [row["id"] for row in by_number] == [shop.public_id]
    assert len(lilac.ask("/merchants").json()["data"]) == 2


def test_a_key_needs_the_scope(open_house, shop):
    assert_problem(CallerFactory(client__name="Other", scopes=["loans:read"]).ask("/merchants"), 403, "missing_scope")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"merchant": "mer_01JD0000000000000000000000"}, "/merchant", "reference_unknown"),
        ({"merchant": None}, "/merchant", "merchant_missing"),
        ({"goods": None}, "/goods", "goods_missing"),
        ({"price": yuan(1_999)}, "/price", "price_missing"),
    ],
)
def test_what_a_purchase_lacks_is_named(lilac, shop, changes, pointer, code):
    product = ProductVersionFactory(product__code="phone-purchase", is_purchase=True).product
    wished = {
        "borrower": registered(lilac),
        "product": product.public_id,
        "amount": yuan(2_000),
        "term_count": 6,
        "price": yuan(2_500),
        "merchant": shop.public_id,
        "goods": "Phone",
        **changes,
    }

    problem = assert_problem(
        lilac.send("/applications", {name: value for name, value in wished.items() if value is not None}), 422, code
    )

    assert problem["errors"][0]["pointer"] == pointer


def test_a_purchase_from_application_to_refund(lilac, shop):
    product = ProductVersionFactory(product__code="phone-purchase", is_purchase=True).product
    purchase = {"price": yuan(2_500), "merchant": shop.public_id, "goods": "Phone"}
    application = applied(lilac, product, **purchase)
    assert application["merchant"] == shop.public_id and application["goods"] == "Phone"
    assert application["down_payment"] == yuan(500)

    loan = lent(lilac, product, borrower=registered(lilac), **purchase)

    assert loan["disbursement"]["status"] == "paid"
    assert (loan["merchant"], loan["goods"], loan["price"]) == (shop.public_id, "Phone", yuan(2_500))
    assert loan["price"]["amount"] - loan["down_payment"]["amount"] == loan["principal"]["amount"]
    expanded = lilac.ask(f"/loans/{loan['id']}?expand=merchant").json()["merchant"]
    assert expanded["name"] == "Harbour Phones"

    refund = {"kind": "merchant_refund", "parameters": {"amount": yuan(1_000)}, "reason": "phone given back"}
    assert_problem(lilac.send(f"/loans/{loan['id']}/acts", refund), 403, "act_for_staff_only")
    close_until(date(2026, 6, 19))
    business_date.move_to(date(2026, 6, 20))
    before = lilac.ask(f"/loans/{loan['id']}/schedule").json()["totals"]
    stored = Loan.objects.get(public_id=loan["id"])
    perform(wish(stored, "merchant_refund", date(2026, 6, 20), amount=stored.principal / 2))

    (act,) = lilac.ask(f"/loans/{loan['id']}/acts").json()["data"]
    after = lilac.ask(f"/loans/{loan['id']}/schedule").json()["totals"]
    assert act["kind"] == "merchant_refund"
    assert after["interest"]["amount"] < before["interest"]["amount"]
    assert after["principal"]["amount"] * 2 == before["principal"]["amount"]


def test_a_merchant_closed_since_the_offer_is_named_to_the_partner(lilac, shop):
    product = ProductVersionFactory(product__code="phone-purchase", is_purchase=True).product
    offer = offered(lilac, product, price=yuan(2_500), merchant=shop.public_id, goods="Phone")
    change_merchant(merchant_id=shop.pk, name=shop.name, reason="closed", active=False, on=business_date.current())

    problem = assert_problem(lilac.send(f"/offers/{offer['id']}/accept"), 409, "gate_refused")

    assert problem["checks"] == ["payee"]
    assert "the merchant is not active" in problem["detail"] and "not verified" not in problem["detail"]
