"""The tables that come with the house, held against what was published: loan prime rates and China's working days.

The figures here come from public collections of the announcements and notices, never from the seeds.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.models import Calendar, CalendarDay, Rule
from core.working_calendars import working_calendar

pytestmark = pytest.mark.django_db
# Announcements of the National Interbank Funding Center, one or two a year, with and without a change on the day.
ANNOUNCEMENTS = {
    "2019-08-20": ("4.25", "4.85"),
    "2019-10-21": ("4.20", "4.85"),
    "2019-12-20": ("4.15", "4.80"),
    "2020-02-20": ("4.05", "4.75"),
    "2020-06-22": ("3.85", "4.65"),
    "2021-07-20": ("3.85", "4.65"),
    "2021-12-20": ("3.80", "4.65"),
    "2022-01-20": ("3.70", "4.60"),
    "2022-05-20": ("3.70", "4.45"),
    "2022-08-22": ("3.65", "4.30"),
    "2023-01-20": ("3.65", "4.30"),
    "2023-06-20": ("3.55", "4.20"),
    "2023-08-21": ("3.45", "4.20"),
    "2024-01-22": ("3.45", "4.20"),
    "2024-02-20": ("3.45", "3.95"),
    "2024-07-22": ("3.35", "3.85"),
    "2024-10-21": ("3.10", "3.60"),
    "2025-04-21": ("3.10", "3.60"),
    "2025-05-20": ("3.00", "3.50"),
    "2026-04-20": ("3.00", "3.50"),
    "2026-07-20": ("3.00", "3.50"),
}
# The notices, year by year: days off, by first and last day, and the weekend days worked.
OFF = {
    2024: "01-01/01-01 02-10/02-17 04-04/04-06 05-01/05-05 06-10/06-10 09-15/09-17 10-01/10-07",
    2025: "01-01/01-01 01-28/02-04 04-04/04-06 05-01/05-05 05-31/06-02 10-01/10-08",
    2026: "01-01/01-03 02-15/02-23 04-04/04-06 05-01/05-05 06-19/06-21 09-25/09-27 10-01/10-07",
}
WORKED = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}


def in_force(index: str, on: date) -> Decimal:
    rows = Rule.objects.filter(code="index_rates", effective_from__lte=on, data__has_key=index)
    return Decimal(rows.latest("effective_from").data[index]) * 100


@pytest.mark.parametrize("day", ANNOUNCEMENTS)
def test_the_loan_prime_rates_are_those_announced(day: str) -> None:
    on = date.fromisoformat(day)

    assert (in_force("LPR1Y", on), in_force("LPR5Y", on)) == tuple(map(Decimal, ANNOUNCEMENTS[day]))


def test_rates_are_announced_on_the_20th_or_the_next_working_day_in_steps_of_five_points() -> None:
    """From the 20th of a month on: no row on a weekend, none later than the 22nd, each a multiple of 0.05 %."""
    rows = Rule.objects.filter(code="index_rates", market="CN")

    assert rows.count() == 15
    for row in rows:
        assert 20 <= row.effective_from.day <= 22 and row.effective_from.weekday() < 5
        assert all(Decimal(rate) % Decimal("0.0005") == 0 for rate in row.data.values())
        assert row.effective_from.isoformat() in row.source


@pytest.mark.parametrize("year", OFF)
def test_every_day_off_and_every_weekend_day_worked_is_that_of_the_notice(year: int) -> None:
    spans = [[date.fromisoformat(f"{year}-{day}") for day in span.split("/")] for span in OFF[year].split()]
    off = {first + timedelta(days=n) for first, last in spans for n in range((last - first).days + 1)}
    worked = {date.fromisoformat(f"{year}-{day}") for day in WORKED[year].split()}
    days = CalendarDay.objects.filter(calendar="CN", on__year=year)

    assert set(days.filter(working=False).values_list("on", flat=True)) == off
    assert set(days.filter(working=True).values_list("on", flat=True)) == worked


def test_chinas_calendar_ends_where_notices_end() -> None:
    assert Calendar.objects.get(code="CN").known_until == date(2026, 12, 31)
    assert CalendarDay.objects.filter(calendar="CN").count() == 28 + 8 + 28 + 5 + 33 + 6


@pytest.mark.parametrize(
    ("day", "works"),
    [("2026-02-13", True), ("2026-02-14", True), ("2026-02-15", False), ("2026-02-24", True), ("2026-10-10", True)],
)
def test_days_around_the_holidays_of_2026(day: str, works: bool) -> None:
    assert working_calendar("CN").is_working(date.fromisoformat(day)) is works
