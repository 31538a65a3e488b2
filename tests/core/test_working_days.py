"""Working days and rolls: published examples, and what must hold for any calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.working_days import BusinessDayRoll, DayOfTwoKinds, NoWorkingWeekday, WorkingCalendar, calendar_of
from loans.schedules import conventions

PLAIN = WorkingCalendar()
SPRING = WorkingCalendar(
    holidays=frozenset(date(2026, 2, 15) + timedelta(days=n) for n in range(9)),
    working_days=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
    known_until=date(2026, 12, 31),
)
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    weekend = draw(st.frozensets(st.integers(0, 6), max_size=6))
    named = draw(st.dictionaries(DAYS, st.booleans(), max_size=60))
    holiday = draw(st.tuples(DAYS, st.integers(0, 20)))
    run = {holiday[0] + timedelta(days=n): False for n in range(holiday[1])}
    return calendar_of(weekend, (named | run).items())


def on(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("roll", "day", "rolled"),
    [
        ("none", "2014-07-12", "2014-07-12"),
        ("following", "2014-07-11", "2014-07-11"),
        ("following", "2014-08-30", "2014-09-01"),
        ("modified_following", "2014-07-12", "2014-07-14"),
        ("modified_following", "2014-08-30", "2014-08-29"),
        ("preceding", "2014-11-01", "2014-10-31"),
        ("modified_preceding", "2014-07-13", "2014-07-11"),
        ("modified_preceding", "2014-11-01", "2014-11-03"),
        ("nearest", "2014-07-12", "2014-07-11"),
        ("nearest", "2014-07-13", "2014-07-14"),
    ],
)
def test_saturdays_and_sundays_roll_as_published(roll: str, day: str, rolled: str) -> None:
    assert PLAIN.roll(on(day), BusinessDayRoll(roll)) == on(rolled)


def test_a_saturday_made_up_for_is_worked_and_a_long_holiday_is_left_whole() -> None:
    assert SPRING.is_working(on("2026-02-14")) and not SPRING.is_working(on("2026-02-16"))
    assert SPRING.roll(on("2026-02-14"), BusinessDayRoll.FOLLOWING) == on("2026-02-14")
    assert SPRING.roll(on("2026-02-15"), BusinessDayRoll.FOLLOWING) == on("2026-02-24")
    assert SPRING.roll(on("2026-02-23"), BusinessDayRoll.PRECEDING) == on("2026-02-14")


def test_of_two_equally_near_days_the_following_is_taken() -> None:
    # From 14 to 24 February the middle is the 19th.
    assert SPRING.roll(on("2026-02-18"), BusinessDayRoll.NEAREST) == on("2026-02-14")
    assert SPRING.roll(on("2026-02-19"), BusinessDayRoll.NEAREST) == on("2026-02-24")


def test_what_is_not_yet_published_is_provisional() -> None:
    assert not SPRING.is_provisional(on("2026-12-31"))
    assert SPRING.is_provisional(on("2027-01-01"))
    assert not PLAIN.is_provisional(on("2099-01-01"))


def test_calendars_nothing_can_be_rolled_on_are_refused() -> None:
    with pytest.raises(NoWorkingWeekday):
        WorkingCalendar(weekend=frozenset(range(7)))
    with pytest.raises(DayOfTwoKinds):
        WorkingCalendar(holidays=frozenset({on("2026-01-01")}), working_days=frozenset({on("2026-01-01")}))


def test_terms_know_the_rolls_by_their_own_room() -> None:
    assert conventions.BusinessDayRoll is BusinessDayRoll


@given(calendars(), DAYS, st.sampled_from([roll for roll in BusinessDayRoll if roll is not BusinessDayRoll.NONE]))
def test_a_rolled_day_is_a_working_day_and_stays_one(
    calendar: WorkingCalendar, day: date, roll: BusinessDayRoll
) -> None:
    rolled = calendar.roll(day, roll)
    assert calendar.is_working(rolled)
    assert calendar.roll(rolled, roll) == rolled
    if calendar.is_working(day):
        assert rolled == day


@given(calendars(), DAYS)
def test_each_roll_goes_its_way_over_days_off_only(calendar: WorkingCalendar, day: date) -> None:
    after = calendar.roll(day, BusinessDayRoll.FOLLOWING)
    before = calendar.roll(day, BusinessDayRoll.PRECEDING)
    assert before <= day <= after
    between = (before + timedelta(days=n) for n in range(1, (after - before).days))
    assert before == after or not any(calendar.is_working(skipped) for skipped in between)
    nearest = calendar.roll(day, BusinessDayRoll.NEAREST)
    assert nearest in (before, after)
    assert abs(nearest - day) == min(after - day, day - before)


@given(calendars(), DAYS)
def test_a_modified_roll_stays_in_its_month_where_the_month_has_a_working_day(
    calendar: WorkingCalendar, day: date
) -> None:
    month = [day.replace(day=1) + timedelta(days=n) for n in range(31)]
    works = any(calendar.is_working(other) for other in month if other.month == day.month)
    for roll in (BusinessDayRoll.MODIFIED_FOLLOWING, BusinessDayRoll.MODIFIED_PRECEDING):
        rolled = calendar.roll(day, roll)
        assert not works or (rolled.year, rolled.month) == (day.year, day.month)
