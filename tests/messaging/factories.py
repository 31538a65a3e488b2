"""Messages of the tests, and the moments they happen at."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from borrowers.models import Borrower
from messaging.models import Message, MessageStatus
from messaging.outbox import queue

MORNING = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
NIGHT = datetime(2026, 6, 15, 14, 30, tzinfo=UTC)  # 22:30 in Shanghai
_keys = count(1)
CONTEXT = {"loan_number": "LN-2026-000418", "amount": "936.70", "due_on": "2026-06-18", "days_past_due": 3}


def a_message(borrower: Borrower, **changes: Any) -> Message:
    """A reminder due in the morning, waiting in the outbox."""
    facts = {
        "borrower_id": borrower.pk,
        "template_code": "repayment_due_soon",
        "context": CONTEXT,
        "dedupe_key": f"test:{next(_keys)}",
        "due_at": MORNING,
        "purpose": "reminder",
        "reference": "LN-2026-000418",
    }
    return queue(**{**facts, **changes})


def a_sent_message(borrower: Borrower, **changes: Any) -> Message:
    """A message the gateway took and has not reported on."""
    message = a_message(borrower, **changes)
    Message.objects.filter(pk=message.pk).update(
        status=MessageStatus.SENT,
        sent_at=MORNING,
        attempts=1,
        contact_point=borrower.contact_points.get(kind="mobile", is_primary=True),
        provider_reference=f"sim-{message.pk}-1",
        body="您的借款LN-2026-000418将于2026年6月18日应还936.70元，请提前备足款项。",
    )
    message.refresh_from_db()
    return message
