"""A task is seen by whose kind it is and who sees what it is about: in the inbox, on its page, in bulk, in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client

from borrowers.models import Borrower
from casework import absences, bulk, clock, evidence_queries, notes, queries, working
from casework.evidence import attach
from casework.kinds import TaskKind
from casework.models import Task
from casework.queries import Tab
from casework.raising import raise_task, settle
from loans.origination import origination
from loans.origination.decisions import DecisionReason
from loans.task_kinds import HUMAN_REVIEW
from messaging.models import Message
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.casework.factories import TaskFactory
from tests.casework.kinds import CALL_BACK, declared
from tests.casework.papers import kept
from tests.loans.factories import ON, ApplicationFactory, DecisionFactory
from tests.messaging.factories import MessageFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
INBOX = "/app/tasks/"
TABS = ("mine", "team", "late", "escalated", "ended")


def signed(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def shown(person: User) -> str:
    client = signed(person)
    return "".join(client.get(f"{INBOX}?tab={tab}").content.decode() for tab in TABS)


@pytest.fixture
def li() -> User:
    return UserFactory(username="li", roles=["officer"])


@pytest.fixture
def borrower(li: User) -> Borrower:
    return BorrowerFactory(registered_by=li)


@pytest.fixture
def mention(borrower: Borrower, li: User) -> Task:
    notes.write(borrower, "Please look, @li", by=UserFactory(roles=["checker"]), now=clock.now())
    return Task.objects.get()


def test_the_mention_of_another_is_not_there(mention: Task, borrower: Borrower, li: User) -> None:
    other = UserFactory(roles=["officer"])
    assert borrower.number in shown(li) and borrower.number not in shown(other)
    assert signed(li).get(f"{INBOX}{mention.number}/").status_code == 200
    assert signed(other).get(f"{INBOX}{mention.number}/").status_code == 404
    assert signed(other).get(f"/app/papers/task/{mention.number}/").status_code == 404
    paper = kept(borrower, kind="identity")
    attach(paper, mention, by=li, now=clock.now())
    assert not evidence_queries.seen_by(other).filter(pk=paper.pk).exists()


def test_a_mention_is_ended_by_its_owner_alone(mention: Task, li: User) -> None:
    lead, cover, on = UserFactory(roles=["team_lead"]), UserFactory(roles=["officer"]), clock.today()
    absences.plan(person=li, first_day=on, last_day=on, cover=cover, by=li, on=on)
    for person in (lead, cover):
        with pytest.raises((working.TaskOfAnother, working.TaskNotFound)):
            working.finish(task_id=mention.pk, outcome="read", note="Not mine", by=person, now=clock.now())
        with pytest.raises((working.TaskOfAnother, working.TaskNotFound)):
            working.hand_over(task_id=mention.pk, to=lead, by=person, note="Not mine", now=clock.now())
    assert not queries.waiting_for(cover, on).exists()
    working.finish(task_id=mention.pk, outcome="read", note="Read", by=li, now=clock.now())


def test_a_mention_of_somebody_who_left_waits_for_who_sees_it(mention: Task, borrower: Borrower, li: User) -> None:
    User.objects.filter(pk=li.pk).update(is_active=False)
    blind, seeing = UserFactory(roles=["officer"]), UserFactory(roles=["officer"])
    Borrower.objects.filter(pk=borrower.pk).update(registered_by=seeing)
    assert mention.number in shown(seeing) and mention.number not in shown(blind)
    working.take(task_id=mention.pk, by=seeing, now=clock.now())


def test_nothing_is_given_to_who_does_not_see_it(mention: Task, li: User) -> None:
    with pytest.raises(working.NewOwnerUnfit):
        working.hand_over(task_id=mention.pk, to=UserFactory(roles=["officer"]), by=li, note="Yours", now=clock.now())


def test_a_task_about_a_borrower_of_another_is_not_there(kind: TaskKind, borrower: Borrower, li: User) -> None:
    task, _new = raise_task(kind.code, borrower, facts={"since": "9"}, now=clock.now())
    other = UserFactory(roles=["officer"])
    assert task.number in shown(li) and task.number not in shown(other)
    assert signed(other).get(f"{INBOX}{task.number}/").status_code == 404
    with pytest.raises(working.TaskNotFound):
        working.take(task_id=task.pk, by=other, now=clock.now())
    assert bulk.drop([task.number], by=other, reason="Not needed", now=clock.now()).count == 0
    # What one had in hand is gone with the sight of its borrower.
    working.take(task_id=task.pk, by=li, now=clock.now())
    Borrower.objects.filter(pk=borrower.pk).update(registered_by=other)
    assert signed(li).get(f"{INBOX}{task.number}/").status_code == 404
    assert task.number not in shown(li) and task.number in shown(other)


def test_tasks_about_papers_and_messages_go_with_the_borrower_they_are_about(borrower: Borrower, li: User) -> None:
    MessageFactory(borrower=borrower)
    paper, message = kept(borrower, by=li), Message.objects.get()
    other, lead = UserFactory(roles=["officer"]), UserFactory(roles=["checker"])
    for kind, about in (("evidence.expired", paper), ("message.lost", message)):
        task, _new = raise_task(kind, about, now=clock.now())
        found = [signed(one).get(f"{INBOX}{task.number}/").status_code for one in (li, lead, other)]
        assert found == [200, 200, 404] and task.number not in shown(other)


def test_an_ended_task_is_hidden_with_its_application() -> None:
    underwriter, checker = UserFactory(roles=["underwriter"]), UserFactory(roles=["checker"])
    application = ApplicationFactory(wants_person=True)
    decision = DecisionFactory(outcome="refer", reasons=(DecisionReason.PERSON_WISHED.value,))
    origination.refer(application_id=application.pk, decision=decision, on=ON)
    task, _new = raise_task(HUMAN_REVIEW.code, application, facts={"asked_on": ON.isoformat()}, now=clock.now())
    notes.write(task, "She is ill", by=checker, now=clock.now())
    paper = kept(application, kind="income", by=UserFactory(roles=["finance"]))
    attach(paper, task, by=checker, now=clock.now())
    assert signed(underwriter).get(f"{INBOX}{task.number}/").status_code == 200
    origination.withdraw(application_id=application.pk, on=ON)
    settle(HUMAN_REVIEW.code, application, outcome="withdrawn", fact=application.number, now=clock.now())
    assert signed(underwriter).get(f"{INBOX}{task.number}/").status_code == 404
    assert signed(underwriter).get(f"/app/papers/task/{task.number}/").status_code == 404
    assert not evidence_queries.seen_by(underwriter).filter(pk=paper.pk).exists()
    assert signed(checker).get(f"{INBOX}{task.number}/").status_code == 200


def test_the_admin_shows_what_the_pages_show(kind: TaskKind) -> None:
    officer, admin = UserFactory(roles=["officer"]), UserFactory(roles=["administrator"], is_staff=True)
    task, _new = raise_task(kind.code, BorrowerFactory(), owner=officer, now=clock.now())
    working.finish(task_id=task.pk, outcome="reached", note="Is ill and cannot pay", by=officer, now=clock.now())
    client = signed(admin)
    for address in ("/admin/casework/task/", f"/admin/casework/task/{task.pk}/change/"):
        assert task.number not in client.get(address, follow=True).content.decode()


@pytest.fixture
def secret() -> Iterator[TaskKind]:
    with declared(replace(CALL_BACK, code="test.secret", teams=("compliance",), escalates_to="compliance")) as kind:
        yield kind


def test_in_bulk_nobody_is_named_with_what_one_does_not_see(secret: TaskKind) -> None:
    owner = UserFactory(roles=["compliance"], display_name="Secret Investigator")
    task, _new = raise_task(secret.code, BorrowerFactory(), owner=owner, now=clock.now())
    sent = {"act": "drop", "note": "x", "task": [task.number]}
    page = signed(UserFactory(roles=["officer"])).post(f"{INBOX}several", sent, follow=True).content.decode()
    assert task.number in page and "Secret Investigator" not in page
    with pytest.raises(working.TaskOfAnotherTeam):
        working.take(task_id=task.pk, by=UserFactory(roles=["officer"]), now=clock.now())


def test_cover_is_no_right() -> None:
    on = clock.today()
    both, officer = UserFactory(roles=["officer", "underwriter"]), UserFactory(roles=["officer"])
    task = TaskFactory(owner=both)
    absences.plan(person=both, first_day=on, last_day=on, cover=officer, by=both, on=on)
    with pytest.raises((working.TaskOfAnotherTeam, working.TaskNotFound)):
        working.finish(task_id=task.pk, outcome="decided", note="For them", by=officer, now=clock.now())
    found = queries.inbox(officer, Tab.MINE, clock.now())
    assert not [one for part in found.parts for one in found.rows.filter(part)]


@pytest.mark.parametrize("path", ["tasks/a%00b/", "tasks/a%00b/take", "evidence/a%00b/", "notes/a%00b/",
                                  "papers/borrower/a%00b/", "papers/loan/" + "x" * 3000 + "/"])  # fmt: skip
def test_an_address_that_names_nothing_is_not_there(path: str) -> None:
    assert signed(UserFactory(roles=["operations"])).get(f"/app/{path}").status_code == 404


@pytest.mark.parametrize("number", ["\x00", "a" * 5000])
def test_in_bulk_what_is_no_number_is_told(number: str) -> None:
    sent = {"act": "drop", "note": "x", "task": [number]}
    answer = signed(UserFactory(roles=["officer"])).post(f"{INBOX}several", sent, follow=True)
    assert "This task does not exist." in answer.content.decode()
