"""The pages of messages: the outbox, a borrower's phone, and the reports."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from borrowers.models import ContactState
from core import business_date
from messaging.delivery import send_due
from messaging.models import Message
from tests.borrowers.factories import ON, LinFactory, WangFactory, mobile_of
from tests.messaging.factories import MORNING, MessageFactory

pytestmark = pytest.mark.django_db

SignIn = Callable[..., Client]
LIST, INBOX, WORDINGS = "messaging:message_list", "messaging:inbox", "messaging:wordings"


@pytest.fixture(autouse=True)
def _today() -> None:
    business_date.move_to(ON)


@pytest.fixture
def clerk(client: Client, signed_in: SignIn) -> Client:
    return signed_in(client, "operations")


@pytest.mark.parametrize("name", [LIST, INBOX, WORDINGS])
def test_every_page_needs_the_right_to_see_messages(client: Client, signed_in: SignIn, name: str) -> None:
    assert client.get(reverse(name)).status_code == 302

    refused = signed_in(client, username="nobody").get(reverse(name))
    assert refused.status_code == 403
    assert "messaging.view_message" in refused.content.decode()

    assert signed_in(client, "officer").get(reverse(name)).status_code == 200


def test_reporting_needs_its_own_right(client: Client, signed_in: SignIn) -> None:
    message = MessageFactory(sent=True, borrower=LinFactory())
    address = reverse("messaging:report", args=[message.pk])

    assert client.post(address, {"outcome": "failed"}).status_code == 302
    refused = signed_in(client, "officer").post(address, {"outcome": "failed"})
    assert refused.status_code == 403
    assert "messaging.report_receipt" in refused.content.decode()
    message.refresh_from_db()
    assert message.status == "sent"


def test_the_list_says_what_became_of_each_message_and_why(clerk: Client) -> None:
    borrower = WangFactory()
    mobile = mobile_of(borrower)
    mobile.state = ContactState.WRONG_PERSON
    mobile.save()
    MessageFactory(borrower=borrower)
    send_due(MORNING)

    page = clerk.get(reverse(LIST)).content.decode()

    assert "Not sent" in page
    assert "no contact point works" in page
    assert "王丽" not in page


@pytest.mark.parametrize(
    ("chosen", "texts"),
    [
        ({"status": "sent"}, {"sent"}),
        ({"status": "queued"}, {"waiting"}),
        ({"purpose": "collection"}, {"waiting"}),
        ({"q": "LN-2026-000002"}, {"waiting"}),
        ({"q": "LN-2026-000002", "status": "sent"}, set()),
        ({"channel": "email"}, set()),
        ({"status": "nonsense"}, {"sent", "waiting"}),
        ({}, {"sent", "waiting"}),
    ],
)
def test_filters_narrow_the_list(clerk: Client, chosen: dict, texts: set) -> None:
    borrower = LinFactory()
    MessageFactory(sent=True, borrower=borrower, dedupe_key="sent", reference="LN-2026-000001")
    MessageFactory(borrower=borrower, dedupe_key="waiting", reference="LN-2026-000002", purpose="collection")

    rows = clerk.get(reverse(LIST), chosen).context["rows"]

    assert {message.dedupe_key for message, _why in rows} == texts


def test_the_list_narrows_to_one_borrower(clerk: Client) -> None:
    borrower = LinFactory()
    MessageFactory(borrower=borrower)
    MessageFactory(borrower=WangFactory())

    rows = clerk.get(reverse(LIST), {"q": borrower.number}).context["rows"]

    assert [message.borrower for message, _why in rows] == [borrower]


@pytest.mark.parametrize("name", [LIST, INBOX])
def test_pages_cost_the_same_queries_however_much_was_said(clerk: Client, name: str) -> None:
    borrower = LinFactory()
    MessageFactory(sent=True, borrower=borrower)
    clerk.get(reverse(name))

    few = queries_of(clerk, name)
    for _person in range(12):
        MessageFactory(sent=True)
        MessageFactory(sent=True, borrower=borrower)

    assert queries_of(clerk, name) == few


def queries_of(client: Client, name: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse(name))
    return len(queries)


def test_empty_pages_say_what_will_appear(clerk: Client) -> None:
    assert "No messages yet" in clerk.get(reverse(LIST)).content.decode()
    assert "No such message" in clerk.get(reverse(LIST), {"status": "sent"}).content.decode()
    assert "No messages yet" in clerk.get(reverse(INBOX)).content.decode()


def test_the_phone_shows_what_the_borrower_reads_in_order(clerk: Client) -> None:
    borrower = LinFactory()
    first, second = MessageFactory(sent=True, borrower=borrower), MessageFactory(sent=True, borrower=borrower)
    MessageFactory(borrower=borrower)

    page = clerk.get(reverse(INBOX), {"borrower": borrower.number.lower()})

    assert page.context["phone"].messages == [first, second]
    assert "【Loandesk】您的借款LN-2026-000418" in page.content.decode()


def test_without_a_name_the_phone_written_to_last_is_shown(clerk: Client) -> None:
    MessageFactory(sent=True, borrower=LinFactory())
    newest = WangFactory()
    MessageFactory(sent=True, borrower=newest)

    page = clerk.get(reverse(INBOX))

    assert page.context["phone"].borrower == newest
    assert len(page.context["phones"]) == 2
    assert clerk.get(reverse(INBOX), {"borrower": "CU-0000-1"}).status_code == 404


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("delivered", "unverified"), ("failed", "undeliverable"), ("wrong_number", "wrong_person")],
)
def test_a_button_does_what_a_gateways_receipt_does(clerk: Client, outcome: str, state: str) -> None:
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)

    answer = clerk.post(reverse("messaging:report", args=[message.pk]), {"outcome": outcome})

    assert answer.url == f"{reverse(INBOX)}?borrower={borrower.number}"
    message.refresh_from_db()
    point = mobile_of(borrower)
    assert (message.status, point.state) == (outcome, state)
    if state != "unverified":
        assert point.history.first().history_user.username == "operations"


def test_a_nonsense_report_is_refused(clerk: Client) -> None:
    message = MessageFactory(sent=True, borrower=LinFactory())

    assert clerk.post(reverse("messaging:report", args=[message.pk]), {"outcome": "eaten"}).status_code == 404
    assert clerk.post(reverse("messaging:report", args=[0]), {"outcome": "failed"}).status_code == 404
    assert clerk.get(reverse("messaging:report", args=[message.pk])).status_code == 405
    assert Message.objects.get().status == "sent"


def test_reports_are_offered_only_to_those_who_may(client: Client, signed_in: SignIn) -> None:
    MessageFactory(sent=True, borrower=LinFactory())

    offer = 'name="outcome" value="wrong_number"'
    assert offer not in signed_in(client, "officer").get(reverse(INBOX)).content.decode()
    assert offer in signed_in(client, "operations").get(reverse(INBOX)).content.decode()
