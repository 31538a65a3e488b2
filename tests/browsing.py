"""Ways through a browser page that hold on a slow machine."""

import re

from playwright.sync_api import Page, expect


def arrive(page: Page, glob: str) -> None:
    """Wait until the page has an address like ``glob``.

    It asks again and again where the page is, so a navigation that is over before the waiting begins is seen as well.
    """
    pattern = re.escape(glob).replace(r"\*\*", ".*").replace(r"\*", ".*")
    expect(page).to_have_url(re.compile(f"{pattern}$"), timeout=15_000)
    page.wait_for_load_state()


def assert_fits(page: Page, width: int) -> None:
    """Nothing of the page stands out at the side, once it is laid out for a window of ``width`` pixels."""
    page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
