"""The list of receipts by word in a real browser: wide and narrow, both languages, and by the keyboard to a receipt."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core import business_date
from loans.models import Repayment
from tests.browsing import arrive, assert_fits
from tests.loans.acts.test_refunds_by_word import given_back
from tests.loans.acts.test_two_for_money import DAY
from tests.loans.books import a_product
from tests.loans.factories import LoanFactory, RepaymentFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
PageAs = Callable[..., Page]


@pytest.fixture
def receipt() -> Repayment:
    version = a_product("phone-purchase", is_purchase=True)
    loan = LoanFactory(active=True, product_version=version)
    business_date.move_to(DAY)
    given_back(loan, "100.00")
    return RepaymentFactory(loan=loan, received_on=DAY - timedelta(days=9), recorded_by=UserFactory())


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_list_fits_its_window(
    page_as: PageAs, picture: Callable, receipt: Repayment, language: str, theme: str, width: int
) -> None:
    page = page_as("finance", language=language, theme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    places = {"list": "/app/payments/by-word/", "borrower": f"/app/borrowers/{receipt.loan.borrower.number}"}
    for name, address in places.items():
        page.goto(address)
        picture(page, f"by-word-{name}-{language}-{theme}-{width}")
        assert_fits(page, width)


def test_from_the_payments_to_a_receipt_and_a_refund(page_as: PageAs, receipt: Repayment) -> None:
    page = page_as("operations")
    page.goto("/app/payments/")
    page.get_by_role("link", name="By word").press("Enter")
    arrive(page, "**/app/payments/by-word/")

    page.get_by_role("link", name="Have it vouched for").press("Enter")
    arrive(page, "**/vouch")
    expect(page.get_by_role("heading", name="Vouch for a merchant's refund")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name=receipt.number).press("Enter")
    arrive(page, f"**/app/payments/{receipt.number}")
