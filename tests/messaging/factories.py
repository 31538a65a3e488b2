"""Factories of messages, and the moments they happen at.

`MessageFactory(borrower=lin)` waits in the outbox; `MessageFactory(borrower=lin, sent=True)` was taken by the gateway,
which has not reported on it.
"""

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from borrowers.models import Borrower
from messaging.models import Message, MessageStatus, Template
from messaging.outbox import advance, queue
from tests.borrowers.factories import BorrowerFactory

MORNING = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
NIGHT = datetime(2026, 6, 15, 14, 30, tzinfo=UTC)  # 22:30 in Shanghai
CONTEXT = {"loan_number": "LN-2026-000418", "amount": "936.70", "due_on": "2026-06-18", "days_past_due": 3}
BODY = "您的借款LN-2026-000418将于2026年6月18日应还936.70元，请提前备足款项。"


class MessageFactory(DjangoModelFactory[Message]):
    """A reminder by SMS due in the morning."""

    class Meta:
        model = Message

    class Params:
        sent = factory.Trait(sent_at=MORNING)

    borrower = factory.SubFactory(BorrowerFactory)
    template_code = "repayment_due_soon"
    context = CONTEXT
    dedupe_key = factory.Sequence(lambda n: f"test:{n}")
    due_at = MORNING
    purpose = "reminder"
    reference = "LN-2026-000418"
    sent_at: datetime | None = None

    @classmethod
    def _create(
        cls, model_class: type[Message], *args: Any, borrower: Borrower, sent_at: datetime | None, **facts: Any
    ) -> Message:
        queue(borrower_id=borrower.pk, **facts)
        message = Message.objects.get(dedupe_key=facts["dedupe_key"])
        if sent_at is not None:
            message.contact_point = borrower.contact_points.get(kind="mobile", is_primary=True)
            taken = {"attempts": 1, "provider_reference": f"sim-{message.pk}-1", "body": BODY}
            advance(message, MessageStatus.SENT, sent_at=sent_at, contact_point=message.contact_point, **taken)
        return message


class TemplateFactory(DjangoModelFactory[Template]):
    """An active wording in English under a code of its own."""

    class Meta:
        model = Template

    code = factory.Sequence(lambda n: f"wording_of_the_tests_{n}")
    channel = "sms"
    language = "en"
    body = "Your loan {loan_number} is settled."
