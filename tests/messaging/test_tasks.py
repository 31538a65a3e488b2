"""The scheduled knocks: they send by the business day, also when the books run ahead of today."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from core import business_date
from messaging.models import Message
from messaging.tasks import collect_receipts, send_due
from tests.borrowers.factories import LinFactory
from tests.messaging.factories import MessageFactory

pytestmark = pytest.mark.django_db

AHEAD = date(2031, 3, 1)
SERVICE = {
    "purpose": "service",
    "template_code": "loan_settled",
    "context": {"loan_number": "LN-2031-000001", "settled_on": "2031-03-01"},
}


def test_messages_of_a_business_day_ahead_are_sent_on_that_day() -> None:
    midnight = timezone.make_aware(datetime.combine(AHEAD, time(0)))
    MessageFactory(borrower=LinFactory(), due_at=midnight, **SERVICE)
    assert send_due() == {}

    business_date.move_to(AHEAD)

    assert send_due() == {"sent": 1}
    assert timezone.localdate(Message.objects.get().sent_at) == AHEAD


def test_receipts_are_collected_by_the_same_clock(settings) -> None:
    settings.MESSAGING_SIMULATOR_SECONDS = 0
    business_date.move_to(AHEAD)
    MessageFactory(borrower=LinFactory(), due_at=business_date.now() - timedelta(hours=1), **SERVICE)
    send_due()

    assert collect_receipts() == {"delivered": 1}
