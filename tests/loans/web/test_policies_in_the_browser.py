"""The pages of pledged policies in a real browser, wide and narrow, light and dark."""

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from core import business_date
from tests.browsing import assert_fits
from tests.loans.books import DISBURSED
from tests.loans.pledged_policies import a_costly_pledge, a_pledge, night

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "dark"), ("en", "light")])
def test_the_pages_look_right(page_as: Any, picture: Any, language: str, theme: str) -> None:
    business_date.move_to(DISBURSED)
    a_pledge()
    pledge = a_costly_pledge()
    night(date(2026, 3, 20))
    page = page_as("operations", language=language, theme=theme)
    places = {
        "policies": "/app/policies/",
        "policy-pledge": "/app/policies/pledge",
        "policy": f"/app/loans/{pledge.loan.number}/policy",
    }

    for name, address in places.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        picture(page, f"{name}-{language}-{theme}")
        page.set_viewport_size({"width": 390, "height": 844})
        assert_fits(page, 390)
        picture(page, f"{name}-phone-{language}-{theme}")
