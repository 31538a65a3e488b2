"""The contact guard: hours, counts, and who must be left alone."""

from datetime import datetime, time, timedelta

import pytest

from messaging.contact_guard import CALL, COLLECTION, REMINDER, SERVICE, Answer, ContactRules, Standing, Why, judge

RULES = ContactRules(opens=time(8), closes=time(22), answered_calls_per_day=3, dials_per_number_per_day=6)
NOON = datetime(2026, 6, 15, 12)
FREE = Standing()


def verdict(purpose: str = COLLECTION, channel: str = "sms", at: datetime = NOON, standing: Standing = FREE, **more):
    return judge(purpose=purpose, channel=channel, at=at, rules=more.pop("rules", RULES), standing=standing, **more)


@pytest.mark.parametrize(
    ("clock", "opens_at"),
    [
        (time(0, 0), datetime(2026, 6, 15, 8)),
        (time(7, 59, 59), datetime(2026, 6, 15, 8)),
        (time(8, 0), None),
        (time(21, 59, 59), None),
        (time(22, 0), datetime(2026, 6, 16, 8)),
        (time(23, 59), datetime(2026, 6, 16, 8)),
    ],
)
@pytest.mark.parametrize("purpose", [COLLECTION, REMINDER])
@pytest.mark.parametrize("channel", ["sms", "email", "push", CALL])
def test_nobody_is_disturbed_from_ten_at_night_to_eight(
    clock: time, opens_at: datetime | None, purpose: str, channel: str
) -> None:
    answer = verdict(purpose, channel, datetime.combine(NOON.date(), clock))

    assert answer.allowed == (opens_at is None)
    assert answer.not_before == opens_at
    assert answer.why == (None if opens_at is None else Why.QUIET_HOURS)


def test_a_service_message_passes_at_any_hour_and_whatever_was_sent() -> None:
    standing = Standing(do_not_contact=True, reminders_withdrawn=True, messages_today=99)

    assert verdict(SERVICE, at=datetime(2026, 6, 15, 3), standing=standing).allowed


def test_nothing_goes_to_a_closed_file() -> None:
    answer = verdict(SERVICE, standing=Standing(active=False))

    assert (answer.answer, answer.why) == (Answer.REFUSE, Why.BORROWER_CLOSED)


@pytest.mark.parametrize("purpose", [COLLECTION, REMINDER])
def test_do_not_contact_stops_everything_but_service(purpose: str) -> None:
    answer = verdict(purpose, standing=Standing(do_not_contact=True))

    assert (answer.answer, answer.why) == (Answer.REFUSE, Why.DO_NOT_CONTACT)


def test_withdrawn_consent_stops_reminders_but_not_the_claim() -> None:
    withdrawn = Standing(reminders_withdrawn=True)

    assert verdict(REMINDER, standing=withdrawn).why == Why.CONSENT_WITHDRAWN
    assert verdict(COLLECTION, standing=withdrawn).allowed


@pytest.mark.parametrize(("answered", "allowed"), [(0, True), (2, True), (3, False), (4, False)])
def test_a_debtor_answers_three_calls_a_day_at_most(answered: int, allowed: bool) -> None:
    answer = verdict(channel=CALL, standing=Standing(answered_calls_today=answered))

    assert answer.allowed is allowed
    assert allowed or (answer.why, answer.not_before) == (Why.ANSWERED_CALLS_USED_UP, datetime(2026, 6, 16, 8))


@pytest.mark.parametrize(("dials", "allowed"), [(5, True), (6, False)])
def test_a_number_is_dialled_six_times_a_day_at_most(dials: int, allowed: bool) -> None:
    answer = verdict(channel=CALL, standing=Standing(dials_today=dials))

    assert answer.allowed is allowed
    assert allowed or answer.why == Why.DIALS_USED_UP


def test_calls_do_not_use_up_messages_nor_messages_calls() -> None:
    rules = ContactRules(time(8), time(22), 3, 6, messages_per_day=2)

    assert verdict(standing=Standing(answered_calls_today=3, dials_today=6), rules=rules).allowed
    assert verdict(channel=CALL, standing=Standing(messages_today=2), rules=rules).allowed
    assert verdict(standing=Standing(messages_today=2), rules=rules).why == Why.MESSAGES_USED_UP
    assert verdict(standing=Standing(messages_today=99)).allowed, "no number in the rules means no such limit"


@pytest.mark.parametrize(("late", "allowed"), [(timedelta(days=1), True), (timedelta(days=1, seconds=1), False)])
def test_a_reminder_that_is_no_longer_true_is_not_sent(late: timedelta, allowed: bool) -> None:
    answer = verdict(REMINDER, due_at=NOON - late)

    assert answer.allowed is allowed
    assert allowed or (answer.answer, answer.why) == (Answer.REFUSE, Why.OUT_OF_DATE)
    assert verdict(SERVICE, due_at=NOON - timedelta(days=30)).allowed
