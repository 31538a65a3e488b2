"""What every test may use: staff by role, signed-in clients, and a browser page that watches itself.

Browser tests need Chromium on the machine. Where there is none they are skipped, and the last lines of the run say so.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from core import partitions
from core.rules import forget_cached_rules
from staff.models import User
from tests import examples, prepared, seeds
from tests.examples import NIGHTLY, ORDINARY, PROFILE
from tests.serving import Serving
from tests.staff.factories import UserFactory

# A busy machine must not turn a true law red: no deadline, no complaint about slow drawing.
BUSY: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
# By day the same stories each time, so that what turns red is the change's own doing; new ones by night.
hypothesis_settings.register_profile("ordinary", max_examples=ORDINARY, derandomize=True, **BUSY)
hypothesis_settings.register_profile("nightly", max_examples=NIGHTLY, **BUSY)
# `./dev mutate` only asks whether a story fails: it need not be made short.
hypothesis_settings.register_profile(
    "mutation", hypothesis_settings.get_profile("ordinary"), phases=(Phase.explicit, Phase.generate)
)
hypothesis_settings.load_profile(PROFILE)
examples.use()

prepared.use()
seeds.use()

PICTURES = Path(__file__).resolve().parent.parent / "artefacts" / "pictures"
PICTURES_WANTED = os.environ.get("TEST_PICTURES") == "on"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first draws no windows
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_BROWSER = "no Chromium on this machine: install Debian's packages chromium-headless-shell and fonts-noto-cjk"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    commits = []
    for item in items:
        names = item.fixturenames  # type: ignore[attr-defined]
        marker = item.get_closest_marker("django_db")
        if "chromium" in names:
            item.add_marker(pytest.mark.browser)
        if (marker and marker.kwargs.get("transaction")) or {"live_server", "transactional_db"} & set(names):
            commits.append(item)
            # What migrations seeded (rules, products, roles) must be back after the tables were emptied.
            names.append("django_db_serialized_rollback")
            if marker:
                marker.kwargs["serialized_rollback"] = True
    _long_ones_first(items, commits)


def _long_ones_first(items: list[pytest.Item], commits: list[pytest.Item]) -> None:
    """Within the three kinds of pytest-django (rolled back, committing, without a database), which follow one another:
    started late, a long test would keep one worker busy while the other has nothing left."""
    first = items.index(commits[0]) if commits else len(items)
    committing, place = set(commits), {item: n for n, item in enumerate(items)}

    def kind(item: pytest.Item) -> int:
        return 1 if item in committing else 0 if place[item] < first else 2

    items.sort(key=lambda item: (kind(item), item.get_closest_marker("long") is None))


def pytest_collectstart() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """What was loaded to collect the tests stays for the whole run: no use in looking through it for garbage each time,
    and none while it is being loaded."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 20)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(report.longrepr)]
    if skipped:
        terminalreporter.write_sep("!", f"{len(skipped)} BROWSER TESTS SKIPPED: {NO_BROWSER}", red=True, bold=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The months most stories are told in are made once, not by the first booking of each test."""
    with django_db_blocker.unblock():
        _know_months()
    _months_made.update(*partitions._known.values())


_months_made: set[date] = set()


def _know_months() -> None:
    for _time in ("made", "known, once committed"):
        partitions.ensure_months(date(2025, 12, 1), date(2027, 6, 1))


@pytest.fixture(autouse=True)
def _nothing_cached(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    yield
    cache.clear()
    forget_cached_rules()
    if _months_made and not any(_months_made <= known for known in partitions._known.values()):
        # A test put months away: the next one would pay for looking again, or for making them.
        with django_db_blocker.unblock():
            _know_months()


@pytest.fixture(autouse=True)
def _no_language_left() -> Iterator[None]:
    """A page read in Chinese leaves its language to whatever runs next in the process."""
    yield
    translation.deactivate()


# --- people ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def staff_member(db: None) -> Callable[..., User]:
    """`staff_member("officer")`: a person with that role; asked again for the same name, the same person."""

    def make(*roles: str, username: str = "", superuser: bool = False, **fields: Any) -> User:
        name = username or "-".join(roles) or "nobody"
        return UserFactory(username=name, roles=roles, superuser=superuser, **fields)

    return make


@pytest.fixture
def signed_in(staff_member: Callable[..., User]) -> Callable[..., Client]:
    """`signed_in(client, "collector")`: the client, signed in as a person with that role."""

    def sign_in(client: Client, *roles: str, **fields: Any) -> Client:
        client.force_login(staff_member(*roles, **fields), backend="staff.backends.StaffBackend")
        return client

    return sign_in


# --- the browser ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(NO_BROWSER)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
    seeded = getattr(connection, "_test_serialized_contents", None)
    with sync_playwright() as playwright:
        if seeded is not None:
            # In a thread with an event loop Django opens a new connection; it must know what migrations seeded, too.
            connection._test_serialized_contents = seeded
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class Problems(list[str]):
    """What went wrong in the page. A test that expects one (a refused form, say) takes it out with `expect`."""

    def watch(self, page: Page, own_host: str) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.append(f"script error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("request", lambda request: self._foreign(request, own_host))

    def expect(self, part: str) -> None:
        found = [problem for problem in self if part in problem]
        assert found, f"expected a problem with {part!r}, saw {list(self)}"
        for problem in found:
            self.remove(problem)

    def _console(self, message: ConsoleMessage) -> None:
        moved_on = message.text.startswith(
            ("htmx:sendAbort", "htmx:afterRequest")
        )  # a preview the page did not wait for
        if message.type == "error" and not moved_on:
            self.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page itself moved on
            self.append(f"request failed: {request.url} {request.failure}")

    def _foreign(self, request: Request, own_host: str) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != own_host:
            self.append(f"request to another host: {request.url}")


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture(scope="session")
def serving() -> Serving:
    return Serving()


@pytest.fixture
def browser_context(chromium: Browser, live_server: Any, serving: Serving) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        base_url=live_server.url, locale="en-GB", color_scheme="light", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()
    serving.wait_until_idle()


@pytest.fixture
def page(browser_context: BrowserContext, live_server: Any, problems: Problems) -> Iterator[Page]:
    """A page that fails its test on a console error, a failed request or a request to another host."""
    page = browser_context.new_page()
    problems.watch(page, urlsplit(live_server.url).netloc)
    yield page
    assert not problems, "the page had problems:\n" + "\n".join(problems)


@pytest.fixture
def page_as(page: Page, live_server: Any, staff_member: Callable[..., User]) -> Callable[..., Page]:
    """`page_as("officer", language="zh-hans", theme="dark")`: the page, signed in as a person with that role."""

    def sign_in(*roles: str, language: str = "en", theme: str = "light", superuser: bool = False) -> Page:
        user = staff_member(*roles, superuser=superuser)
        user.language, user.theme = language, theme
        user.save(update_fields=["language", "theme"])
        client = Client()
        client.force_login(user, backend="staff.backends.StaffBackend")
        cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
        page.context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        return page

    return sign_in


@pytest.fixture
def picture() -> Callable[[Page, str], Path]:
    """Keep a picture of the page to be looked at: `picture(page, "loan-zh-dark")`. Where nobody looks, none is taken."""

    def take(page: Page, name: str) -> Path:
        target = PICTURES / f"{name}.png"
        if PICTURES_WANTED:
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=target, full_page=True)
        return target

    return take
