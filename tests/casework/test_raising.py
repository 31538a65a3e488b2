"""Raising tasks one by one and by the thousand, and ending them by the fact they waited for."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, JSONField, Value
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from borrowers.models import Borrower
from casework import clock, raising
from casework.causes import TaskCauseTooLong
from casework.escalating import RAISED_BY_HOURS, escalate_late
from casework.kinds import TaskKind, TaskKindUnknown
from casework.models import ClosedBy, Task, TaskEvent, TaskStatus, What
from casework.models.task import new_task_id
from casework.people import NewOwnerUnfit
from casework.raising import raise_for, raise_task, settle
from casework.timing import times_of
from casework.words import WordsTooLong
from core import business_date
from core.context import acting
from core.rules import forget_cached_rules
from core.strict import TextNotPlain
from tests.borrowers.factories import BorrowerFactory
from tests.core.factories import RuleFactory
from tests.loans.factories import LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
MONDAY = timezone.make_aware(datetime(2026, 9, 14, 10))


def test_raised_twice_it_is_one_task(kind: TaskKind) -> None:
    borrower = BorrowerFactory()
    first, new = raise_task(kind.code, borrower, facts={"since": "9:30"}, now=MONDAY)
    again, new_again = raise_task(kind.code, borrower, facts={"since": "10:00"}, now=MONDAY + timedelta(hours=1))
    assert (first.pk, new, new_again) == (again.pk, True, False)
    assert Task.objects.count() == 1 and not TaskEvent.objects.exists()
    assert again.declared.told(again.facts) == "Asked for a call since 9:30."
    assert first.number.startswith("TK-2026-") and first.object_label == borrower.number


def test_another_cause_is_another_task(kind: TaskKind) -> None:
    borrower = BorrowerFactory()
    assert (
        raise_task(kind.code, borrower, cause="a", now=business_date.now())[1]
        and raise_task(kind.code, borrower, cause="b", now=business_date.now())[1]
    )


def test_after_it_ended_it_is_raised_anew(kind: TaskKind) -> None:
    borrower = BorrowerFactory()
    first, _new = raise_task(kind.code, borrower, now=business_date.now())
    assert settle(kind.code, borrower, outcome="reached", fact="called in", now=business_date.now()) == 1
    second, new = raise_task(kind.code, borrower, now=business_date.now())
    assert new and second.pk != first.pk


def test_a_higher_priority_raises_it_and_a_lower_one_does_not(kind: TaskKind) -> None:
    borrower = BorrowerFactory()
    task, _new = raise_task(kind.code, borrower, now=MONDAY)
    raise_task(kind.code, borrower, priority=90, priority_reason="a payment is due today", now=MONDAY)
    raise_task(kind.code, borrower, priority=10, priority_reason="never mind", now=MONDAY)
    task.refresh_from_db()
    assert (task.priority, task.priority_reason) == (90, "a payment is due today")
    assert task.ranked_at == MONDAY - timedelta(hours=90)
    assert [event.what for event in task.events.all()] == [What.RAISED_AGAIN]


def test_the_oldest_and_the_riskiest_stand_first(kind: TaskKind) -> None:
    old, risky, new = (BorrowerFactory() for _n in range(3))
    raise_task(kind.code, new, priority=20, now=MONDAY)
    raise_task(kind.code, old, priority=20, now=MONDAY - timedelta(days=2))
    raise_task(kind.code, risky, priority=80, now=MONDAY)
    first = Task.objects.order_by("ranked_at").values_list("object_id", flat=True)
    assert list(first) == [str(risky.pk), str(old.pk), str(new.pk)]


def test_due_by_the_hours_of_the_office(kind: TaskKind) -> None:
    task, _new = raise_task(kind.code, BorrowerFactory(), now=timezone.make_aware(datetime(2026, 9, 30, 16)))
    # 16 working hours: two of 30 September, then nine of 8 October, five of 9 October. Escalated four later.
    assert timezone.localtime(task.due_at) == timezone.make_aware(datetime(2026, 10, 9, 14))
    assert timezone.localtime(task.soon_at) == timezone.make_aware(datetime(2026, 10, 9, 10))
    assert timezone.localtime(task.escalates_at) == timezone.make_aware(datetime(2026, 10, 9, 18))


def test_a_kind_may_have_times_of_its_own_from_a_day_on(kind: TaskKind) -> None:
    data = {"due": "16", "soon": "4", "escalated": "4", "by_kind": {kind.code: {"due": "1", "soon": "1"}}}
    RuleFactory(code="task_times", market="CN", effective_from=date(2026, 9, 14), data=data, source="Test.")
    forget_cached_rules()
    before, _new = raise_task(kind.code, BorrowerFactory(), now=MONDAY - timedelta(days=3))
    after, _new = raise_task(kind.code, BorrowerFactory(), now=MONDAY)
    assert after.due_at == MONDAY + timedelta(hours=1) and after.soon_at == MONDAY
    assert before.due_at > before.raised_at + timedelta(hours=16)


def test_what_cannot_be_a_task_is_refused_by_name(kind: TaskKind) -> None:
    with pytest.raises(TaskKindUnknown):
        raise_task("test.unheard_of", BorrowerFactory(), now=business_date.now())
    with pytest.raises(raising.TaskSubjectWrong):
        raise_task(kind.code, LoanFactory(), now=business_date.now())
    with pytest.raises(raising.TaskPriorityWrong):
        raise_task(kind.code, BorrowerFactory(), priority=101, now=business_date.now())
    assert not Task.objects.exists()


def test_a_fact_ends_it_without_anybodys_hand(kind: TaskKind) -> None:
    borrower = BorrowerFactory()
    raise_task(kind.code, borrower, cause="a", now=business_date.now())
    raise_task(kind.code, borrower, cause="b", now=business_date.now())
    raise_task(kind.code, BorrowerFactory(), now=business_date.now())
    assert (
        settle(kind.code, borrower, outcome="reached", fact="RP-2026-000001", cause="a", now=business_date.now()) == 1
    )
    ended = Task.objects.exclude(status=TaskStatus.OPEN).get()
    assert (ended.cause, ended.closed_how, ended.outcome) == ("a", ClosedBy.FACT, "reached")
    assert (ended.closing_note, ended.closed_by) == ("RP-2026-000001", None)
    assert (
        settle(kind.code, borrower, outcome="reached", fact="RP-2026-000001", cause="a", now=business_date.now()) == 0
    )
    with pytest.raises(ValueError, match="no outcome"):
        settle(kind.code, borrower, outcome="vanished", fact="", now=business_date.now())


@pytest.mark.parametrize(("one", "other"), [("é", "e\u0301"), ("Ａ", "A"), ("bill ", "bill"), ("Bill", "bill")])
def test_a_cause_spelt_otherwise_is_the_same_cause(kind: TaskKind, one: str, other: str) -> None:
    borrower = BorrowerFactory()
    task, _new = raise_task(kind.code, borrower, cause=one, now=MONDAY)
    assert raise_task(kind.code, borrower, cause=other, now=MONDAY) == (task, False)
    rows = Borrower.objects.values(
        subject_id=F("id"),
        subject_label=F("number"),
        cause=Value(other),
        facts=Value({}, JSONField()),
        priority=Value(0),
    )
    assert raise_for(kind.code, rows, now=MONDAY) == 0
    assert settle(kind.code, borrower, outcome="reached", fact="called", cause=other, now=clock.now()) == 1


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"cause": "x" * 121}, TaskCauseTooLong),
        ({"cause": "a\x00"}, TextNotPlain),
        ({"team": "ofifcer"}, raising.TaskTeamUnknown),
        ({"team": "finance"}, raising.TaskTeamUnknown),
        ({"facts": {"since": "\u202eevil"}}, TextNotPlain),
        ({"facts": {"since": "a\x00b"}}, TextNotPlain),
        ({"facts": {"since": "13812341234"}}, raising.TaskFactPersonal),
        ({"priority_reason": "x" * 201}, WordsTooLong),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(
    kind: TaskKind, given: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        raise_task(kind.code, BorrowerFactory(), now=MONDAY, **given)
    assert not Task.objects.exists()


def test_nobody_who_has_left_owns_a_new_task(kind: TaskKind) -> None:
    gone = UserFactory(roles=["officer"])
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(NewOwnerUnfit):
        raise_task(kind.code, BorrowerFactory(), owner=gone, now=MONDAY)


def test_raised_again_after_its_escalation_it_does_not_sink(kind: TaskKind) -> None:
    borrower = BorrowerFactory()
    task, _new = raise_task(kind.code, borrower, priority=20, now=MONDAY)
    escalate_late(task.escalates_at)
    raise_task(kind.code, borrower, priority=30, now=task.escalates_at)
    task.refresh_from_db()
    assert task.ranked_at == MONDAY - timedelta(hours=30 + RAISED_BY_HOURS)


def test_a_moment_in_another_zone_is_of_the_office(kind: TaskKind) -> None:
    assert times_of(kind.code, MONDAY) == times_of(kind.code, MONDAY.astimezone(UTC))
    task, _new = raise_task(kind.code, BorrowerFactory(), now=datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    assert task.raised_on == date(2027, 1, 1) and task.number.startswith("TK-2027-")


# --- by the thousand ------------------------------------------------------------------------------------------------
def people(**filters: Any) -> Any:
    return Borrower.objects.filter(**filters).values(
        subject_id=F("id"),
        subject_label=F("number"),
        cause=Value("2026-09"),
        facts=Cast(Value('{"since": "100 % sure"}'), JSONField()),
        priority=Value(30),
    )


def test_many_by_one_statement_and_a_repeat_writes_nothing(kind: TaskKind) -> None:
    for _n in range(5):
        BorrowerFactory()
    raise_task(kind.code, Borrower.objects.first() or BorrowerFactory(), cause="2026-09", now=MONDAY)
    with CaptureQueriesContext(connection) as read, acting(actor=UserFactory(username="raiser")):
        assert raise_for(kind.code, people(), priority_reason="monthly", now=MONDAY) == 4
    assert len([one for one in read.captured_queries if "INSERT INTO casework_task" in one["sql"]]) == 1
    task = Task.objects.order_by("-id")[0]
    one_by_one, _new = raise_task(
        kind.code, BorrowerFactory(), cause="2026-09", facts={"since": "100 % sure"}, priority=30, now=MONDAY
    )
    same = ("kind", "object_type", "cause", "facts", "status", "priority", "team", "raised_at", "raised_on")
    same += ("ranked_at", "soon_at", "due_at", "escalates_at", "steps_done", "escalated_to")
    assert [getattr(task, name) for name in same] == [getattr(one_by_one, name) for name in same]
    assert task.declared.told(task.facts) == "Asked for a call since 100 % sure."
    assert task.raised_by is not None and task.raised_by.username == "raiser"
    written, number = _rows_written(), _last_number()
    Borrower.objects.filter(pk=one_by_one.object_id).update(language="en")
    assert raise_for(kind.code, people(), now=MONDAY) == 0
    assert (_rows_written(), _last_number()) == (written, number)


def test_many_rise_with_what_raises_them(kind: TaskKind) -> None:
    low, high = BorrowerFactory(), BorrowerFactory()
    for borrower, priority in ((low, 10), (high, 90)):
        raise_task(kind.code, borrower, cause="2026-09", priority=priority, now=MONDAY)
    assert raise_for(kind.code, people(), priority_reason="monthly", now=MONDAY) == 0
    risen, kept = (Task.objects.get(object_id=str(one.pk)) for one in (low, high))
    assert (risen.priority, risen.priority_reason, risen.ranked_at) == (30, "monthly", MONDAY - timedelta(hours=30))
    assert (kept.priority, kept.ranked_at) == (90, MONDAY - timedelta(hours=90))
    assert [(event.task, event.what) for event in TaskEvent.objects.all()] == [(risen, What.RAISED_AGAIN)]
    assert raise_for(kind.code, people(), priority_reason="monthly", now=MONDAY) == 0
    assert TaskEvent.objects.count() == 1


def test_a_filter_with_values_is_kept(kind: TaskKind) -> None:
    wanted, _other = BorrowerFactory(), BorrowerFactory()
    assert raise_for(kind.code, people(number=wanted.number), now=MONDAY) == 1
    assert Task.objects.get().object_label == wanted.number


def _rows_written() -> int:
    return Task.objects.count()


def _last_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM core_number_tk")
        return int(cursor.fetchone()[0])


# --- law ------------------------------------------------------------------------------------------------------------
def test_the_database_keeps_it_so(kind: TaskKind) -> None:
    borrower = BorrowerFactory()
    task, _new = raise_task(kind.code, borrower, now=business_date.now())
    copied = Task.objects.get(pk=task.pk)
    copied.pk, copied.number, copied.public_id = None, "TK-2026-999999", new_task_id()
    with pytest.raises(IntegrityError, match="casework_one_open_task"), transaction.atomic():
        copied.save()
    settle(kind.code, borrower, outcome="reached", fact="called", now=business_date.now())
    with pytest.raises(IntegrityError, match="has ended"), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(status=TaskStatus.OPEN, closed_at=None, closed_how="", outcome="")
    with pytest.raises(IntegrityError, match="stays on record"), transaction.atomic():
        Task.objects.filter(pk=task.pk).delete()


@pytest.mark.django_db(transaction=True)
def test_raised_by_many_at_once_it_is_one(kind: TaskKind) -> None:
    borrower, start = BorrowerFactory(), threading.Barrier(6)
    made: list[bool] = []

    def raise_it() -> None:
        try:
            start.wait()
            made.append(raise_task(kind.code, borrower, now=MONDAY)[1])
        finally:
            connection.close()

    threads = [threading.Thread(target=raise_it) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 5 + [True]
    assert Task.objects.count() == 1
