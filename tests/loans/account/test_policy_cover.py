"""Cash value against debt: the table, the levels, and what each reading calls for."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.account.policy_cover import (
    CashValue,
    Cover,
    Growth,
    Move,
    Standing,
    anniversary_after,
    called_for,
    cash_value_on,
    exhausted_on,
    level_reached,
)

ON = date(2026, 3, 1)
TABLE = [CashValue(date(2026, 1, 1), Decimal("10000.00")), CashValue(date(2027, 1, 1), Decimal("13650.00"))]
LEVELS = [Decimal("0.85"), Decimal("0.90"), Decimal("0.95")]


def a_cover(debt: str, cash_value: str = "10000.00", on: date = ON) -> Cover:
    return Cover(on, Decimal(cash_value), Decimal(debt))


@pytest.mark.parametrize(
    ("on", "growth", "worth"),
    [
        (date(2025, 12, 31), Growth.LINEAR, "0.00"),
        (date(2026, 1, 1), Growth.LINEAR, "10000.00"),
        (date(2026, 1, 11), Growth.LINEAR, "10100.00"),  # 3650 over 365 days: ten a day
        (date(2026, 12, 31), Growth.LINEAR, "13640.00"),
        (date(2026, 12, 31), Growth.STEP, "10000.00"),
        (date(2027, 1, 1), Growth.STEP, "13650.00"),
        (date(2040, 1, 1), Growth.LINEAR, "13650.00"),
    ],
)
def test_cash_value_follows_its_table(on: date, growth: Growth, worth: str) -> None:
    assert cash_value_on(TABLE, on, growth) == Decimal(worth)


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.sampled_from(list(Growth)))
def test_between_two_rows_cash_value_lies_between_them(on: date, growth: Growth) -> None:
    assert Decimal("10000.00") <= cash_value_on(TABLE, on, growth) <= Decimal("13650.00")


def test_a_level_is_reached_at_its_share_and_not_a_cent_before() -> None:
    assert level_reached(a_cover("8499.99"), LEVELS) is None
    assert level_reached(a_cover("8500.00"), LEVELS) == Decimal("0.85")
    assert level_reached(a_cover("9600.00"), LEVELS) == Decimal("0.95")
    assert level_reached(a_cover("0.00", "0.00"), LEVELS) is None


@pytest.mark.parametrize(
    ("debt", "standing", "move"),
    [
        ("8499.99", Standing(), Move.NONE),
        ("8500.00", Standing(), Move.WARN),
        ("8700.00", Standing(Decimal("0.85")), Move.NONE),
        ("9000.00", Standing(Decimal("0.85")), Move.WARN),
        ("8600.00", Standing(Decimal("0.95")), Move.NONE),  # lower again, but not cured: not told twice
        ("8400.00", Standing(Decimal("0.85")), Move.CURE),
        ("9999.99", Standing(Decimal("0.95")), Move.NONE),
        ("10000.00", Standing(Decimal("0.95")), Move.NOTIFY),
        ("10000.00", Standing(Decimal("0.95"), ON), Move.NONE),  # the last day of the notice
        ("10000.00", Standing(Decimal("0.95"), ON - timedelta(days=1)), Move.LAPSE),
        ("9999.99", Standing(Decimal("0.95"), ON - timedelta(days=1)), Move.CURE),
    ],
)
def test_what_a_reading_calls_for(debt: str, standing: Standing, move: Move) -> None:
    assert called_for(a_cover(debt), standing, LEVELS) is move


def test_without_cash_value_any_debt_calls_for_the_notice() -> None:
    assert a_cover("1.00", "0.00").percent is None
    assert called_for(a_cover("1.00", "0.00"), Standing(), LEVELS) is Move.NOTIFY
    assert called_for(a_cover("0.00", "0.00"), Standing(), LEVELS) is Move.NONE


def test_the_day_debt_reaches_cash_value() -> None:
    table = [CashValue(date(2026, 1, 1), Decimal("1000.00"))]

    def debt(on: date) -> Decimal:
        return Decimal("990.00") + (on - ON).days

    assert exhausted_on(table, Growth.STEP, debt, ON, ON + timedelta(days=30)) == ON + timedelta(days=10)
    assert exhausted_on(table, Growth.STEP, debt, ON, ON + timedelta(days=9)) is None


@pytest.mark.parametrize(
    ("since", "on", "next_one"),
    [
        (date(2020, 3, 1), date(2026, 2, 28), date(2026, 3, 1)),
        (date(2020, 3, 1), date(2026, 3, 1), date(2027, 3, 1)),
        (date(2024, 2, 29), date(2025, 1, 1), date(2025, 2, 28)),
        (date(2024, 2, 29), date(2027, 6, 1), date(2028, 2, 29)),
        (date(2026, 1, 1), date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_the_next_anniversary(since: date, on: date, next_one: date) -> None:
    assert anniversary_after(since, on) == next_one
