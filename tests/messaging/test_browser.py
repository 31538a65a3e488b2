"""Messages in a real browser: the outbox, the wordings, and a borrower's phone whose buttons are pressed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from borrowers.models import ContactState
from core import business_date
from messaging.delivery import send_due
from messaging.receipts import record_receipt
from tests.borrowers.factories import ON, LinFactory, WangFactory, in_state, mobile_of
from tests.browsing import assert_fits
from tests.messaging.factories import MORNING, MessageFactory

pytestmark = pytest.mark.django_db(transaction=True)

PageAs = Callable[..., Page]


def some_messages() -> None:
    """A delivered one, a sent one, one without a way, one by mail, one waiting."""
    business_date.move_to(ON)
    borrower, lost = LinFactory(), WangFactory()
    in_state(mobile_of(lost), ContactState.WRONG_PERSON)
    MessageFactory(borrower=lost)
    MessageFactory(borrower=borrower, channel="email")
    MessageFactory(borrower=borrower, template_code="repayment_overdue", purpose="collection")
    send_due(MORNING)
    record_receipt(message_id=MessageFactory(sent=True, borrower=borrower).pk, outcome="delivered", at=MORNING)
    MessageFactory(sent=True, borrower=borrower)
    MessageFactory(borrower=borrower, template_code="loan_settled", purpose="service")


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
def test_the_pages_of_messages(page_as: PageAs, picture: Callable, language: str, theme: str) -> None:
    some_messages()
    page = page_as("operations", language=language, theme=theme)

    for name, address in (
        ("list", "/app/messages/"),
        ("inbox", "/app/messages/inbox"),
        ("wordings", "/app/messages/wordings"),
    ):
        page.goto(address)
        picture(page, f"messages-{name}-{language}-{theme}")
    page.goto("/app/messages/")
    expect(page.locator("tbody tr")).to_have_count(6)


def test_a_wrong_number_reported_on_the_phone_changes_the_contact_point(page_as: PageAs) -> None:
    business_date.move_to(ON)
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)
    page = page_as("operations")
    page.goto("/app/messages/inbox")

    page.locator(f"#message-{message.pk}").get_by_role("button", name="Wrong number").click()

    expect(page.locator(f"#message-{message.pk} .state")).to_have_text("Wrong number")
    assert mobile_of(borrower).state == ContactState.WRONG_PERSON


def test_the_phone_fits_a_narrow_screen(page_as: PageAs, picture: Callable) -> None:
    some_messages()
    page = page_as("operations")
    page.set_viewport_size({"width": 390, "height": 844})

    for name, address in (("list", "/app/messages/"), ("inbox", "/app/messages/inbox")):
        page.goto(address)
        picture(page, f"messages-{name}-390")
        assert_fits(page, 390)
