"""The whole life of a loan, walked by eight people in a real browser: from the counter to recovery after write-off.

Every act is done on a page by somebody whose role allows it. Only the days between are closed by the house's own end of day.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from core import business_date
from ledger.queries import difference
from loans.models import Loan
from loans.proof.verifying import compare
from operations.end_of_day import close_until
from tests.borrowers.factories import NEEDED, resident_number
from tests.browsing import arrive
from tests.core.factories import RuleFactory
from tests.loans.factories import ProductVersionFactory

pytestmark = pytest.mark.django_db(transaction=True)
PageAs = Callable[..., Page]
JUNE_15 = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch) -> None:
    """A June forenoon, one product, and a house rule that wants a second person above 10,000."""
    monkeypatch.setattr(
        business_date, "now", lambda: timezone.make_aware(datetime.combine(business_date.current(), time(10, 30)))
    )
    business_date.move_to(JUNE_15)
    ProductVersionFactory()
    RuleFactory(
        code="second_approval",
        data={"amount_over": "10000.00"},
    )


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).first.click()


def follow(page: Page, name: str) -> None:
    page.locator("main").get_by_role("link", name=name).first.click()


def told(page: Page, text: str) -> None:
    expect(page.locator(".notices")).to_contain_text(text)


def number_in(page: Page, kind: str) -> str:
    number = re.compile(rf"{kind}-\d{{4}}-\d{{6}}")
    expect(page).to_have_url(number)
    found = number.search(page.url)
    assert found, page.url
    return found[0]


# --- the chapters ---------------------------------------------------------------------------------------------------


def register_lin(page: Page) -> str:
    """The officer at the counter: identity, consents, income, account."""
    page.goto("/app/borrowers/new")
    page.locator("#id_identity_number").fill(resident_number(1))
    page.locator("#id_name").fill("林小雨")
    page.locator("#id_phone").fill("13812341234")
    page.locator("#id_occupation").select_option("employed")
    for purpose in (*NEEDED, "electronic_messages"):
        expect(page.locator(f"#id_consent_{purpose}")).not_to_be_checked()
        page.locator(f"#id_consent_{purpose}").check()
    press(page, "Register the borrower")
    arrive(page, "**/app/borrowers/CU-*")
    borrower = number_in(page, "CU")
    page.goto(f"/app/borrowers/{borrower}/incomes/new")
    page.locator("#id_monthly_amount").fill("12000")
    page.locator("#id_as_of").fill("2026-06-01")
    page.locator("main form button.btn-primary").click()
    arrive(page, f"**/app/borrowers/{borrower}")
    page.goto(f"/app/borrowers/{borrower}/accounts/new")
    page.locator("#id_bank_name").fill("Harbour Bank")
    page.locator("#id_account_number").fill("6222020200001234567")
    page.locator("main form button.btn-primary").click()
    arrive(page, f"**/app/borrowers/{borrower}")
    return borrower


def verify_income(page: Page, borrower: str, application: str) -> None:
    """The underwriter sees the pay slips of what the officer recorded, and has it assessed anew."""
    page.goto(f"/app/borrowers/{borrower}")
    page.locator("#means").get_by_role("link", name="Verify").click()
    page.locator("#id_evidence").fill("Pay slips of three months, in the file")
    page.locator("#dialog-body").get_by_role("button", name="Verify the income").click()
    expect(page.locator("#means")).to_contain_text("Pay slips of three months")
    page.goto(f"/app/applications/{application}")
    press(page, "Assess again")


def apply_for(page: Page, amount: str) -> str:
    """From the borrower's page to an application that the rules refer to a person."""
    follow(page, "New application")
    page.locator("#id_product").select_option(label="Phone instalment")
    page.locator("#id_amount").fill(amount)
    page.locator("#id_term_count").fill("12")
    page.locator("#id_purpose").select_option("electronics")
    expect(page.locator("#quote")).to_contain_text("12")
    press(page, "Submit")
    arrive(page, "**/app/applications/AP-*")
    expect(page.locator("main")).to_contain_text("with an underwriter")
    return number_in(page, "AP")


def approve(page: Page, application: str) -> None:
    """The underwriter takes it and approves; the amount needs a second pair of eyes."""
    page.goto("/app/underwriting/")
    expect(page.locator("main")).to_contain_text(application)
    page.goto(f"/app/applications/{application}")
    page.locator("main").get_by_role("button", name="Take").click()
    page.locator("label:has(input[name=outcome][value=approve])").click()
    page.locator("label:has(input[name=reasons][value=meets_policy])").click()
    page.locator("#id_principal").fill("12000")
    page.locator("#id_term_count").fill("12")
    page.locator("#decision button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("waiting for a second person")


def second_pair_of_eyes(page: Page, number: str) -> None:
    """The checker finds it on the home page, with what would change, and approves."""
    page.goto("/app/")
    expect(page.locator("main")).to_contain_text(number)
    page.goto("/app/approvals/")
    card = page.locator("section.card", has_text=number)
    with page.expect_navigation():
        card.get_by_role("button", name="Approve").click()


def accept(page: Page, application: str) -> None:
    page.goto(f"/app/applications/{application}")
    press(page, "Accept for the borrower")
    expect(page.locator("main")).to_contain_text("accepted")


def record(page: Page, number: str, amount: str) -> None:
    """Type an amount, see where it goes, record it."""
    page.goto(f"/app/loans/{number}")
    page.keyboard.press("r")
    arrive(page, "**/pay")
    page.locator("#id_amount").fill(amount)
    expect(page.locator("#preview")).to_contain_text("What would change")
    page.locator("#act-form button.btn-primary").click()
    told(page, "receipt RP-")


def call_and_take_a_promise(page: Page, number: str) -> None:
    """The collector opens the case from the loan and logs what Lin said."""
    page.goto(f"/app/loans/{number}/collections")
    follow(page, "Open the case")
    page.locator("label:has(input[name=outcome][value=promise])").click()
    page.locator("#id_promise_amount").fill("500")
    page.locator("#id_note").fill("salary comes on Friday")
    press(page, "Save and next")
    told(page, "Saved for")


def extend(page: Page, number: str) -> None:
    """More time, seen beside the old schedule before it is granted."""
    page.goto(f"/app/loans/{number}/extend")
    page.locator("#id_days").fill("30")
    expect(page.locator("#preview")).to_contain_text("Interest added")
    page.locator("#id_reason").fill("salary day moved")
    page.locator("#act-form button.btn-primary").click()
    told(page, "Done: Extend")  # at home: with the case at rest the loan is no collector's any more


def ask_for_write_off(page: Page, number: str) -> None:
    page.goto(f"/app/loans/{number}")
    page.locator("main details.menu summary").click()
    follow(page, "Request write-off")
    page.locator("#id_reason").fill("moved away, no address, no income")
    press(page, "Send for approval")
    told(page, "a second person decides")


# --- the story ------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_loan_lives_from_the_counter_to_recovery(page_as: PageAs, picture: Callable) -> None:
    officer = page_as("officer")
    borrower = register_lin(officer)
    application = apply_for(officer, "12000")
    underwriter = page_as("underwriter")
    verify_income(underwriter, borrower, application)
    approve(underwriter, application)
    second_pair_of_eyes(page_as("checker"), application)
    accept(page_as("officer"), application)
    loan = Loan.objects.get()
    assert loan.status == "active"  # the payout follows the acceptance by itself

    operator = page_as("operations")
    first, second = list(loan.instalments.order_by("number")[:2])
    close_until(first.due_on)
    record(operator, loan.number, str(first.principal + first.interest + first.fee))
    expect(operator.locator("main")).to_contain_text(f"Paid {first.due_on}")

    close_until(second.due_on + timedelta(days=9))
    collector = page_as("collector")
    collector.goto(f"/app/loans/{loan.number}")
    expect(collector.locator("main")).to_contain_text("8 days past due · M1")
    picture(collector, "life-late-loan")
    call_and_take_a_promise(collector, loan.number)
    close_until(business_date.current() + timedelta(days=6))
    collector.goto(f"/app/loans/{loan.number}")
    expect(collector.locator(".timeline")).to_contain_text("Promise broken")
    expect(collector.locator(".timeline")).to_contain_text("salary comes on Friday")

    helper = page_as("collector")
    extend(helper, loan.number)
    assert loan.instalments.filter(version=2).exists()
    close_until(business_date.current() + timedelta(days=30))
    ask_for_write_off(page_as("collector"), loan.number)
    second_pair_of_eyes(page_as("checker"), loan.number)
    loan.refresh_from_db()
    assert loan.status == "written_off"

    operator = page_as("operations")
    record(operator, loan.number, "3000.00")
    expect(operator.locator("main")).to_contain_text("recovered so far")
    expect(operator.locator("main")).to_contain_text("¥ 3,000.00")
    picture(operator, "life-recovery")
    books_are_right(loan)


def books_are_right(loan: Loan) -> None:
    loan.position.refresh_from_db()
    assert loan.position.recovered == Decimal("3000.00")
    assert difference() == 0
    assert compare(loan) == []
