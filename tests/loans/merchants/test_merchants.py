"""Merchants: kept on their pages, sealed at rest, and held to their law by PostgreSQL itself."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from audit import approvals
from audit.approvals import ReasonMissing, SecondPersonNeeded
from audit.models import Approval, AuditEvent
from borrowers.bank_accounts import AccountNumberRefused
from borrowers.fingerprints import account_index
from loans.merchants.changing import change_merchant
from loans.merchants.merchants import (
    BankMissing,
    GoodsMissing,
    MerchantKnown,
    MerchantMissing,
    MerchantNotActive,
    MerchantNotAgreed,
    PurchaseNotExpected,
    RegistrationNumberRefused,
    account_asked_for,
    ask_for_account,
)
from loans.models import Loan, Merchant, ProductVersion
from tests.loans.factories import DISBURSED, ON, ApplicationFactory, LoanFactory, MerchantFactory, ProductVersionFactory

pytestmark = pytest.mark.django_db
CODE = "91350100M000100Y43"
FORM = {
    "name": "Harbour Phones",
    "registration_number": CODE,
    "bank_name": "Example Bank",
    "account_holder": "",
    "account_number": "3100 0000 0000 2345",
    "reason": "contract of 3 May",
}
ACCOUNT = {"bank_name": "Other Bank", "account_number": "6222 0000 1111 2345", "reason": "letter of 12 May"}


@pytest.fixture
def finance(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "finance")


@pytest.fixture
def fay(staff_member: Callable[..., Any]) -> Client:
    """The second person, in a browser of their own."""
    client = Client()
    client.force_login(staff_member("checker", username="fay"), backend="staff.backends.StaffBackend")
    return client


def decided(second: Client, verdict: str = "approve") -> str:
    """The page after the second person has decided on the one request that waits."""
    address = f"/app/approvals/{Approval.objects.get(status='pending').pk}/{verdict}"
    return second.post(address, {"reason": "looked"}, follow=True).content.decode()


def in_words(page: str) -> str:
    """What a reader sees of it: no tags, one blank between words."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


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


def test_a_new_merchant_waits_for_a_second_person(finance: Client, fay: Client) -> None:
    page = in_words(finance.post("/app/merchants/new", FORM, follow=True).content.decode())
    merchant = Merchant.objects.get()
    edit = f"{merchant.get_absolute_url()}/edit"

    assert "This merchant waits for a second person to agree to its account: **** 2345, Example Bank" in page
    assert "not active" in page and not merchant.active
    refused = finance.post(edit, {"name": merchant.name, "active": "on", "reason": "in a hurry"})
    assert refused.status_code == 422 and "No second person has agreed" in refused.content.decode()
    own = finance.post(f"/app/approvals/{Approval.objects.get().pk}/approve")
    assert own.status_code == 403 and not Merchant.objects.get().active

    inbox = in_words(fay.get("/app/approvals/").content.decode())
    for words in ("Harbour Phones", CODE, "**** 2345", "H****** P*****", "First account", "contract of 3 May"):
        assert words in inbox
    assert "Approved" in decided(fay)

    assert Merchant.objects.get().active
    assert "waits for a second person" not in finance.get(merchant.get_absolute_url()).content.decode()


def test_a_rejected_merchant_stays_inactive_until_its_account_is_agreed_to(finance: Client, fay: Client) -> None:
    finance.post("/app/merchants/new", FORM)
    merchant = Merchant.objects.get()
    decided(fay, "reject")

    assert not Merchant.objects.get().active
    page = finance.get(merchant.get_absolute_url()).content.decode()
    assert "No second person has agreed to this account" in page and "Waits for a second person" not in page
    with pytest.raises(MerchantNotAgreed):
        change_merchant(merchant_id=merchant.pk, name="x", active=True, reason="z", on=ON)

    same = {name: FORM[name] for name in ("bank_name", "account_number", "reason")}
    finance.post(f"{merchant.get_absolute_url()}/account", same)
    decided(fay)

    assert Merchant.objects.get().active


def test_a_new_account_is_asked_for_by_one_person_and_decided_by_another(finance: Client, fay: Client) -> None:
    merchant = MerchantFactory()
    address = f"{merchant.get_absolute_url()}/account"
    drawn = finance.get(address).content.decode()

    page = in_words(finance.post(address, ACCOUNT, follow=True).content.decode())

    assert "2345" in drawn and "3100000000002345" not in drawn
    assert "Another account waits for a second person: **** 2345, Other Bank" in page
    asked = Approval.objects.get()
    assert "622200001111" not in str(asked.payload) + str(asked.after) + str(asked.before)
    again = finance.post(address, {**ACCOUNT, "reason": "another letter"})
    assert again.status_code == 422 and "Decide that request first" in again.content.decode()
    with pytest.raises(SecondPersonNeeded):
        approvals.approve(approval_id=asked.pk, decided_by=asked.requested_by, on=ON)
    assert Merchant.objects.get().account_number == "3100000000002345"

    decided(fay)

    merchant.refresh_from_db()
    assert (merchant.account_number, merchant.bank_name) == ("6222000011112345", "Other Bank")
    assert (merchant.account_index, merchant.last4) == (account_index("6222000011112345"), "2345")
    assert not any("622200001111" in str(event.after) + str(event.before) for event in AuditEvent.objects.all())
    assert "Another account waits" not in finance.get(merchant.get_absolute_url()).content.decode()


def test_the_second_person_reads_what_differs_although_the_masks_are_alike(finance: Client, fay: Client) -> None:
    merchant = MerchantFactory(account_holder="王丽")
    changed = {**ACCOUNT, "bank_name": merchant.bank_name, "account_holder": "王强"}
    finance.post(f"{merchant.get_absolute_url()}/account", changed)

    inbox = in_words(fay.get("/app/approvals/").content.decode())

    assert "Account number **** 2345 **** 2345" in inbox and "Account number differs — yes" in inbox
    assert "Holder 王* 王*" in inbox and "Holder differs — yes" in inbox
    assert "Bank differs — no" in inbox and "sealed" not in inbox


def test_the_account_asked_for_is_opened_once_for_a_reason_and_on_record(finance: Client, fay: Client) -> None:
    merchant = MerchantFactory()
    finance.post(f"{merchant.get_absolute_url()}/account", {**ACCOUNT, "account_holder": "王丽"})
    page = fay.get(merchant.get_absolute_url()).content.decode()
    address = f"{merchant.get_absolute_url()}/account/asked/show"
    assert "Show the account" in page and address in page and "6222000011112345" not in page

    without = fay.post(address, {"reason": "  "})
    assert without.status_code == 422 and "6222000011112345" not in without.content.decode()
    assert not AuditEvent.objects.filter(action="revealed").exists()
    shown = fay.post(address, {"reason": "account", "other": "compared with the letter"})

    for words in ("6222000011112345", "Other Bank", "王丽"):
        assert words in shown.content.decode()
    assert "3100000000002345" not in shown.content.decode() and "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.get(action="revealed")
    assert (event.actor.username, event.reason) == ("fay", "account: compared with the letter")  # type: ignore[union-attr]
    assert (event.object_id, event.after["item"]) == (str(merchant.pk), Approval.objects.get().pk)
    assert "6222000011112345" not in fay.get(merchant.get_absolute_url()).content.decode()

    decided(fay)
    late = fay.post(address, {"reason": "account"}, follow=True).content.decode()
    assert "There is no such data on file" in late and "6222000011112345" not in late


def test_the_account_on_file_is_opened_the_same_way_and_from_our_form_only(fay: Client) -> None:
    address = f"{MerchantFactory(account_holder='王丽').get_absolute_url()}/account/show"

    shown = fay.post(address, {"reason": "complaint", "other": "C-7"})

    assert "3100000000002345" in shown.content.decode() and "王丽" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.get(action="revealed")
    assert (event.reason, event.after) == ("complaint: C-7", {"field": "account_number", "why": "complaint"})
    fay.handler.enforce_csrf_checks = True
    assert fay.post(address, {"reason": "account"}).status_code == 403
    assert fay.get(address).status_code == 405


def test_it_is_shut_out_at_once_while_an_account_waits(finance: Client) -> None:
    merchant = MerchantFactory(account_holder="王丽")
    finance.post(f"{merchant.get_absolute_url()}/account", ACCOUNT)

    finance.post(f"{merchant.get_absolute_url()}/edit", {"name": merchant.name, "reason": "closed its shop"})

    after = Merchant.objects.get()
    assert not after.active
    assert (after.account_number, after.account_holder) == (merchant.account_number, "王丽")
    assert account_asked_for(after) is not None
    event = AuditEvent.objects.filter(object_type="loans.merchant").order_by("-id").first()
    assert event is not None and event.reason == "closed its shop"
    sealed = raw("SELECT count(DISTINCT account_number), count(DISTINCT account_holder) FROM loans_historicalmerchant")
    assert sealed == (1, 1)


@pytest.mark.parametrize("missing", ["bank_name", "account_number", "reason"])
def test_an_account_is_asked_for_whole(finance: Client, missing: str) -> None:
    address = f"{MerchantFactory().get_absolute_url()}/account"

    answer = finance.post(address, {**ACCOUNT, missing: ""})

    assert answer.status_code == 422 and "This field is required" in answer.content.decode()
    assert not Approval.objects.exists()


def test_the_account_on_file_is_not_asked_for_again(finance: Client) -> None:
    merchant = MerchantFactory()
    same = {**ACCOUNT, "bank_name": merchant.bank_name, "account_number": "3100-0000-0000-2345"}

    answer = finance.post(f"{merchant.get_absolute_url()}/account", same)

    assert answer.status_code == 422 and "is paid to this very account already" in answer.content.decode()
    assert not Approval.objects.exists()


def test_the_list_is_narrowed(finance: Client) -> None:
    MerchantFactory(name="Bay Bikes")
    MerchantFactory()

    page = finance.get("/app/merchants/?q=bay").content.decode()

    assert "Bay Bikes" in page and "Harbour Phones" not in page
    assert "No merchant fits this filter" in finance.get("/app/merchants/?state=inactive").content.decode()


def test_who_sends_the_money_does_not_say_where_it_goes(client: Client, signed_in: Callable[..., Client]) -> None:
    merchant = MerchantFactory()
    operations = signed_in(client, "operations")

    assert operations.get(f"/app/merchants/{merchant.public_id}").status_code == 200
    for address in ("new", f"{merchant.public_id}/edit", f"{merchant.public_id}/account"):
        refused = operations.get(f"/app/merchants/{address}")
        assert refused.status_code == 403 and "Finance" in refused.content.decode()
    assert "Show the account" not in operations.get(f"/app/merchants/{merchant.public_id}").content.decode()
    assert operations.post(f"/app/merchants/{merchant.public_id}/account/show", {"reason": "x"}).status_code == 403


# --- rules ------------------------------------------------------------------------------------------------------------


def test_a_registration_number_is_on_file_once() -> None:
    MerchantFactory(registration_number=CODE)

    with pytest.raises(MerchantKnown):
        MerchantFactory(registration_number="91350100-M000100Y43", name="Another")


def test_another_market_has_numbers_of_its_own_form() -> None:
    with pytest.raises(RegistrationNumberRefused):
        MerchantFactory(registration_number="GB123")

    assert MerchantFactory(registration_number="gb 123", market="GB").registration_number == "GB123"


@pytest.mark.parametrize(
    ("changes", "refusal"), [({"account_number": "1"}, AccountNumberRefused), ({"bank_name": " "}, BankMissing)]
)
def test_a_wrong_account_is_not_asked_for(changes: dict[str, str], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        ask_for_account(merchant_id=MerchantFactory().pk, on=DISBURSED, **{**ACCOUNT, **changes})


def test_nothing_is_lent_for_the_goods_of_a_merchant_that_waits() -> None:
    with pytest.raises(ReasonMissing):
        MerchantFactory(approved=False)
    version = ProductVersionFactory(product__code="phone-purchase", is_purchase=True)
    merchant = MerchantFactory(approved=False, reason="contract")

    with pytest.raises(MerchantNotActive):
        ApplicationFactory(version=version, purchase=True, merchant=merchant)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"merchant": None}, MerchantMissing), ({"goods": " "}, GoodsMissing)],
)
def test_a_purchase_says_what_is_bought_from_whom(changes: dict[str, Any], refusal: type[Exception]) -> None:
    version = ProductVersionFactory(product__code="phone-purchase", is_purchase=True)

    with pytest.raises(refusal):
        ApplicationFactory(version=version, purchase=True, **changes)


def test_nothing_is_lent_for_the_goods_of_a_merchant_that_is_not_active() -> None:
    version, merchant = ProductVersionFactory(product__code="phone-purchase", is_purchase=True), MerchantFactory()
    change_merchant(merchant_id=merchant.pk, name=merchant.name, reason="z", active=False, on=ON)

    with pytest.raises(MerchantNotActive):
        ApplicationFactory(version=version, purchase=True, merchant=merchant)


def test_a_loan_of_money_names_no_merchant() -> None:
    with pytest.raises(PurchaseNotExpected):
        ApplicationFactory(purchase=True, price=None)


# --- the law in PostgreSQL --------------------------------------------------------------------------------------------


def refused(sql: str, *values: Any, match: str) -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        raw(sql, *values)


def test_postgresql_refuses_a_credit_code_that_cannot_be_true() -> None:
    merchant = MerchantFactory()
    change = "UPDATE loans_merchant SET registration_number = %s WHERE id = %s"

    for wrong in ("91350100M000100Y44", "91350100I000100Y43", "91350100M000100Y4", ""):
        refused(change, wrong, merchant.pk, match="loans_merchant_c")
    raw(change, CODE, merchant.pk)
    refused(change, CODE, MerchantFactory().pk, match="loans_merchant_registered_once")


def test_postgresql_refuses_a_purchase_without_merchant_price_or_goods() -> None:
    loan = LoanFactory(active=True, product_version__product__code="phone-purchase", product_version__is_purchase=True)

    for part in (
        "merchant_id = NULL",
        "goods = ''",
        "merchant_id = NULL, goods = '', price = NULL, down_payment = NULL",
    ):
        refused(f"UPDATE loans_loan SET {part} WHERE id = %s", loan.pk, match="must name its merchant")


def test_postgresql_refuses_a_loan_of_money_that_names_a_merchant() -> None:
    loan = LoanFactory(active=True)

    refused(
        "UPDATE loans_loan SET merchant_id = %s WHERE id = %s", MerchantFactory().pk, loan.pk, match="names no merchant"
    )


def test_postgresql_refuses_an_amount_that_is_not_price_less_down_payment() -> None:
    loan = LoanFactory(active=True, product_version__product__code="phone-purchase", product_version__is_purchase=True)

    for part in (
        "down_payment = 2999.99",
        "price = 15000.01",
        "down_payment = NULL",
        "down_payment = -1, price = 11999",
    ):
        refused(f"UPDATE loans_loan SET {part} WHERE id = %s", loan.pk, match="loans_loan_purchase_adds_up")


def test_an_old_purchase_without_a_merchant_goes_on() -> None:
    """One of before merchants were recorded: its product is for purchases, and it knows only price and down payment."""
    loan = LoanFactory(active=True, price=Decimal("15000.00"), down_payment=Decimal("3000.00"))
    ProductVersion.objects.filter(pk=loan.product_version_id).update(is_purchase=True)

    loan.grace_days = 7
    loan.save()

    assert Loan.objects.get(pk=loan.pk).grace_days == 7
