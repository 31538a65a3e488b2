"""The frame of every page in a real browser: keys, themes without a flash, the drawer, and contrast as drawn.

Each test walks several steps on purpose: emptying all tables between browser tests costs more than the steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import arrive, assert_fits

pytestmark = pytest.mark.django_db(transaction=True)

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}

# Every text as drawn, against the first opaque ground behind it. Returns what falls below AA.
TOO_FAINT = """() => {
  const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest("kbd, option, script")) continue;
    const style = getComputedStyle(node);
    const [one, two] = [lum(parse(style.color)), lum(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""


@pytest.fixture
def at_desk(page_as: Callable[..., Page]) -> Page:
    page = page_as(superuser=True)
    page.goto("/app/style/")
    return page


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent"))


def test_keys_walk_open_press_and_search(at_desk: Page) -> None:
    for key, row in [("k", "1"), ("j", "2"), ("j", "3"), ("j", "4"), ("j", "4"), ("k", "3")]:
        at_desk.keyboard.press(key)
        assert focused(at_desk) == row
    at_desk.keyboard.press("o")
    expect(at_desk).to_have_url(re.compile("#3$"))

    at_desk.keyboard.press("Alt+r")
    assert not at_desk.url.endswith("#pay"), "a key with a modifier is the browser's"
    at_desk.keyboard.press("r")
    expect(at_desk, "the key printed on a button presses it").to_have_url(re.compile("#pay$"))

    at_desk.keyboard.press("/")
    expect(at_desk.locator("#search")).to_be_focused()
    at_desk.keyboard.press("Escape")
    expect(at_desk.locator("#search")).not_to_be_focused()

    at_desk.keyboard.press("?")
    expect(at_desk.locator("#keys")).to_be_visible()
    at_desk.locator("#keys").get_by_role("button", name="Close").click()
    expect(at_desk.locator("#keys")).to_be_hidden()

    at_desk.locator("#f-q").click()
    at_desk.keyboard.type("r?j/")
    expect(at_desk.locator("#f-q")).to_have_value("r?j/")

    # Leaving the field sends the filter and loads the page anew: keys pressed before that would be lost with the old page.
    at_desk.locator("h1").first.click()
    arrive(at_desk, "**/app/style/?q=r%3Fj%2F&state=All*")
    at_desk.keyboard.press("g")
    at_desk.keyboard.press("p")
    arrive(at_desk, "**/app/approvals/")


def test_who_switched_keys_off_is_left_in_peace(at_desk: Page) -> None:
    at_desk.goto("/app/me/")
    at_desk.get_by_label("Single-key shortcuts").uncheck()
    at_desk.get_by_role("button", name="Save settings").click()
    expect(at_desk.get_by_text("Your settings are stored.")).to_be_visible()

    at_desk.goto("/app/style/")
    at_desk.keyboard.press("r")
    at_desk.keyboard.press("?")

    assert not at_desk.url.endswith("#pay")
    expect(at_desk.locator("#keys")).to_be_hidden()


def test_a_dark_desk_is_dark_before_anything_is_drawn(page_as: Callable[..., Page]) -> None:
    page = page_as(superuser=True, theme="dark")
    page.emulate_media(color_scheme="light")
    page.add_init_script(
        "new MutationObserver(() => { if (document.body && window.firstTheme === undefined)"
        " window.firstTheme = document.documentElement.dataset.bsTheme; })"
        ".observe(document, { childList: true, subtree: true });"
    )

    page.goto("/app/style/")

    page.wait_for_function("window.firstTheme !== undefined")
    assert page.evaluate("window.firstTheme") == "dark"


def test_auto_follows_the_device_and_a_choice_shows_at_once(page_as: Callable[..., Page]) -> None:
    page = page_as(superuser=True, theme="auto")
    page.goto("/app/me/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")

    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.locator(".choice").filter(has_text="Light").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh-hans")])
def test_every_text_stands_out_as_drawn_and_nothing_is_wider_than_the_hand(
    page_as: Callable[..., Page], picture: Callable[[Page, str], Path], theme: str, language: str
) -> None:
    page = page_as(superuser=True, language=language, theme=theme)
    for name in ["style", "me", "me/password", "audit", "approvals"]:
        page.set_viewport_size(DESK)
        page.goto(f"/app/{name}/")
        assert page.evaluate(TOO_FAINT) == [], name
        picture(page, f"{name.replace('/', '-')}-{language}-{theme}")

        page.set_viewport_size(PHONE)
        assert_fits(page, PHONE["width"])
        picture(page, f"{name.replace('/', '-')}-{language}-{theme}-phone")


def test_on_a_phone_navigation_and_filters_fold_and_the_primary_button_is_at_the_thumb(at_desk: Page) -> None:
    at_desk.set_viewport_size(PHONE)
    loans = at_desk.locator(".side").get_by_role("link", name="Loans", exact=True)
    opener = at_desk.get_by_role("button", name="Navigation", exact=True)
    expect(loans).to_be_hidden()

    opener.click()
    expect(loans).to_be_visible()
    expect(at_desk.locator(".brand")).to_be_focused()
    at_desk.keyboard.press("Escape")
    expect(loans).to_be_hidden()
    expect(opener).to_be_focused()

    cell = at_desk.locator('td[data-label="Principal"]').first
    assert cell.evaluate("node => getComputedStyle(node, '::before').content") == '"Principal"'
    for heading in ("tbody td.lead", "tfoot th"):  # of a card: on the left, with its figures on the right
        found = at_desk.locator(f"table.rows:not(.keep) {heading}").first
        assert found.evaluate("node => getComputedStyle(node).textAlign") == "left", heading

    at_desk.mouse.wheel(0, 1500)
    thumb = at_desk.locator(".thumb .btn-primary").bounding_box()
    assert thumb is not None
    assert thumb["y"] + thumb["height"] > PHONE["height"] - 20

    at_desk.goto("/app/audit/")
    expect(at_desk.get_by_label("Action")).to_be_hidden()
    at_desk.locator(".filter-toggle").click()
    expect(at_desk.get_by_label("Action")).to_be_visible()


def test_parts_do_what_they_promise(at_desk: Page) -> None:
    at_desk.keyboard.press("Tab")
    assert focused(at_desk) == "Skip to the content"
    at_desk.keyboard.press("Enter")
    expect(at_desk.locator("#main")).to_be_focused()

    more = at_desk.locator("details.menu", has_text="More")
    for close in (lambda: at_desk.locator("h1").first.click(), lambda: at_desk.keyboard.press("Escape")):
        more.locator("summary").click()
        expect(more).to_have_attribute("open", "")
        close()
        expect(more).not_to_have_attribute("open", "")

    at_desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    at_desk.locator('.copy[data-copy="138****1234"]').click()
    expect(at_desk.locator("#live")).to_have_text("Copied")
    assert at_desk.evaluate("navigator.clipboard.readText()") == "138****1234", "the mask, not what it hides"

    paid, whole = (at_desk.locator(part).first.bounding_box() for part in (".meter .fill-good", ".meter"))
    assert paid is not None
    assert whole is not None
    assert paid["width"] / whole["width"] == pytest.approx(0.2945, abs=0.005)


def test_the_lock_out_counts_down(page: Page, staff_member: Any, problems: Any) -> None:
    staff_member("officer")
    for _time in range(5):
        page.goto("/login/")
        page.locator("#id_username").fill("officer")
        page.locator("#id_password").fill("wrong")
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in").click()
    problems.expect("4")

    clock = page.locator("[data-seconds] .tile-value")
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)


def test_a_refused_fragment_says_why_at_the_top_and_an_unknown_one_names_the_request(
    page_as: Callable[..., Page], problems: Any
) -> None:
    page = page_as("officer")
    page.goto("/app/me/")
    box = page.locator("#failed")
    expect(box).to_be_hidden()

    page.evaluate("htmx.ajax('GET', '/app/audit/', { target: '#dialog-body' })")
    expect(box).to_contain_text("This needs the permission audit.view_auditevent.")
    expect(box.locator("[data-general]")).to_be_hidden()

    page.evaluate("htmx.ajax('GET', '/app/nothing-here', { target: '#dialog-body' })")
    expect(box.locator("[data-general]")).to_be_visible()
    expect(box.locator("[data-request-id]")).to_contain_text("req_")

    page.evaluate("htmx.ajax('GET', '/app/me/', { target: '#dialog-body', select: 'h1' })")
    expect(page.locator("#dialog")).to_be_visible()
    expect(box).to_be_hidden()
    problems.expect("403")
    problems.expect("404")
