"""Schedules in bulk are those of ``build_schedule``, cent by cent and day by day."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.money import to_minor
from loans.schedules.bulk_schedules import MOST_PRINCIPAL, MOST_RATE, BeyondBulk, BulkSchedules, build_many
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import CountTooSmall, LoanTerms, NegativeTerms, PrincipalNotPositive, TermsRefused

Loan = tuple[int, int, int, date]  # cents, hundred-millionths a year, months, start
Row = tuple[date, int, int]

LEAP_FEBRUARY = date(2024, 1, 31)


def in_bulk(loans: list[Loan]) -> BulkSchedules:
    principal, rate, count, start = zip(*loans, strict=True)
    return build_many(np.array(principal), np.array(rate), np.array(count), np.array(start, "datetime64[D]"))


def rows_of(made: BulkSchedules, loan: int, count: int) -> list[Row]:
    columns = (made.due_on, made.principal, made.interest)
    return list(zip(*(column[loan, :count].tolist() for column in columns), strict=True))


def one_by_one(loan: Loan) -> list[Row]:
    cents, rate, count, start = loan
    terms = LoanTerms(
        principal=Decimal(cents).scaleb(-2), annual_rate=Decimal(rate).scaleb(-8), count=count, start_on=start
    )
    rows = build_schedule(terms).instalments
    return [(row.due_on, to_minor(row.principal), to_minor(row.interest)) for row in rows]


def assert_same(loans: list[Loan]) -> None:
    made = in_bulk(loans)
    for number, loan in enumerate(loans):
        assert rows_of(made, number, loan[2]) == one_by_one(loan), loan


def drawn(seed: int, cents: int, rates: int, rate_step: int, months: int) -> list[Loan]:
    random = np.random.default_rng(seed)
    starts = np.datetime64("2023-11-29") + random.integers(0, 900, 1000).astype("timedelta64[D]")
    columns = (
        random.integers(1, cents, 1000),
        random.integers(0, rates, 1000) * rate_step,
        random.integers(1, months, 1000),
        starts,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize(
    ("cents", "rates", "rate_step", "months"),
    [
        (5_000_000, 3600, 10_000, 37),  # consumer loans, rates in hundredths of a per cent
        (5_000_000, 40, 1_000_000, 25),  # whole per cents, or none: interest is often exactly half a cent
        (200, MOST_RATE, 1, 25),  # a level instalment of next to nothing
        (MOST_PRINCIPAL, MOST_RATE, 1, 25),  # more than a double can tell apart
    ],
)
def test_thousands_of_loans_are_those_of_the_decimal_arithmetic(
    cents: int, rates: int, rate_step: int, months: int
) -> None:
    assert_same(drawn(cents, cents, rates, rate_step, months))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, MOST_PRINCIPAL),
            st.integers(0, MOST_RATE),
            st.integers(1, 60),
            st.dates(date(1995, 1, 1), date(2099, 12, 31)),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_loans_are_those_of_the_decimal_arithmetic(loans: list[Loan]) -> None:
    assert_same(loans)


def test_interest_between_two_cents_falls_as_the_decimals_of_a_twelfth_fall() -> None:
    """712.50 at 0.16 % is 0.095 a month, but 0.0016 / 12 has no end and is cut below; 6.00 at 1 % is carried up."""
    loans = [(71_250, 160_000, 2, LEAP_FEBRUARY), (600, 1_000_000, 2, LEAP_FEBRUARY)]

    assert [rows[0][2] for rows in map(one_by_one, loans)] == [9, 1]
    assert_same(loans)


def test_a_level_instalment_of_exactly_whole_cents_keeps_its_last_cent() -> None:
    """180,300.00 at 4 % over 2 months is 90,601.00 exactly, though a twelfth of 4 % has no end."""
    loan = (18_030_000, 4_000_000, 2, LEAP_FEBRUARY)

    _due_on, principal, interest = one_by_one(loan)[0]
    assert principal + interest == 9_060_100
    assert_same([loan])


def test_level_instalments_on_and_beside_whole_cents_are_the_same_in_bulk() -> None:
    """Over 2 months at rate r the level is P(1+f)²/(2+f): whole where P is a multiple of what (2+f) divides."""
    edges = [(edge, rate, 2) for rate in (1_000_000, 4_000_000, 7_000_000) for edge in whole_levels(rate)]
    loans = [(cents + off, rate, count, LEAP_FEBRUARY) for cents, rate, count in edges for off in (-1, 0, 1)]

    assert len(loans) >= 27
    assert_same(loans)


def whole_levels(rate: int) -> list[int]:
    """Three principals in cents whose level over two months at ``rate`` is a whole number of cents."""
    month = Fraction(rate, 12 * 10**8)
    level_of_a_cent = (1 + month) ** 2 / (2 + month)
    return [level_of_a_cent.denominator * n for n in (1, 2, 5)]


def test_month_ends_keep_the_anchor_day() -> None:
    made = in_bulk([(100_000, 0, 4, LEAP_FEBRUARY)])

    assert made.due_on[0].tolist() == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]


def test_after_the_last_instalment_there_is_nothing() -> None:
    made = in_bulk([(100_001, 18_000_000, 2, LEAP_FEBRUARY), (100_001, 18_000_000, 3, LEAP_FEBRUARY)])

    assert made.principal.sum(axis=1).tolist() == [100_001, 100_001]
    assert (made.principal[0, 2], made.interest[0, 2], made.due_on[0, 2].item()) == (0, 0, None)


def test_no_loans_make_no_schedules() -> None:
    nothing = np.array([], np.int64)

    made = build_many(nothing, nothing, nothing, np.array([], "datetime64[D]"))

    assert made.principal.shape == made.interest.shape == made.due_on.shape == (0, 0)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ((0, 1, 1), PrincipalNotPositive),
        ((1, -1, 1), NegativeTerms),
        ((1, 1, 0), CountTooSmall),
        ((MOST_PRINCIPAL + 1, 1, 1), BeyondBulk),
        ((1, MOST_RATE + 1, 1), BeyondBulk),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(changed: tuple[int, int, int], refusal: type[TermsRefused]) -> None:
    with pytest.raises(refusal):
        in_bulk([(100, 0, 1, LEAP_FEBRUARY), (*changed, LEAP_FEBRUARY)])
