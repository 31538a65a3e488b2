"""When instalments fall due, and which regular period each of them is: written out by hand."""

from datetime import date
from typing import Any

import pytest

from core.working_days import BusinessDayRoll, WorkingCalendar
from loans.schedules.due_dates import Period, due_dates, first_is_regular, periods, step
from loans.schedules.terms import DueDatesRefused, Frequency, LoanTerms, Method, MonthEnd
from tests.loans.account.by_hand import on

START = date(2026, 1, 31)


def terms(**changes: Any) -> LoanTerms:
    return LoanTerms(**{"principal": 600, "annual_rate": 0, "count": 3, "start_on": START, **changes})


def days(*texts: str) -> list[date]:
    return [on(text) for text in texts]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["2-28", "3-31", "4-30"]),
        ({"every": 2}, ["3-31", "5-31", "7-31"]),
        ({"month_end": MonthEnd.FIRST_OF_NEXT}, ["3-1", "3-31", "5-1"]),
        ({"first_due_on": on("2-15")}, ["2-15", "3-15", "4-15"]),
        ({"first_due_on": on("3-31"), "every": 2}, ["3-31", "5-31", "7-31"]),
        ({"schedule_start_on": on("1-15")}, ["2-15", "3-15", "4-15"]),
        ({"frequency": Frequency.WEEK}, ["2-7", "2-14", "2-21"]),
        ({"frequency": Frequency.WEEK, "every": 2}, ["2-14", "2-28", "3-14"]),
        ({"frequency": Frequency.DAY, "every": 10}, ["2-10", "2-20", "3-2"]),
        ({"method": Method.BULLET}, ["4-30"]),
        ({"due_dates": tuple(days("2-3", "2-9", "5-1"))}, ["2-3", "2-9", "5-1"]),
    ],
)
def test_due_dates_are_stepped_from_their_anchor(changes: dict[str, Any], expected: list[str]) -> None:
    assert due_dates(terms(**changes)) == days(*expected)


@pytest.mark.parametrize(
    ("frequency", "every", "n", "reached"),
    [
        (Frequency.MONTH, 1, 2, "3-31"),
        (Frequency.MONTH, 3, 1, "4-30"),
        (Frequency.WEEK, 2, 3, "3-14"),
        (Frequency.DAY, 5, 3, "2-15"),
        (Frequency.DAY, 5, 0, "1-31"),
    ],
)
def test_a_step_is_as_many_periods_after_its_anchor(frequency: Frequency, every: int, n: int, reached: str) -> None:
    assert step(terms(frequency=frequency, every=every), START, n) == on(reached)


def test_a_month_that_has_the_day_is_not_moved_to_the_next() -> None:
    ends = terms(month_end=MonthEnd.FIRST_OF_NEXT)

    assert [step(ends, on("1-30"), n) for n in (1, 2)] == days("3-1", "3-30")


def test_days_off_move_due_dates_and_two_on_one_day_are_refused() -> None:
    """31 January 2026 is a Saturday: each week falls on one."""
    weekly = {
        "frequency": Frequency.WEEK,
        "calendar": WorkingCalendar(),
        "business_day_roll": BusinessDayRoll.FOLLOWING,
    }
    daily = {**weekly, "frequency": Frequency.DAY}

    assert due_dates(terms(**weekly)) == days("2-9", "2-16", "2-23")
    with pytest.raises(DueDatesRefused, match="same working day"):
        due_dates(terms(**daily, start_on=on("2-6")))


class TestPeriods:
    def test_each_is_a_regular_one_from_due_date_to_due_date(self) -> None:
        first, second, third = periods(terms())

        assert first == Period(START, on("2-28"), (START, on("2-28")))
        assert second == Period(on("2-28"), on("3-31"), (on("2-28"), on("3-31")))
        assert third.part_of == (third.starts_on, third.due_on) == (on("3-31"), on("4-30"))

    def test_a_first_one_of_another_length_is_measured_by_itself(self) -> None:
        first, second, _ = periods(terms(first_due_on=on("3-15")))

        assert first == Period(START, on("3-15"), None)
        assert second.part_of == (on("3-15"), on("4-15"))

    def test_a_first_one_that_began_before_the_money_went_out_is_a_part_of_the_regular_one(self) -> None:
        first, *_ = periods(terms(schedule_start_on=on("1-15")))

        assert first == Period(START, on("2-15"), (on("1-15"), on("2-15")))

    def test_between_chosen_dates_none_is_regular(self) -> None:
        found = periods(terms(due_dates=tuple(days("2-3", "2-9", "5-1"))))

        assert found == [
            Period(START, on("2-3"), None), Period(on("2-3"), on("2-9"), None), Period(on("2-9"), on("5-1"), None),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "regular"),
    [
        ({}, True),
        ({"first_due_on": on("2-28")}, True),
        ({"first_due_on": on("3-31")}, False),  # two months
        ({"first_due_on": on("2-15")}, False),
        ({"first_due_on": on("3-31"), "every": 2}, True),
        ({"method": Method.BULLET}, False),
        ({"due_dates": tuple(days("2-28", "3-31", "4-30"))}, False),
    ],
)
def test_whether_the_first_period_is_as_long_as_the_others(changes: dict[str, Any], regular: bool) -> None:
    assert first_is_regular(terms(**changes)) is regular
