"""Day counts against published numbers, and what must hold for any dates."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import day_counts
from core.calendars import DayCount, RegularPeriod, add_months, day_total, year_fraction, year_length
from core.day_counts import exact_year_fraction

DAYS = st.dates(date(1996, 1, 1), date(2060, 12, 31))
ANCHORED = (DayCount.ACT_360, DayCount.ACT_364, DayCount.ACT_365F, DayCount.ACT_365_25, DayCount.ACT_ACT_ISDA)


def on(text: str) -> date:
    return date.fromisoformat(text)


def periods(bounds: str) -> list[tuple[date, date]]:
    return list(pairwise(on(text) for text in bounds.split()))


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        # The same half year by each reading: bond basis, Eurobond basis, and the two rules for ends of February.
        ("2007-02-28", "2007-08-31", {"30_360": 183, "30e_360": 182, "30u_360": 180, "30e_360_isda": 180}),
        ("2012-05-31", "2013-08-31", {"30_360": 450, "30e_360": 450, "30u_360": 450, "30e_360_isda": 450}),
        ("2012-05-29", "2013-08-31", {"30_360": 452, "30e_360": 451, "30u_360": 452, "30e_360_isda": 451}),
        ("2008-02-29", "2009-02-28", {"30_360": 359, "30e_360": 359, "30u_360": 360, "30e_360_isda": 360}),
    ],
)
def test_months_of_thirty_days_by_every_reading(start: str, end: str, days: dict[str, int]) -> None:
    for value, expected in days.items():
        found = day_total(on(start), on(end), DayCount(value), termination=on("2030-01-01"))
        assert found == expected, value


def test_the_last_day_of_february_stays_itself_only_when_the_loan_ends_on_it() -> None:
    start, end = on("2011-08-31"), on("2012-02-29")
    assert day_total(start, end, DayCount.THIRTY_E_360_ISDA, termination=end) == 179
    assert day_total(start, end, DayCount.THIRTY_E_360_ISDA, termination=on("2012-08-31")) == 180


@pytest.mark.parametrize(
    ("value", "fraction"),
    [
        ("act_360", Fraction(64, 360)),
        ("act_364", Fraction(64, 364)),
        ("act_365f", Fraction(64, 365)),
        ("act_365_25", Fraction(6400, 36525)),
        ("nl_365", Fraction(63, 365)),
        ("act_act_isda", Fraction(4, 365) + Fraction(60, 366)),
        ("act_act_afb", Fraction(64, 366)),
    ],
)
def test_two_months_over_a_leap_day(value: str, fraction: Fraction) -> None:
    found = year_fraction(on("2011-12-28"), on("2012-03-01"), DayCount(value))
    assert found == Decimal(fraction.numerator) / fraction.denominator


# ISDA, "EMU and market conventions: recent developments" (1999): the three readings of actual/actual side by side.
@pytest.mark.parametrize(
    ("start", "end", "frequency", "reference", "isda", "icma", "afb"),
    [
        ("2003-11-01", "2004-05-01", 2, "2003-11-01 2004-05-01", "0.497724380567", "0.5", "0.497267759563"),
        ("1999-02-01", "1999-07-01", 1, "1998-07-01 1999-07-01", "0.410958904110", "0.410958904110", "0.410958904110"),
        (
            "2002-08-15",
            "2003-07-15",
            2,
            "2002-07-15 2003-01-15 2003-07-15",
            "0.915068493151",
            "0.915760869565",
            "0.915068493151",
        ),
        ("1999-07-30", "2000-01-30", 2, "1999-07-30 2000-01-30", "0.503892506924", "0.5", "0.504109589041"),
        ("2000-01-30", "2000-06-30", 2, "2000-01-30 2000-07-30", "0.415300546448", "0.417582417582", "0.415300546448"),
        (
            "1999-11-30",
            "2000-04-30",
            4,
            "1999-11-30 2000-02-29 2000-05-31",
            "0.415540085336",
            "0.415760869565",
            "0.415300546448",
        ),
    ],
)
def test_the_three_readings_of_actual_actual(
    start: str, end: str, frequency: int, reference: str, isda: str, icma: str, afb: str
) -> None:
    def close(convention: DayCount, published: str, **extras: Any) -> bool:
        return abs(year_fraction(on(start), on(end), convention, **extras) - Decimal(published)) < Decimal("1e-11")

    assert close(DayCount.ACT_ACT_ISDA, isda)
    assert close(DayCount.ACT_ACT_ICMA, icma, reference_periods=periods(reference), frequency=frequency)
    assert close(DayCount.ACT_ACT_AFB, afb)


@pytest.mark.parametrize(
    ("start", "end", "frequency", "known", "whole"),
    [
        # One known period and its notional neighbours measure as if all had been named.
        ("2002-08-15", "2003-07-15", 2, "2003-01-15 2003-07-15", "2002-07-15 2003-01-15 2003-07-15"),
        ("1999-11-30", "2000-04-30", 4, "2000-02-29 2000-05-31", "1999-11-30 2000-02-29 2000-05-31"),
        ("1999-11-30", "2000-04-30", 4, "1999-11-30 2000-02-29", "1999-11-30 2000-02-29 2000-05-31"),
        ("2024-02-10", "2024-08-10", 4, "2024-02-29 2024-05-30", "2023-11-30 2024-02-29 2024-05-30 2024-08-30"),
        (
            "2023-12-05",
            "2024-04-05",
            12,
            "2024-01-30 2024-02-29",
            "2023-11-30 2023-12-30 2024-01-30 2024-02-29 2024-03-30 2024-04-30",
        ),
    ],
)
def test_reference_periods_are_continued_over_the_span(
    start: str, end: str, frequency: int, known: str, whole: str
) -> None:
    first, last = on(start), on(end)
    continued = exact_year_fraction(
        first, last, DayCount.ACT_ACT_ICMA, reference_periods=periods(known), frequency=frequency
    )
    named = exact_year_fraction(
        first, last, DayCount.ACT_ACT_ICMA, reference_periods=periods(whole), frequency=frequency
    )
    assert continued == named


def test_whole_years_are_counted_back_from_the_end_for_afb() -> None:
    start = on("2011-12-28")
    assert exact_year_fraction(start, on("2016-02-28"), DayCount.ACT_ACT_AFB) == 4 + Fraction(62, 365)
    assert exact_year_fraction(start, on("2016-02-29"), DayCount.ACT_ACT_AFB) == 4 + Fraction(63, 365)
    assert exact_year_fraction(start, on("2016-03-01"), DayCount.ACT_ACT_AFB) == 4 + Fraction(64, 366)
    assert exact_year_fraction(on("2012-02-29"), on("2012-03-28"), DayCount.ACT_ACT_AFB) == Fraction(28, 366)


def test_a_year_that_is_reached_from_the_end_is_whole_for_afb() -> None:
    assert exact_year_fraction(on("2024-01-15"), on("2026-02-15"), DayCount.ACT_ACT_AFB) == 2 + Fraction(31, 365)
    assert exact_year_fraction(on("2024-01-15"), on("2026-01-15"), DayCount.ACT_ACT_AFB) == 2
    assert exact_year_fraction(on("2024-01-15"), on("2026-01-14"), DayCount.ACT_ACT_AFB) == 1 + Fraction(365, 366)


def test_reference_periods_that_reach_over_the_span_need_no_neighbours() -> None:
    """Weeks cannot be continued by months, and need not be."""
    weeks = periods("2026-01-01 2026-01-08 2026-01-15")

    def part(start: str, end: str) -> Fraction:
        return exact_year_fraction(on(start), on(end), DayCount.ACT_ACT_ICMA, reference_periods=weeks, frequency=52)

    assert part("2026-01-01", "2026-01-15") == Fraction(2, 52)
    assert part("2026-01-05", "2026-01-08") == Fraction(3, 7 * 52)
    assert part("2026-01-05", "2026-01-10") == Fraction(5, 7 * 52)


# SWD(2012)128, section 4.1.1; the weeks are 52 to a year by the remark itself.
@pytest.mark.parametrize(
    ("start", "end", "regular_period", "fraction"),
    [
        ("2012-01-12", "2012-04-15", "month", Fraction(3, 12) + Fraction(3, 365)),
        ("2013-01-12", "2013-03-15", "month", Fraction(2, 12) + Fraction(3, 366)),
        ("2013-02-25", "2013-03-28", "month", Fraction(1, 12) + Fraction(3, 366)),
        ("2013-02-26", "2013-03-29", "month", Fraction(1, 12) + Fraction(2, 366)),
        ("2012-02-26", "2012-03-29", "month", Fraction(1, 12) + Fraction(3, 366)),
        ("2012-01-12", "2012-02-15", "year", Fraction(34, 365)),
        ("2012-01-12", "2014-02-15", "year", 2 + Fraction(34, 365)),
        ("2024-01-01", "2024-01-31", "week", Fraction(4, 52) + Fraction(2, 365)),
        ("2024-03-01", "2024-03-01", "month", Fraction(0)),
    ],
)
def test_whole_periods_are_counted_back_for_the_annual_rate_of_the_union(
    start: str, end: str, regular_period: str, fraction: Fraction
) -> None:
    found = exact_year_fraction(on(start), on(end), DayCount.EU_REMARK_C, regular_period=RegularPeriod(regular_period))
    assert found == fraction


@pytest.mark.parametrize(
    ("convention", "extras", "code"),
    [
        (DayCount.THIRTY_E_360_ISDA, {}, "termination_missing"),
        (DayCount.ACT_ACT_ICMA, {"frequency": 2}, "reference_periods_missing"),
        (DayCount.ACT_ACT_ICMA, {"reference_periods": periods("2026-01-01 2026-07-01")}, "frequency_missing"),
        (
            DayCount.ACT_ACT_ICMA,
            {"reference_periods": periods("2026-01-01 2026-04-01") + periods("2026-05-01 2026-08-01"), "frequency": 4},
            "reference_periods_refused",
        ),
        (
            DayCount.ACT_ACT_ICMA,
            {"reference_periods": periods("2026-01-01 2026-01-08"), "frequency": 52},
            "reference_periods_refused",
        ),
        (DayCount.EU_REMARK_C, {}, "regular_period_missing"),
    ],
)
def test_what_a_convention_needs_is_asked_for_by_name(convention: DayCount, extras: dict[str, Any], code: str) -> None:
    with pytest.raises(day_counts.DayCountRefused) as refusal:
        year_fraction(on("2026-01-01"), on("2026-03-01"), convention, **extras)
    assert isinstance(refusal.value, ValueError)
    assert refusal.value.code == code


@pytest.mark.parametrize("convention", list(DayCount))
def test_a_span_cannot_end_before_it_begins(convention: DayCount) -> None:
    with pytest.raises(day_counts.SpanReversed):
        year_fraction(on("2026-03-01"), on("2026-02-28"), convention)
    with pytest.raises(day_counts.SpanReversed):
        day_total(on("2026-03-01"), on("2026-02-28"), convention)


def test_the_length_of_a_year_is_fixed_or_the_calendars() -> None:
    leap_day = on("2024-02-29")
    assert year_length(DayCount.THIRTY_E_360, leap_day) == 360
    assert year_length(DayCount.ACT_364, leap_day) == 364
    assert year_length(DayCount.NL_365, leap_day) == 365
    assert year_length(DayCount.ACT_365_25, leap_day) == Decimal("365.25")
    assert year_length(DayCount.ACT_ACT_ISDA, leap_day) == 366
    assert year_length(DayCount.EU_REMARK_C, on("2025-01-01")) == 365


@given(st.tuples(DAYS, DAYS, DAYS).map(sorted))
def test_actual_day_counts_add_up(days: list[date]) -> None:
    first, middle, last = days
    for convention in (*ANCHORED, DayCount.NL_365):
        parts = exact_year_fraction(first, middle, convention) + exact_year_fraction(middle, last, convention)
        assert parts == exact_year_fraction(first, last, convention), convention


@given(st.tuples(DAYS, DAYS, DAYS).map(sorted), st.sampled_from([1, 2, 4, 12]))
def test_parts_of_reference_periods_add_up(days: list[date], frequency: int) -> None:
    first, middle, last = days
    bounds = (date(2020, 2, 15), add_months(date(2020, 2, 15), 12 // frequency))

    def part(start: date, end: date) -> Fraction:
        return exact_year_fraction(start, end, DayCount.ACT_ACT_ICMA, reference_periods=[bounds], frequency=frequency)

    assert part(first, middle) + part(middle, last) == part(first, last)


@given(DAYS, st.integers(0, 800))
def test_the_leap_day_is_never_counted(start: date, length: int) -> None:
    """Day by day, every day counts once but the one that ends on 29 February."""
    span = [start + timedelta(days=n) for n in range(length + 1)]
    leaps = sum((day.month, day.day) == (2, 29) for day in span[1:])
    assert day_total(start, span[-1], DayCount.NL_365) == length - leaps


@given(st.tuples(DAYS, DAYS).map(sorted))
def test_every_part_of_a_year_is_about_its_days(days: list[date]) -> None:
    start, end = days
    extras = {"termination": date(2061, 1, 1), "regular_period": RegularPeriod.MONTH}
    extras |= {"reference_periods": periods("2024-01-31 2024-02-29"), "frequency": 12}
    for convention in DayCount:
        part = year_fraction(start, end, convention, **extras)
        assert 0 <= part <= Decimal((end - start).days + 5) / 360, convention
