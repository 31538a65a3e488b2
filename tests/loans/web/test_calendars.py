"""Calendars as staff read them: the years, the months, what is published, and a picture of it in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import DjangoAssertNumQueries

from core import business_date
from core.models import Calendar, CalendarDay
from core.working_days import calendar_of
from loans.pages.calendar_view import holidays_of, months_of, working_day_count
from tests.browsing import assert_fits


@pytest.fixture
def desk(db: None, client: Client, signed_in: Callable[..., Client]) -> Client:
    business_date.move_to(date(2026, 11, 20))
    return signed_in(client, "officer")


def test_holidays_are_runs_of_days_off_with_what_is_worked_for_them() -> None:
    days = [CalendarDay(on=date(2026, 5, n), name="Labour Day", name_zh="劳动节") for n in (4, 1, 2, 3)]
    days.append(CalendarDay(on=date(2026, 5, 9), working=True, name="Labour Day", name_zh="劳动节"))
    days.append(CalendarDay(on=date(2026, 7, 9), name="Labour Day", name_zh="劳动节"))

    days.append(CalendarDay(on=date(2026, 6, 19), name="Dragon Boat Festival"))
    days.append(CalendarDay(on=date(2026, 4, 25), working=True, name="Dragon Boat Festival"))

    holiday, later = holidays_of(days)

    assert later.name == "Dragon Boat Festival"  # the first day off counts, not the first day worked for it
    assert holiday.runs == ((date(2026, 5, 1), date(2026, 5, 4)), (date(2026, 7, 9), date(2026, 7, 9)))
    assert (holiday.days_off, holiday.worked) == (5, (date(2026, 5, 9),))


def test_months_hold_their_own_days_only_each_with_its_kind() -> None:
    calendar = calendar_of({5, 6}, [(date(2026, 5, 1), False), (date(2026, 5, 9), True)])
    may = months_of(2026, calendar)[4]
    cells = [cell for week in may.weeks for cell in week if cell]
    kinds = {cell.on.day: cell.kind for cell in cells}
    assert [cell.on.month for cell in cells] == [5] * 31
    assert (kinds[1], kinds[2], kinds[4], kinds[9]) == ("off", "weekend", "", "worked")
    assert all(len(week) == 7 for week in may.weeks)


def test_a_year_is_worked_as_often_as_published() -> None:
    plain = calendar_of({5, 6}, [])
    assert working_day_count(2026, plain) == 261
    assert working_day_count(2026, calendar_of(range(6), [])) == 52


def test_calendars_are_found_from_the_products(desk: Client) -> None:
    assert reverse("loans:calendars") in desk.get(reverse("loans:products")).content.decode()
    page = desk.get(reverse("loans:calendars")).content.decode()
    assert reverse("loans:calendar", args=["CN"]) in page
    assert "Saturday, Sunday" in page


def test_a_year_names_its_holidays_and_the_days_worked_for_them(desk: Client) -> None:
    page = " ".join(desk.get(reverse("loans:calendar", args=["CN"])).content.decode().split())
    assert "2026-02-15 – 2026-02-23" in page
    assert "2026-02-14" in page
    assert "248 working days in 2026" in page
    other = " ".join(desk.get(reverse("loans:calendar", args=["CN"]), {"year": "2024"}).content.decode().split())
    assert "2024-02-10 – 2024-02-17" in other
    assert "2026-02-15" not in other
    assert "2026-02-15" in desk.get(reverse("loans:calendar", args=["CN"]), {"year": "x"}).content.decode()


def test_a_year_that_is_not_published_says_so(desk: Client) -> None:
    business_date.move_to(date(2027, 1, 4))
    page = desk.get(reverse("loans:calendar", args=["CN"])).content.decode()
    assert "The days off of 2027 are not published yet" in page
    assert "No exceptional days" in page
    assert "out of date" in desk.get(reverse("loans:calendars")).content.decode()
    assert "not published yet" not in desk.get(reverse("loans:calendar", args=["SAT_SUN"])).content.decode()


def test_an_unknown_calendar_is_not_found(desk: Client) -> None:
    assert desk.get(reverse("loans:calendar", args=["MOON"])).status_code == 404


def test_only_who_configures_is_led_to_the_configuration(client: Client, signed_in: Callable[..., Client]) -> None:
    edit = reverse("admin:core_calendarday_changelist")
    for role, led in (("officer", False), ("administrator", True)):
        signed_in(client, role)
        assert (edit in client.get(reverse("loans:calendar", args=["CN"])).content.decode()) is led


@pytest.mark.parametrize("many", [1, 8])
def test_the_list_takes_the_same_queries_for_any_number_of_calendars(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries, many: int
) -> None:
    Calendar.objects.bulk_create([Calendar(code=f"C{n}", name=f"Calendar {n}") for n in range(many)])
    desk.get(reverse("loans:calendars"))
    with django_assert_max_num_queries(8):
        desk.get(reverse("loans:calendars"))


def test_a_year_takes_few_queries(desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    desk.get(reverse("loans:calendar", args=["CN"]))
    with django_assert_max_num_queries(10):
        desk.get(reverse("loans:calendar", args=["CN"]))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_calendar_fits_its_window(
    page_as: Callable[..., Page], picture: Callable, language: str, theme: str, width: int
) -> None:
    business_date.move_to(date(2026, 11, 20))
    page = page_as("officer", language=language, theme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    for name, address in (("calendars", "/app/calendars/"), ("calendar", "/app/calendars/CN")):
        page.goto(address)
        picture(page, f"{name}-{language}-{theme}-{width}")
        assert_fits(page, width)
    expect(page.locator("td[aria-current=date]")).to_have_text("20")
