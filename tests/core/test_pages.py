"""Keyset pages: every row once, in any order used, each page by one comparison of rows; counts that stop."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from core.models import Calendar, CalendarDay
from core.pages import COUNTED_AT_MOST, Counted, beyond, count_capped, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def calendar() -> Calendar:
    """Nine days off, three of each name, so that pages break between equals."""
    made = Calendar.objects.create(code="PAGES", name="Pages", name_zh="分页", known_until=date(2026, 12, 31))
    first = date(2026, 5, 1)
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=made, on=first + timedelta(days=n), working=False, name=f"day {n // 3}") for n in range(9)
    )
    return made


# Of the nine days: every third one, and the rest of the first five.
PARTS = (Q(on__day__in=[1, 4, 7]), Q(on__day__in=[2, 3, 5]))


def all_pages(calendar: Calendar, order: tuple[str, ...], size: int, parts: tuple[Q, ...] = ()) -> list[list[int]]:
    rows, url, pages = CalendarDay.objects.filter(calendar=calendar), "/days/", []
    if parts:
        rows = rows.filter(parts[0] | parts[1])
    while url:
        page = page_of(rows, RequestFactory().get(url), order=order, size=size, parts=parts)
        pages.append([day.pk for day in page.items])
        url = page.next_url
    return pages


@pytest.mark.parametrize("order", [("name", "id"), ("-name", "-id"), ("-id",), ("calendar__code", "name", "id")])
@pytest.mark.parametrize("size", [1, 2, 4, 9])
def test_the_pages_hold_every_row_once_in_order(calendar: Calendar, order: tuple[str, ...], size: int) -> None:
    pages = all_pages(calendar, order, size)

    whole = list(CalendarDay.objects.filter(calendar=calendar).order_by(*order).values_list("pk", flat=True))
    assert [pk for page in pages for pk in page] == whole
    assert len(pages) == -(-9 // size)


@pytest.mark.parametrize("order", [("name", "id"), ("-name", "-id"), ("-id",)])
@pytest.mark.parametrize("size", [1, 2, 4, 6, 9])
def test_pages_of_two_parts_hold_every_row_once_in_order(calendar: Calendar, order: tuple[str, ...], size: int) -> None:
    pages = all_pages(calendar, order, size, PARTS)

    whole = list(CalendarDay.objects.filter(PARTS[0] | PARTS[1], calendar=calendar).order_by(*order))
    assert len(whole) == 6
    assert [pk for page in pages for pk in page] == [day.pk for day in whole]
    assert len(pages) == -(-6 // size)


@pytest.mark.parametrize(("most", "shown"), [(2, "2+"), (3, "3+"), (5, "5+"), (6, "6"), (7, "6")])
def test_two_parts_are_counted_together_up_to_the_cap(calendar: Calendar, most: int, shown: str) -> None:
    rows = CalendarDay.objects.filter(PARTS[0] | PARTS[1], calendar=calendar)

    assert str(count_capped(rows, most, parts=PARTS)) == shown == str(count_capped(rows, most))


def test_a_page_is_asked_for_by_one_comparison_of_rows(calendar: Calendar) -> None:
    rows = beyond(CalendarDay.objects.all(), ("-name", "-id"), ["day 1", 5])

    text = str(rows.query)
    assert ") < (" in text
    assert " OR " not in text


def test_an_order_in_both_directions_is_refused(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match="rises and falls"):
        beyond(CalendarDay.objects.all(), ("-name", "id"), ["day 1", 5])


def test_a_count_stops_where_nobody_needs_more(calendar: Calendar) -> None:
    days = CalendarDay.objects.filter(calendar=calendar)
    with CaptureQueriesContext(connection) as asked:
        some, all_of_them = count_capped(days, 5), count_capped(days, 9)

    assert (some, str(some), some.is_capped) == (6, "5+", True)
    assert (all_of_them, str(all_of_them), all_of_them.is_capped) == (9, "9", False)
    assert "LIMIT 6" in asked.captured_queries[0]["sql"]


def test_a_count_is_written_the_same_everywhere() -> None:
    assert [str(Counted(n)) for n in (0, 1000, 1001)] == ["0", "1,000", "1,000+"]
    assert COUNTED_AT_MOST == 1000
