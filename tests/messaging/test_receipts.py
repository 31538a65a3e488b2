"""Receipts: what became of a message, and what the address learns from it."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from borrowers.models import ContactState
from messaging.channels import simulator
from messaging.delivery import PAUSES, send_due
from messaging.models import Message
from messaging.receipts import MessageUnknown, OutcomeUnknown, collect_receipts, record_receipt
from tests.borrowers.factories import LinFactory, WangFactory, in_state, mobile_of
from tests.messaging.factories import MORNING, MessageFactory

pytestmark = pytest.mark.django_db

LATER = MORNING + timedelta(minutes=5)


def test_a_delivery_is_noted_and_teaches_nothing() -> None:
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)

    record_receipt(message_id=message.pk, outcome="delivered", at=LATER)

    message.refresh_from_db()
    assert (message.status, message.receipt_at) == ("delivered", LATER)
    assert mobile_of(borrower).state == ContactState.UNVERIFIED


@pytest.mark.parametrize(
    ("outcome", "state"), [("failed", ContactState.UNDELIVERABLE), ("wrong_number", ContactState.WRONG_PERSON)]
)
def test_a_failure_marks_the_number_and_the_message_finds_another_way(outcome: str, state: ContactState) -> None:
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)

    record_receipt(message_id=message.pk, outcome=outcome, at=LATER)

    message.refresh_from_db()
    assert message.status == outcome
    assert mobile_of(borrower).state == state
    again = Message.objects.get(follows=message)
    assert (again.dedupe_key, again.due_at) == (f"{message.dedupe_key}/again/1", LATER)
    assert send_due(LATER) == {"sent": 1}
    again.refresh_from_db()
    assert again.channel == "email"


def test_when_no_other_way_is_known_nothing_is_queued() -> None:
    message = MessageFactory(sent=True, borrower=WangFactory())

    record_receipt(message_id=message.pk, outcome="wrong_number", at=LATER)

    assert Message.objects.count() == 1


@pytest.mark.parametrize("outcome", ["delivered", "failed", "wrong_number"])
def test_a_repeated_receipt_changes_nothing(outcome: str) -> None:
    message = MessageFactory(sent=True, borrower=LinFactory())
    record_receipt(message_id=message.pk, outcome=outcome, at=LATER)
    events, messages = AuditEvent.objects.count(), Message.objects.count()

    record_receipt(message_id=message.pk, outcome=outcome, at=LATER + timedelta(hours=1))

    message.refresh_from_db()
    assert message.receipt_at == LATER
    assert (AuditEvent.objects.count(), Message.objects.count()) == (events, messages)


def test_a_failure_after_the_delivery_is_dropped() -> None:
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)
    record_receipt(message_id=message.pk, outcome="delivered", at=LATER)

    record_receipt(message_id=message.pk, outcome="failed", at=LATER)

    message.refresh_from_db()
    assert message.status == "delivered"
    assert mobile_of(borrower).state == ContactState.UNVERIFIED


def test_a_person_may_say_wrong_number_after_the_delivery() -> None:
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)
    record_receipt(message_id=message.pk, outcome="delivered", at=LATER)

    record_receipt(message_id=message.pk, outcome="wrong_number", at=LATER, detail="“I am not Lin.”")

    assert mobile_of(borrower).state == ContactState.WRONG_PERSON
    assert mobile_of(borrower).state_reason == "“I am not Lin.”"


def test_a_number_marked_by_somebody_else_meanwhile_stays_as_it_is() -> None:
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)
    in_state(mobile_of(borrower), ContactState.RECYCLED)

    record_receipt(message_id=message.pk, outcome="failed", at=LATER)

    assert mobile_of(borrower).state == ContactState.RECYCLED


def test_a_phone_switched_off_is_tried_again_and_not_blamed() -> None:
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)

    record_receipt(message_id=message.pk, outcome="failed", at=LATER, permanent=False)

    message.refresh_from_db()
    assert (message.status, message.next_attempt_at) == ("queued", LATER + PAUSES[0])
    assert mobile_of(borrower).state == ContactState.UNVERIFIED
    assert send_due(LATER + PAUSES[0]) == {"sent": 1}


def test_a_phone_that_stays_off_ends_the_attempts() -> None:
    borrower = LinFactory()
    message = MessageFactory(sent=True, borrower=borrower)
    Message.objects.filter(pk=message.pk).update(attempts=len(PAUSES) + 1)

    record_receipt(message_id=message.pk, outcome="failed", at=LATER, permanent=False)

    message.refresh_from_db()
    assert message.status == "failed"
    assert mobile_of(borrower).state == ContactState.UNVERIFIED


def test_unknown_messages_and_outcomes_are_refused_by_name() -> None:
    message = MessageFactory(sent=True, borrower=LinFactory())

    for naming in ({"message_id": 0}, {"provider_reference": "sim-0-1"}, {"provider_reference": ""}):
        with pytest.raises(MessageUnknown):
            record_receipt(outcome="delivered", at=LATER, **naming)
    with pytest.raises(OutcomeUnknown):
        record_receipt(message_id=message.pk, outcome="eaten", at=LATER)


# --- the simulated gateway -----------------------------------------------------------------------------------------
def sent_to(ending: str) -> Message:
    message = MessageFactory(borrower=LinFactory(phone=f"1381234{ending}", email=""))
    send_due(MORNING)
    message.refresh_from_db()
    assert message.status == "sent"
    return message


def test_the_gateway_reports_only_after_a_while(settings) -> None:
    settings.MESSAGING_SIMULATOR_SECONDS = 120
    message = sent_to("1234")

    assert collect_receipts(MORNING + timedelta(seconds=119)) == {}
    assert collect_receipts(MORNING + timedelta(seconds=120)) == {"delivered": 1}
    message.refresh_from_db()
    assert (message.status, message.receipt_at) == ("delivered", MORNING + timedelta(seconds=120))
    assert collect_receipts(MORNING + timedelta(hours=1)) == {}


@pytest.mark.parametrize(
    ("ending", "counts", "status", "state"),
    [
        (simulator.DEAD, {"failed": 1}, "failed", "undeliverable"),
        (simulator.SOMEBODY_ELSE, {"wrong_number": 1}, "wrong_number", "wrong_person"),
        (simulator.SWITCHED_OFF, {"failed": 1}, "queued", "unverified"),
        (simulator.REPEATS, {"delivered": 3}, "delivered", "unverified"),
        (simulator.SILENT, {}, "sent", "unverified"),
        (simulator.LATE, {}, "sent", "unverified"),
    ],
)
def test_each_misfortune_can_be_asked_for_by_number(ending: str, counts: dict, status: str, state: str) -> None:
    message = sent_to(ending)

    assert collect_receipts(MORNING + timedelta(hours=1)) == counts

    message.refresh_from_db()
    assert (message.status, message.contact_point.state) == (status, state)


def test_a_late_receipt_comes_in_the_end() -> None:
    message = sent_to(simulator.LATE)

    assert collect_receipts(MORNING + timedelta(hours=6)) == {"delivered": 1}
    message.refresh_from_db()
    assert message.status == "delivered"


def test_a_phone_switched_on_again_receives_the_second_attempt() -> None:
    message = sent_to(simulator.SWITCHED_OFF)
    collect_receipts(LATER)
    message.refresh_from_db()
    send_due(message.next_attempt_at)

    assert collect_receipts(message.next_attempt_at + timedelta(minutes=5)) == {"delivered": 1}
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("delivered", 2)
