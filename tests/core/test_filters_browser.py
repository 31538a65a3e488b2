"""Filters and masked values at the widths where they were seen to break."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core import business_date
from tests.api.conftest import TODAY
from tests.borrowers.factories import BorrowerFactory

pytestmark = pytest.mark.django_db(transaction=True)
PageAs = Callable[..., Page]


@pytest.mark.parametrize("address", ["/app/overrides/", "/app/overrides/?since=2026-01-01", "/app/loans/?dpd=30"])
def test_a_filter_has_one_button_of_its_name(page_as: PageAs, address: str) -> None:
    business_date.move_to(TODAY)
    page = page_as("checker")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    named = page.locator("form.filters").get_by_role("button", name="Filter", exact=True)

    expect(named).to_have_count(1)
    page.locator("form.filters .filter-toggle").click()
    expect(named).to_have_count(1)


def test_a_filter_with_only_a_hidden_value_is_folded_at_the_hands_width(page_as: PageAs) -> None:
    business_date.move_to(TODAY)
    page = page_as("operations")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/app/tasks/")  # the open tab is a hidden value

    expect(page.locator("form.filters #kind")).to_be_hidden()
    page.locator("form.filters .filter-toggle").click()
    expect(page.locator("form.filters #kind")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_a_word_to_reveal_stands_in_one_line(page_as: PageAs, width: int) -> None:
    business_date.move_to(TODAY)
    borrower = BorrowerFactory(banked=True)
    page = page_as("officer")
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(borrower.get_absolute_url())
    words = page.locator(".masked a.why")

    expect(words.nth(3)).to_be_visible()
    for word in words.all():
        box = word.bounding_box()
        assert box is not None and box["height"] < 30 and box["width"] > 30
