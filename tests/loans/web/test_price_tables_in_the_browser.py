"""The price table in a real browser, wide and narrow, light and dark."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from core import business_date
from tests.browsing import assert_fits
from tests.loans.books import a_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "dark"), ("en", "light")])
def test_the_table_fits_and_its_absence_is_explained(page_as: Any, picture: Any, language: str, theme: str) -> None:
    business_date.move_to(date(2026, 1, 31))
    a_product("prices", max_count=60, fee_rate=Decimal("0.01"), annual_rate=Decimal("0.235"))
    a_product("no-prices", method="bullet")
    page = page_as("officer", language=language, theme=theme)

    for code in ("prices", "no-prices"):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"/app/products/{code}")
        expect(page.locator("#prices-title")).to_be_visible()
        picture(page, f"product-{code}-{language}-{theme}")
        page.set_viewport_size({"width": 390, "height": 844})
        assert_fits(page, 390)
        cell = page.locator("table.compare tbody td").first
        expect(cell).to_be_visible()
        first = cell.bounding_box()
        assert first and first["x"] + first["width"] <= 390  # the names of the conditions leave room for the conditions
        expect(page.locator("table.prices tbody td").first).to_be_visible(visible=code == "prices")
        picture(page, f"product-{code}-phone-{language}-{theme}")
