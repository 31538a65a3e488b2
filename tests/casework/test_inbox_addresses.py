"""What the inbox is asked for stays in its address, and the navigation counts what waits: mine, my teams', late."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from casework import queries, working
from casework.kinds import TaskKind
from casework.models import Task
from casework.queries import Tab
from casework.raising import raise_task
from core import business_date
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.casework.factories import AbsenceFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
INBOX = "/app/tasks/"


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def raised(kind: TaskKind, owner: User | None = None, *, days_ago: int = 0, team: str = "") -> Task:
    at = business_date.now() - timedelta(days=days_ago)
    return raise_task(kind.code, BorrowerFactory(), facts={"since": "9"}, owner=owner, team=team, now=at)[0]


def counts(user: User) -> tuple[str, str, str]:
    cache.clear()
    page = signed(user).get("/app/")
    told = page.context["nav_counts"]
    return told["tasks"], told["tasks_team"], told["tasks_late"]


def test_the_navigation_counts_mine_my_teams_and_what_is_late(kind: TaskKind) -> None:
    officer, other = UserFactory(roles=["officer"]), UserFactory(roles=["officer"])
    assert counts(officer) == ("", "", "")
    raised(kind, officer)
    raised(kind, other)
    raised(kind, days_ago=30)
    assert counts(officer) == ("1", "3", "1")
    page = " ".join(signed(officer).get("/app/").content.decode().split())
    assert "1 of yours, 3 of your teams" in page and "1 late" in page
    assert "late" not in _entry(signed(UserFactory(roles=["finance"])).get("/app/").content.decode())


def _entry(page: str) -> str:
    found = re.search(r'<a class="side-link" href="/app/tasks/".*?</a>', page, re.DOTALL)
    assert found is not None
    return found[0]


def test_who_covers_has_the_tasks_of_who_is_away_in_the_count(kind: TaskKind) -> None:
    absence = AbsenceFactory(first_day=business_date.current())
    raised(kind, absence.person)
    assert counts(absence.cover)[0] == "1"


def test_what_is_mine_is_late_in_my_inbox_whichever_team_it_was_raised_for(kind: TaskKind) -> None:
    finance = UserFactory(roles=["finance"])  # sees every borrower
    task = raised(kind, finance, days_ago=30)  # for officers, and handed over
    assert task.team == "officer"
    assert list(queries.inbox(finance, Tab.LATE, business_date.now()).rows) == [task]
    assert task.number in signed(finance).get(f"{INBOX}?tab=late").content.decode()
    assert counts(finance) == ("1", "", "1")


def test_who_is_in_no_team_is_shown_no_tasks_of_teams(kind: TaskKind) -> None:
    task = raised(kind, days_ago=30)
    nobody = UserFactory(is_superuser=True)
    for tab in Tab:
        assert task.number not in signed(nobody).get(f"{INBOX}?tab={tab}").content.decode(), tab
    assert counts(nobody) == ("", "", "")


def test_the_kind_stays_when_the_tab_changes_and_both_stay_after_a_bulk(kind: TaskKind) -> None:
    officer = UserFactory(roles=["officer"])
    client, task = signed(officer), raised(kind)
    other = raised(kind)
    page = client.get(f"{INBOX}?tab=team&kind={kind.code}").content.decode()
    for tab in Tab:
        assert f'href="?tab={tab}&amp;kind={kind.code}"' in page
    assert f'action="{INBOX}several?tab=team&amp;kind={kind.code}"' in page
    sent = {"act": "drop", "note": "Not needed", "task": [task.number]}
    done = client.post(f"{INBOX}several?tab=team&kind={kind.code}", sent)
    assert (done.status_code, done["Location"]) == (302, f"{INBOX}?tab=team&kind={kind.code}")
    assert other.number in client.get(done["Location"]).content.decode()
    assert client.post(f"{INBOX}several?tab=x&kind=y", {**sent, "task": [other.number]})["Location"] == (
        f"{INBOX}?tab=mine"
    )


def test_a_kind_shows_that_kind_alone(kind: TaskKind) -> None:
    officer = UserFactory(roles=["officer"])
    task = raised(kind)
    working.take(task_id=task.pk, by=officer, now=business_date.now())
    client = signed(officer)
    assert task.number in client.get(f"{INBOX}?kind={kind.code}").content.decode()
    assert task.number not in client.get(f"{INBOX}?kind=note.mention").content.decode()
