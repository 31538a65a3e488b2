"""When so many working hours are over, worked by hand on the published days off of China in 2026."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.working_time import MOST_HOURS, OfficeHours, OfficeHoursRefused
from core.working_days import WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
# National Day 2026: off from 1 to 7 October, worked on Sunday 20 September and Saturday 10 October.
CALENDAR = WorkingCalendar(
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    working_days=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
)
OFFICE = OfficeHours(CALENDAR, time(9), time(18))


def at(day: str, hour: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "over"),
    [
        (at("2026-09-14", "10:00"), "2", at("2026-09-14", "12:00")),  # a Monday
        (at("2026-09-14", "10:00"), "8", at("2026-09-14", "18:00")),  # to the very minute of closing
        (at("2026-09-14", "17:00"), "2", at("2026-09-15", "10:00")),
        (at("2026-09-14", "23:30"), "1", at("2026-09-15", "10:00")),  # nobody works at night
        (at("2026-09-14", "05:00"), "0", at("2026-09-14", "09:00")),
        (at("2026-09-14", "18:00"), "0.5", at("2026-09-15", "09:30")),
        (at("2026-09-19", "10:00"), "1", at("2026-09-20", "10:00")),  # from a Saturday to the Sunday worked for it
        (at("2026-09-30", "17:30"), "1", at("2026-10-08", "09:30")),  # over the seven days off
        (at("2026-10-09", "18:00"), "9", at("2026-10-10", "18:00")),  # a Saturday that is worked
        (at("2026-09-14", "09:00"), "27", at("2026-09-16", "18:00")),
    ],
)
def test_hours_of_the_office_count(start: datetime, hours: str, over: datetime) -> None:
    assert OFFICE.after(start, Decimal(hours)) == over


@pytest.mark.parametrize("hours", ["-0.01", str(MOST_HOURS + 1)])
def test_hours_nobody_waits_are_refused(hours: str) -> None:
    with pytest.raises(OfficeHoursRefused):
        OFFICE.after(at("2026-09-14", "10:00"), Decimal(hours))


@pytest.mark.parametrize(("opens", "closes"), [(time(9), time(9)), (time(18), time(9))])
def test_an_office_that_never_opens_is_refused(opens: time, closes: time) -> None:
    with pytest.raises(OfficeHoursRefused):
        OfficeHours(CALENDAR, opens, closes)


@given(st.integers(0, 60 * 24 * 120), st.integers(0, 200))
def test_counted_minute_by_minute_it_is_the_same(minute: int, half_hours: int) -> None:
    start = at("2026-08-01", "00:00") + timedelta(minutes=minute)
    over = OFFICE.after(start, Decimal(half_hours) / 2)
    assert sum(_is_open(start + timedelta(minutes=n)) for n in range(int((over - start) / MINUTE))) == half_hours * 30
    assert not half_hours or _is_open(over - MINUTE)


def _is_open(moment: datetime) -> bool:
    return CALENDAR.is_working(moment.date()) and 9 <= moment.hour < 18
