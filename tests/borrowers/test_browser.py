"""Borrowers in a real browser: the number read out while typing, dialogs, and a reveal that goes away by itself."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from borrowers.contacts import change_state
from borrowers.models import Borrower, ContactState
from borrowers.web import reveal
from core import business_date
from tests.borrowers.factories import (
    AT,
    LIN_ID,
    ON,
    BankAccountFactory,
    BorrowerFactory,
    ConsentFactory,
    ContactPointFactory,
    ExternalDebtFactory,
    IncomeFactory,
    LinFactory,
    WangFactory,
    mobile_of,
)
from tests.browsing import arrive, assert_fits

pytestmark = pytest.mark.django_db(transaction=True)

PageAs = Callable[..., Page]
LOOKS = [("en", "light"), ("zh-hans", "dark")]


def a_full_file() -> Borrower:
    """Lin with something in every part of the file."""
    business_date.move_to(ON)
    borrower = LinFactory()
    change_state(contact_point_id=mobile_of(borrower).pk, to=ContactState.VERIFIED, at=AT, reason="code read back")
    old = ContactPointFactory(borrower=borrower, value="13766667777", provenance="bureau")
    change_state(contact_point_id=old.pk, to=ContactState.WRONG_PERSON, at=AT, reason="A stranger answered.")
    for purpose in ("personal_data", "credit_query"):
        ConsentFactory(borrower=borrower, purpose=purpose)
    IncomeFactory(borrower=borrower, monthly_amount=Decimal("8200.00"))
    ExternalDebtFactory(borrower=borrower, lender="示例银行", balance=Decimal("12000"), monthly_payment=Decimal("650"))
    BankAccountFactory(borrower=borrower, bank_name="示例银行", account_number="6222021234567890", asked=False)
    return borrower


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_a_borrower_is_registered_with_the_number_read_out(
    page_as: PageAs, picture: Callable, language: str, theme: str
) -> None:
    business_date.move_to(ON)
    BorrowerFactory(name="林小雨")
    page = page_as("officer", language=language, theme=theme)
    page.goto("/app/borrowers/new")

    page.locator("#id_identity_number").press_sequentially(LIN_ID)
    page.locator("#id_name").fill("林小雨")
    page.locator("#id_phone").fill("13812341234")
    expect(page.locator("#said")).to_contain_text("1949-12-31")
    expect(page.locator("#said .row-link")).to_have_count(1)
    picture(page, f"borrower-new-{language}-{theme}")

    page.locator("#id_consent_credit_query").check()
    page.locator("main form[method=post] button.btn-primary").click()
    arrive(page, "**/app/borrowers/CU-*")
    assert Borrower.objects.filter(consents__purpose="credit_query").count() == 1


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_list_finds_a_whole_number(page_as: PageAs, picture: Callable, language: str, theme: str) -> None:
    business_date.move_to(ON)
    LinFactory()
    change_state(contact_point_id=mobile_of(WangFactory()).pk, to=ContactState.UNDELIVERABLE, at=AT)
    for _person in range(8):
        BorrowerFactory()
    page = page_as("officer", language=language, theme=theme)
    page.goto("/app/borrowers/")
    expect(page.locator("tbody tr")).to_have_count(10)
    picture(page, f"borrower-list-{language}-{theme}")

    page.locator("#id_q").fill("138 1234 1234")
    page.locator("#id_q").press("Enter")

    expect(page.locator("tbody tr")).to_have_count(1)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_file_shows_everything_masked(page_as: PageAs, picture: Callable, language: str, theme: str) -> None:
    borrower = a_full_file()
    page = page_as("officer", language=language, theme=theme)

    page.goto(f"/app/borrowers/{borrower.number}")

    picture(page, f"borrower-file-{language}-{theme}")
    expect(page.locator("main")).to_contain_text(borrower.number)
    shown = page.locator("main").inner_text()
    for secret in ("林小雨", LIN_ID, "13812341234", "lin@example.com", "6222021234567890"):
        assert secret not in shown


def test_a_revealed_number_goes_away_by_itself(
    page_as: PageAs, picture: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reveal, "SECONDS", 2)
    borrower = a_full_file()
    page = page_as("officer")
    page.goto(f"/app/borrowers/{borrower.number}")
    dialog = page.locator("#dialog")

    page.locator("dd", has_text="110***********002X").get_by_role("link").click()
    expect(dialog).to_be_visible()
    dialog.locator(".choice", has_text="Identity check").click()
    picture(page, "borrower-reveal-asked")
    dialog.locator("button.btn-primary").click()

    expect(dialog).to_contain_text(LIN_ID)
    picture(page, "borrower-reveal-shown")
    expect(dialog).to_contain_text("The half minute is over")
    expect(page.locator("html")).not_to_contain_text(LIN_ID)
    assert LIN_ID not in page.content()


def test_a_contact_point_is_added_from_the_dialog(page_as: PageAs, picture: Callable) -> None:
    borrower = a_full_file()
    page = page_as("officer")
    page.goto(f"/app/borrowers/{borrower.number}")

    page.locator("#contacts").get_by_role("link", name="Add").click()
    page.locator("#id_value").fill("13700001111")
    picture(page, "borrower-contact-dialog")
    page.locator("#dialog button.btn-primary").click()

    expect(page.locator("#contacts tbody tr")).to_have_count(4)


def test_on_a_phone_nothing_runs_over_the_edge(page_as: PageAs, picture: Callable) -> None:
    borrower = a_full_file()
    page = page_as("officer", language="zh-hans")
    page.set_viewport_size({"width": 390, "height": 844})

    for name, address in (
        ("list", "/app/borrowers/"),
        ("new", "/app/borrowers/new"),
        ("file", f"/app/borrowers/{borrower.number}"),
    ):
        page.goto(address)
        picture(page, f"borrower-{name}-390")
        assert_fits(page, 390)
