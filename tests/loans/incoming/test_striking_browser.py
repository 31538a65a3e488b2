"""Which of two lines stands, asked in a real browser: on a phone, by keyboard, in both languages."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from audit.models import Approval
from loans.incoming.striking import KIND
from loans.models import Loan
from staff.models import User
from tests.browsing import assert_fits
from tests.loans.incoming.test_contradicted_lines import TYPED, clerk, fetched, friend, line, typed
from tests.loans.incoming.test_matching_by_two import agree
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["clerk", "friend"]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh-hans", 390)])
def test_it_is_asked_by_keyboard_and_told_when_decided(
    page_as: Callable[..., Page], picture: Callable, clerk: User, friend: Loan, language: str, width: int
) -> None:
    payment = typed(line(f"还款 {friend.number}", account=TYPED), clerk)
    fetched(line(f"还款 {friend.number}"))
    page = page_as("operations", language=language)
    page.set_viewport_size({"width": width, "height": 860})
    page.goto(reverse("loans:incoming_payment", args=[payment.pk]))
    form = page.locator("form[action$='/stands']")
    picture(page, f"which-line-stands-{language}-{width}")
    assert_fits(page, width)

    form.locator("input[type=radio]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Asked the bank, call 4711")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(form).to_be_hidden()  # the page says what waits in its place
    assert Approval.objects.get(kind=KIND).payload == {"stands": "bank"}
    agree(UserFactory(username="decider", roles=["finance"]))
    page.reload()
    assert page.get_by_text("Asked the bank, call 4711").is_visible()
    picture(page, f"line-struck-{language}-{width}")
    assert_fits(page, width)
