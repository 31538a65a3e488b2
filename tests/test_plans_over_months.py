"""Two years of messages, events and moves: who knows the day reads one month, who does not reads a few rows of each.

Each table gets a few thousand rows by SQL, so that PostgreSQL has something to choose from; its plans are read, not timed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import RequestFactory
from pytest_django.plugin import DjangoDbBlocker

from audit.models import AuditEvent
from audit.queries import NEWEST_FIRST, EventFilter, events, neighbours
from core import kept, partitions
from core.pages import page_of
from loans.models import LoanTransition
from messaging import claiming, queries
from messaging.models import Message
from messaging.outbox import mark_delivered
from tests import worlds
from tests.borrowers.factories import LinFactory
from tests.plans import reading, reading_of

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2031, 1, 1), date(2032, 12, 31)
DAY = date(2031, 7, 15)
ROWS, FEW = 6_000, 120
FILLED = (
    """
INSERT INTO audit_auditevent (at, channel, action, object_type, object_id, object_label, reason, request_id, before, after)
SELECT %(first)s::date + n * interval '2.9 hours', 'system',
       CASE n %% 500 WHEN 0 THEN 'exported' WHEN 1 THEN 'changed' ELSE 'created' END,
       'loans.loan', n, 'LN-2031-' || lpad(n::text, 6, '0'), CASE n %% 10 WHEN 0 THEN 'asked by phone ' || n ELSE '' END,
       CASE n %% 2 WHEN 0 THEN 'req_' || n ELSE '' END, '{}', '{}' FROM generate_series(1, %(rows)s) n
""",
    """
INSERT INTO messaging_message (dedupe_key, borrower_id, template_code, context, reference, purpose, due_at, created_on,
                               status, sent_at, provider_reference)
SELECT 'm:' || n, %(borrower)s, 'repayment_due_soon', '{}', 'LN-2031-' || lpad((n %% 2000)::text, 6, '0'),
       CASE n %% 500 WHEN 2 THEN 'collection' ELSE 'reminder' END,
       %(first)s::date + n * interval '2.9 hours', (%(first)s::date + n * interval '2.9 hours')::date,
       CASE n %% 100 WHEN 0 THEN 'queued' WHEN 1 THEN 'failed' ELSE 'delivered' END, now(), 'gate-' || n
  FROM generate_series(1, %(rows)s) n
""",
    """
INSERT INTO loans_loantransition (loan_id, "on", kind, before, after, days_past_due, amount)
SELECT n %% 500, (%(first)s::date + n * interval '2.9 hours')::date, 'bucket', 'C', 'M1', 1, 1
  FROM generate_series(1, %(rows)s) n
""",
    "ANALYZE audit_auditevent, messaging_message, loans_loantransition",
)


@pytest.fixture(scope="module", autouse=True)
def _two_years(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with worlds.shared(django_db_blocker):
        partitions.ensure_months(FIRST, LAST)
        facts = {"first": FIRST, "rows": ROWS, "borrower": LinFactory().pk}
        with connection.cursor() as cursor:
            for statement in FILLED:
                cursor.execute(statement, facts if "%(" in statement else None)
        yield
        kept.forget()


class TestEvents:
    def test_a_page_of_the_log_reads_the_newest_month(self) -> None:
        page = page_of(events(EventFilter()), RequestFactory().get("/app/audit/"), order=NEWEST_FIRST)

        read = reading(events(EventFilter()).order_by(*NEWEST_FIRST)[:51])
        assert read.months("audit_auditevent") == ["2032_12"]
        assert read.rows <= 51
        assert len(page.items) == 50

    def test_days_read_their_months(self) -> None:
        wanted = EventFilter(first=date(2031, 7, 3), last=DAY)

        read = reading(events(wanted).order_by(*NEWEST_FIRST)[:51])
        assert read.months("audit_auditevent") == ["2031_07"]
        assert read.rows <= 51

    @pytest.mark.parametrize(
        "wanted",
        [
            EventFilter(text="LN-2031-000417"),
            EventFilter(text="ln 2031 417"),
            EventFilter(text="phone 4170"),
            EventFilter(text="nobody said this"),
            EventFilter(request_id="req_4170"),
            EventFilter(action="exported"),
            EventFilter(action="changed"),
        ],
    )
    def test_what_is_searched_is_found_by_an_index_of_each_month(self, wanted: EventFilter) -> None:
        with connection.cursor() as cursor:  # so few rows are as quickly walked in order
            cursor.execute("SET LOCAL enable_indexscan = off")
        assert reading(events(wanted).order_by(*NEWEST_FIRST)[:51]).rows <= FEW

    def test_a_number_a_word_and_an_id_are_found(self) -> None:
        for text, labels in (
            ("ln 2031 417", ["LN-2031-000417"]),
            ("PHONE 417", ["LN-2031-004170"]),
            ("417", ["LN-2031-004170", "LN-2031-000417"]),
        ):
            found = events(EventFilter(text=text)).order_by(*NEWEST_FIRST)
            assert [event.object_label for event in found] == labels, text

    def test_the_changes_of_an_object_are_found_by_it(self) -> None:
        event = AuditEvent.objects.get(object_label="LN-2031-000417")

        assert reading(AuditEvent.objects.filter(object_type="loans.loan", object_id="417")).rows == 1
        assert neighbours(event) == (None, None)


class TestMessages:
    def test_the_messages_of_a_loan_and_of_a_gateway_are_found_by_indexes(self) -> None:
        for rows in (
            Message.objects.filter(reference="LN-2031-000417").order_by("-id")[:50],
            Message.objects.filter(provider_reference="gate-417"),
            queries.message_list(status="failed")[:51],
            Message.objects.filter(pk=417),
        ):
            assert reading(rows).rows <= FEW, rows.query

    @pytest.mark.parametrize("wanted", [{"status": "queued"}, {"status": "failed"}, {"purpose": "collection"}])
    def test_what_few_messages_are_is_no_search_through_all_months(self, wanted: dict[str, str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off")
        assert reading(queries.message_list(**wanted).order_by("-id")[:51]).rows <= 2 * FEW

    def test_who_knows_the_day_reads_one_month(self) -> None:
        on_the_day = Message.objects.filter(created_on=DAY)

        read = reading(Message.objects.filter(created_on=DAY, pk__in=list(on_the_day.values_list("pk", flat=True)[:3])))
        assert read.months("messaging_message") == ["2031_07"]
        assert read.rows == 3

    def test_a_batch_is_claimed_and_settled_by_indexes(self) -> None:
        now = datetime(2033, 1, 1, tzinfo=UTC)
        assert reading_of(claiming._CLAIM, {"now": now, "until": now + claiming.LEASE, "most": 20}).rows <= FEW

        claimed = claiming.claim(now, most=20)
        assert len(claimed) == 20
        sent = [claiming.Result(pk, on, status="sent", channel="sms", sent_at=now) for pk, on in claimed.items()]
        claiming.settle(sent)
        assert Message.objects.filter(status="sent").count() == 20

    def test_receipts_look_in_the_months_their_messages_can_lie_in(self) -> None:
        Message.objects.filter(pk__in=Message.objects.filter(status="delivered").values("pk")[:1]).update(status="sent")
        sent = Message.objects.get(status="sent")

        arrived = {sent.provider_reference: datetime(2032, 12, 31, tzinfo=UTC)}
        assert mark_delivered(arrived, queued_since=LAST) == 0
        assert mark_delivered(arrived, queued_since=sent.created_on) == 1


class TestMoves:
    def test_the_moves_of_a_loan_are_found_by_it_and_those_of_a_day_in_its_month(self) -> None:
        moves = LoanTransition.objects.filter(loan_id=417, kind="bucket")
        assert reading(moves.order_by("-on", "-id")[:50]).rows == moves.count() == ROWS // 500

        that_day = LoanTransition.objects.filter(on=DAY, kind="bucket")
        read = reading(that_day)
        assert read.months("loans_loantransition") == ["2031_07"]
        assert read.rows == that_day.count() > 0
