"""Schedules against numbers worked out elsewhere."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import FeeTiming, Frequency, LoanTerms, Method

START = date(2026, 1, 31)


def terms(**changes: object) -> LoanTerms:
    facts = {"principal": Decimal("10000.00"), "annual_rate": Decimal("0.24"), "count": 12, "start_on": START}
    return LoanTerms(**{**facts, **changes})  # type: ignore[arg-type]


def test_level_instalment_is_rounded_down_and_the_last_takes_the_residue() -> None:
    rows = build_schedule(terms()).instalments

    assert {row.total for row in rows[:-1]} == {Decimal("945.59")}
    assert rows[-1].total == Decimal("945.66")
    assert rows[0].interest == Decimal("200.00")


def test_month_ends_keep_the_anchor_day() -> None:
    dues = [row.due_on for row in build_schedule(terms(count=4)).instalments]

    assert dues == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


def test_equal_principal_pays_falling_interest() -> None:
    rows = build_schedule(terms(method=Method.EQUAL_PRINCIPAL, count=4)).instalments

    assert [row.principal for row in rows] == [Decimal("2500.00")] * 4
    assert [row.interest for row in rows] == [Decimal(x) for x in ("200.00", "150.00", "100.00", "50.00")]


def test_interest_only_returns_principal_at_the_end() -> None:
    rows = build_schedule(terms(method=Method.INTEREST_ONLY, count=3)).instalments

    assert [row.principal for row in rows] == [ZERO, ZERO, Decimal("10000.00")]
    assert [row.interest for row in rows] == [Decimal("200.00")] * 3


def test_bullet_is_due_once_with_all_interest() -> None:
    (row,) = build_schedule(terms(method=Method.BULLET, count=3)).instalments

    assert (row.due_on, row.interest, row.total) == (date(2026, 4, 30), Decimal("600.00"), Decimal("10600.00"))


def test_weekly_interest_counts_days() -> None:
    rows = build_schedule(terms(frequency=Frequency.WEEK, count=2, method=Method.EQUAL_PRINCIPAL)).instalments

    assert rows[0].due_on == date(2026, 2, 7)
    assert rows[0].interest == Decimal("46.03")  # 10,000 × 24 % × 7 ÷ 365


def test_flat_charge_is_the_whole_cost_whatever_the_rate() -> None:
    schedule = build_schedule(
        terms(
            principal=Decimal("10000.00"),
            annual_rate=Decimal(0),
            flat_charge=Decimal("3000.00"),
            count=1,
            frequency=Frequency.DAY,
            every=30,
            method=Method.BULLET,
            first_due_on=date(2026, 3, 4),
        )
    )

    assert schedule.total == Decimal("13000.00")
    assert schedule.instalments[0].due_on == date(2026, 3, 4)


@pytest.mark.parametrize(("timing", "first"), [(FeeTiming.FIRST, "100.00"), (FeeTiming.SPREAD, "8.34")])
def test_fees_fall_due_as_agreed(timing: FeeTiming, first: str) -> None:
    schedule = build_schedule(terms(fee_total=Decimal("100.00"), fee_timing=timing))

    assert schedule.instalments[0].fee == Decimal(first)
    assert schedule.total_fee == Decimal("100.00")


@pytest.mark.parametrize("wrong", [{"principal": Decimal(0)}, {"count": 0}, {"annual_rate": Decimal("-0.1")}])
def test_impossible_terms_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|cannot"):
        terms(**wrong)


@given(
    cents=st.integers(1_00, 500_000_00),
    rate=st.decimals(0, "0.36", places=4),
    count=st.integers(1, 60),
    method=st.sampled_from([Method.EQUAL_INSTALMENTS, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.BULLET]),
    frequency=st.sampled_from(Frequency),
    fee=st.integers(0, 1000_00),
)
def test_principal_is_conserved_and_nothing_is_negative(
    cents: int, rate: Decimal, count: int, method: Method, frequency: Frequency, fee: int
) -> None:
    principal = Decimal(cents).scaleb(-2)
    schedule = build_schedule(
        terms(
            principal=principal,
            annual_rate=rate,
            count=count,
            method=method,
            frequency=frequency,
            fee_total=Decimal(fee).scaleb(-2),
        )
    )

    assert sum(row.principal for row in schedule.instalments) == principal
    assert schedule.total_fee == Decimal(fee).scaleb(-2)
    assert all(min(row.principal, row.interest, row.fee) >= 0 for row in schedule.instalments)
    assert [row.due_on for row in schedule.instalments] == sorted({row.due_on for row in schedule.instalments})
