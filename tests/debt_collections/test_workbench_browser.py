"""The workbench in a browser: a collector's hour by keyboard, and pictures to be looked at."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from core import business_date
from debt_collections import cases, promises
from debt_collections.contacting import PromiseTerms
from debt_collections.models import Case, ContactAttempt, Promise
from tests.browsing import arrive, assert_fits
from tests.debt_collections.factories import (
    LATE,
    ContactAttemptFactory,
    LateLoanFactory,
    PromiseFactory,
    at,
    pay,
    review,
)
from tests.loans.books import close_until

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("林小雨", "陈晨", "赵国强", "孙立", "周小梅", "吴桐")
PRINCIPALS = ("12000.00", "30000.00", "4000.00", "9000.00", "1200.00", "60000.00")
ON = LATE + timedelta(days=25)


@pytest.fixture(autouse=True)
def forenoon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(business_date, "current", lambda: ON)
    monkeypatch.setattr(business_date, "now", lambda: at("10:30", ON))


@pytest.fixture
def queue(staff_member) -> list[Case]:
    """Six borrowers: one broke a promise, one promised for today, one rests, one cannot be reached."""
    wang = staff_member("collector", display_name="王丽")
    loans = [
        LateLoanFactory(borrower__name=name, principal=Decimal(principal))
        for name, principal in zip(NAMES, PRINCIPALS, strict=True)
    ]
    review()
    found = [Case.objects.get(borrower=loan.borrower) for loan in loans]
    promised = PromiseTerms(amount=Decimal("450.00"), due_on=LATE + timedelta(days=2))
    ContactAttemptFactory(case=found[0], outcome="promise", promise=promised, note="工资推迟到周五", by=wang)
    pay(loans[0], "100.00", LATE + timedelta(days=1))
    for day in range(1, 26):
        close_until(LATE + timedelta(days=day))
        promises.judge(0, 2**62, LATE + timedelta(days=day))
        review(LATE + timedelta(days=day))
    PromiseFactory(case=found[2], amount=Decimal("312.00"), due_on=ON, on=ON, by=wang)
    cases.hold(case_id=found[4].pk, reason="illness", until=ON + timedelta(days=16), on=ON, by=wang, note="hospital")
    ContactAttemptFactory(case=found[5], by=wang)
    return found


def test_an_hour_at_the_bench_by_keyboard(page_as, queue) -> None:
    page: Page = page_as("collector")
    page.goto("/app/collections/")
    page.keyboard.press("n")
    expect(page.locator(".queue-row.selected")).to_have_count(1)
    expect(page.locator(".case-name")).not_to_be_empty()
    first = page.locator(".case-name").inner_text()

    page.keyboard.press("p")
    expect(page.locator("input[value=promise]")).to_be_checked()
    expect(page.locator("#id_promise_amount")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("label:has(input[value=answered])").click()
    expect(page.locator("#id_promise_amount")).to_be_hidden()
    page.locator("#id_note").fill("will call back")
    page.keyboard.press("Enter")

    arrive(page, "**case=**")
    expect(page.locator(".notices")).to_contain_text("Saved for")
    expect(page.locator(".case-name")).not_to_have_text(first)
    assert ContactAttempt.objects.filter(note="will call back").count() == 1


def test_the_small_acts_open_in_a_dialog(page_as, queue) -> None:
    page: Page = page_as("collector")
    page.goto("/app/collections/")
    page.keyboard.press("s")
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    dialog.locator("#act_until").fill((ON + timedelta(days=2)).isoformat())
    dialog.get_by_role("button", name="Put off").click()

    expect(page.locator(".notices")).to_contain_text("Put off until that day.")
    assert Case.objects.filter(next_action_at=at("00:00", ON + timedelta(days=2))).count() == 1


def test_the_extension_is_previewed_in_the_dialog(page_as, queue) -> None:
    page: Page = page_as("collector")
    page.goto(f"/app/collections/?case={queue[0].public_id}")
    page.get_by_role("link", name="preview").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("35 more days cost")
    dialog.locator("#act_days").fill("45")
    dialog.get_by_role("button", name="Preview").click()

    expect(dialog).to_contain_text("45 more days cost")


@pytest.mark.long
def test_pictures_of_the_bench(page_as, picture, queue) -> None:
    for language, theme in (("en", "light"), ("zh-hans", "light"), ("en", "dark"), ("zh-hans", "dark")):
        page: Page = page_as("collector", language=language, theme=theme)
        page.set_viewport_size({"width": 1360, "height": 860})
        page.goto(f"/app/collections/?case={queue[0].public_id}")
        picture(page, f"workbench-{language}-{theme}")
        page.goto(f"/app/collections/cases/{queue[0].public_id}")
        picture(page, f"case-{language}-{theme}")
        page.goto("/app/collections/promises")
        picture(page, f"promises-{language}-{theme}")
    assert Promise.objects.count() == 2


def test_the_team_lead_chooses_cases_and_hands_them_over(page_as, picture, queue, staff_member) -> None:
    zhao = staff_member("collector", username="zhao", display_name="赵敏")
    page: Page = page_as("team_lead")
    page.set_viewport_size({"width": 1360, "height": 860})
    page.goto("/app/collections/?whose=all")
    page.locator(".queue-tick").nth(1).check()
    page.locator("#bulk-to").select_option(str(zhao.pk))
    picture(page, "workbench-team-lead")
    page.locator(".queue-bulk").get_by_role("button", name="Hand over").click()

    expect(page.locator(".notices")).to_contain_text("1 case changed hands")
    assert zhao.assigned_cases.count() == 1


def test_the_panes_stack_at_the_width_of_a_hand(page_as, picture, queue) -> None:
    page: Page = page_as("collector")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/app/collections/")
    expect(page.locator(".bench-case")).to_be_hidden()
    picture(page, "workbench-390-queue")
    page.locator(".queue-name").first.click()
    expect(page.locator(".bench-queue")).to_be_hidden()
    expect(page.get_by_role("button", name="Save and next")).to_be_in_viewport()
    picture(page, "workbench-390-case")
    assert_fits(page, 390)
