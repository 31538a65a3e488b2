"""A message that nobody will get is somebody's task until it is told in another way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casework import working
from casework.models import Task
from core import business_date
from messaging.delivery import send_due
from messaging.models import Message, MessageStatus
from tests.borrowers.factories import LinFactory
from tests.casework.looking import look
from tests.messaging.factories import CONTEXT, MORNING, MessageFactory
from tests.messaging.test_smtp import Post, post
from tests.staff.factories import UserFactory

__all__ = ["post"]
pytestmark = pytest.mark.django_db


def the_task(kind: str) -> Task:
    return Task.objects.get(kind=kind)


def test_refused_by_its_length_until_a_shorter_one_goes_out() -> None:
    lin = LinFactory()
    MessageFactory(borrower=lin, context={**CONTEXT, "loan_number": "L" * 400})
    assert send_due(MORNING) == {"refused": 1}
    assert Message.objects.get().refusal == "variable_refused"
    assert look(MORNING)["message.lost"] == (1, 0) and look(MORNING) == {}
    task = the_task("message.lost")
    assert task.facts["reference"] == "LN-2026-000418" and task.team == "operations"
    assert look(MORNING + timedelta(days=60)) == {} and the_task("message.lost").is_open  # growing old tells nobody
    MessageFactory(borrower=lin)
    assert send_due(MORNING) == {"sent": 1}
    assert look(MORNING)["message.lost"] == (0, 1)
    assert the_task("message.lost").outcome == "told"


def test_refused_by_the_provider_for_good_until_a_person_has_told_it(post: Post) -> None:
    post.refuses_messages = True
    MessageFactory(borrower=LinFactory(email="lin@example.com"), channel="email")
    assert send_due(MORNING) == {"failed": 1}
    message = Message.objects.get()
    assert (message.status, message.refusal, message.attempts) == (MessageStatus.FAILED, "message_refused", 1)
    assert look(MORNING)["message.lost"] == (1, 0)
    working.finish(
        task_id=the_task("message.lost").pk,
        outcome="told",
        note="Called",
        by=UserFactory(roles=["officer"]),
        now=business_date.now(),
    )
    assert look(MORNING) == {}


def test_no_address_works_until_one_does_and_what_went_on_by_another_is_no_task(post: Post) -> None:
    lin = LinFactory(email="nobody@example.com")
    MessageFactory(borrower=lin, channel="email")
    send_due(MORNING)
    assert {one.refusal for one in Message.objects.filter(status="failed")} == {"number_refused"}
    # The same was said by SMS.
    assert "message.lost" not in look(MORNING)


def test_messages_that_go_on_without_words_are_the_same_task_when_the_first_is_old() -> None:
    MessageFactory(template_code="of_no_wording")
    send_due(MORNING)
    assert look(MORNING)["message.wording"] == (1, 0)
    later = MORNING + timedelta(days=40)
    MessageFactory(template_code="of_no_wording", due_at=later)
    send_due(later)
    assert Message.objects.filter(refusal="wording_missing").count() == 2
    assert look(later) == {} and the_task("message.wording").is_open


def test_messages_without_words_are_one_task_a_wording() -> None:
    for _n in range(3):
        MessageFactory(template_code="of_no_wording")
    send_due(MORNING)
    assert Message.objects.filter(refusal="wording_missing").count() == 3
    assert look(MORNING)["message.wording"] == (1, 0) and look(MORNING) == {}
    assert the_task("message.wording").object_id == str(Message.objects.order_by("pk")[0].pk)
    MessageFactory(template_code="of_no_wording", sent=True, sent_at=MORNING)
    assert look(MORNING)["message.wording"] == (0, 1)
