"""Whoever leaves, loses a role or is covered by somebody who does: no task is left with nobody, and nothing is rewritten."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import Client

from casework import absences, clock, escalating, working
from casework.kinds import TaskKind
from casework.models import Absence, Task, TaskEvent, What
from casework.raising import raise_task
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.casework.kinds import declared
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return UserFactory(roles=["officer"])


@pytest.fixture
def task(kind: TaskKind, officer: User) -> Task:
    return raise_task(kind.code, BorrowerFactory(), facts={"since": "9"}, owner=officer, now=clock.now())[0]


def sql(statement: str, *given: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, given)


def test_nobody_gets_it_who_has_left_meanwhile(task: Task, officer: User) -> None:
    known = UserFactory(roles=["officer"])
    User.objects.filter(pk=known.pk).update(is_active=False)
    with pytest.raises(working.NewOwnerUnfit):
        working.hand_over(task_id=task.pk, to=known, by=officer, note="Yours", now=clock.now())
    with pytest.raises(DatabaseError, match="has left"):
        sql("UPDATE casework_task SET owner_id = %s", known.pk)


@pytest.mark.django_db(transaction=True)
def test_handed_over_while_the_account_is_being_shut(kind: TaskKind) -> None:
    officer, leaver = UserFactory(roles=["officer"]), UserFactory(roles=["officer"])
    task, _new = raise_task(kind.code, BorrowerFactory(), owner=officer, now=clock.now())
    refused: list[Exception] = []
    started = threading.Event()

    def give() -> None:
        try:
            started.set()
            working.hand_over(task_id=task.pk, to=leaver, by=officer, note="Yours", now=clock.now())
        except working.NewOwnerUnfit as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    thread = threading.Thread(target=give)
    with transaction.atomic():
        User.objects.filter(pk=leaver.pk).update(is_active=False)
        thread.start()
        started.wait()
        thread.join(1)  # it waits for this to be committed
        assert thread.is_alive()
    thread.join()
    task.refresh_from_db()
    assert len(refused) == 1 and task.owner == officer


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM staff_user_groups WHERE user_id = %s",
        "UPDATE staff_user_groups SET group_id = (SELECT id FROM auth_group WHERE name = 'finance') WHERE user_id = %s",
    ],
)
def test_a_role_taken_away_by_sql(task: Task, officer: User, statement: str) -> None:
    sql(statement, officer.pk)
    task.refresh_from_db()
    assert task.owner is None and task.events.get().what == What.RETURNED


def test_a_role_taken_away_from_its_own_side(task: Task, officer: User) -> None:
    Group.objects.get(name="officer").user_set.remove(officer)
    task.refresh_from_db()
    assert task.owner is None


def test_a_role_that_is_no_more(task: Task) -> None:
    Group.objects.get(name="officer").delete()
    task.refresh_from_db()
    assert task.owner is None


def test_who_keeps_a_role_of_the_kind_keeps_the_task(kind: TaskKind) -> None:
    both = UserFactory(roles=["officer", "collector"])
    task, _new = raise_task(kind.code, BorrowerFactory(), owner=both, now=clock.now())
    both.groups.remove(Group.objects.get(name="officer"))
    task.refresh_from_db()
    assert task.owner == both and task.team == "officer"


# --- cover ---
def test_who_covers_does_not_go_away(task: Task, officer: User) -> None:
    cover, other, on = UserFactory(roles=["officer"]), UserFactory(roles=["officer"]), clock.today()
    absences.plan(person=officer, first_day=on, last_day=on + timedelta(days=9), cover=cover, by=officer, on=on)
    with pytest.raises(absences.AbsenceOfCover):
        absences.plan(person=cover, first_day=on, last_day=on, cover=other, by=cover, on=on)
    later = on + timedelta(days=10)
    absences.plan(person=cover, first_day=later, last_day=later, cover=other, by=cover, on=on)


@pytest.mark.parametrize("gone", ["UPDATE staff_user SET is_active = false WHERE id = %s",
                                  "DELETE FROM staff_user_groups WHERE user_id = %s"])  # fmt: skip
def test_what_nobody_covers_any_more_goes_back_to_the_team(task: Task, officer: User, gone: str) -> None:
    cover, on = UserFactory(roles=["officer"]), clock.today()
    absences.plan(person=officer, first_day=on, last_day=on + timedelta(days=9), cover=cover, by=officer, on=on)
    sql(gone, cover.pk)
    task.refresh_from_db()
    assert task.owner is None and task.events.get().from_owner == officer
    assert Absence.objects.get().cover is None
    client = Client()
    client.force_login(officer)
    assert "nobody" in client.get("/app/tasks/absences/").content.decode()


# --- kinds no longer in use ---
def test_a_task_of_a_kind_no_longer_in_use_can_be_ended(officer: User) -> None:
    with declared() as kind:
        task, _new = raise_task(kind.code, BorrowerFactory(), owner=officer, now=clock.now())
        waiting, _new = raise_task(kind.code, BorrowerFactory(), now=clock.now())
    client = Client()
    client.force_login(officer)
    for tab in ("", "?tab=team"):
        answer = client.get(f"/app/tasks/{tab}")
        assert answer.status_code == 200 and "Task of a kind no longer in use" in answer.content.decode()
    sent = {"finish-outcome": "ended", "finish-note": "Nobody needs it"}
    assert client.post(f"/app/tasks/{task.number}/finish", sent).status_code == 302
    working.take(task_id=waiting.pk, by=officer, now=clock.now())
    officer.groups.clear()
    waiting.refresh_from_db()
    assert waiting.owner is None and not Task.objects.get(pk=task.pk).is_open


# --- law ---
@pytest.mark.parametrize(
    "change",
    [
        "raised_at = raised_at - interval '9 day', raised_on = raised_on - 9",
        "due_at = due_at + interval '90 day', escalates_at = escalates_at + interval '90 day'",
        "object_id = '999', object_label = 'B-999'",
        "kind = 'night.failed'",
        "number = 'TK-2026-999999'",
        "facts = '{}'",
        "cause = 'another'",
        "team = 'finance'",
        "teams = '{finance}'",
        "raised_by_id = owner_id",
        "escalated_at = NULL, escalated_to = ''",
        "priority = 0",
        "ranked_at = ranked_at + interval '9 day'",
    ],
)
def test_what_was_raised_is_not_rewritten(task: Task, change: str) -> None:
    escalating.escalate_late(task.escalates_at)
    with pytest.raises(DatabaseError, match="stays as it was"):
        sql(f"UPDATE casework_task SET {change}")


def test_every_change_of_the_owner_is_told_once(task: Task, officer: User) -> None:
    other = UserFactory(roles=["officer"])
    sql("UPDATE casework_task SET owner_id = %s", other.pk)
    working.hand_over(task_id=task.pk, to=officer, by=other, note="Back", now=clock.now())
    sql("UPDATE casework_task SET owner_id = %s", other.pk)
    sql("UPDATE casework_task SET owner_id = NULL")
    told = TaskEvent.objects.order_by("id").values_list("what", "from_owner", "to_owner", "by")
    assert list(told) == [
        (What.HANDED_OVER, officer.pk, other.pk, None),
        (What.HANDED_OVER, other.pk, officer.pk, other.pk),
        (What.HANDED_OVER, officer.pk, other.pk, None),
        (What.RETURNED, other.pk, None, None),
    ]


@pytest.mark.parametrize("change", ["cover_id = {other}", "first_day = '2020-01-01'", "last_day = last_day + 1",
                                    "person_id = {other}", "note = 'x'"])  # fmt: skip
def test_who_was_away_when_is_not_rewritten(officer: User, change: str) -> None:
    cover, other, on = UserFactory(roles=["officer"]), UserFactory(roles=["officer"]), clock.today()
    absences.plan(person=officer, first_day=on, last_day=on, cover=cover, by=officer, on=on)
    with pytest.raises(DatabaseError, match="stays as it was"):
        sql(f"UPDATE casework_absence SET {change.format(other=other.pk)}")
