"""Money stories of a purchase: a phone for 15,000.00, of which 3,000.00 are paid down to the shop."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import business_date
from ledger.models import JournalEntry
from loans.acts.kinds.credits import MerchantUnknown
from loans.acts.performing import perform
from loans.disbursement import disbursing
from loans.gate.asking import GateRefused
from loans.merchants.changing import change_merchant
from loans.merchants.merchants import MerchantNotActive
from loans.models import Disbursement, Instalment, Loan, LoanStatus, SimulatedPayment
from loans.origination import origination
from loans.payees import payees
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_merchant, a_product, a_purchase, close_until
from tests.loans.factories import ON, an_applicant, an_application, an_offer
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
FIRST_DUE = date(2026, 7, 15)
PAID_DOWN = Decimal("3000.00")


def a_bought_phone(account: str = "3100000000002345") -> Disbursement:
    """The order to pay the shop for a phone, waiting."""
    business_date.move_to(ON)
    merchant = a_merchant(account_number=account)
    application = an_application(
        an_applicant(account="6222020000001000"),
        a_product("phone-purchase", is_purchase=True),
        amount=Decimal("12000.00"),
        **a_purchase(merchant, price=Decimal("15000.00")),
    )
    offer = an_offer(application, down_payment=PAID_DOWN)
    loan = origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")
    return loan.disbursements.get()


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def test_the_shop_is_paid_and_the_journal_says_so() -> None:
    order = a_bought_phone()

    with the_journal() as journal:
        disbursing.send(disbursement_id=order.pk, on=ON)

    loan = Loan.objects.get()
    assert journal.text == told("""
        2026-06-15 disbursement
          Loan principal receivable       12000.00
          Cash at bank                               12000.00
    """)
    assert JournalEntry.objects.get(event="disbursement").description == f"{loan.number} Harbour Phones"
    assert (SimulatedPayment.objects.get().account_last4, order.account_last4) == ("2345", "2345")
    assert (loan.price, loan.down_payment, loan.principal, loan.goods) == (15000, 3000, 12000, "Phone")
    assert_books_agree(loan)


def test_the_contract_names_shop_goods_and_price() -> None:
    loan = a_bought_phone().loan

    snapshot = loan.application.offers.get().contract.snapshot

    assert (snapshot["price"], snapshot["down_payment"]) == ("15000.00", "3000.00")
    assert snapshot["purchase"] == {
        "goods": "Phone",
        "merchant": {
            "id": loan.merchant.public_id,
            "name": "Harbour Phones",
            "registration_number": loan.merchant.registration_number,
        },
        "refund_gives_interest_back": False,
    }


def test_a_shop_closed_meanwhile_is_not_paid_and_keeps_nobody_waiting() -> None:
    order = a_bought_phone()
    shop = order.loan.merchant
    change_merchant(merchant_id=shop.pk, name=shop.name, reason="fraud", active=False, on=ON)

    with pytest.raises(MerchantNotActive):
        disbursing.send(disbursement_id=order.pk, on=ON)
    counts = disbursing.send_due(now=order.loan.created_at + timedelta(days=1), on=ON)

    assert counts == {"refused": 1}
    assert not SimulatedPayment.objects.exists()
    assert Disbursement.objects.get().failure_code == "merchant_not_active"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_that_the_shop_is_closed_is_told_by_name_and_not_as_an_unverified_account(
    client: Client, signed_in: Callable[..., Client], language: str
) -> None:
    order = a_bought_phone()
    shop = order.loan.merchant
    change_merchant(merchant_id=shop.pk, name=shop.name, reason="fraud", active=False, on=ON)

    assert payees.payee_state_of_order(order) is payees.PayeeState.NOT_ACTIVE
    with pytest.raises(MerchantNotActive):
        payees.require_payee(order)
    disbursing.send_due(now=order.loan.created_at + timedelta(days=1), on=ON)
    signed_in(client, "operations")
    client.cookies["django_language"] = language
    page = client.get(reverse("desk:loan", args=[order.loan.number])).content.decode()
    assert {"en": "The merchant is not active", "zh-hans": "商户已停用"}[language] in page
    assert {"en": "not verified: ask the bank", "zh-hans": "账户未核实"}[language] not in page


def test_no_contract_is_made_for_a_shop_closed_since_the_offer() -> None:
    version, shop = a_product("phone-purchase", is_purchase=True), a_merchant()
    offer = an_offer(an_application(version=version, **a_purchase(shop)), down_payment=Decimal("2000.00"))
    change_merchant(merchant_id=shop.pk, name=shop.name, reason="fraud", active=False, on=ON)

    with pytest.raises(GateRefused) as refusal:
        origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")

    assert [found.code for found in refusal.value.answer.verdict.stopped_by] == ["payee"]
    assert "the merchant is not active" in refusal.value.detail and "not verified" not in refusal.value.detail
    assert not Loan.objects.exists()


def a_phone_paid_for() -> Loan:
    order = a_bought_phone()
    disbursing.send(disbursement_id=order.pk, on=ON)
    close_until(FIRST_DUE - timedelta(days=1))
    business_date.move_to(FIRST_DUE)
    return Loan.objects.get()


def test_the_shop_takes_the_phone_back_in_part_and_interest_is_unwound() -> None:
    loan = a_phone_paid_for()
    pay(loan, "1100.15", FIRST_DUE)

    with the_journal() as journal:
        perform(wish(loan, "merchant_refund", FIRST_DUE, amount=Decimal("6000.00")))

    assert journal.text == told("""
        2026-07-15 merchant_refund
          Merchant refunds receivable      6000.00
          Loan principal receivable                   6000.00
    """)
    assert JournalEntry.objects.get(event="merchant_refund").description == f"{loan.number} Harbour Phones"
    assert position(loan).principal_outstanding == Decimal("5079.85")
    assert rows(loan)[1].interest == Decimal("76.20")  # a twelfth of 18 % on 5,079.85
    assert_books_agree(loan)


def test_a_whole_refund_on_the_first_day_leaves_no_interest() -> None:
    order = a_bought_phone()
    disbursing.send(disbursement_id=order.pk, on=ON)
    loan = Loan.objects.get()

    perform(wish(loan, "merchant_refund", ON, amount=Decimal("12000.00")))

    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert sum(row.interest for row in rows(loan)) == 0
    assert_books_agree(loan)


def test_another_merchant_may_give_the_money_back_but_not_an_unknown_one() -> None:
    loan, chain = a_phone_paid_for(), a_merchant(name="Harbour Group")

    with pytest.raises(MerchantUnknown):
        perform(wish(loan, "merchant_refund", FIRST_DUE, amount=Decimal("10.00"), merchant="91350100M000100Y43"))
    perform(wish(loan, "merchant_refund", FIRST_DUE, amount=Decimal("10.00"), merchant=chain.registration_number))

    assert JournalEntry.objects.get(event="merchant_refund").description.endswith("Harbour Group")


# --- on the pages -----------------------------------------------------------------------------------------------------


def test_the_loan_page_shows_shop_goods_and_price(client: Client, signed_in: Callable[..., Any]) -> None:
    loan = a_phone_paid_for()
    answer = signed_in(client, superuser=True).get(f"/app/loans/{loan.number}")
    page = " ".join(answer.content.decode().split())

    for text in ("Harbour Phones", "Phone", "15,000.00", "3,000.00", "**** 2345"):
        assert text in page
    assert "3100000000002345" not in page
    journal = client.get(f"/app/loans/{loan.number}/accounting").content.decode()
    assert f"{loan.number} Harbour Phones" in journal
    assert "to Harbour Phones" in client.get(f"/app/loans/{loan.number}/transactions").content.decode()
    application = " ".join(client.get(f"/app/applications/{loan.application.number}").content.decode().split())
    assert "Harbour Phones" in application and "**** 2345" in application
    assert "Harbour Phones" in client.get(f"/app/loans/{loan.number}/contract").content.decode()


def test_the_refund_form_begins_with_the_shop_of_the_purchase(client: Client, signed_in: Callable[..., Any]) -> None:
    loan = a_phone_paid_for()
    address = f"/app/loans/{loan.number}/acts/merchant_refund"
    drawn = signed_in(client, superuser=True).get(address).context["form"]
    assert drawn["merchant"].value() == loan.merchant.registration_number

    form = {"key": drawn["key"].value(), "effective_on": FIRST_DUE.isoformat(), "reason": "phone given back"}
    sent = client.post(address, {**form, "amount": "6000.00", "merchant": drawn["merchant"].value()})

    assert sent.status_code == 302
    assert loan.acts.get().parameters == {"amount": "6000.00", "merchant": loan.merchant.registration_number}
    assert position(loan).principal_outstanding == Decimal("6000.00")
