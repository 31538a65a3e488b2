"""The calendars that come with the house, read as values and edited in the admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import approvals
from audit.models import Approval, ApprovalStatus, AuditEvent
from core import business_date
from core.models import CalendarDay
from core.rules import RuleMissing
from core.working_calendars import CalendarMissing, market_calendar, working_calendar
from core.working_days import BusinessDayRoll
from staff.models import User
from tests.core.factories import CalendarDayFactory, CalendarFactory, RuleFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db

NEW_YEAR = date(2026, 1, 1)


REASON = {"reason_for_change": "As the State Council published it"}


def agree() -> None:
    """Somebody of compliance agrees to the one request that waits."""
    waiting = Approval.objects.get(status=ApprovalStatus.PENDING)
    approvals.approve(
        approval_id=waiting.pk, decided_by=UserFactory(username="xu", roles=["compliance"]), on=business_date.current()
    )


def edit(client: Client, day: CalendarDay, **changes: str) -> None:
    """Ask on the day's page of the admin for the changes."""
    address = reverse("admin:core_calendarday_change", args=[day.pk])
    values = {"calendar": day.calendar_id, "on": day.on.isoformat(), "name": day.name, "name_zh": day.name_zh}
    values |= {"working": "on"} if day.working else {}
    assert client.post(address, values | REASON | changes).status_code == 302


@pytest.mark.parametrize(("year", "statutory"), [(2024, 11), (2025, 13), (2026, 13)])
def test_chinas_days_off_are_the_statutory_days_and_what_is_worked_in_exchange(year: int, statutory: int) -> None:
    """放假办法: 11 days a year until 2024, 13 from 2025; whatever else is off is made up for on a weekend."""
    days = CalendarDay.objects.filter(calendar="CN", on__year=year)
    off = [day.on for day in days if not day.working and day.on.weekday() < 5]
    worked = [day.on for day in days if day.working]
    assert all(on.weekday() >= 5 for on in worked)
    # A statutory day on a weekend is given back on a weekday, so that weekdays off count them all.
    assert len(off) - len(worked) == statutory


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ((2024, 2, 9), True),  # the eve of Spring Festival was not yet a statutory day
        ((2024, 2, 18), True),
        ((2024, 10, 12), True),
        ((2024, 6, 10), False),
        ((2025, 1, 28), False),
        ((2025, 4, 27), True),
        ((2025, 10, 8), False),
        ((2025, 10, 9), True),
        ((2026, 1, 4), True),
        ((2026, 5, 9), True),
        ((2026, 9, 20), True),
        ((2026, 10, 8), True),
        ((2026, 10, 11), False),
    ],
)
def test_china_as_published(day: tuple[int, int, int], works: bool) -> None:
    assert working_calendar("CN").is_working(date(*day)) is works


def test_chinas_calendar_ends_with_the_last_published_year() -> None:
    china = working_calendar("CN")
    assert not china.is_provisional(date(2026, 12, 31))
    assert china.is_provisional(date(2027, 1, 1))


def test_a_market_follows_the_calendar_its_rule_names() -> None:
    assert market_calendar(NEW_YEAR) == working_calendar("CN")
    RuleFactory(code="working_calendar", data={"calendar": "SAT_SUN"})
    assert market_calendar(date(2025, 12, 31)) == working_calendar("CN")
    assert market_calendar(NEW_YEAR) == working_calendar("SAT_SUN")
    with pytest.raises(RuleMissing):
        market_calendar(NEW_YEAR, "FR")


def test_a_calendar_nobody_made_is_refused_by_name() -> None:
    with pytest.raises(CalendarMissing) as refusal:
        working_calendar("MOON")
    assert refusal.value.code == "calendar_missing"
    assert "MOON" in refusal.value.detail


def test_a_known_calendar_costs_no_query() -> None:
    working_calendar("CN")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        working_calendar("CN")
    assert len(queries) == 0


def test_an_administrator_edits_a_day_and_due_dates_follow(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "administrator")
    assert working_calendar("CN").roll(NEW_YEAR, BusinessDayRoll.FOLLOWING) == date(2026, 1, 4)
    made_up = CalendarDay.objects.get(calendar="CN", on=date(2026, 1, 4))

    edit(client, made_up, on="2026-01-10")
    assert working_calendar("CN").roll(NEW_YEAR, BusinessDayRoll.FOLLOWING) == date(2026, 1, 4)
    agree()

    assert working_calendar("CN").roll(NEW_YEAR, BusinessDayRoll.FOLLOWING) == date(2026, 1, 5)
    assert working_calendar("CN").is_working(date(2026, 1, 10))
    event = AuditEvent.objects.filter(object_type="core.calendarday", object_id=str(made_up.pk)).latest("pk")
    assert event.action == "changed"
    assert (event.before, event.after) == ({"on": "2026-01-04"}, {"on": "2026-01-10"})
    assert event.actor.username == "administrator"


def test_a_day_is_added_and_deleted(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "administrator")
    assert working_calendar("SAT_SUN").is_working(NEW_YEAR)

    added = {"calendar": "SAT_SUN", "on": "2026-01-01", "name": "New Year's Day", "name_zh": "", **REASON}
    assert client.post(reverse("admin:core_calendarday_add"), added).status_code == 302
    assert working_calendar("SAT_SUN").is_working(NEW_YEAR)
    agree()
    assert not working_calendar("SAT_SUN").is_working(NEW_YEAR)

    day = CalendarDay.objects.get(calendar="SAT_SUN", on=NEW_YEAR)
    delete_page = reverse("admin:core_calendarday_delete", args=[day.pk])
    assert client.post(delete_page, {"post": "yes"}).status_code == 302
    assert not working_calendar("SAT_SUN").is_working(NEW_YEAR)
    agree()
    assert working_calendar("SAT_SUN").is_working(NEW_YEAR)


def test_several_days_are_not_deleted_at_once(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "administrator")
    spring = CalendarDay.objects.filter(calendar="CN", on__gte=date(2026, 2, 15), on__lte=date(2026, 2, 23))
    assert not working_calendar("CN").is_working(date(2026, 2, 17))
    chosen = {"action": "delete_selected", "_selected_action": [day.pk for day in spring], "post": "yes"}
    client.post(reverse("admin:core_calendarday_changelist"), chosen)
    assert not working_calendar("CN").is_working(date(2026, 2, 17))
    assert CalendarDay.objects.filter(pk__in=[day.pk for day in spring]).count() == len(spring)


def test_the_weekend_and_the_published_end_of_a_calendar_are_edited(
    client: Client, signed_in: Callable[..., Client]
) -> None:
    signed_in(client, "administrator")
    working_calendar("SAT_SUN")
    address = reverse("admin:core_calendar_change", args=["SAT_SUN"])
    values = {
        "name": "Fridays and Saturdays",
        "name_zh": "",
        "weekend": ["4", "5"],
        "known_until": "2030-12-31",
        **REASON,
    }
    assert client.post(address, values).status_code == 302
    assert working_calendar("SAT_SUN").weekend == {5, 6}
    agree()
    edited = working_calendar("SAT_SUN")
    assert edited.weekend == {4, 5}
    assert edited.is_provisional(date(2031, 1, 1))

    week_off = values | {"weekend": [str(day) for day in range(7)]}
    answer = client.post(address, week_off)
    assert "A week must have a working day." in answer.content.decode()
    assert client.get(reverse("admin:core_calendar_delete", args=["SAT_SUN"])).status_code == 403


def test_a_calendar_is_made_under_the_code_that_was_asked_for(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "administrator")
    wanted = {"code": "HK", "name": "Hong Kong", "name_zh": "香港", "weekend": ["6"], "known_until": "", **REASON}

    assert client.post(reverse("admin:core_calendar_add"), wanted).status_code == 302
    with pytest.raises(CalendarMissing):
        working_calendar("HK")
    agree()

    assert working_calendar("HK").weekend == {6}


def test_others_of_the_staff_do_not_edit_calendars(
    client: Client, signed_in: Callable[..., Client], staff_member: Callable[..., User]
) -> None:
    operator = staff_member("operations")
    operator.is_staff = True
    operator.save(update_fields=["is_staff"])
    signed_in(client, "operations")
    assert client.get(reverse("admin:core_calendarday_changelist")).status_code == 403
    assert client.post(reverse("admin:core_calendarday_add"), {"calendar": "CN"}).status_code == 403


def test_the_database_refuses_a_week_of_days_off_and_one_day_named_twice() -> None:
    for weekend in ([0, 1, 2, 3, 4, 5, 6], [7]):
        with pytest.raises(IntegrityError, match="core_calendar_weekend"), transaction.atomic():
            CalendarFactory(weekend=weekend)
    with pytest.raises(IntegrityError, match="core_calendarday_one_a_day"), transaction.atomic():
        CalendarDayFactory(calendar__code="CN", on=NEW_YEAR)
