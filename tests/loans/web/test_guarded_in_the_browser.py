"""The questions before money is taken in a real browser: they come while one types, stay where one is, and fit."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from loans.incoming import importing, taking_in
from loans.models import IncomingPayment, Loan, LoanStatus, Repayment
from tests.browsing import arrive, assert_fits
from tests.loans.books import a_running_loan, close_until
from tests.loans.factories import RepaymentFactory
from tests.loans.statements import statement

pytestmark = pytest.mark.django_db(transaction=True)
PageAs = Callable[..., Page]
ON = date(2026, 1, 25)  # 12,058.06 settle the loan


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(date(2026, 1, 24))
    return made


def divided(loan: Loan) -> IncomingPayment:
    """A line of a bank file that brought 13,000.00."""
    content = statement((ON.isoformat(), "B-1", "13000.00", loan.number))
    bank_file = taking_in.take_in(content=content, name="january.csv", on=ON)
    importing.settle_file(bank_file_id=bank_file.pk, on=ON)
    return IncomingPayment.objects.get()


def test_the_question_comes_while_one_types_and_is_answered_by_the_keyboard(page_as: PageAs, loan: Loan) -> None:
    page = page_as("operations")
    page.goto(f"/app/loans/{loan.number}/pay")
    keep = page.get_by_label("Keep the excess as a credit balance")
    expect(keep).to_have_count(0)

    page.get_by_label("Amount").fill("12100.00")
    expect(page.locator("#act-questions")).to_contain_text("¥ 41.94 too much")
    keep.focus()
    page.keyboard.press("Space")
    expect(page.locator("#preview")).to_contain_text("settles the loan")
    expect(keep).to_be_focused()
    expect(keep).to_be_checked()
    page.keyboard.press("Enter")

    arrive(page, f"**/app/loans/{loan.number}")
    loan.refresh_from_db()
    assert (loan.status, Repayment.objects.get().overpaid) == (LoanStatus.SETTLED, Decimal("41.94"))


def test_the_question_goes_when_there_is_none_any_more(page_as: PageAs, loan: Loan) -> None:
    page = page_as("operations")
    page.goto(f"/app/loans/{loan.number}/pay")
    keep = page.get_by_label("Keep the excess as a credit balance")

    page.get_by_label("Amount").fill("12100.00")
    expect(keep).to_be_visible()
    page.get_by_label("Amount").fill("100.00")

    expect(keep).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "light"), ("zh-hans", "dark"), ("en", "dark"), ("zh-hans", "light")]
)
@pytest.mark.parametrize("width", [1280, 390])
def test_the_questions_fit_their_window(
    page_as: PageAs, picture: Callable, problems: Any, loan: Loan, language: str, theme: str, width: int
) -> None:
    RepaymentFactory(loan=loan, amount=Decimal("500.00"), received_on=ON)
    question = {"en": "Answer the question", "zh-hans": "请先回答"}[language]
    page = page_as("operations", language=language, theme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    for name, amount in (("above", "12100.00"), ("repeated", "500.00")):
        page.goto(f"/app/loans/{loan.number}/pay")
        page.locator("#id_amount").fill(amount)
        expect(page.locator("#preview")).to_contain_text(question)
        picture(page, f"guard-typed-{name}-{language}-{theme}-{width}")
        with page.expect_console_message(lambda message: "422" in message.text):  # the refused form
            page.locator("#act-form .btn-primary").click()
        problems.expect("422")
        expect(page.locator("#preview")).to_contain_text(question)
        expect(page.locator("#act-questions .form-error")).to_be_visible()
        picture(page, f"guard-{name}-{language}-{theme}-{width}")
        assert_fits(page, width)
    line = divided(loan)
    for name, address in (("queue", "/app/payments/unmatched/"), ("line", f"/app/payments/unmatched/{line.pk}")):
        page.goto(address)
        picture(page, f"guard-{name}-{language}-{theme}-{width}")
        assert_fits(page, width)


def test_a_quote_for_a_day_to_come_is_no_refusal(page_as: PageAs, loan: Loan) -> None:
    page = page_as("operations")
    page.goto(f"/app/loans/{loan.number}/settle")
    expect(page.locator("#preview")).to_contain_text("settles the loan")

    page.get_by_label("Settle on").fill("2026-02-10")
    page.get_by_label("Settle on").blur()

    expect(page.locator("#quote")).to_contain_text("quote only: this day has not come")
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.get_by_role("button", name="Settle with the quoted amount")).to_be_disabled()
