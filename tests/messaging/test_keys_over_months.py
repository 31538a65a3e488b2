"""One message a key over all months, whoever stores it and however many at once; what it is stored under never changes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from core import partitions
from messaging import claiming
from messaging.models import Message, MessageKey
from messaging.outbox import queue
from tests.borrowers.factories import LinFactory
from tests.messaging.factories import MORNING, MessageFactory

MAY, JULY = datetime(2031, 5, 20, 9, tzinfo=UTC), datetime(2031, 7, 2, 9, tzinfo=UTC)
STORED = """
INSERT INTO messaging_message (dedupe_key, borrower_id, template_code, context, purpose, due_at, created_on)
VALUES (%s, %s, 'repayment_due_soon', '{}', 'reminder', now(), %s)
"""


def execute(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def queued(key: str, at: datetime, borrower_id: int) -> Message:
    facts = {"template_code": "repayment_due_soon", "context": {}, "purpose": "reminder"}
    queue(borrower_id=borrower_id, dedupe_key=key, due_at=at, **facts)
    return Message.objects.get(dedupe_key=key)


def months_of(*messages: Message) -> list[str]:
    wanted = [message.pk for message in messages]
    rows = execute("SELECT tableoid::regclass::text FROM messaging_message WHERE id = ANY(%s) ORDER BY id", wanted)
    return [month for (month,) in rows]


@pytest.mark.django_db
class TestLaws:
    def test_messages_lie_in_the_month_they_were_queued_in(self) -> None:
        lin = LinFactory().pk

        assert months_of(queued("a", MAY, lin), queued("b", JULY, lin)) == [
            "messaging_message_2031_05",
            "messaging_message_2031_07",
        ]

    def test_a_repeat_in_a_later_month_is_the_same_message(self) -> None:
        lin = LinFactory().pk
        first = queued("offer:1", MAY, lin)

        again = queued("offer:1", JULY, lin)

        assert (again, again.created_on, Message.objects.count()) == (first, date(2031, 5, 20), 1)

    def test_a_message_stored_past_the_outbox_takes_its_key_too(self) -> None:
        lin = LinFactory().pk
        for on in (MAY, JULY):
            partitions.require_month(on)

        execute(STORED, "offer:2", lin, MAY)
        key = MessageKey.objects.get(pk="offer:2")
        assert (key.message_id, key.created_on) == (Message.objects.get().pk, date(2031, 5, 20))
        for on in (MAY, JULY):
            with pytest.raises(IntegrityError, match="messaging_messagekey_pkey"):
                execute(STORED, "offer:2", lin, on)
        queued("offer:3", MAY, lin)
        with pytest.raises(IntegrityError, match="messaging_messagekey_pkey"):
            execute(STORED, "offer:3", lin, JULY)
        assert Message.objects.count() == 2

    @pytest.mark.parametrize("change", ["id = id + 1000", "dedupe_key = 'other'", "created_on = created_on + 1"])
    def test_what_ties_a_message_to_its_key_never_changes(self, change: str) -> None:
        message = MessageFactory()

        for table in ("messaging_message", *months_of(message)):
            with pytest.raises(IntegrityError, match="refused"):
                execute(f"UPDATE {table} SET {change}")

    @pytest.mark.parametrize("change", ["UPDATE {} SET created_on = created_on + 1", "DELETE FROM {}"])
    def test_keys_only_grow(self, change: str) -> None:
        MessageFactory()

        with pytest.raises(IntegrityError, match="refused"):
            execute(change.format("messaging_messagekey"))

    def test_a_message_is_to_a_borrower_who_is_there_and_stays(self) -> None:
        message = MessageFactory()
        partitions.require_month(JULY)
        nobody = message.borrower_id + 1000

        for table in ("messaging_message", *months_of(message), "messaging_message_2031_07"):
            on = JULY if table.endswith("2031_07") else message.created_on
            with pytest.raises(IntegrityError, match="who is not there"):
                execute(STORED.replace("messaging_message", table), f"to nobody, {table}", nobody, on)
        for table in ("messaging_message", *months_of(message)):
            with pytest.raises(IntegrityError, match="refused"):
                execute(f"UPDATE {table} SET borrower_id = %s", nobody)
        assert Message.objects.count() == 1

    def test_a_borrower_with_messages_is_not_deleted_and_one_without_is(self) -> None:
        message, without = MessageFactory(), "CU-2031-000001"
        execute(
            "INSERT INTO borrowers_borrower SELECT (b).* FROM (SELECT jsonb_populate_record(b, jsonb_build_object("
            "'id', 987654, 'public_id', 'cus_other', 'number', %s::text, 'identity_index', 'other', 'phone_index', 'other'"
            ")) AS b FROM borrowers_borrower b WHERE id = %s) made",
            without,
            message.borrower_id,
        )
        execute("DELETE FROM borrowers_borrower WHERE number = %s", without)

        with pytest.raises(IntegrityError, match="has messages and is not deleted"):
            execute("DELETE FROM borrowers_borrower WHERE id = %s", message.borrower_id)

    def test_a_message_follows_one_that_is_there(self) -> None:
        message = MessageFactory()

        with pytest.raises(IntegrityError, match="which is not there"):
            execute("UPDATE messaging_message SET follows_id = %s", message.pk + 1000)
        execute("UPDATE messaging_message SET follows_id = %s", message.pk)


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_many_who_queue_the_same_at_once_queue_one_message(self) -> None:
        lin, together = LinFactory().pk, Barrier(4)

        def ask(number: int) -> int:
            together.wait(10)
            return queued("offer:1", (MAY, JULY)[number % 2], lin).pk

        found = in_threads(4, ask)

        assert len(set(found)) == 1
        assert [message.pk for message in Message.objects.all()] == found[:1]

    def test_many_claim_every_message_once_whichever_month_it_lies_in(self) -> None:
        lin = LinFactory().pk
        wanted = {queued(f"m:{n}", (MAY, JULY)[n % 2], lin).pk for n in range(12)}
        together = Barrier(3)

        def take(_number: int) -> list[int]:
            together.wait(10)
            taken: list[int] = []
            while claimed := claiming.claim(JULY, most=2):
                taken.extend(claimed)
            return taken

        claims = in_threads(3, take)

        assert sorted(pk for claim in claims for pk in claim) == sorted(wanted)

    def test_a_batch_over_two_months_is_settled(self) -> None:
        lin = LinFactory().pk
        for number, at in enumerate((MAY, JULY)):
            queued(f"m:{number}", at, lin)
        claimed = claiming.claim(JULY, most=10)

        claiming.settle(
            [claiming.Result(pk, on, status="sent", channel="sms", sent_at=MORNING) for pk, on in claimed.items()]
        )

        assert {message.status for message in Message.objects.all()} == {"sent"}


def in_threads(many: int, work: Callable[[int], Any]) -> list[Any]:
    def once(number: int) -> Any:
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(once, range(many)))


@pytest.mark.django_db
def test_a_message_reads_no_other_key_after_a_night_in_the_same_session() -> None:
    """PostgreSQL keeps the plan of a guard for the session: one made for thousands of messages must serve one."""
    lin = LinFactory().pk
    partitions.ensure_months(MAY, MAY)
    night = (
        "INSERT INTO messaging_message (dedupe_key, borrower_id, template_code, context, purpose, due_at, created_on) "
        "SELECT %s || n, %s, 'repayment_due_soon', '{}', 'reminder', now(), %s FROM generate_series(1, 3000) n"
    )
    execute(night, "first:", lin, MAY.date())
    execute("ANALYZE messaging_messagekey")
    execute("DISCARD PLANS")
    execute(night, "second:", lin, MAY.date())
    read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'messaging_messagekey'"
    before = execute(read)[0][0]
    queued("one", MAY, lin)

    assert execute(read)[0][0] - before < 10
