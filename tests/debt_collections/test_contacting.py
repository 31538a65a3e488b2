"""Logging contacts: what the guard refuses, what an outcome does by itself, and what is stored once only."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from audit.models import AuditEvent
from borrowers.models import ContactPoint
from debt_collections import cases, contacting, guarding, workload
from debt_collections.models import Case, ContactAttempt
from tests.borrowers.factories import ContactPointFactory
from tests.debt_collections.factories import LATE, CaseFactory, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang(staff_member):
    return staff_member("collector", username="wang")


@pytest.fixture
def case() -> Case:
    return CaseFactory()


@pytest.fixture
def phone(case) -> ContactPoint:
    return case.borrower.contact_points.get(kind="mobile")


def log(case: Case, phone: ContactPoint | None, by, clock: str = "10:00", outcome: str = "no_answer", **more):
    return cases.log_contact(
        case_id=case.pk,
        contact_point_id=phone.pk if phone else None,
        outcome=outcome,
        on=LATE,
        now=at(clock),
        by=by,
        **more,
    )


@pytest.mark.parametrize("clock", ["07:59", "22:00", "23:30", "00:10"])
def test_nobody_calls_in_quiet_hours(case, phone, wang, clock: str) -> None:
    with pytest.raises(guarding.QuietHours) as refusal:
        log(case, phone, wang, clock)

    assert "08:00" in refusal.value.detail
    assert not ContactAttempt.objects.exists()


@pytest.mark.parametrize("clock", ["08:00", "21:59"])
def test_the_edges_of_the_day_are_allowed(case, phone, wang, clock: str) -> None:
    assert log(case, phone, wang, clock).pk


def test_a_fourth_answered_call_a_day_is_refused_whoever_calls_whichever_number(
    case, phone, wang, staff_member
) -> None:
    zhao = staff_member("collector", username="zhao")
    second = ContactPointFactory(borrower=case.borrower, value="13900009999")
    for clock, point, who in (("09:00", phone, wang), ("10:00", second, zhao), ("11:00", phone, zhao)):
        log(case, point, who, clock, "answered")

    with pytest.raises(guarding.AnsweredCallsUsedUp) as refusal:
        log(case, second, wang, "12:00", "answered")
    assert "3 of 3" in refusal.value.detail


def test_the_count_begins_again_at_midnight(case, phone, wang) -> None:
    for clock in ("09:00", "10:00", "11:00"):
        log(case, phone, wang, clock, "answered")

    tomorrow = LATE + timedelta(days=1)
    attempt = cases.log_contact(
        case_id=case.pk, contact_point_id=phone.pk, outcome="answered", on=tomorrow, now=at("08:00", tomorrow), by=wang
    )
    assert attempt.pk


def test_a_seventh_dial_of_one_number_is_refused_and_another_number_is_not(case, phone, wang) -> None:
    second = ContactPointFactory(borrower=case.borrower, value="13900009999")
    for minute in range(6):
        log(case, phone, wang, f"10:0{minute}")

    with pytest.raises(guarding.DialsUsedUp):
        log(case, phone, wang, "10:10")
    assert log(case, second, wang, "10:11").pk


def test_a_message_is_no_call_and_not_counted_as_one(case, phone, wang) -> None:
    for clock in ("09:00", "10:00", "11:00"):
        log(case, phone, wang, clock, "answered")

    assert log(case, phone, wang, "12:00", "message", channel="sms").pk


def test_a_call_is_not_logged_beside_an_email_address(case, wang) -> None:
    email = ContactPointFactory(borrower=case.borrower, kind="email", value="ada@example.com")

    with pytest.raises(contacting.ContactPointOfOtherKind):
        log(case, email, wang, outcome="wrong_number")

    assert not ContactAttempt.objects.exists()
    assert log(case, email, wang, outcome="message", channel="email").pk


def test_who_asked_not_to_be_contacted_is_left_alone(case, phone, wang) -> None:
    case.borrower.do_not_contact = True
    case.borrower.save()

    with pytest.raises(guarding.DoNotContact):
        log(case, phone, wang)


def test_the_team_lead_may_override_with_a_reason_that_is_kept(case, phone, staff_member) -> None:
    chen = staff_member("team_lead", username="chen")

    attempt = log(case, phone, chen, "22:30", "answered", override_reason="asked to be called after work")

    assert attempt.override_reason == "asked to be called after work"


def test_a_collector_may_not_override(case, phone, wang) -> None:
    with pytest.raises(contacting.OverrideNotAllowed):
        log(case, phone, wang, "22:30", override_reason="I want to")


def test_a_call_names_the_number_that_was_tried(case, wang) -> None:
    with pytest.raises(contacting.ContactPointNeeded):
        log(case, None, wang)


def test_a_strangers_number_is_refused(case, wang) -> None:
    other = CaseFactory().borrower.contact_points.get(kind="mobile")

    with pytest.raises(contacting.ContactPointOfOther):
        log(case, other, wang)


def test_a_wrong_number_is_never_called_again(case, phone, wang) -> None:
    log(case, phone, wang, outcome="wrong_number", note="a shop")

    phone.refresh_from_db()
    assert (phone.state, phone.state_reason) == ("wrong_person", "a shop")
    with pytest.raises(guarding.ContactPointDead):
        log(case, phone, wang, "10:30")


def test_the_outcome_promise_takes_the_promise(case, phone, wang) -> None:
    terms = contacting.PromiseTerms(Decimal("450.00"), LATE + timedelta(days=2))
    log(case, phone, wang, outcome="promise", promise=terms)

    promise = case.promises.get()
    assert (promise.amount, promise.taken_by, promise.status) == (Decimal("450.00"), wang, "pending")


def test_the_outcome_promise_without_its_terms_is_refused_and_nothing_is_kept(case, phone, wang) -> None:
    with pytest.raises(contacting.PromiseTermsMissing):
        log(case, phone, wang, outcome="promise")
    assert not ContactAttempt.objects.exists()


def test_a_form_sent_twice_is_stored_once(case, phone, wang) -> None:
    key = uuid.uuid4()

    first = log(case, phone, wang, form_key=key)
    again = log(case, phone, wang, form_key=key)

    assert first == again
    assert ContactAttempt.objects.count() == 1


def test_no_answer_rests_the_case_for_the_hours_of_the_rule(case, phone, wang) -> None:
    log(case, phone, wang, "10:00")

    case.refresh_from_db()
    assert case.next_action_at == at("14:00")


def test_a_case_in_somebody_elses_hands_is_refused(case, phone, wang, staff_member) -> None:
    zhao = staff_member("collector", username="zhao")
    cases.claim_next(collector=zhao, now=at("10:00"), on=LATE)

    with pytest.raises(workload.CaseTaken):
        log(case, phone, wang, "10:05")
    assert log(case, phone, wang, "10:20").pk, "the claim has run out"


def test_the_number_is_shown_for_an_allowed_call_and_the_reveal_is_on_record(case, phone, wang) -> None:
    number = cases.dial(case_id=case.pk, contact_point_id=phone.pk, now=at("10:00"), on=LATE, by=wang)

    assert number == phone.value
    event = AuditEvent.objects.get(action="revealed")
    assert event.actor == wang
    assert case.public_id in event.reason


def test_no_number_is_shown_in_quiet_hours(case, phone, wang) -> None:
    with pytest.raises(guarding.QuietHours):
        cases.dial(case_id=case.pk, contact_point_id=phone.pk, now=at("22:00"), on=LATE, by=wang)
    assert not AuditEvent.objects.filter(action="revealed").exists()
