"""Merchants: kept on their pages, sealed at rest, and held to their law by PostgreSQL itself."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from audit import approvals
from audit.approvals import SecondPersonNeeded
from audit.models import Approval, AuditEvent
from borrowers.fingerprints import account_index
from borrowers.means import AccountNumberRefused
from loans.merchants import (
    GoodsMissing,
    MerchantKnown,
    MerchantMissing,
    MerchantNotActive,
    PurchaseNotExpected,
    RegistrationNumberRefused,
    change_merchant,
)
from loans.models import Loan, Merchant, ProductVersion
from tests.loans.books import a_merchant, a_product, a_purchase, a_running_loan
from tests.loans.factories import ON, an_application

pytestmark = pytest.mark.django_db
CODE = "91350100M000100Y43"
FORM = {
    "name": "Harbour Phones",
    "registration_number": CODE,
    "bank_name": "Example Bank",
    "account_holder": "",
    "account_number": "3100 0000 0000 2345",
}


@pytest.fixture
def finance(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "finance")


def raw(sql: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone() if cursor.description else None


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_merchant_is_added_on_its_page_and_its_account_is_masked(finance: Client) -> None:
    assert "No merchant yet" in finance.get("/app/merchants/").content.decode()

    page = finance.post("/app/merchants/new", FORM, follow=True).content.decode()

    merchant = Merchant.objects.get()
    assert "Harbour Phones" in page and CODE in page and "**** 2345" in page
    assert "3100000000002345" not in page
    assert (merchant.account_holder, merchant.account_number) == ("Harbour Phones", "3100000000002345")
    listed = finance.get("/app/merchants/").content.decode()
    assert merchant.public_id in listed and "**** 2345" in listed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"registration_number": "91350100M000100Y44"}, "no unified social credit code"),
        ({"account_number": "12"}, "An account number has 8 to 34 digits or letters"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_mistake_is_told_beside_its_field(finance: Client, changes: dict[str, str], said: str) -> None:
    answer = finance.post("/app/merchants/new", {**FORM, **changes})

    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Merchant.objects.exists()


def test_a_new_account_is_asked_for_by_one_person_and_decided_by_another(
    finance: Client, staff_member: Callable[..., Any]
) -> None:
    merchant = a_merchant()
    edit = f"/app/merchants/{merchant.public_id}/edit"
    form = {"name": "Harbour Phones Ltd", "bank_name": "Other Bank", "account_number": "6222000011112222"}
    drawn = finance.get(edit).content.decode()

    page = finance.post(edit, {**form, "active": "on", "reason": "letter of 12 May"}, follow=True).content.decode()

    assert "2345" in drawn and "3100000000002345" not in drawn
    assert "Harbour Phones Ltd" in page and "**** 2345" in page
    assert "Another account waits for a second person: **** 2222, Other Bank" in page
    asked = Approval.objects.get()
    assert (asked.before["account"], asked.after["account"]) == ("**** 2345", "**** 2222")
    assert "6222000011112222" not in str(asked.payload) + str(asked.after)
    event = AuditEvent.objects.filter(object_type="loans.merchant").order_by("-id").first()
    assert event is not None and event.reason == "letter of 12 May"

    again = finance.post(edit, {**form, "active": "on", "reason": "another letter"})
    assert again.status_code == 422 and "Decide that request first" in again.content.decode()
    with pytest.raises(SecondPersonNeeded):
        approvals.approve(approval_id=asked.pk, decided_by=asked.requested_by, on=ON)
    merchant.refresh_from_db()
    assert (merchant.name, merchant.last4) == ("Harbour Phones Ltd", "2345")

    approvals.approve(approval_id=asked.pk, decided_by=staff_member("finance", username="fay"), on=ON)

    merchant.refresh_from_db()
    assert (merchant.account_number, merchant.last4, merchant.bank_name) == ("6222000011112222", "2222", "Other Bank")
    assert merchant.account_index == account_index("6222000011112222")
    event = AuditEvent.objects.filter(object_type="loans.merchant").order_by("-id").first()
    assert event is not None and "6222000011112222" not in str(event.after) + str(event.before)
    assert "Another account waits" not in finance.get(merchant.get_absolute_url()).content.decode()


def test_left_empty_the_account_stays_and_is_no_change(finance: Client) -> None:
    merchant = a_merchant(account_holder="王丽")

    form = {"name": merchant.name, "bank_name": merchant.bank_name, "reason": "closed its shop"}
    finance.post(f"/app/merchants/{merchant.public_id}/edit", form)

    after = Merchant.objects.get()
    assert (after.account_number, after.account_holder, after.active) == (merchant.account_number, "王丽", False)
    sealed = raw("SELECT count(DISTINCT account_number), count(DISTINCT account_holder) FROM loans_historicalmerchant")
    assert sealed == (1, 1)


def test_the_list_is_narrowed(finance: Client) -> None:
    a_merchant(name="Bay Bikes")
    a_merchant()

    page = finance.get("/app/merchants/?q=bay").content.decode()

    assert "Bay Bikes" in page and "Harbour Phones" not in page
    assert "No merchant fits this filter" in finance.get("/app/merchants/?state=inactive").content.decode()


def test_who_sends_the_money_does_not_say_where_it_goes(client: Client, signed_in: Callable[..., Client]) -> None:
    merchant = a_merchant()
    operations = signed_in(client, "operations")

    assert operations.get(f"/app/merchants/{merchant.public_id}").status_code == 200
    for address in ("new", f"{merchant.public_id}/edit"):
        refused = operations.get(f"/app/merchants/{address}")
        assert refused.status_code == 403 and "Finance" in refused.content.decode()


# --- rules ------------------------------------------------------------------------------------------------------------


def test_a_registration_number_is_on_file_once() -> None:
    a_merchant(registration_number=CODE)

    with pytest.raises(MerchantKnown):
        a_merchant(registration_number="91350100-M000100Y43", name="Another")


def test_another_market_has_numbers_of_its_own_form() -> None:
    with pytest.raises(RegistrationNumberRefused):
        a_merchant(registration_number="GB123")

    assert a_merchant(registration_number="gb 123", market="GB").registration_number == "GB123"


def test_a_wrong_account_is_refused_when_it_is_changed() -> None:
    merchant = a_merchant()

    with pytest.raises(AccountNumberRefused):
        change_merchant(merchant_id=merchant.pk, name="x", bank_name="y", reason="z", account_number="1")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"merchant_id": None}, MerchantMissing), ({"goods": " "}, GoodsMissing)],
)
def test_a_purchase_says_what_is_bought_from_whom(changes: dict[str, Any], refusal: type[Exception]) -> None:
    version = a_product("phone-purchase", is_purchase=True)

    with pytest.raises(refusal):
        an_application(version=version, **a_purchase(**changes))


def test_nothing_is_lent_for_the_goods_of_a_merchant_that_is_not_active() -> None:
    version, merchant = a_product("phone-purchase", is_purchase=True), a_merchant()
    change_merchant(merchant_id=merchant.pk, name="x", bank_name="y", reason="z", active=False)

    with pytest.raises(MerchantNotActive):
        an_application(version=version, **a_purchase(merchant))


def test_a_loan_of_money_names_no_merchant() -> None:
    with pytest.raises(PurchaseNotExpected):
        an_application(**a_purchase(price=None))


# --- the law in PostgreSQL --------------------------------------------------------------------------------------------


def refused(sql: str, *values: Any, match: str) -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        raw(sql, *values)


def test_postgresql_refuses_a_credit_code_that_cannot_be_true() -> None:
    merchant = a_merchant()
    change = "UPDATE loans_merchant SET registration_number = %s WHERE id = %s"

    for wrong in ("91350100M000100Y44", "91350100I000100Y43", "91350100M000100Y4", ""):
        refused(change, wrong, merchant.pk, match="loans_merchant_c")
    raw(change, CODE, merchant.pk)
    refused(change, CODE, a_merchant().pk, match="loans_merchant_registered_once")


def test_postgresql_refuses_a_purchase_without_merchant_price_or_goods() -> None:
    loan = a_running_loan(product_version=a_product("phone-purchase", is_purchase=True))

    for part in (
        "merchant_id = NULL",
        "goods = ''",
        "merchant_id = NULL, goods = '', price = NULL, down_payment = NULL",
    ):
        refused(f"UPDATE loans_loan SET {part} WHERE id = %s", loan.pk, match="must name its merchant")


def test_postgresql_refuses_a_loan_of_money_that_names_a_merchant() -> None:
    loan = a_running_loan()

    refused("UPDATE loans_loan SET merchant_id = %s WHERE id = %s", a_merchant().pk, loan.pk, match="names no merchant")


def test_postgresql_refuses_an_amount_that_is_not_price_less_down_payment() -> None:
    loan = a_running_loan(product_version=a_product("phone-purchase", is_purchase=True))

    for part in (
        "down_payment = 2999.99",
        "price = 15000.01",
        "down_payment = NULL",
        "down_payment = -1, price = 11999",
    ):
        refused(f"UPDATE loans_loan SET {part} WHERE id = %s", loan.pk, match="loans_loan_purchase_adds_up")


def test_an_old_purchase_without_a_merchant_goes_on() -> None:
    """One of before merchants were recorded: its product is for purchases, and it knows only price and down payment."""
    loan = a_running_loan(price=Decimal("15000.00"), down_payment=Decimal("3000.00"))
    ProductVersion.objects.filter(pk=loan.product_version_id).update(is_purchase=True)

    loan.grace_days = 7
    loan.save()

    assert Loan.objects.get(pk=loan.pk).grace_days == 7
