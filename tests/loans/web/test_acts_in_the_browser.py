"""Every act on the loan page in a real browser: its form, its live preview and its refusal by name."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from loans.events.act_kinds import act_kinds
from loans.models import Loan, LoanAct, LoanStatus, Repayment
from tests.browsing import arrive, assert_fits
from tests.loans.books import a_product, a_running_loan, close_until
from tests.loans.doing import write_off
from tests.loans.servicing.test_repayments import pay

pytestmark = pytest.mark.django_db(transaction=True)
LATE = date(2026, 3, 20)
# What people type into each form.
TYPED: dict[str, dict[str, str]] = {
    "fee_added": {"amount": "1.00"},
    "penalty_added": {"amount": "25.00"},
    "fee_raised": {"instalment": "4", "amount": "1.00"},
    "fee_lowered": {"instalment": "4", "amount": "0.50"},
    "due_day_changed": {"day": "20"},
    "payment_holiday": {"count": "2", "interest": "spread"},
    "overdue_spread": {},
    "overdue_reaged": {"count": "3"},
    "reamortised": {"count": "18"},
    "goodwill_credit": {"amount": "100.00"},
    "merchant_refund": {"amount": "500.00"},
    "charge_back": {"amount": "10.00", "receipt": "RECEIPT"},
    "line_closed": {},
    "receipt_redated": {"receipt": "RECEIPT", "received_on": "2026-02-20"},
    "interest_capitalised": {},
    "interest_waived": {"amount": "5.00"},
    "hold_placed": {"until": "2026-04-10", "stops": "late_interest"},
    "settled_for_less": {"at_most": "99999.00"},
    "charged_off": {"cause": "overdue"},
    "drawn_down": {"amount": "2000.00"},
    "rate_changed": {"annual_rate": "9"},
    "late_multiplier_changed": {"multiplier": "130"},
    "rescheduled": {"from_due_on": "2026-04-15", "extra_count": "2"},
    "repayment": {"amount": "100.00"},
    "early_settlement": {},
    "extension": {"days": "40"},
    "waiver": {"amount": "0.10"},
    "write_off": {},
}
REFUSED = {
    "hold_ended": {"stops": "late_interest"},  # nothing to end
    "refund": {"amount": "5.00", "to_account": "Nobody **** 0000"},  # nobody's account
    "recovery": {"amount": "5.00"},  # not written off
}


def a_late_loan() -> tuple[Loan, str]:
    """A purchase loan drawn in part, and a line, one payment made, one instalment overdue."""
    loan = a_running_loan(
        product_version=a_product("phone-purchase", is_purchase=True),
        drawdowns=[["2026-01-15", "10000.00"]],
        late_rate_multiplier=Decimal("1.50"),
        fee_total=Decimal("12.00"),
        line_open_months=6,
    )
    close_until(date(2026, 2, 14))
    receipt = pay(loan, "300.00", date(2026, 2, 15))
    close_until(date(2026, 3, 19))
    return loan, receipt.number


def fill(page: Page, values: dict[str, str]) -> None:
    for name, value in values.items():
        control = page.locator(f"[name={name}]")
        if control.evaluate("element => element.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


@pytest.mark.long
def test_each_act_previews_itself_before_it_is_done(page_as: Any, picture: Any) -> None:
    loan, receipt = a_late_loan()
    page = page_as("operations", superuser=True)
    for kind in act_kinds():
        if LoanStatus.ACTIVE not in kind.states:
            continue
        page.goto(f"/app/loans/{loan.number}/acts/{kind.code}")
        typed = {name: receipt if value == "RECEIPT" else value for name, value in (TYPED | REFUSED)[kind.code].items()}
        fill(page, typed)
        preview = page.locator("#preview")
        if kind.code in REFUSED:
            expect(preview.get_by_role("alert")).to_be_visible()
        else:
            expect(preview.get_by_role("heading", name="What would change")).to_be_visible()
    assert not LoanAct.objects.exists()
    picture(page, "act-preview")


PAGES: dict[str, dict[str, str]] = {
    "pay": {"amount": "100.00"},
    "settle": {},
    "waive": {"amount": "0.10"},
    "write-off": {"reason": "no prospect"},
}


def test_what_moves_money_previews_itself_before_it_is_done(page_as: Any, picture: Any) -> None:
    loan, receipt = a_late_loan()
    page = page_as("operations", superuser=True)
    changes = page.locator("#preview")
    for name, typed in PAGES.items():
        page.goto(f"/app/loans/{loan.number}/{name}")
        fill(page, typed)
        expect(changes.get_by_role("heading", name="What would change")).to_be_visible()
        expect(changes.get_by_role("heading", name="Journal")).to_be_visible()
        picture(page, f"preview-{name}")
    page.goto(f"/app/payments/{receipt}/reverse")
    expect(page.locator("#changes").get_by_role("heading", name="Schedule beside the old")).to_be_visible()
    page.goto(f"/app/loans/{loan.number}/refund")
    fill(page, {"amount": "5.00", "to_account": "Nobody **** 0000"})
    expect(changes.get_by_role("alert")).to_contain_text("verified account")
    assert Repayment.objects.count() == 1


def test_a_form_that_is_on_its_way_is_reckoned_no_more(page_as: Any) -> None:
    """What came back would be of the loan as it is once the act is done: not found, where it went out of sight."""
    loan, _receipt = a_late_loan()
    page = page_as("operations", superuser=True)
    page.clock.install()
    page.goto(f"/app/loans/{loan.number}/acts/penalty_added")
    fill(page, {"amount": "25.00", "reason": "late again"})
    expect(page.locator("#preview").get_by_role("heading", name="What would change")).to_be_visible()
    # The page stays, as it does while the answer is awaited.
    page.route("**/acts/penalty_added", lambda route: route.fulfill(status=204))
    with page.expect_response("**/acts/penalty_added"):
        page.locator("#act-form .btn-primary").click(no_wait_after=True)

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#id_reason").dispatch_event("change")
    page.clock.fast_forward(1_000)
    assert page.evaluate("document.title") and asked == []


def test_an_act_is_done_listed_and_undone(page_as: Any, picture: Any) -> None:
    loan, _receipt = a_late_loan()
    page = page_as("operations", superuser=True)
    page.goto(f"/app/loans/{loan.number}")
    page.get_by_text("More").first.click()
    page.get_by_role("link", name="All acts on this loan").click()
    page.get_by_role("link", name="Goodwill credit").click()
    fill(page, {"amount": "100.00", "reason": "a delayed answer of ours"})
    page.get_by_role("button", name="Goodwill credit").click()
    arrive(page, f"**/app/loans/{loan.number}")

    page.goto(f"/app/loans/{loan.number}/acts/")
    picture(page, "acts")
    page.get_by_role("link", name="Undo").click()
    fill(page, {"reason": "the answer was in time"})
    page.get_by_role("button", name="Undo").click()
    arrive(page, "**/acts/")

    assert LoanAct.objects.get().status == "undone"


@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "dark"), ("en", "light")])
def test_the_pages_fit_a_phone(page_as: Any, picture: Any, language: str, theme: str) -> None:
    loan, _receipt = a_late_loan()
    page = page_as("operations", superuser=True, language=language, theme=theme)
    page.set_viewport_size({"width": 390, "height": 844})
    for name, address in {"acts": "acts/", "act": "acts/rescheduled"}.items():
        page.goto(f"/app/loans/{loan.number}/{address}")
        expect(page.locator("h1")).to_be_visible()
        assert_fits(page, 390)
        picture(page, f"{name}-phone-{language}-{theme}")


def test_a_written_off_loan_offers_what_it_knows(page_as: Any) -> None:
    loan, _receipt = a_late_loan()
    write_off(loan_id=loan.pk, on=LATE, reason="no prospect")
    page = page_as("operations", superuser=True)

    page.goto(f"/app/loans/{loan.number}/acts/")

    expect(page.get_by_role("link", name="Record recovery")).to_be_visible()
    expect(page.get_by_role("link", name="Undo")).to_be_visible()
    expect(page.get_by_role("link", name="Add a fee")).to_have_count(0)
    assert LoanAct.objects.get(loan=loan).kind == "write_off"
    assert loan.principal == Decimal("12000.00")
