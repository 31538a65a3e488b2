"""The books in a real browser: wide and narrow, both languages, light and dark, and the way from balance to entry."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from ledger.models import JournalEntry
from ledger.periods import close_through
from loans.models import Loan
from operations.models import VerificationDifference
from tests.browsing import arrive, assert_fits
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory
from tests.operations.factories import VerificationFactory

pytestmark = pytest.mark.django_db(transaction=True)
PageAs = Callable[..., Page]
TODAY = DISBURSED + timedelta(days=40)


@pytest.fixture
def loan() -> Loan:
    made = LoanFactory(active=True)
    close_until(TODAY - timedelta(days=1))
    RepaymentFactory(loan=made, amount=Decimal("1100.15"), received_on=TODAY)
    close_through(TODAY - timedelta(days=10), on=TODAY)
    return made


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_books_fit_their_window(
    page_as: PageAs, picture: Callable, loan: Loan, language: str, theme: str, width: int
) -> None:
    page = page_as("finance", language=language, theme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    entry = JournalEntry.objects.get(event="repayment")
    run = VerificationFactory(done=True, found=1, loans=1, closed_through=TODAY - timedelta(days=10))
    of_run = {"figure": "principal_outstanding", "stored": "12000.00", "rebuilt": "11000.00"}
    VerificationDifference.objects.create(run=run, place=0, whose=loan.number, **of_run)
    places = {
        "balance": f"/app/books/?first={TODAY}&last={TODAY}",
        "statement": "/app/books/accounts/1202/",
        "entry": f"/app/books/entries/{entry.pk}/",
        "closing": "/app/books/closing/",
        "verifications": "/app/books/verification/",
        "verification": f"/app/books/verification/{run.pk}/",
        "loan": f"/app/loans/{loan.number}/accounting",
    }
    for name, address in places.items():
        page.goto(address)
        picture(page, f"books-{name}-{language}-{theme}-{width}")
        assert_fits(page, width)
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_from_the_balance_to_the_account_to_the_entry_to_the_loan(page_as: PageAs, loan: Loan) -> None:
    page = page_as("finance")
    page.goto("/app/")
    page.keyboard.press("g")
    page.keyboard.press("k")
    arrive(page, "**/app/books/")

    page.get_by_role("link", name="1201 Loan principal receivable").click()
    arrive(page, "**/app/books/accounts/1201/**")
    page.locator("[data-rows] .row-link", has_text="Payment").click()
    arrive(page, "**/app/books/entries/*/")
    page.get_by_role("link", name=loan.number).first.click()

    arrive(page, f"**/app/loans/{loan.number}/accounting")
    expect(page.get_by_role("heading", name="Receivable")).to_be_visible()


def test_the_books_are_closed_by_hand(page_as: PageAs, loan: Loan) -> None:
    page = page_as("finance")
    page.goto("/app/books/closing/")
    page.get_by_role("button", name="Verify and close").click()
    arrive(page, "**/app/books/closing/")

    expect(page.get_by_text(f"closed through {TODAY - timedelta(days=1)}")).to_be_visible()
