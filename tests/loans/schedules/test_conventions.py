"""Every way a product may make its schedules, against figures that can be worked out by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendars import DayCount
from core.money import ZERO
from core.working_days import WorkingCalendar
from loans.schedules import terms as t
from loans.schedules.schedule import Schedule, build_schedule
from loans.schedules.terms import LoanTerms, Method

START = date(2026, 1, 31)
CN = WorkingCalendar(holidays=frozenset({date(2026, 5, 1), date(2026, 5, 4)}))


def a_schedule(**changes: Any) -> Schedule:
    facts = {"principal": Decimal("1200.00"), "annual_rate": Decimal("0.12"), "count": 4, "start_on": START}
    return build_schedule(LoanTerms(**{**facts, **changes}))


def principal(schedule: Schedule) -> list[str]:
    return [str(row.principal) for row in schedule.instalments]


def interest(schedule: Schedule) -> list[str]:
    return [str(row.interest) for row in schedule.instalments]


def test_principal_comes_back_in_stages() -> None:
    stages = (t.Stage(3, Decimal("0.25")), t.Stage(1, Decimal("0.75")))

    schedule = a_schedule(method=Method.STAGES, stages=stages)

    assert principal(schedule) == ["100.00", "100.00", "100.00", "900.00"]
    assert interest(schedule) == ["12.00", "11.00", "10.00", "9.00"]


def test_a_balloon_leaves_its_part_to_the_last_instalment() -> None:
    rows = a_schedule(method=Method.BALLOON, balloon_rate=Decimal("0.50")).instalments

    assert rows[-1].total - rows[0].total >= Decimal("600.00")
    assert {row.total for row in rows[:-1]} == {rows[0].total}


def test_agreed_instalments_leave_the_rest_to_the_last() -> None:
    amounts = (Decimal("112.00"), Decimal("12.00"), Decimal("212.00"))

    schedule = a_schedule(method=Method.CUSTOM, amounts=amounts)

    assert [row.total for row in schedule.instalments[:-1]] == [Decimal("112.00"), Decimal("12.00"), Decimal("212.00")]
    assert principal(schedule) == ["100.00", "1.00", "201.01", "897.99"]


def test_flat_interest_stays_on_the_sum_first_lent() -> None:
    schedule = a_schedule(interest_type=t.InterestType.FLAT)

    assert interest(schedule) == ["12.00"] * 4
    assert principal(schedule) == ["300.00"] * 4


def test_a_fixed_instalment_leaves_the_rest_to_the_last() -> None:
    rows = a_schedule(fixed_instalment=Decimal("200.00")).instalments

    assert [row.total for row in rows[:3]] == [Decimal("200.00")] * 3
    assert rows[3].principal == Decimal("1200.00") - sum(row.principal for row in rows[:3])


def test_grace_on_principal_on_payment_and_on_interest() -> None:
    resting = a_schedule(method=Method.EQUAL_PRINCIPAL, grace_on_principal=1)
    deferred = a_schedule(method=Method.EQUAL_PRINCIPAL, grace_on_interest_payment=2)
    free = a_schedule(method=Method.EQUAL_PRINCIPAL, grace_on_interest_charged=2)

    assert principal(resting) == ["0.00", "400.00", "400.00", "400.00"]
    assert interest(deferred) == ["0.00", "0.00", "27.00", "3.00"]  # 12 + 9 wait for the third
    assert interest(free) == ["0.00", "0.00", "6.00", "3.00"]


def test_a_down_payment_is_due_on_the_day_the_money_goes_out() -> None:
    rows = a_schedule(down_payment_rate=Decimal("0.25"), method=Method.EQUAL_PRINCIPAL).instalments

    assert (rows[0].due_on, rows[0].principal, rows[0].interest) == (START, Decimal("300.00"), ZERO)
    assert [row.principal for row in rows[1:]] == [Decimal("225.00")] * 4


def test_a_month_without_the_due_day_ends_on_its_last_or_on_the_first_of_the_next() -> None:
    clamped = [row.due_on for row in a_schedule().instalments]
    rolled = [row.due_on for row in a_schedule(month_end=t.MonthEnd.FIRST_OF_NEXT).instalments]

    assert clamped == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    assert rolled == [date(2026, 3, 1), date(2026, 3, 31), date(2026, 5, 1), date(2026, 5, 31)]


def test_due_dates_move_to_working_days_and_the_month_stays_a_month() -> None:
    schedule = a_schedule(
        start_on=date(2026, 1, 1),
        business_day_roll=t.BusinessDayRoll.FOLLOWING,
        calendar=CN,
        method=Method.INTEREST_ONLY,
    )

    dues = [row.due_on for row in schedule.instalments]
    assert dues == [date(2026, 2, 2), date(2026, 3, 2), date(2026, 4, 1), date(2026, 5, 5)]
    assert interest(schedule) == ["12.00"] * 4


def test_chosen_due_dates_bear_the_days_between_them() -> None:
    dues = (date(2026, 3, 1), date(2026, 4, 1))

    schedule = a_schedule(due_dates=dues, count=2, interest_by=t.InterestBy.DAY, method=Method.INTEREST_ONLY)

    assert interest(schedule) == ["11.44", "12.23"]  # 29 and 31 days of 365


@pytest.mark.parametrize(
    ("first_period", "expected"),
    [
        (t.FirstPeriod.CHARGED, ["17.75", "9.00", "6.00", "3.00"]),  # 45 days of 365
        (t.FirstPeriod.ADDED, ["17.75", "9.00", "6.00", "3.00"]),
        (t.FirstPeriod.SPREAD, ["13.44", "10.44", "7.44", "4.43"]),  # 5.75 in equal parts
    ],
)
def test_odd_days_of_the_first_period(first_period: t.FirstPeriod, expected: list[str]) -> None:
    schedule = a_schedule(
        start_on=date(2026, 1, 15),
        first_due_on=date(2026, 3, 1),
        first_period=first_period,
        method=Method.EQUAL_PRINCIPAL,
    )

    assert interest(schedule) == expected


def test_money_drawn_in_mid_period_bears_interest_from_its_day() -> None:
    drawdowns = (t.Drawdown(date(2026, 1, 1), Decimal("600.00")), t.Drawdown(date(2026, 1, 11), Decimal("600.00")))

    schedule = a_schedule(start_on=date(2026, 1, 1), drawdowns=drawdowns, method=Method.INTEREST_ONLY)

    # A month of 12 % on 600.00 is 6.00; 21 of its 31 days on the other 600.00 are 4.06
    assert interest(schedule)[0] == str(Decimal("1.94") + Decimal("8.13"))
    assert schedule.principal == Decimal("1200.00")


def test_a_new_rate_counts_from_its_day() -> None:
    steps = (t.RateStep(date(2026, 3, 1), Decimal("0.24")),)

    schedule = a_schedule(start_on=date(2026, 1, 1), rate_steps=steps, method=Method.INTEREST_ONLY)

    assert interest(schedule) == ["12.00", "12.00", "24.00", "24.00"]


def test_rounding_to_whole_hundreds_leaves_the_rest_to_the_last() -> None:
    rounding = t.Rounding(step=Decimal(100), residue=t.Residue.LAST)

    schedule = a_schedule(principal=Decimal("10000.00"), count=3, method=Method.EQUAL_PRINCIPAL, rounding=rounding)

    assert principal(schedule) == ["3300.00", "3300.00", "3400.00"]
    assert interest(schedule) == ["100.00", "100.00", "0.00"]


def test_day_counts_that_need_the_schedule_get_it() -> None:
    facts = {"interest_by": t.InterestBy.DAY, "method": Method.INTEREST_ONLY, "start_on": date(2026, 1, 1)}

    icma = a_schedule(day_count=DayCount.ACT_ACT_ICMA, **facts)
    eurobond = a_schedule(day_count=DayCount.THIRTY_E_360_ISDA, **facts)

    assert interest(icma) == interest(eurobond) == ["12.00"] * 4


methods = st.sampled_from(
    [Method.EQUAL_INSTALMENTS, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.BULLET, Method.BALLOON]
)


@given(
    cents=st.integers(10_000, 10_000_000),
    rate=st.integers(0, 3600),
    count=st.integers(1, 36),
    method=methods,
    grace=st.integers(0, 3),
    flat=st.booleans(),
    down=st.sampled_from(["0", "0.1", "0.25"]),
    mode=st.sampled_from(list(t.RoundingMode)),
    emi=st.sampled_from(list(t.EmiRule)),
    residue=st.sampled_from(list(t.Residue)),
    by=st.sampled_from(list(t.InterestBy)),
    day_count=st.sampled_from(list(DayCount)),
)
def test_principal_is_conserved_whatever_the_conventions(
    cents: int,
    rate: int,
    count: int,
    method: Method,
    grace: int,
    flat: bool,
    down: str,
    mode: t.RoundingMode,
    emi: t.EmiRule,
    residue: t.Residue,
    by: t.InterestBy,
    day_count: DayCount,
) -> None:
    most = 0 if method is Method.BULLET else count - 1
    schedule = a_schedule(
        principal=Decimal(cents).scaleb(-2),
        annual_rate=Decimal(rate) / 10_000,
        count=count,
        method=method,
        balloon_rate=Decimal("0.3") if method is Method.BALLOON else ZERO,
        grace_on_principal=min(grace, most),
        interest_type=t.InterestType.FLAT if flat else t.InterestType.DECLINING,
        down_payment_rate=Decimal(down),
        rounding=t.Rounding(mode=mode, emi=emi, residue=residue),
        interest_by=by,
        day_count=day_count,
    )

    assert schedule.principal == Decimal(cents).scaleb(-2)
    assert all(row.principal >= 0 and row.interest >= 0 for row in schedule.instalments)


@pytest.mark.parametrize(
    ("count", "borne"),
    [
        # 12,000 at 18 % from 15 January to 2 March, 2,160.00 a year. Rule 251: 18 of the 31 days to 2 February, and a
        # month: 2,160 × (18/31 + 1)/12
        (DayCount.ACT_ACT_ICMA, "284.52"),
        (DayCount.THIRTY_E_360_ISDA, "282.00"),  # 47 days of 360
        (DayCount.EU_REMARK_C, "286.52"),  # a month back from 2 March, and 18 days of the 365 before: 180.00 + 106.52
    ],
)
@pytest.mark.parametrize("interest_by", [t.InterestBy.PERIOD, t.InterestBy.DAY])
def test_a_long_first_period_is_priced_by_day_counts_that_need_the_schedule(
    count: DayCount, borne: str, interest_by: t.InterestBy
) -> None:
    schedule = a_schedule(
        principal=Decimal("12000.00"),
        annual_rate=Decimal("0.18"),
        start_on=date(2026, 1, 15),
        first_due_on=date(2026, 3, 2),
        method=Method.INTEREST_ONLY,
        day_count=count,
        interest_by=interest_by,
    )

    assert interest(schedule)[0] == borne
