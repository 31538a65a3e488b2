"""Sending: the guard first, then an address that works, then the wording; and a gateway that has bad days."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from borrowers.consents import GivenConsent
from borrowers.models import Borrower, BorrowerStatus, ConsentPurpose, ContactPoint, ContactState
from borrowers.onboarding import withdraw_consent
from core.rules import forget_cached_rules
from messaging import claiming, delivery
from messaging.channels import simulator
from messaging.delivery import PAUSES, send_due
from messaging.models import Message, MessageStatus, Template
from tests.borrowers.factories import (
    AT,
    BorrowerFactory,
    ContactPointFactory,
    LinFactory,
    WangFactory,
    consent_again,
    email_of,
    in_state,
    mobile_of,
)
from tests.core.factories import rule_says
from tests.messaging.factories import MORNING, NIGHT, MessageFactory

pytestmark = pytest.mark.django_db


def the_message() -> Message:
    return Message.objects.get()


def test_a_due_message_leaves_in_the_borrowers_language() -> None:
    borrower = LinFactory()
    MessageFactory(borrower=borrower)

    assert send_due(MORNING) == {"sent": 1}

    message = the_message()
    assert (message.status, message.sent_at, message.attempts) == ("sent", MORNING, 1)
    assert message.contact_point == mobile_of(borrower)
    assert message.body == "您的借款LN-2026-000418将于2026年6月18日应还936.70元，请提前备足款项。如已还款请忽略。"
    assert (message.language, message.template_version) == ("zh-hans", 1)
    assert message.provider_reference == f"sim-{message.pk}-1"


def test_an_english_borrower_reads_english() -> None:
    MessageFactory(borrower=WangFactory())

    send_due(MORNING)

    assert "CNY 936.70 is due on 18 Jun 2026" in the_message().body


def test_what_is_not_due_yet_waits() -> None:
    MessageFactory(borrower=LinFactory(), due_at=MORNING + timedelta(seconds=1))

    assert send_due(MORNING) == {}
    assert the_message().status == "queued"


def test_a_reminder_at_night_waits_for_the_morning() -> None:
    MessageFactory(borrower=LinFactory(), due_at=NIGHT)

    assert send_due(NIGHT) == {"put_off": 1}
    message = the_message()
    assert (message.status, message.refusal, message.attempts) == ("queued", "quiet_hours", 0)
    assert message.next_attempt_at == MORNING + timedelta(hours=22)  # 08:00 of the next day

    assert send_due(MORNING + timedelta(hours=22)) == {"sent": 1}
    assert the_message().refusal == ""


def test_money_received_is_told_at_night_too() -> None:
    MessageFactory(
        borrower=LinFactory(),
        due_at=NIGHT,
        purpose="service",
        template_code="repayment_received",
        context={"loan_number": "LN-2026-000418", "amount": "1.00", "received_on": "2026-06-15"},
    )

    assert send_due(NIGHT) == {"sent": 1}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"do_not_contact": True}, "do_not_contact"),
        ({"status": BorrowerStatus.DECEASED}, "borrower_closed"),
        ({"status": BorrowerStatus.ERASED}, "borrower_closed"),
    ],
)
def test_who_must_be_left_alone_is_left_alone(facts: dict, why: str) -> None:
    borrower = LinFactory()
    Borrower.objects.filter(pk=borrower.pk).update(**facts)
    MessageFactory(borrower=borrower)

    assert send_due(MORNING) == {"refused": 1}
    assert (the_message().status, the_message().refusal) == ("refused", why)


def test_a_withdrawn_consent_stops_reminders_until_given_again() -> None:
    borrower = LinFactory(consents=[GivenConsent(ConsentPurpose.ELECTRONIC_MESSAGES, "web", AT)])
    withdraw_consent(consent_id=borrower.consents.get().pk, at=AT)
    MessageFactory(borrower=borrower)
    send_due(MORNING)
    assert the_message().refusal == "consent_withdrawn"

    consent_again(borrower, ConsentPurpose.ELECTRONIC_MESSAGES)
    MessageFactory(borrower=borrower)

    assert send_due(MORNING) == {"sent": 1}


def test_a_reminder_more_than_a_day_late_is_not_sent() -> None:
    MessageFactory(borrower=LinFactory())

    assert send_due(MORNING + timedelta(days=1, minutes=1)) == {"refused": 1}
    assert the_message().refusal == "out_of_date"


def test_a_limit_of_messages_a_day_puts_off_the_rest() -> None:
    rule_says("contact_counts", {"answered_calls_per_day": 3, "dials_per_number_per_day": 6, "messages_per_day": 2})
    forget_cached_rules()
    borrower = LinFactory()
    for _number in range(4):
        MessageFactory(borrower=borrower)

    counts = send_due(MORNING, batch_size=3)

    assert counts == {"sent": 2, "put_off": 2}
    assert set(Message.objects.filter(status="queued").values_list("refusal", flat=True)) == {"messages_used_up"}
    forget_cached_rules()


@pytest.mark.parametrize("dead", [ContactState.WRONG_PERSON, ContactState.UNDELIVERABLE, ContactState.RECYCLED])
def test_a_dead_number_falls_to_the_next_one_that_works(dead: ContactState) -> None:
    borrower = LinFactory()
    in_state(mobile_of(borrower), dead)
    second = ContactPointFactory(borrower=borrower, value="13766667777")
    MessageFactory(borrower=borrower)

    assert send_due(MORNING) == {"sent": 1}
    assert the_message().contact_point == second


def test_without_any_mobile_it_goes_by_mail_with_the_wording_of_a_mail() -> None:
    borrower = LinFactory()
    in_state(mobile_of(borrower), ContactState.WRONG_PERSON)
    MessageFactory(borrower=borrower)

    assert send_due(MORNING) == {"sent": 1}
    message = the_message()
    assert (message.channel, message.contact_point) == ("email", email_of(borrower))
    assert message.subject == "还款提醒"
    assert message.body.startswith("您好：")


def test_without_any_way_it_is_refused_and_says_so() -> None:
    borrower = WangFactory()
    in_state(mobile_of(borrower), ContactState.WRONG_PERSON)
    MessageFactory(borrower=borrower)

    assert send_due(MORNING) == {"refused": 1}
    assert the_message().refusal == "no_usable_contact"


def test_a_verified_number_goes_before_an_unverified_primary_one() -> None:
    borrower = LinFactory()
    verified = in_state(ContactPointFactory(borrower=borrower, value="13766667777"), ContactState.VERIFIED)
    MessageFactory(borrower=borrower)

    send_due(MORNING)

    assert the_message().contact_point == verified


def test_the_contact_point_asked_for_is_used_while_it_works() -> None:
    borrower = LinFactory()
    asked_for = ContactPointFactory(borrower=borrower, value="13766667777")
    MessageFactory(borrower=borrower, contact_point_id=asked_for.pk)

    send_due(MORNING)

    assert the_message().contact_point == asked_for


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"template_code": "birthday"}, "wording_missing"),
        ({"context": {"loan_number": "LN-2026-000418"}}, "variable_missing"),
        ({"context": {"loan_number": "x", "amount": "www.a.cn", "due_on": "2026-06-18"}}, "variable_refused"),
    ],
)
def test_a_text_that_cannot_be_made_never_leaves_half_made(changes: dict, why: str) -> None:
    MessageFactory(borrower=LinFactory(), **changes)

    assert send_due(MORNING) == {"refused": 1}
    assert (the_message().refusal, the_message().body) == (why, "")


def test_a_busy_gateway_is_asked_again_after_growing_pauses() -> None:
    MessageFactory(borrower=LinFactory(phone=f"1381234{simulator.BUSY_TWICE}"))

    assert send_due(MORNING) == {"put_off": 1}
    assert (the_message().attempts, the_message().refusal) == (1, "gateway_unreachable")
    assert the_message().next_attempt_at == MORNING + PAUSES[0]

    assert send_due(MORNING + PAUSES[0] - timedelta(seconds=1)) == {}
    later = MORNING + PAUSES[0]
    assert send_due(later) == {"put_off": 1}
    assert the_message().next_attempt_at == later + PAUSES[1]
    assert send_due(later + PAUSES[1]) == {"sent": 1}
    assert the_message().attempts == 3


def test_a_gateway_that_stays_away_fails_the_message_but_not_the_number(monkeypatch) -> None:
    monkeypatch.setattr(simulator.Simulator, "send", _unreachable)
    borrower = LinFactory()
    MessageFactory(
        borrower=borrower,
        purpose="service",
        template_code="loan_settled",
        context={"loan_number": "LN-2026-000418", "settled_on": "2026-06-15"},
    )
    now = MORNING
    for pause in (*PAUSES, timedelta(0)):
        send_due(now)
        now += pause

    assert (the_message().status, the_message().refusal) == ("failed", "gateway_unreachable")
    assert mobile_of(borrower).state == ContactState.UNVERIFIED


def _unreachable(*args: object) -> str:
    raise simulator.TryLater("nobody there")


def test_a_number_the_gateway_does_not_know_is_marked_and_another_way_found() -> None:
    borrower = LinFactory(phone=f"1381234{simulator.REFUSED}")
    MessageFactory(borrower=borrower)

    assert send_due(MORNING) == {"failed": 1, "sent": 1}

    first, second = Message.objects.order_by("id")
    assert (first.status, first.refusal) == ("failed", "number_refused")
    assert (second.status, second.channel, second.follows) == ("sent", "email", first)
    assert mobile_of(borrower).state == ContactState.UNDELIVERABLE


def test_a_fault_with_one_message_does_not_stop_its_neighbours(monkeypatch) -> None:
    broken, fine = MessageFactory(borrower=LinFactory()), MessageFactory(borrower=WangFactory())
    monkeypatch.setattr(delivery, "_hand_over", _broken_for(broken.pk, delivery._hand_over))

    assert send_due(MORNING) == {"put_off": 1, "sent": 1}
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.status, broken.refusal, fine.status) == ("queued", "fault", "sent")


def _broken_for(message_id: int, real):
    def hand_over(worded, *rest):
        if worded.message_id == message_id:
            raise RuntimeError("a fault")
        return real(worded, *rest)

    return hand_over


def test_a_batch_of_a_dead_worker_comes_back_when_its_lease_ends() -> None:
    message = MessageFactory(borrower=LinFactory())
    assert claiming.claim(MORNING, most=10) == {message.pk: message.created_on}

    assert send_due(MORNING + timedelta(minutes=1)) == {}
    assert send_due(MORNING + claiming.LEASE) == {"sent": 1}


def test_a_message_settled_meanwhile_is_left_alone() -> None:
    message = MessageFactory(borrower=LinFactory())
    Message.objects.filter(pk=message.pk).update(status=MessageStatus.REFUSED, refusal="do_not_contact")

    sent = claiming.Result(message.pk, message.created_on, status="sent", channel="sms", sent_at=MORNING)
    claiming.settle([sent])

    assert the_message().status == "refused"


@pytest.mark.parametrize("people", [1, 12])
def test_a_batch_costs_the_same_few_queries_and_two_for_each_message_read_again(people: int) -> None:
    for _person in range(people):
        borrower = BorrowerFactory()
        ContactPoint.objects.filter(borrower=borrower).update(state=ContactState.VERIFIED, verified_at=AT)
        MessageFactory(borrower=borrower)
    delivery.queries.contact_rules(MORNING.date(), "CN")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert send_due(MORNING) == {"sent": people}

    # Each message that speaks of a loan is read again by itself before it leaves: two statements.
    assert len(queries) == 20 + 2 * people, "\n".join(query["sql"][:120] for query in queries)


def test_only_active_wordings_are_used() -> None:
    Template.objects.filter(code="repayment_due_soon").update(active=False)
    MessageFactory(borrower=LinFactory())

    assert send_due(MORNING) == {"refused": 1}
    assert the_message().refusal == "wording_missing"


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_message() -> None:
    borrower = LinFactory()
    for _number in range(40):
        MessageFactory(borrower=borrower)
    start, taken = Barrier(2), []

    def work() -> None:
        try:
            start.wait(timeout=10)
            while ids := claiming.claim(MORNING, most=3):
                taken.extend(ids)
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(taken) == 40
    assert len(set(taken)) == 40
