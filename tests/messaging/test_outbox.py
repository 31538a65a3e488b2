"""The outbox: once per key, cheap for producers, and moved only along its table."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from core import partitions
from messaging.models import Message, MessageStatus
from messaging.outbox import MESSAGES, MessageMoveImpossible, advance, take_keys
from tests.borrowers.factories import LinFactory
from tests.messaging.factories import MORNING, MessageFactory

pytestmark = pytest.mark.django_db

PAIRS = [(before, after) for before in MessageStatus for after in MessageStatus]

SET_BASED = f"""
WITH wanted AS (SELECT n, 'due:' || n AS dedupe_key, date '2026-06-15' AS created_on FROM generate_series(1, %s) n),
     held AS ({take_keys("wanted")})
INSERT INTO messaging_message (id, dedupe_key, borrower_id, template_code, context, purpose, due_at, created_on)
SELECT message_id, dedupe_key, %s, 'repayment_due_soon',
       jsonb_build_object('loan_number', 'LN-2026-' || n, 'amount', 936.70::numeric(14, 2), 'due_on', date '2026-06-18'),
       'reminder', %s, created_on
  FROM wanted JOIN held USING (dedupe_key)
"""


def test_the_same_key_is_one_message() -> None:
    borrower = LinFactory()

    first = MessageFactory(borrower=borrower, dedupe_key="due:1")
    again = MessageFactory(borrower=borrower, dedupe_key="due:1", context={"amount": "1.00"})

    assert again == first
    assert Message.objects.count() == 1


def test_a_producer_inserts_thousands_with_one_statement_and_seven_columns() -> None:
    borrower = LinFactory()

    partitions.require_month(MORNING)
    for most, new in ((2, 2), (3, 1), (3, 0)):
        with connection.cursor() as cursor:
            cursor.execute(SET_BASED, [most, borrower.pk, MORNING])
            assert cursor.rowcount == new

    messages = Message.objects.all()
    assert len(messages) == 3
    assert {(one.status, one.channel, one.body, one.attempts) for one in messages} == {("queued", "sms", "", 0)}
    assert str(messages[0].context["amount"]) == "936.70", "an amount must not become a binary fraction"


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_message_moves_only_along_the_table(before: MessageStatus, after: MessageStatus) -> None:
    message = MessageFactory(borrower=LinFactory())
    Message.objects.filter(pk=message.pk).update(status=before, sent_at=MORNING)
    message.refresh_from_db()

    if after in MESSAGES.steps[before]:
        advance(message, after, receipt_at=MORNING + timedelta(minutes=1))
        message.refresh_from_db()
        assert message.status == after
    else:
        with pytest.raises(MessageMoveImpossible):
            advance(message, after)


def test_postgresql_refuses_a_sent_message_without_its_moment() -> None:
    message = MessageFactory(borrower=LinFactory())

    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(status=MessageStatus.SENT)
