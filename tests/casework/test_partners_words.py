"""What a partner writes of a task: read without numbers of people, which are seen for a reason and go on record."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from casework.kinds import kind_named
from casework.models import Task, TaskEvent
from casework.partner_tasks import answer, raise_by_partner
from casework.raising import raise_task
from core import business_date
from loans.task_kinds import EVIDENCE_WANTED
from tests.loans.factories import ApplicationFactory
from tests.partners.factories import ApiClientFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
WORDS = "Call her brother, 138 0013 8000."
SHOWN = "Call her brother, 138****8000."


@pytest.fixture
def asked() -> Task:
    kind, partner = kind_named("application.partner_request"), ApiClientFactory()
    now = business_date.now()
    return raise_by_partner(kind, ApplicationFactory(), words=WORDS, cause="1", client=partner, now=now)


def signed_in(*roles: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=list(roles)))
    return client


def address(task: Task) -> str:
    return reverse("casework:words_reveal", args=[task.number, task.events.get().pk])


def test_the_page_shows_them_masked_and_the_numbers_for_a_reason(asked: Task) -> None:
    client = signed_in("officer", "compliance")
    page = client.get(asked.get_absolute_url()).content.decode()
    assert SHOWN in page and "0013" not in page and address(asked) in page
    assert "0013" not in client.get(address(asked)).content.decode()
    assert client.post(address(asked), {"reason": ""}).status_code == 422
    shown = client.post(address(asked), {"reason": "legal"})
    assert WORDS in shown.content.decode() and "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.get(action="revealed")
    assert event.object_label == asked.number and "0013" not in str(event.after)


def test_who_does_not_see_the_task_or_may_open_nothing_finds_no_words(asked: Task) -> None:
    assert signed_in("finance").post(address(asked), {"reason": "legal"}).status_code in {403, 404}
    assert signed_in("collector").post(address(asked), {"reason": "legal"}).status_code in {403, 404}
    assert not AuditEvent.objects.filter(action="revealed").exists()


def test_an_answer_is_masked_as_well() -> None:
    application, partner = ApplicationFactory(), ApiClientFactory()
    task, _new = raise_task(EVIDENCE_WANTED.code, application, now=business_date.now())
    given: dict[str, Any] = {"client": partner, "by": partner.acts_as, "now": business_date.now(), "evidence": []}
    answer(task_id=task.pk, note=WORDS, **given)
    answer(task_id=task.pk, note="By post.", **given)
    first, second = TaskEvent.objects.order_by("id")
    assert (first.note, first.sealed_note) == (SHOWN, WORDS)
    assert (second.note, second.sealed_note) == ("By post.", "")
    page = signed_in("underwriter").get(task.get_absolute_url()).content.decode()
    assert reverse("casework:words_reveal", args=[task.number, second.pk]) not in page
