"""Personal data unmasked: a quota a person and hour that requests at once do not pass, an alarm, a list for compliance."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit import reveals
from audit.models import AuditEvent
from audit.reveals import RevealQuotaReached, Why
from borrowers.privacy import reveal
from core import business_date
from core.rules import rule
from loans.merchants.merchants import show_account
from partners.models import ApiKey
from staff.models import User
from tests.api.conftest import TODAY
from tests.api.town import lin
from tests.borrowers.factories import LinFactory
from tests.core.factories import rule_says
from tests.loans.factories import MerchantFactory
from tests.partners.factories import EVERYTHING_OWN, CallerFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
REVEALED = {"action": "revealed"}


def allow(**figures: int) -> None:
    """The rule with other figures."""
    rule_says("reveal_quota", rule("reveal_quota", business_date.current()) | figures)


@pytest.fixture
def officer(staff_member: Callable[..., User]) -> User:
    return staff_member("officer")


def test_beyond_the_quota_of_an_hour_nothing_is_shown_and_it_says_when_it_opens(officer: User) -> None:
    allow(per_hour=2)
    borrower = LinFactory()
    asked = {"borrower_id": borrower.pk, "field": "phone", "why": Why.CALL, "revealed_by": officer}
    reveal(**asked)
    reveal(**asked)

    with pytest.raises(RevealQuotaReached) as refused:
        reveal(**asked)

    first = AuditEvent.objects.filter(**REVEALED).earliest("at").at
    assert refused.value.opens == first + timedelta(hours=1)
    assert 0 < refused.value.retry_after <= 3_601
    assert AuditEvent.objects.filter(**REVEALED).count() == 2


def test_what_was_seen_more_than_an_hour_ago_counts_no_longer(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(per_hour=1)
    asked = {"borrower_id": LinFactory().pk, "field": "phone", "why": Why.CALL, "revealed_by": officer}
    reveal(**asked)
    now = AuditEvent.objects.get(**REVEALED).at

    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=1, seconds=1))

    assert reveal(**asked)


def test_who_stays_below_every_alarm_of_an_hour_raises_that_of_the_day_and_is_stopped(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(alarm_above_hour=3, alarm_above_day=8, per_day=11, alarm_above_week=13, per_week=14)
    asked = {"borrower_id": LinFactory().pk, "field": "identity_number", "why": Why.CALL, "revealed_by": officer}
    begin = timezone.now()

    def at(**later: int) -> None:
        monkeypatch.setattr(timezone, "now", lambda: begin + timedelta(**later))

    for hour in range(3):
        at(minutes=61 * hour)
        for _ in range(3):
            reveal(**asked)
    alarm = AuditEvent.objects.get(action="reveal_alarm")
    assert (alarm.after["span"], alarm.after["seen"]) == ("day", 9)

    at(hours=5)
    reveal(**asked)
    reveal(**asked)
    with pytest.raises(RevealQuotaReached) as refused:
        reveal(**asked)
    assert refused.value.opens == begin + timedelta(days=1) and "within a day" in refused.value.detail

    at(days=2)
    for _ in range(3):
        reveal(**asked)
    spans = AuditEvent.objects.filter(action="reveal_alarm").order_by("id").values_list("after__span", flat=True)
    assert list(spans) == ["day", "week"]
    with pytest.raises(RevealQuotaReached) as refused:
        reveal(**asked)
    assert refused.value.opens == begin + timedelta(days=7) and "within a week" in refused.value.detail


def test_every_door_counts_for_the_same_person(officer: User, staff_member: Callable[..., User]) -> None:
    allow(per_hour=1)
    checker = staff_member("checker")
    checker.user_permissions.add(*officer.groups.get().permissions.filter(codename="reveal_personal_data"))
    checker = User.objects.get(pk=checker.pk)
    show_account(merchant_id=MerchantFactory().pk, asked=False, why=Why.ACCOUNT, by=checker)

    asked = {"borrower_id": LinFactory().pk, "field": "phone", "why": Why.CALL}
    with pytest.raises(RevealQuotaReached):
        reveal(**asked, revealed_by=checker)
    assert reveal(**asked, revealed_by=officer)


def test_above_the_alarm_it_is_logged_and_listed_once(officer: User, caplog: pytest.LogCaptureFixture) -> None:
    allow(per_hour=9, alarm_above_hour=2)
    asked = {"borrower_id": LinFactory().pk, "field": "phone", "why": Why.CALL, "revealed_by": officer}

    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            reveal(**asked)
        assert not AuditEvent.objects.filter(action="reveal_alarm").exists()
        for _ in range(2):
            reveal(**asked)

    alarm = AuditEvent.objects.get(action="reveal_alarm")
    assert (alarm.actor, alarm.after["seen"], alarm.object_label) == (officer, 3, officer.username)
    assert [record.message for record in caplog.records].count("much personal data within hour") == 1


def test_compliance_reads_who_saw_whose_data_when_and_why(
    officer: User, client: Client, signed_in: Callable[..., Client]
) -> None:
    allow(per_hour=9, alarm_above_hour=0)
    borrower = LinFactory()
    reveal(borrower_id=borrower.pk, field="phone", why=Why.LEGAL, note="court order 12", revealed_by=officer)
    page = reverse("audit:reveals")

    signed_in(client, "collector")
    assert client.get(page).status_code == 403
    signed_in(client, "compliance")
    shown = client.get(page)

    words = shown.content.decode()
    for said in (
        str(officer),
        borrower.number,
        "Legal or regulatory request: court order 12",
        "mobile",
        "saw personal data more than 0 times within an hour",
    ):
        assert said in words
    assert "13812341234" not in words
    assert page in client.get(reverse("audit:events")).content.decode()


def test_the_list_costs_no_more_for_more_rows(
    officer: User,
    client: Client,
    signed_in: Callable[..., Client],
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    borrower = LinFactory()
    signed_in(client, "compliance")
    client.get(reverse("audit:reveals"))
    for _ in range(12):
        reveal(borrower_id=borrower.pk, field="phone", why=Why.CALL, revealed_by=officer)

    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        client.get(reverse("audit:reveals"))


def test_the_page_refuses_by_name_beyond_the_quota(officer: User, client: Client) -> None:
    allow(per_hour=0, alarm_above_hour=0)
    allow(per_hour=1)
    client.force_login(officer)
    address = reverse("borrowers:reveal", args=[LinFactory().number, "phone"])

    assert "13812341234" in client.post(address, {"reason": "call"}).content.decode()
    refused = client.post(address, {"reason": "call"})

    assert refused.status_code == 422
    assert "It opens again at" in refused.content.decode() and "13812341234" not in refused.content.decode()


def test_a_partners_program_has_a_quota_of_its_own_whatever_its_key() -> None:
    business_date.move_to(TODAY)
    allow(api_per_hour=2)
    scopes = [*EVERYTHING_OWN, "borrowers:read_personal"]
    lilac = CallerFactory(client__name="Lilac Phones", scopes=scopes)
    path = f"/borrowers/{lilac.send('/borrowers', lin()).json()['id']}"
    assert lilac.ask(path).status_code == 200
    other_key = CallerFactory(client__name="Lilac Phones", scopes=scopes)
    assert other_key.ask(f"{path}/bank_accounts").status_code == 200

    refused = lilac.ask(path)

    assert_problem(refused, 429, "reveal_quota_reached")
    assert int(refused["Retry-After"]) > 0 and "13812341234" not in refused.content.decode()
    assert {event.reason for event in AuditEvent.objects.filter(**REVEALED)} == {"api: borrowers:read_personal"}
    assert ApiKey.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_do_not_pass_the_quota_together(staff_member: Callable[..., User]) -> None:
    allow(per_hour=3, alarm_above_hour=3)
    person, borrower = staff_member("officer"), LinFactory()
    start = Barrier(12, timeout=30)

    def look() -> bool:
        try:
            start.wait()
            reveal(borrower_id=borrower.pk, field="phone", why=Why.CALL, revealed_by=User.objects.get(pk=person.pk))
        except RevealQuotaReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(12) as threads:
        seen = list(threads.map(lambda _n: look(), range(12)))

    assert seen.count(True) == 3 == AuditEvent.objects.filter(**REVEALED).count()


@pytest.mark.parametrize(("role", "told"), [("compliance", True), ("checker", False), ("officer", False)])
def test_whoever_looks_after_it_is_told_of_alarms_at_home(
    officer: User, client: Client, signed_in: Callable[..., Client], role: str, told: bool
) -> None:
    allow(per_hour=9, alarm_above_hour=1)
    asked = {"borrower_id": LinFactory().pk, "field": "phone", "why": Why.CALL, "revealed_by": officer}
    home = reverse("desk:home")
    signed_in(client, role, username="reader")
    reveal(**asked)
    assert "Much personal data was seen" not in client.get(home).content.decode()

    reveal(**asked)

    page = client.get(home).content.decode()
    assert ("Much personal data was seen or looked up:" in page and "1 within" in page) is told
    assert (reverse("audit:reveals") in page) is told


def test_an_old_alarm_is_told_at_home_no_longer(
    officer: User, client: Client, signed_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(per_hour=9, alarm_above_hour=0)
    reveal(borrower_id=LinFactory().pk, field="phone", why=Why.CALL, revealed_by=officer)
    signed_in(client, "compliance", username="reader")

    monkeypatch.setattr(reveals, "TOLD_FOR", timedelta(0))

    assert "Much personal data was seen" not in client.get(reverse("desk:home")).content.decode()
