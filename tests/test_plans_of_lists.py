"""Lists and sums of the desk read a page of rows, however many a day or a state has: PostgreSQL's plans, not its time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from audit.queries import NEWEST_FIRST, EventFilter, events
from benchmarks import book
from core import business_date, kept, partitions
from core.pages import head_of, heads_of
from debt_collections import queries
from debt_collections.models import Case
from desk.home import _MARKET_OF_POSITION, _by_market
from loans.models import Loan, LoanPosition, Repayment
from loans.web.forms import LoanFilter
from messaging.models import Message
from messaging.queries import last_sent, message_list
from partners.introductions import introduce
from partners.models import ApiClient
from staff.models import User
from staff.visibility import require_seen
from tests import worlds
from tests.partners.factories import CallerFactory
from tests.plans import reading, reading_of, steps
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
LOANS, PAGE, FEW = 600, 51, 120
ON = date(2026, 7, 1)
WAYS = ("seqscan", "sort", "incremental_sort", "hashjoin", "mergejoin", "bitmapscan")
# Of two people, of whom one took three in a hundred; one in a hundred was broken or cancelled.
_PROMISES = """
INSERT INTO collections_promise (case_id, amount, due_on, method, status, taken_by_id, taken_on, judged_on,
                                 repayments_before, received, counts_against, cancel_reason)
SELECT %(case)s, 1, %(on)s::date + n %% 365, 'online',
       CASE n %% 200 WHEN 0 THEN 'broken' WHEN 1 THEN 'cancelled' ELSE 'kept' END,
       CASE WHEN n %% 100 < 3 THEN %(few)s ELSE %(most)s END, %(on)s, %(on)s, 0, 0, false, ''
  FROM generate_series(1, 3000) n
"""
# A year of payments, now and then one that was changed; a product, a look at what is masked.
_EVENTS = """
INSERT INTO audit_auditevent (at, channel, action, object_type, object_id, object_label, reason, request_id, before, after)
SELECT %(on)s::date - n * interval '2 hours', 'web',
       CASE WHEN n %% 500 IN (1, 2) THEN 'changed' WHEN n %% 500 = 3 THEN 'revealed' ELSE 'created' END,
       CASE n %% 500 WHEN 2 THEN 'loans.product' WHEN 3 THEN 'borrowers.borrower' ELSE 'loans.repayment' END,
       n, n, '', '', '{}', '{}'
  FROM generate_series(1, 4000) n
"""


@pytest.fixture(scope="module", autouse=True)
def _book(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """All that is told of a day lies on one day; whatever an index could do instead is dear."""
    with worlds.shared(django_db_blocker):
        business_date.move_to(book.DAY)
        book.write(LOANS)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE loans_repayment SET recorded_on = %s", [ON])
            cursor.execute("UPDATE loans_loanposition SET next_due_on = %s, status = 'active'", [ON])
            cursor.execute("SET LOCAL session_replication_role = origin")
            cursor.execute("ANALYZE")
            for way in WAYS:
                cursor.execute(f"SET LOCAL enable_{way} = off")
        yield
        kept.forget()


def test_the_receipts_of_a_day_are_read_a_page_at_a_time() -> None:
    assert Repayment.objects.count() > 2 * FEW
    rows = Repayment.objects.select_related(None).order_by("-recorded_on", "-id")[:PAGE]
    assert reading(rows).rows <= FEW


@pytest.mark.parametrize("status", ["", "pending", "kept", "broken", "cancelled"])
@pytest.mark.parametrize("mine", [False, True])
def test_promises_are_read_a_page_at_a_time(status: str, mine: bool) -> None:
    """However few there are of a state or of a person."""
    case, taker = Case.objects.values_list("pk", flat=True)[0], UserFactory(roles=["team_lead"])
    other = UserFactory(roles=["team_lead"])
    with connection.cursor() as cursor:
        cursor.execute(_PROMISES, {"case": case, "few": taker.pk, "most": other.pk, "on": ON})
        cursor.execute("ANALYZE collections_promise")
    rows = queries.promise_list(seen_by=other, status=status, person=taker if mine else None).order_by("-due_on", "-id")
    assert rows.exists() or mine
    assert reading(rows[:PAGE]).rows <= 5 * PAGE, "each with what is shown of case, borrower, loan and person"
    plan = [step["Node Type"] for step in steps(*rows[:PAGE].query.sql_with_params())]
    assert not {"Sort", "Incremental Sort"} & set(plan), plan


@pytest.mark.parametrize("role", ["team_lead", "collector"])
@pytest.mark.parametrize("chosen", [{}, {"stage": "M1"}, {"order": "days"}, {"order": "amount"}], ids=str)
def test_what_is_nobodys_is_found_behind_the_first_cases_of_others(chosen: dict[str, str], role: str) -> None:
    person, other, lead = UserFactory(roles=[role]), UserFactory(), UserFactory(roles=["team_lead"])
    wanted, few = queries.QueueFilter(**chosen), 5
    order = queries.ORDERS[wanted.order]
    everybodys = queries.queue(replace(wanted, whose="all"), person=lead).order_by(*order)
    Case.objects.update(assigned_to=None)
    Case.objects.filter(pk__in=[case.pk for case in everybodys[:20]]).update(assigned_to=other)
    rows, parts = queries.queue(wanted, person=person).order_by(*order), queries.parts_of_queue(wanted, person=person)
    assert rows.count() > 2 * few
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE collections_case")
        cursor.execute("SET LOCAL enable_incremental_sort = on")  # of one step of amounts
    assert [case.pk for case in head_of(rows, few, parts=parts)] == [case.pk for case in everybodys[20 : 20 + few]]
    assert reading(rows.filter(parts[1]).values("pk")[:few]).rows <= 3 * few


@pytest.mark.parametrize("order", ["priority", "amount", "days"])
@pytest.mark.parametrize("nobodys", [0, 3])
@pytest.mark.parametrize(("role", "whose"), [("team_lead", "mine"), ("collector", "mine"), ("collector", "all")])
def test_what_is_mine_or_nobodys_is_found_without_the_cases_of_others(
    order: str, nobodys: int, role: str, whose: str
) -> None:
    person, other = UserFactory(roles=[role]), UserFactory()
    cases = Case.objects.open()
    assert cases.count() > 2 * PAGE
    cases.update(assigned_to=other)
    for owner, keys in ((person, range(2)), (None, range(2, 2 + nobodys))):
        cases.filter(pk__in=cases.order_by("priority").values_list("pk", flat=True)[keys.start : keys.stop]).update(
            assigned_to=owner
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE collections_case")
        cursor.execute("SET LOCAL enable_sort = on")  # of the few that are found
    chosen = queries.QueueFilter(order=order, whose=whose)
    rows = queries.queue(chosen, person=person).order_by(*queries.ORDERS[order])
    parts = queries.parts_of_queue(chosen, person=person)
    head = head_of(rows, PAGE, parts=parts)
    assert len(head) == 2 + nobodys
    assert reading(head).rows <= PAGE
    assert reading_of(*heads_of(rows, PAGE, parts=parts).query.sql_with_params()).rows <= PAGE


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(),
        EventFilter(object_type="loans.repayment"),
        EventFilter(object_type="loans.product"),
        EventFilter(object_type="staff.user"),
        EventFilter(action="created"),
        EventFilter(action="revealed"),
        EventFilter(action="deleted"),
        EventFilter(object_type="loans.repayment", action="changed"),
        EventFilter(object_type="loans.repayment", action="deleted"),
        EventFilter(object_type="loans.product", action="created"),
    ],
    ids=lambda wanted: f"{wanted.object_type or 'anything'} {wanted.action}",
)
def test_the_log_is_read_a_page_at_a_time_however_rare_is_what_is_looked_for(wanted: EventFilter) -> None:
    last = timezone.localdate() + timedelta(days=31)  # after what tells of the book, which came in one go
    partitions.ensure_months(last - timedelta(days=366), last)
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, {"on": last})
        cursor.execute("ANALYZE audit_auditevent")
    rows = events(wanted).order_by(*NEWEST_FIRST)[:PAGE]
    assert reading(rows).rows <= FEW


def test_what_left_is_found_behind_all_that_waits() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE messaging_message SET status = 'delivered', sent_at = now(), refusal = ''")
        cursor.execute(
            "UPDATE messaging_message SET status = 'queued', sent_at = NULL, receipt_at = NULL WHERE id > ("
            "SELECT id FROM messaging_message ORDER BY id OFFSET %s LIMIT 1)",
            [PAGE],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE messaging_message")
    assert Message.objects.filter(status="queued").count() > 2 * FEW
    rows = message_list(status="delivered")[:PAGE].select_related(None)
    assert reading(rows).rows <= FEW
    assert reading(last_sent()).rows <= FEW


def test_the_very_late_are_counted_without_all_that_are_a_little_late() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE loans_loanposition SET bucket = 'M1', days_past_due = 3 WHERE loan_id <= %s", [LOANS // 2]
        )
        cursor.execute(
            "UPDATE loans_loanposition SET bucket = 'M3', days_past_due = 70 WHERE loan_id > %s", [LOANS - PAGE]
        )
        cursor.execute("ANALYZE loans_loanposition")
    form = LoanFilter({"dpd": "30"})
    assert reading(form.as_counted(form.apply(Loan.objects.all()))[:PAGE]).rows <= FEW


def test_what_is_due_on_a_day_is_summed_from_its_index_alone() -> None:
    with connection.cursor() as cursor:
        # As after a vacuum, which no test can wait for.
        cursor.execute("UPDATE pg_class SET relallvisible = relpages WHERE relname = 'loans_loanposition'")
    due = LoanPosition.objects.filter(status="active", next_due_on=ON)
    assert due.count() > 2 * FEW
    read = list(steps(*_by_market(due, _MARKET_OF_POSITION, "next_due_amount").query.sql_with_params()))
    assert [step["Node Type"] for step in read if step.get("Relation Name") == "loans_loanposition"] == [
        "Index Only Scan"
    ]


@pytest.mark.parametrize("path", ["loans", "loans?dpd_gte=1", "applications", "repayments"])
def test_a_partner_of_few_loans_reads_no_other(path: str) -> None:
    """However many tables an answer tells of: which ones they are is found first."""
    caller = CallerFactory(client__name="Lilac Phones")
    client = ApiClient.objects.get(name="Lilac Phones")
    for number in (LOANS // 3, LOANS // 2, LOANS):
        introduce(client=client, kind="application", object_id=number)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE partners_introduction")
        cursor.execute("SET LOCAL enable_sort = on")
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, *rest: Any) -> Any:
        asked.append((sql, values))
        return execute(sql, values, *rest)

    with connection.execute_wrapper(note):
        answer = caller.ask(f"/{path}").json()
    assert answer["data"] or "dpd" in path
    lists = [(sql, values) for sql, values in asked if "partners_introduction" in sql]
    assert lists
    for sql, values in lists:
        assert reading_of(sql, values).rows <= FEW, sql


@pytest.mark.parametrize("status", ["", "pending", "kept"])
def test_a_collectors_promises_are_read_without_those_of_others(status: str) -> None:
    me, other = UserFactory(roles=["collector"]), UserFactory(roles=["collector"])
    mine, nobodys, theirs = Case.objects.order_by("pk").values_list("pk", flat=True)[:3]
    _give({None: [nobodys], me: [mine]}, rest=other)
    with connection.cursor() as cursor:
        for case, promises in ((mine, 3), (nobodys, 2), (theirs, 3000)):
            sql = _PROMISES.replace("3000", str(promises))
            cursor.execute(sql, {"case": case, "few": me.pk, "most": other.pk, "on": ON})
        cursor.execute("ANALYZE collections_promise")
        cursor.execute("SET LOCAL enable_sort = on")  # of the few that are found
    rows = queries.promise_list(seen_by=me, status=status).order_by("-due_on", "-id")
    parts = queries.parts_of_promises(me)
    assert {promise.case_id for promise in head_of(rows, PAGE, parts=parts)} <= {mine, nobodys}
    assert len(head_of(rows, PAGE, parts=parts)) == {"": 5, "pending": 0, "kept": 3}[status]
    assert reading_of(*heads_of(rows, PAGE, parts=parts).query.sql_with_params()).rows <= 3 * 5


def test_whether_a_case_is_seen_is_asked_of_that_case_alone() -> None:
    """However many of nobody's a collector sees beside it."""
    me = UserFactory(roles=["collector"])
    case = Case.objects.select_related("borrower").order_by("pk")[0]
    _give({me: [case.pk]}, rest=None)
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, *rest: Any) -> Any:
        asked.append((sql, values))
        return execute(sql, values, *rest)

    with connection.execute_wrapper(note):
        require_seen(me, {"public_id": case.public_id, "number": case.borrower.number})
    looks = [(sql, values) for sql, values in asked if "collections_case" in sql]
    assert len(looks) == 2
    for sql, values in looks:
        assert reading_of(sql, values).rows <= 5, sql


def _give(given: dict[User | None, list[int]], *, rest: User | None) -> None:
    """Give cases to collectors or to nobody, and the rest to one."""
    Case.objects.update(assigned_to=rest)
    for person, cases in given.items():
        Case.objects.filter(pk__in=cases).update(assigned_to=person)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE collections_case")
