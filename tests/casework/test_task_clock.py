"""People's hours go by the clock on the wall: the business date waits for a failed night, or runs ahead of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from casework import absences, clock, escalating, queries, working
from casework.kinds import TaskKind
from casework.models import Task, TaskEvent
from casework.raising import raise_task
from core import business_date
from tests.borrowers.factories import BorrowerFactory
from tests.casework.looking import look
from tests.operations.factories import EndOfDayRunFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY = date(2026, 9, 14), date(2026, 9, 15)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime(2026, 9, day, hour, minute))


def wall(patch: pytest.MonkeyPatch, moment: datetime) -> None:
    patch.setattr(timezone, "localtime", lambda *_given, **_named: moment)


@pytest.mark.parametrize(
    ("books", "moment"),
    [
        (MONDAY, at(15, 0, 10)),  # after midnight, before the closing of Monday
        (TUESDAY, at(14, 21)),  # in the evening, after it
    ],
)
def test_due_by_the_hours_people_have(
    kind: TaskKind, monkeypatch: pytest.MonkeyPatch, books: date, moment: datetime
) -> None:
    business_date.move_to(books)
    wall(monkeypatch, moment)
    task, _new = raise_task(kind.code, BorrowerFactory(), now=clock.now())
    assert task.due_at == at(16, 16)  # 16 hours from Tuesday 9:00 on


def test_a_night_that_failed_is_escalated_though_the_books_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    business_date.move_to(MONDAY)
    wall(monkeypatch, at(14, 23, 30))
    EndOfDayRunFactory(failed=True, step="accrue", error="x")
    look()
    task = Task.objects.get(kind="night.failed")
    wall(monkeypatch, task.escalates_at - timedelta(seconds=1))
    assert escalating.escalate_late(now=clock.now()) == 0
    wall(monkeypatch, task.escalates_at)
    assert escalating.escalate_late(now=clock.now()) == 1


def test_not_escalated_before_its_hour_though_the_books_run_ahead(
    kind: TaskKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_task(kind.code, BorrowerFactory(), now=at(14, 10))
    business_date.move_to(date(2026, 9, 30))
    wall(monkeypatch, at(15, 21))
    assert escalating.escalate_late(now=clock.now()) == 0


def test_events_stand_in_the_order_in_which_they_happened(kind: TaskKind, monkeypatch: pytest.MonkeyPatch) -> None:
    business_date.move_to(TUESDAY)
    officer = UserFactory(roles=["officer"])
    wall(monkeypatch, at(14, 23, 50))
    task, _new = raise_task(kind.code, BorrowerFactory(), now=clock.now())
    working.take(task_id=task.pk, by=officer, now=clock.now())
    wall(monkeypatch, at(15, 0, 10))
    working.give_back(task_id=task.pk, by=officer, now=clock.now())
    ended = working.finish(task_id=task.pk, outcome="reached", note="Done", by=officer, now=clock.now())
    moments = list(TaskEvent.objects.order_by("id").values_list("at", flat=True))
    assert moments == [at(14, 23, 50), at(15, 0, 10)] and task.raised_at == at(14, 23, 50)
    assert ended.closed_at == at(15, 0, 10)


def test_an_absence_begins_with_its_day_though_the_books_stand(kind: TaskKind, monkeypatch: pytest.MonkeyPatch) -> None:
    business_date.move_to(MONDAY)
    officer, cover = UserFactory(roles=["officer"]), UserFactory(roles=["officer"])
    task, _new = raise_task(kind.code, BorrowerFactory(), owner=officer, now=at(14, 10))
    absences.plan(person=officer, first_day=TUESDAY, last_day=TUESDAY, cover=cover, by=officer, on=MONDAY)
    wall(monkeypatch, at(14, 10))
    assert not queries.waiting_for(cover, clock.today()).exists()
    wall(monkeypatch, at(15, 10))
    assert queries.waiting_for(cover, clock.today()).get() == task
    working.finish(task_id=task.pk, outcome="reached", note="For the officer", by=cover, now=clock.now())
