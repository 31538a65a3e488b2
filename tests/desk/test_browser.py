"""The desk in a real browser: both languages, both themes, wide and narrow, no error and no word to another host."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from core import business_date
from loans.models import Loan
from loans.night.portfolio import rebuild
from tests.browsing import arrive, assert_fits
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db(transaction=True)
PageAs = Callable[..., Page]
LOOKS = [("en", "light"), ("zh-hans", "dark")]


@pytest.fixture
def loan() -> Loan:
    """Lin paid once on time and is late with the second instalment."""
    business_date.move_to(DISBURSED)
    made = LoanFactory(active=True, borrower__name="林小雨", borrower__phone="13812341234")
    close_until(date(2026, 2, 14))
    RepaymentFactory(loan=made, amount=Decimal("1100.15"), received_on=date(2026, 2, 15))
    close_until(date(2026, 3, 30))
    return made


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("width", [1280, 390])
def test_home_and_loan_fit_their_window(
    page_as: PageAs, picture: Callable, loan: Loan, language: str, theme: str, width: int
) -> None:
    page = page_as("compliance", language=language, theme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    for name, address in (("home", "/app/"), ("loan", f"/app/loans/{loan.number}")):
        page.goto(address)
        picture(page, f"{name}-{language}-{theme}-{width}")
        assert_fits(page, width)


def test_the_chart_is_drawn_and_its_figures_are_in_a_table(page_as: PageAs, loan: Loan) -> None:
    for on in (date(2026, 1, 31), date(2026, 2, 28), business_date.current() - timedelta(days=1)):
        rebuild(on)
    page = page_as("compliance")
    page.goto("/app/")

    expect(page.locator("[data-line-chart=portfolio-at-risk] canvas")).to_have_count(1)
    page.locator(".chart-table summary").click()
    expect(page.locator(".chart-table tbody tr")).to_have_count(3)


def test_why_opens_the_formula_in_place(page_as: PageAs, loan: Loan) -> None:
    page = page_as("operations")
    page.goto(f"/app/loans/{loan.number}")
    page.get_by_role("link", name="why this late interest?").click()

    expect(page.locator("#dialog")).to_contain_text("÷ 365")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()


def test_the_preview_follows_the_typing(page_as: PageAs, loan: Loan) -> None:
    page = page_as("operations")
    page.goto(f"/app/loans/{loan.number}")
    page.keyboard.press("r")
    arrive(page, "**/pay")
    page.locator(".offers button").first.click()

    expect(page.locator("#preview tfoot")).to_contain_text("933.95")
    expect(page.locator("#preview tr", has_text="Overdue").last).to_contain_text("0.00")


def test_a_number_typed_into_the_search_opens_the_loan(page_as: PageAs, loan: Loan) -> None:
    page = page_as("operations")
    page.goto("/app/")
    page.keyboard.press("/")
    page.keyboard.type(loan.number.lower().replace("-", " "))
    page.keyboard.press("Enter")

    arrive(page, f"**/app/loans/{loan.number}")
