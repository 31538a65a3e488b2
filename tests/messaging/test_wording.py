"""The approved wordings that come with the house, and how a new version takes over."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, transaction

from messaging.models import Template
from messaging.rendering import problems, render, segments, variables
from messaging.wording import VARIABLES, VariableUnknown, WordingRefused, publish_wording, wording_book

pytestmark = pytest.mark.django_db

LONGEST = {
    "loan_number": "LN-2026-000418",
    "application_number": "AP-2026-000418",
    "amount": "123456.70",
    "currency": "CNY",
    "days_past_due": 360,
    "days": 30,
    "change": "payment day moved",
    "term_count": 36,
    "reinstated_on": "2026-12-28",
    "percent": "100",
    "owed": "123456.70",
    "paid": "123456.70",
    **dict.fromkeys(
        ("due_on", "received_on", "disbursed_on", "settled_on", "promised_on", "valid_until", "last_day"), "2026-12-28"
    ),
}


def every_wording() -> Iterator[tuple[str, str, str]]:
    for code in VARIABLES:
        for channel in ("sms", "email"):
            for language in ("en", "zh-hans"):
                yield code, channel, language


@pytest.mark.parametrize(("code", "channel", "language"), list(every_wording()))
def test_each_message_has_a_wording_that_its_producers_can_fill(code: str, channel: str, language: str) -> None:
    template = Template.objects.get(code=code, channel=channel, language=language, active=True)

    assert set(variables(template.body)) <= set(VARIABLES[code])
    text = render(template.body, LONGEST, language)
    if channel == "sms":
        assert problems(template.body) == []
        assert segments(text, "Loandesk") <= (1 if language == "zh-hans" else 3)
    else:
        assert template.subject


def test_a_channel_or_language_without_a_wording_borrows_one() -> None:
    book = wording_book()

    assert book.find(code="loan_settled", channel="push", language="zh-hans").channel == "sms"
    assert book.find(code="loan_settled", channel="email", language="fr").language == "zh-hans"
    assert book.find(code="birthday", channel="sms", language="en") is None


def test_a_new_version_takes_the_place_of_the_old_one(staff_member) -> None:
    lead = staff_member("team_lead")

    new = publish_wording(
        code="loan_settled", channel="sms", language="en", body="Loan {loan_number} is paid.", reason="shorter", by=lead
    )

    versions = Template.objects.filter(code="loan_settled", channel="sms", language="en").order_by("version")
    assert [(one.version, one.active) for one in versions] == [(1, False), (2, True)]
    assert new.history.get().history_user == lead
    assert wording_book().find(code="loan_settled", channel="sms", language="en") == new


def test_a_wording_a_gateway_would_refuse_is_not_published() -> None:
    with pytest.raises(WordingRefused) as refusal:
        publish_wording(code="loan_settled", channel="sms", language="zh-hans", body="【结清】{loan_number}")

    assert refusal.value.field == "body"
    assert Template.objects.filter(code="loan_settled", channel="sms", language="zh-hans").count() == 1


def test_a_variable_nobody_gives_is_not_published() -> None:
    with pytest.raises(VariableUnknown) as refusal:
        publish_wording(code="loan_settled", channel="sms", language="en", body="Dear {name}, it is settled.")

    assert "loan_number" in refusal.value.detail


def test_postgresql_refuses_two_active_versions() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Template.objects.create(code="loan_settled", channel="sms", language="en", body="x", version=2, active=True)
