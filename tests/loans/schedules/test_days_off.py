"""Day and week loans over China's holidays: instalments left out or merged, dates and interest worked out by hand.

2026: 1 to 7 October are off and 10 October, a Saturday, is worked; Spring Festival is 15 to 23 February, with 14 and 28
February, Saturdays, worked for it. 5 and 12 September are Saturdays.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from core.day_counts import DayCount
from core.working_days import BusinessDayRoll, WorkingCalendar
from loans.rates.apr import cost_by_dates, cost_of, flows_of
from loans.schedules.conventions import FirstPeriod, InterestBy
from loans.schedules.due_dates import due_dates
from loans.schedules.schedule import Schedule, build_schedule, repaying
from loans.schedules.terms import DueDatesRefused, Frequency, LoanTerms, Method
from tests.loans.account.by_hand import on


def days(first: str, last: str) -> Iterator[date]:
    day = on(first)
    while day <= on(last):
        yield day
        day += timedelta(days=1)


CN = WorkingCalendar(
    holidays=frozenset([*days("2-15", "2-23"), *days("10-1", "10-7")]),
    working_days=frozenset([on("2-14"), on("2-28"), on("9-20"), on("10-10")]),
)


def terms(roll: BusinessDayRoll, **changes: Any) -> LoanTerms:
    """1,200.00 at 18.25 % a year (0.05 % a day) by days, from Tuesday 29 September 2026, in six equal parts."""
    facts = {
        "principal": Decimal("1200.00"),
        "annual_rate": Decimal("0.1825"),
        "count": 6,
        "start_on": on("9-29"),
        "method": Method.EQUAL_PRINCIPAL,
        "frequency": Frequency.DAY,
        "business_day_roll": roll,
        "calendar": CN,
    }
    return LoanTerms(**(facts | changes))


def said(schedule: Schedule) -> list[tuple[date, Decimal, Decimal]]:
    return [(row.due_on, row.principal, row.interest) for row in schedule.instalments]


def test_left_out_over_national_day_it_keeps_its_count_and_ends_later() -> None:
    """30 September, then the 8th, 9th and 10th (worked), and Monday the 12th: eight days at 0.50 on what is left."""
    found = build_schedule(terms(BusinessDayRoll.SKIP))

    assert said(found) == [
        (on("9-30"), Decimal(200), Decimal("0.60")),
        (on("10-8"), Decimal(200), Decimal("4.00")),
        (on("10-9"), Decimal(200), Decimal("0.40")),
        (on("10-10"), Decimal(200), Decimal("0.30")),
        (on("10-12"), Decimal(200), Decimal("0.40")),  # Saturday to Monday
        (on("10-13"), Decimal(200), Decimal("0.10")),
    ]


def test_merged_they_fall_due_together_with_the_next_working_day_and_the_days_are_paid_once() -> None:
    """1 to 4 October on the 8th: four instalments, the first of them with eight days of 1,000.00, the others with none."""
    found = build_schedule(terms(BusinessDayRoll.MERGE))

    assert said(found) == [
        (on("9-30"), Decimal(200), Decimal("0.60")),
        (on("10-8"), Decimal(200), Decimal("4.00")),
        *[(on("10-8"), Decimal(200), Decimal(0))] * 4,
    ]
    assert repaying(found.instalments) == list(found.instalments)


def test_after_merged_ones_the_days_go_on_as_agreed() -> None:
    found = build_schedule(terms(BusinessDayRoll.MERGE, count=10, principal=Decimal("2000.00")))

    dues = [row.due_on for row in found.instalments]
    assert dues == [on("9-30"), *[on("10-8")] * 8, on("10-9")]
    assert [row.interest for row in found.instalments] == [Decimal("1.00"), Decimal("7.20"), *[0] * 7, Decimal("0.10")]


@pytest.mark.parametrize(
    ("roll", "expected"),
    [
        (BusinessDayRoll.SKIP, ["2-12", "2-26", "3-5", "3-12"]),
        (BusinessDayRoll.MERGE, ["2-12", "2-24", "2-26", "3-5"]),
    ],
)
def test_weeks_over_spring_festival(roll: BusinessDayRoll, expected: list[str]) -> None:
    """Thursdays from 5 February: the 19th is off, so that it is left out, or paid on Tuesday the 24th."""
    weekly = terms(roll, start_on=on("2-5"), frequency=Frequency.WEEK, count=4)

    assert due_dates(weekly) == [on(text) for text in expected]


def test_weeks_merge_where_one_moves_onto_the_next() -> None:
    """Thursdays from 24 September: 1 October is paid with that of the 8th."""
    found = build_schedule(terms(BusinessDayRoll.MERGE, start_on=on("9-24"), frequency=Frequency.WEEK, count=3))

    assert said(found) == [
        (on("10-8"), Decimal(400), Decimal("8.40")),  # fourteen days of 0.60
        (on("10-8"), Decimal(400), Decimal(0)),
        (on("10-15"), Decimal(400), Decimal("1.40")),
    ]


@pytest.mark.parametrize("roll", [BusinessDayRoll.SKIP, BusinessDayRoll.MERGE])
def test_a_level_instalment_is_worked_out_over_the_real_days(roll: BusinessDayRoll) -> None:
    """Paid as it says, nothing is left: each day of the sum outstanding costs 0.05 %, by fractions."""
    found = build_schedule(terms(roll, method=Method.EQUAL_INSTALMENTS, count=20)).instalments

    balance, last = Fraction(1200), on("9-29")
    for row in found:
        exact = balance * Fraction(1825, 10000) * (row.due_on - last).days / 365
        assert abs(Fraction(row.interest) - exact) <= Fraction(1, 200)
        balance, last = balance - Fraction(row.principal), row.due_on
    assert balance == 0
    assert len({row.total for row in found[:-1]}) == 1
    assert abs(found[-1].total - found[0].total) <= Decimal("0.20")


@pytest.mark.parametrize(("by", "weeks"), [(InterestBy.EVEN, 52), (InterestBy.PERIOD, 0)])
def test_a_week_left_out_costs_two_weeks(by: InterestBy, weeks: int) -> None:
    found = build_schedule(
        terms(BusinessDayRoll.SKIP, start_on=on("2-12"), frequency=Frequency.WEEK, count=2, interest_by=by)
    ).instalments

    two_weeks = Fraction(2, weeks) if weeks else Fraction(14, 365)
    assert (found[0].starts_on, found[0].due_on) == (on("2-12"), on("2-26"))
    assert abs(Fraction(found[0].interest) - 1200 * Fraction(1825, 10000) * two_weeks) <= Fraction(1, 200)


@pytest.mark.parametrize("roll", [BusinessDayRoll.SKIP, BusinessDayRoll.MERGE])
def test_the_annual_cost_is_that_of_the_real_days(roll: BusinessDayRoll) -> None:
    agreed = terms(roll, fee_total=Decimal("12.00"))
    schedule = build_schedule(agreed)

    assert cost_of(agreed, schedule) == cost_by_dates(flows_of(agreed, schedule))


@pytest.mark.parametrize("roll", [BusinessDayRoll.SKIP, BusinessDayRoll.MERGE])
@pytest.mark.parametrize(
    "changes",
    [
        {"frequency": Frequency.MONTH},
        {"method": Method.BULLET},
        {"day_count": DayCount.ACT_ACT_ICMA},
        {"down_payment_rate": Decimal("0.20")},
        {"first_period": FirstPeriod.SPREAD},
    ],
)
def test_what_cannot_be_left_out_or_merged_is_refused(roll: BusinessDayRoll, changes: dict[str, Any]) -> None:
    with pytest.raises(DueDatesRefused):
        build_schedule(terms(roll, **changes))


def test_saturdays_for_ever_are_refused() -> None:
    with pytest.raises(DueDatesRefused, match="no due date would be a working day"):
        build_schedule(terms(BusinessDayRoll.SKIP, start_on=on("10-17"), frequency=Frequency.WEEK))
