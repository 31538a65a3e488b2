"""The pages of two people in a real browser: wide and narrow, both languages, light and dark."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from audit import approvals, breaking_glass, delegations
from audit.kinds import kinds
from core import business_date
from tests.audit.factories import ApprovalFactory
from tests.browsing import assert_fits
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
KIND, RIGHT = "test.browser", "risk.approve_limit"


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    approvals.register(
        KIND, lambda _approval, _on: None, permission=RIGHT, label="Test", asked_with="risk.change_limit"
    )
    yield
    del approvals._kinds[KIND]


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_their_window(
    page_as: Callable[..., Page], picture: Callable, language: str, theme: str, width: int
) -> None:
    on, checker = business_date.current(), UserFactory(username="chen", display_name="Chen Bo", roles=["checker"])
    UserFactory(display_name="Both ends", roles=["collector", "team_lead"])
    analyst = UserFactory(display_name="Zhao Min", roles=["risk_analyst"])
    asked, _waiting = (ApprovalFactory(kind=KIND, requested_by=analyst) for _n in range(2))
    breaking_glass.decide_alone(approval_id=asked.pk, by=checker, on=on, reason="Nobody else is in the house")
    delegations.ask(
        permission=RIGHT,
        given_by=checker,
        given_to=UserFactory(display_name="Xu Fang", roles=["compliance"]),
        ends_on=on + timedelta(days=5),
        reason="Holiday",
        on=on,
    )
    page = page_as("checker", language=language, theme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    places = {
        "table": "/app/two-people/",
        "matrix": "/app/two-people/rights",
        "lent": "/app/two-people/lent",
        "emergencies": "/app/two-people/emergencies",
        "inbox": "/app/approvals/?state=every",
        "home": "/app/",
    }
    for name, address in places.items():
        page.goto(address)
        picture(page, f"two-people-{name}-{language}-{theme}-{width}")
        assert_fits(page, width)


@pytest.mark.parametrize("width", [1280, 390])
def test_what_undoes_is_folded_and_opens_with_the_keyboard(
    page_as: Callable[..., Page], picture: Callable, width: int
) -> None:
    page = page_as("checker", language="en")
    page.set_viewport_size({"width": width, "height": 860})
    page.goto("/app/two-people/")
    undoing = [kind for kind in kinds() if kind.undoes]
    row = page.get_by_text(f"{undoing[0].label}", exact=True)
    fold = page.locator("summary", has_text="Undoing what was done")
    assert len(undoing) > 10 and f"{len(undoing)} kinds" in fold.inner_text()
    assert not row.is_visible()
    folded = page.evaluate("document.body.scrollHeight")

    fold.focus()
    page.keyboard.press("Enter")

    assert row.is_visible()
    assert page.evaluate("document.body.scrollHeight") > folded
    picture(page, f"two-people-undoing-{width}")
    assert_fits(page, width)
    page.keyboard.press("Space")
    assert not row.is_visible()


def test_a_rule_is_asked_for_in_the_admin(page_as: Callable[..., Page], picture: Callable) -> None:
    page = page_as("administrator", language="en")
    page.goto("/admin/core/rule/add/")
    picture(page, "two-people-rule-form")
    expect(page.get_by_text("Another person reads it and must agree")).to_be_visible()
    someone = UserFactory(roles=["officer"])
    page.goto(f"/admin/staff/user/{someone.pk}/password/")
    picture(page, "two-people-password-form")
    expect(page.locator("[name=reason_for_change]")).to_be_visible()
    page.goto("/admin/staff/user/add/")
    picture(page, "two-people-person-form")
    expect(page.locator("[name=reason_for_change]")).to_be_visible()
