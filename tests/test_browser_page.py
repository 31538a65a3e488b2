"""The browser page of the tests: it opens the real pages, and it would notice a page that misbehaves."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.conftest import Problems


def test_the_sign_in_page_opens_in_a_browser_without_a_problem(page: Page) -> None:
    page.goto("/login/")
    expect(page.locator("input[name=username]")).to_be_visible()
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("h1").bounding_box()["height"] > 10


def test_a_signed_in_page_speaks_the_persons_language(page_as: Callable[..., Page]) -> None:
    page = page_as("officer", language="zh-hans", theme="dark")
    page.goto("/app/me/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_a_script_error_and_an_inline_script_are_noticed(page: Page, problems: Problems) -> None:
    page.goto("/login/")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('on purpose') })")
    with page.expect_console_message():
        page.evaluate("document.head.append(Object.assign(document.createElement('script'), {text: 'window.x = 1'}))")
    problems.expect("on purpose")
    problems.expect("Content Security Policy")
    assert page.evaluate("window.x") is None


def test_a_request_to_another_host_is_noticed(page: Page, problems: Problems) -> None:
    page.goto("/login/")
    with page.expect_console_message():
        page.evaluate("fetch('http://elsewhere.example/').catch(() => null)")
    problems.expect("elsewhere.example")
