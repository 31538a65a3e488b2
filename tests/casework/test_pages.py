"""The inbox and the page of a task, from outside: what is shown to whom, what the buttons do, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casework import escalating, working
from casework.kinds import TaskKind
from casework.models import Absence, Task, TaskStatus
from casework.raising import raise_task
from core import business_date
from core.writing import moment
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
INBOX = "/app/tasks/"


@pytest.fixture
def task(kind: TaskKind) -> Task:
    return raise_task(kind.code, BorrowerFactory(), facts={"since": "9:30"}, now=business_date.now())[0]


def signed(client: Client, *roles: str, **given: str) -> tuple[Client, User]:
    person = UserFactory(roles=roles, **given)
    client.force_login(person)
    return client, person


def test_the_story_of_a_task(client: Client, task: Task) -> None:
    officer, person = signed(client, "officer")
    assert "You have no task" in officer.get(INBOX).content.decode()
    team = officer.get(f"{INBOX}?tab=team").content.decode()
    assert task.number in team and "Asked for a call since 9:30." in team and "On track" in team
    page = officer.get(f"{INBOX}{task.number}/").content.decode()
    assert "Take it" in page and "Dial the number" in page and "It ends by itself when the borrower calls." in page
    assert officer.post(f"{INBOX}{task.number}/take").status_code == 302
    assert task.number in officer.get(INBOX).content.decode()
    officer.post(f"{INBOX}{task.number}/step", {"step": "dial", "done": "1"})
    refused = officer.post(f"{INBOX}{task.number}/finish", {"finish-outcome": "", "finish-note": ""})
    assert refused.status_code == 422
    officer.post(f"{INBOX}{task.number}/finish", {"finish-outcome": "reached", "finish-note": "Pays on Friday"})
    task.refresh_from_db()
    assert (task.status, task.outcome, task.closed_by) == (TaskStatus.DONE, "reached", person)
    page = officer.get(f"{INBOX}{task.number}/").content.decode()
    assert "Pays on Friday" in page and "In time" in page and "Take it" not in page
    assert task.number in officer.get(f"{INBOX}?tab=ended").content.decode()


def test_a_step_says_who_ticked_it_and_when_until_it_is_taken_back(client: Client, task: Task) -> None:
    officer, _person = signed(client, "officer", display_name="Zhao Min")
    officer.post(f"{INBOX}{task.number}/step", {"step": "dial", "done": "1"})
    at = moment(task.events.get().at)
    dial, note = officer.get(f"{INBOX}{task.number}/").context["steps"]
    assert (dial.done, str(dial.ticked.by), moment(dial.ticked.at)) == (True, "Zhao Min", at)
    assert (note.done, note.ticked) == (False, None)
    page = " ".join(officer.get(f"{INBOX}{task.number}/").content.decode().split())
    assert f"Zhao Min · {at}" in page and "not done yet" in page
    assert "<strong>Step done</strong><br> Dial the number" in page
    officer.post(f"{INBOX}{task.number}/step", {"step": "dial"})
    dial, _note = officer.get(f"{INBOX}{task.number}/").context["steps"]
    assert (dial.done, dial.ticked) == (False, None)


def test_how_it_ended_stands_first_in_its_story(client: Client, task: Task) -> None:
    officer, person = signed(client, "officer", display_name="Zhao Min")
    working.finish(task_id=task.pk, outcome="reached", note="Pays", by=person, now=business_date.now())
    story = officer.get(f"{INBOX}{task.number}/").content.decode().partition('class="timeline"')[2]
    assert "Done: Reached" in story.partition("</li>")[0] and "Zhao Min" in story.partition("</li>")[0]


def test_another_team_does_not_find_it(client: Client, task: Task) -> None:
    finance, _person = signed(client, "finance")
    assert finance.get(f"{INBOX}{task.number}/").status_code == 404
    assert finance.post(f"{INBOX}{task.number}/take").status_code == 404
    assert finance.post(f"{INBOX}{task.number}/finish", {"finish-outcome": "reached"}).status_code == 404
    for tab in ("mine", "team", "late", "escalated", "ended"):
        assert task.number not in finance.get(f"{INBOX}?tab={tab}").content.decode()


def test_a_visitor_signs_in_first(client: Client, task: Task) -> None:
    for address in (INBOX, f"{INBOX}{task.number}/", f"{INBOX}absences/", f"{INBOX}about/borrower/1/"):
        assert client.get(address)["Location"].startswith("/login/")


def test_a_task_taken_by_another_says_by_whom(client: Client, task: Task) -> None:
    working.take(task_id=task.pk, by=UserFactory(roles=["officer"], display_name="Wang Fang"), now=business_date.now())
    officer, _person = signed(client, "officer")
    page = officer.get(f"{INBOX}{task.number}/").content.decode()
    assert "This task is with Wang Fang." in page and "Take it" not in page
    answer = officer.post(f"{INBOX}{task.number}/take", follow=True).content.decode()
    assert "Wang Fang has taken this task already." in answer


def test_handed_over_refused_and_done(client: Client, task: Task) -> None:
    officer, _person = signed(client, "officer")
    other = UserFactory(roles=["officer"])
    refused = officer.post(f"{INBOX}{task.number}/hand-over", {"over-to": "", "over-note": ""})
    assert refused.status_code == 422
    officer.post(f"{INBOX}{task.number}/hand-over", {"over-to": other.pk, "over-note": "Rang twice"})
    assert Task.objects.get().owner == other
    assert "Rang twice" in officer.get(f"{INBOX}{task.number}/").content.decode()


def test_several_at_once(client: Client, kind: TaskKind) -> None:
    officer, person = signed(client, "officer")
    mine = [
        raise_task(kind.code, BorrowerFactory(), facts={"since": "9"}, now=business_date.now())[0] for _n in range(2)
    ]
    theirs = raise_task(kind.code, BorrowerFactory(), facts={"since": "9"}, now=business_date.now())[0]
    working.take(task_id=theirs.pk, by=UserFactory(roles=["officer"]), now=business_date.now())
    numbers = [task.number for task in [*mine, theirs]]
    none = officer.post(f"{INBOX}several?tab=team", {"act": "drop", "note": "Not needed"})
    assert none.status_code == 422 and "Choose from 1 to" in none.content.decode()
    nobody = officer.post(f"{INBOX}several?tab=team", {"act": "hand_over", "note": "You", "task": numbers})
    assert nobody.status_code == 422 and "Choose who gets the tasks." in nobody.content.decode()
    sent = {"act": "hand_over", "to": person.pk, "note": "I do them", "task": numbers}
    told = officer.post(f"{INBOX}several?tab=team", sent, follow=True).content.decode()
    assert "Done with 2 tasks." in told and f"{theirs.number}: " in told
    assert Task.objects.filter(owner=person).count() == 2


def test_late_and_escalated_have_their_tabs(client: Client, kind: TaskKind) -> None:
    now = business_date.now()
    late = raise_task(kind.code, BorrowerFactory(), facts={"since": "9"}, now=now - timedelta(days=30))[0]
    assert escalating.escalate_late(now) == 1
    officer, _person = signed(client, "officer")
    page = officer.get(f"{INBOX}?tab=late").content.decode()
    assert late.number in page and "Late" in page and "Escalated" in page
    lead, _person = signed(Client(), "team_lead")
    assert late.number in lead.get(f"{INBOX}?tab=escalated").content.decode()


def test_an_absence_is_noted_and_taken_back(client: Client) -> None:
    officer, person = signed(client, "officer")
    cover, on = UserFactory(roles=["officer"], display_name="Cover Li"), business_date.current()
    sent = {"person": person.pk, "first_day": on, "last_day": on, "cover": person.pk}
    assert officer.post(f"{INBOX}absences/", sent).status_code == 422
    assert officer.post(f"{INBOX}absences/", {**sent, "cover": cover.pk}).status_code == 302
    assert "Cover Li" in officer.get(f"{INBOX}absences/").content.decode()
    absence = Absence.objects.get()
    other, _person = signed(Client(), "officer")
    other.post(f"{INBOX}absences/{absence.pk}/end")
    assert Absence.objects.exists()
    officer.post(f"{INBOX}absences/{absence.pk}/end")
    assert not Absence.objects.exists()


def test_the_inbox_costs_the_same_however_many(client: Client, kind: TaskKind) -> None:
    officer, person = signed(client, "officer", "collector")
    raise_task(kind.code, BorrowerFactory(), facts={"since": "9"}, owner=person, now=business_date.now())
    officer.get(INBOX)
    with CaptureQueriesContext(connection) as few:
        officer.get(f"{INBOX}?tab=team")
    for _n in range(20):
        raise_task(kind.code, BorrowerFactory(), facts={"since": "9"}, owner=person, now=business_date.now())
    with CaptureQueriesContext(connection) as many:
        page = officer.get(f"{INBOX}?tab=team")
    assert page.content.decode().count("row-link") == 21
    assert len(many) == len(few) <= 10
