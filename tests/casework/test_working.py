"""What people do with tasks, who may, and what is refused by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.approvals import ReasonMissing
from casework import absences, bulk, clock, escalating, queries, words, working
from casework.kinds import TaskKind
from casework.models import Absence, ClosedBy, Task, TaskEvent, TaskStatus, What
from casework.queries import Tab
from casework.raising import raise_task
from core import business_date
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
MONDAY = timezone.make_aware(datetime(2026, 9, 14, 10))


@pytest.fixture
def task(kind: TaskKind) -> Task:
    return raise_task(kind.code, BorrowerFactory(), facts={"since": "9:30"}, now=MONDAY)[0]


@pytest.fixture
def officer() -> User:
    return UserFactory(roles=["officer"])


@pytest.fixture
def colleague() -> User:
    return UserFactory(roles=["officer"])  # sees the same borrowers


@pytest.fixture
def lead() -> User:
    return UserFactory(roles=["team_lead"])


@pytest.fixture
def stranger() -> User:
    return UserFactory(roles=["finance"])


def test_taken_it_is_ones_own_and_nobody_elses(task: Task, officer: User, colleague: User) -> None:
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    with pytest.raises(working.TaskTaken):
        working.take(task_id=task.pk, by=colleague, now=MONDAY)
    with pytest.raises(working.TaskOfAnother):
        working.finish(task_id=task.pk, outcome="reached", note="Mine now", by=colleague, now=MONDAY)
    assert [event.what for event in task.events.all()] == [What.TAKEN]


def test_who_is_of_no_team_of_it_does_nothing_with_it(task: Task, stranger: User, officer: User) -> None:
    acts: list[Callable[[], object]] = [
        lambda: working.take(task_id=task.pk, by=stranger, now=MONDAY),
        lambda: working.give_back(task_id=task.pk, by=stranger, now=MONDAY),
        lambda: working.hand_over(task_id=task.pk, to=officer, by=stranger, note="You do it", now=MONDAY),
        lambda: working.tick(task_id=task.pk, step="dial", done=True, by=stranger, now=MONDAY),
        lambda: working.finish(task_id=task.pk, outcome="reached", note="Done", by=stranger, now=MONDAY),
        lambda: working.drop(task_id=task.pk, reason="No", by=stranger, now=MONDAY),
    ]
    for act in acts:
        with pytest.raises(working.TaskOfAnotherTeam):
            act()
    assert not TaskEvent.objects.exists()


def test_the_playbook_is_ticked_and_it_ends_with_an_outcome(task: Task, officer: User) -> None:
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    working.tick(task_id=task.pk, step="dial", done=True, by=officer, now=MONDAY)
    working.tick(task_id=task.pk, step="dial", done=True, by=officer, now=MONDAY)
    working.tick(task_id=task.pk, step="note", done=True, by=officer, now=MONDAY)
    working.tick(task_id=task.pk, step="note", done=False, by=officer, now=MONDAY)
    with pytest.raises(working.TaskStepUnknown):
        working.tick(task_id=task.pk, step="sing", done=True, by=officer, now=MONDAY)
    with pytest.raises(ReasonMissing):
        working.finish(task_id=task.pk, outcome="reached", note="  ", by=officer, now=MONDAY)
    with pytest.raises(working.TaskOutcomeUnknown):
        working.finish(task_id=task.pk, outcome="happy", note="Fine", by=officer, now=MONDAY)
    working.finish(task_id=task.pk, outcome="reached", note="Pays on Friday", by=officer, now=MONDAY)
    task.refresh_from_db()
    assert (task.status, task.outcome, task.closed_how, task.closed_by) == (
        TaskStatus.DONE,
        "reached",
        ClosedBy.PERSON,
        officer,
    )
    assert task.steps_done == ["dial"]
    told = [What.TAKEN, What.STEP_DONE, What.STEP_DONE, What.STEP_UNDONE]
    assert list(task.events.order_by("id").values_list("what", flat=True)) == told
    with pytest.raises(working.TaskEnded):
        working.finish(task_id=task.pk, outcome="reached", note="Once more", by=officer, now=MONDAY)


def test_handed_over_with_a_note(task: Task, officer: User, colleague: User, stranger: User) -> None:
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    with pytest.raises(ReasonMissing):
        working.hand_over(task_id=task.pk, to=colleague, by=officer, note="", now=MONDAY)
    with pytest.raises(working.NewOwnerUnfit):
        working.hand_over(task_id=task.pk, to=stranger, by=officer, note="Yours", now=MONDAY)
    working.hand_over(task_id=task.pk, to=colleague, by=officer, note="Rang twice, no answer", now=MONDAY)
    event = task.events.get(what=What.HANDED_OVER)
    assert (event.from_owner, event.to_owner, event.note) == (officer, colleague, "Rang twice, no answer")
    working.give_back(task_id=task.pk, by=colleague, now=MONDAY)
    assert Task.objects.get().owner is None


def test_the_lead_gives_it_to_somebody_else(task: Task, officer: User, colleague: User, lead: User) -> None:
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    working.hand_over(task_id=task.pk, to=colleague, by=lead, note="Officer is ill", now=MONDAY)
    assert Task.objects.get().owner == colleague


# --- cover ----------------------------------------------------------------------------------------------------------
def test_a_colleague_covers(task: Task, officer: User) -> None:
    cover, on = UserFactory(roles=["officer"]), MONDAY.date()
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    absences.plan(person=officer, first_day=on, last_day=on, cover=cover, by=officer, on=on)
    found = queries.inbox(cover, Tab.MINE, MONDAY)
    assert [one.pk for part in found.parts for one in found.rows.filter(part)] == [task.pk]
    tomorrow = MONDAY + timedelta(days=1)
    with pytest.raises(working.TaskOfAnother):
        working.finish(task_id=task.pk, outcome="reached", note="Too late", by=cover, now=tomorrow)
    working.finish(task_id=task.pk, outcome="reached", note="For the officer", by=cover, now=MONDAY)
    assert Task.objects.get().closed_by == cover


def test_absences_that_cannot_be_are_refused(officer: User, stranger: User, lead: User) -> None:
    cover, on = UserFactory(roles=["officer"]), MONDAY.date()
    next_day = on + timedelta(days=1)

    def plan(**changed: object) -> Absence:
        given = {"person": officer, "first_day": on, "last_day": next_day, "cover": cover, "by": officer, "on": on}
        return absences.plan(**{**given, **changed})  # type: ignore[arg-type]

    for changed, refusal in [
        ({"first_day": on - timedelta(days=1)}, absences.AbsenceDatesWrong),
        ({"last_day": on - timedelta(days=1)}, absences.AbsenceDatesWrong),
        ({"cover": officer}, absences.CoverUnfit),
        ({"cover": stranger}, absences.CoverUnfit),
        ({"by": stranger}, absences.AbsenceOfAnother),
        ({"by": lead}, absences.AbsenceOfAnother),
    ]:
        with pytest.raises(refusal):
            plan(**changed)  # type: ignore[arg-type]
    plan()
    with pytest.raises(absences.AbsenceTwice):
        plan(first_day=next_day)
    third = UserFactory(roles=["officer"])
    with pytest.raises(absences.AbsenceOfCover):
        plan(person=cover, cover=third, by=cover)
    with pytest.raises(absences.CoverAway):
        plan(person=third, cover=officer, by=third)
    with pytest.raises(IntegrityError, match="casework_absence_once"), transaction.atomic():
        Absence.objects.create(person=officer, first_day=next_day, last_day=next_day, cover=cover)


def test_an_absence_is_taken_back(officer: User) -> None:
    cover, on = UserFactory(roles=["officer"]), MONDAY.date()
    later = on + timedelta(days=3)
    absence = absences.plan(person=officer, first_day=on, last_day=later, cover=cover, by=officer, on=on)
    absences.take_back(absence_id=absence.pk, by=officer, on=on + timedelta(days=2))
    absence.refresh_from_db()
    assert absence.last_day == on + timedelta(days=1)
    with pytest.raises(absences.AbsenceNotFound):
        absences.take_back(absence_id=absence.pk, by=officer, on=on + timedelta(days=2))
    ahead = absences.plan(person=officer, first_day=later, last_day=later, cover=cover, by=officer, on=on)
    absences.take_back(absence_id=ahead.pk, by=officer, on=on)
    assert not Absence.objects.filter(pk=ahead.pk).exists()


# --- nothing is lost ------------------------------------------------------------------------------------------------
def test_who_leaves_leaves_no_task_behind(task: Task, officer: User) -> None:
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    User.objects.filter(pk=officer.pk).update(is_active=False)  # by whatever door, past any save()
    task.refresh_from_db()
    assert task.owner is None
    returned = task.events.get(what=What.RETURNED)
    assert (returned.from_owner, returned.by) == (officer, None)


def test_who_loses_the_role_leaves_no_task_behind(task: Task, officer: User) -> None:
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    officer.groups.clear()
    task.refresh_from_db()
    assert task.owner is None and task.events.filter(what=What.RETURNED).exists()


# --- escalation -----------------------------------------------------------------------------------------------------
def test_escalated_at_its_hour_and_once(task: Task, lead: User, officer: User) -> None:
    other, _new = raise_task(task.kind, BorrowerFactory(), now=MONDAY + timedelta(hours=1))
    assert escalating.escalate_late(task.escalates_at - timedelta(seconds=1)) == 0
    assert escalating.escalate_late(task.escalates_at) == 1
    assert escalating.escalate_late(task.escalates_at) == 0
    before = task.ranked_at
    task.refresh_from_db()
    assert (task.escalated_to, task.escalated_at) == ("team_lead", task.escalates_at)
    assert task.ranked_at == before - timedelta(hours=escalating.RAISED_BY_HOURS)
    assert task.events.get().what == What.ESCALATED
    other.refresh_from_db()
    assert other.escalated_at is None
    found = queries.inbox(lead, Tab.ESCALATED, MONDAY)
    assert [one.pk for part in found.parts for one in found.rows.filter(part)] == [task.pk]
    working.take(task_id=task.pk, by=lead, now=task.escalates_at)
    working.hand_over(task_id=task.pk, to=officer, by=lead, note="Today, please", now=task.escalates_at)


def test_what_has_ended_is_not_escalated(task: Task, officer: User) -> None:
    working.drop(task_id=task.pk, reason="Called in by himself", by=officer, now=MONDAY)
    assert escalating.escalate_late(task.escalates_at + timedelta(days=30)) == 0


# --- several --------------------------------------------------------------------------------------------------------
def test_several_at_once_and_what_cannot_be_done_is_told(kind: TaskKind, officer: User, colleague: User) -> None:
    tasks = [raise_task(kind.code, BorrowerFactory(), now=MONDAY)[0] for _n in range(3)]
    working.take(task_id=tasks[2].pk, by=colleague, now=MONDAY)
    numbers = [*(task.number for task in tasks), "TK-2026-999999"]
    done = bulk.hand_over(numbers, to=officer, by=officer, note="I do them all", now=business_date.now())
    assert done.count == 2 and set(done.refused) == {tasks[2].number, "TK-2026-999999"}
    assert bulk.drop([tasks[0].number], by=officer, reason="Not needed", now=business_date.now()).count == 1
    for wrong in ([], [f"TK-2026-{n:06d}" for n in range(bulk.MOST + 1)]):
        with pytest.raises(bulk.TooManyTasks):
            bulk.give_back(wrong, by=officer, note="", now=business_date.now())


def test_a_number_given_twice_is_done_once_and_nonsense_is_told(task: Task, officer: User) -> None:
    done = bulk.drop([task.number, task.number, "\x00", "a" * 5000], by=officer, reason="Twice", now=clock.now())
    assert done.count == 1 and sorted(done.refused) == ["", "a" * 20]


def test_who_gives_out_tasks_does_not_take_them_away(task: Task, officer: User, colleague: User, lead: User) -> None:
    working.take(task_id=task.pk, by=officer, now=MONDAY)
    with pytest.raises(working.TaskTaken):
        working.take(task_id=task.pk, by=lead, now=MONDAY)
    working.hand_over(task_id=task.pk, to=colleague, by=lead, note="Officer is ill", now=MONDAY)
    assert Task.objects.get().owner == colleague


def test_no_personal_number_is_kept_in_words(task: Task, officer: User, colleague: User) -> None:
    said = "Reached at 13812341234"
    working.hand_over(task_id=task.pk, to=colleague, by=officer, note=said, now=MONDAY)
    working.give_back(task_id=task.pk, by=colleague, note=said, now=MONDAY)
    with pytest.raises(words.WordsTooLong):
        working.drop(task_id=task.pk, reason="x" * 501, by=officer, now=MONDAY)
    working.finish(task_id=task.pk, outcome="reached", note=said, by=officer, now=MONDAY)
    task.refresh_from_db()
    kept = [task.closing_note, *task.events.values_list("note", flat=True)]
    assert kept == ["Reached at 138****1234"] * 3
    absence = absences.plan(
        person=officer, first_day=MONDAY.date(), last_day=MONDAY.date(), cover=colleague, by=officer,
        on=MONDAY.date(), note=said,
    )  # fmt: skip
    assert absence.note == "Reached at 138****1234"


@pytest.mark.parametrize("role", ["officer", "team_lead"])
@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_both_take_it(kind: TaskKind, role: str) -> None:
    task, _new = raise_task(kind.code, BorrowerFactory(), now=MONDAY)
    people, start = [UserFactory(roles=[role]) for _n in range(6)], threading.Barrier(6)
    refused: list[Exception] = []

    def take(person: User) -> None:
        try:
            start.wait()
            working.take(task_id=task.pk, by=person, now=MONDAY)
        except working.TaskTaken as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert task.events.count() == 1
