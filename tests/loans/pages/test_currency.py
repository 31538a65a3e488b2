"""A product sold in another market: its loans speak that market's money on pages, in messages, on paper and at the bank."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from core.kept import forget
from core.models import Rule
from loans.disbursement import disbursing, transfers
from loans.models import Loan, Product
from loans.origination import origination
from messaging.models import Message
from messaging.rendering import render
from messaging.wording import wording_book
from risk.models import GradePolicy
from tests.loans.books import a_product
from tests.loans.factories import ON, an_applicant, an_application, an_offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def dollars() -> Loan:
    """A loan of 10,000.00 of a product sold in the United States under the same rules, not yet paid out."""
    rules = Rule.objects.filter(market="CN")
    Rule.objects.bulk_create(
        Rule(code=rule.code, market="US", effective_from=rule.effective_from, data=rule.data, source="a test")
        for rule in rules
    )
    grades = GradePolicy.objects.get(market="CN")
    GradePolicy.objects.create(
        market="US", version=1, effective_from=grades.effective_from, rows=grades.rows, source="a test"
    )
    version = a_product("dollars-12")
    Product.objects.filter(pk=version.product_id).update(market="US")
    forget()
    version.refresh_from_db()
    borrower = an_applicant(account="6222020200001234567", market="US", phone="+1 415 552 2671")
    offer = an_offer(an_application(borrower, version))
    return origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="web")


def test_the_loan_page_and_the_contract_are_in_dollars(
    dollars: Loan, client: Client, signed_in: Callable[..., Client]
) -> None:
    signed_in(client, "operations")

    page = client.get(f"/app/loans/{dollars.number}").content.decode()
    paper = client.get(f"/app/loans/{dollars.number}/contract").content.decode()

    assert "$ 10,000.00 will be paid out" in page
    assert '<p class="paper-amount">$ 10,000.00</p>' in paper
    assert "人民币" not in paper and "¥" not in paper


def test_the_sealed_contract_names_the_currency(dollars: Loan) -> None:
    contract = dollars.application.offers.get(status="accepted").contract

    assert contract.snapshot["currency"] == "USD"
    assert contract.snapshot["principal_in_words"] is None


@pytest.mark.parametrize(("language", "words"), [("en", "USD 10000.00"), ("zh-hans", "10000.00USD")])
def test_messages_name_the_currency(dollars: Loan, language: str, words: str) -> None:
    message = Message.objects.get(template_code="offer_ready")
    wording = wording_book().find(code=message.template_code, channel="sms", language=language)

    assert words in render(wording.body, message.context, language)


def test_the_bank_is_told_the_currency(dollars: Loan) -> None:
    order = disbursing.disburse(loan_id=dollars.pk, on=ON)
    transfer = order.transfers.get()

    assert transfers.order_of(order, transfer, ON).currency == "USD"


def test_totals_of_two_markets_stand_side_by_side(
    dollars: Loan, client: Client, signed_in: Callable[..., Client]
) -> None:
    offer = an_offer()
    origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="web")
    signed_in(client, "operations")

    page = client.get("/app/loans/").content.decode()

    assert "¥ 10,000.00 + $ 10,000.00" in page
