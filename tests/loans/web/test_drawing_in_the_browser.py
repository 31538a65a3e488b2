"""A further part ordered from the bank, on the pages."""

from math import inf
from typing import Any

import pytest
from playwright.sync_api import expect

from loans.banking.simulator import REFUSED
from loans.models import Disbursement, Loan, LoanAct
from operations import receivers
from tests.browsing import arrive, assert_fits
from tests.loans.disbursement.test_first_drawdown import a_line_drawn_once

pytestmark = pytest.mark.django_db(transaction=True)


def a_line_of_a_closed_account() -> Loan:
    loan = a_line_drawn_once()
    account = loan.borrower.bank_accounts.get()
    account.account_number = account.account_number[:-4] + REFUSED
    account.save()
    return loan


def test_ordered_refused_found_from_home_and_given_up(
    page_as: Any, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers._bell, "silent_until", inf)  # the broker is down: a person sends it by hand
    loan = a_line_of_a_closed_account()
    page = page_as("operations")
    page.goto(f"/app/loans/{loan.number}/acts/drawn_down")
    page.locator("[name=amount]").fill("1000.00")
    page.locator("[name=reason]").fill("the second part")
    page.get_by_role("button", name="Further drawdown").click()
    arrive(page, f"**/app/loans/{loan.number}")
    expect(page.get_by_role("heading", name="Further part")).to_be_visible()
    picture(page, "drawdown-ordered")
    page.get_by_role("button", name="Send to the bank now").click()
    expect(page.get_by_role("button", name="Send again")).to_be_visible()

    page.goto("/app/")
    page.get_by_role("link", name="1 refused by the bank").click()
    expect(page.get_by_role("link", name=loan.number)).to_be_visible()
    picture(page, "drawdown-refused-list")
    page.get_by_role("link", name=loan.number).click()
    page.get_by_label("Why it is not paid out").fill("the account is closed")
    page.get_by_role("button", name="Do not pay it out").click()
    expect(page.get_by_role("button", name="Do not pay it out")).to_have_count(0)

    assert Disbursement.objects.get(is_drawdown=True).status == "cancelled"
    assert not LoanAct.objects.exists()


@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "dark"), ("en", "light")])
def test_the_order_fits_a_phone(page_as: Any, picture: Any, language: str, theme: str) -> None:
    loan = a_line_of_a_closed_account()
    Disbursement.objects.create(
        number="DB-2026-000001.2",
        loan=loan,
        is_drawdown=True,
        amount="1000.00",
        requested_on=loan.disbursed_on,
        status="failed",
        failure_code="account_closed",
    )
    page = page_as("operations", language=language, theme=theme)
    page.goto(f"/app/loans/{loan.number}")
    picture(page, f"drawdown-{language}-{theme}")
    page.set_viewport_size({"width": 390, "height": 844})
    assert_fits(page, 390)
    picture(page, f"drawdown-phone-{language}-{theme}")
