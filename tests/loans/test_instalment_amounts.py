"""Level instalments and period factors against numbers published or worked out elsewhere."""

from datetime import date
from decimal import Decimal

import pytest

from core.calendars import DayCount
from loans.instalment_amounts import factor, level_instalment
from loans.terms import EmiRule, Frequency, InterestBy, LoanTerms, Rounding, RoundingMode

HALF_EVEN = Rounding(mode=RoundingMode.HALF_EVEN, emi=EmiRule.NEAREST)
ITERATED = Rounding(mode=RoundingMode.HALF_EVEN, emi=EmiRule.ITERATE)
WHOLE = Rounding(mode=RoundingMode.HALF_EVEN, emi=EmiRule.NEAREST, multiple=Decimal(1))


def terms(**changes: object) -> LoanTerms:
    facts = {"principal": Decimal(100), "annual_rate": Decimal("0.12"), "count": 6, "start_on": date(2024, 1, 1)}
    return LoanTerms(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("principal", "factors", "rounding", "expected"),
    [
        ("10000", ["0.02"] * 12, Rounding(), "945.59"),  # 945.5960 rounded down
        ("10000", ["0.02"] * 12, HALF_EVEN, "945.60"),
        ("100", ["0.0079018333"] * 6, ITERATED, "17.13"),  # 9.4822 % over six months of thirty days
        ("5000", ["0.01"] * 15, WHOLE, "361"),  # PMT(1 %, 15) = 360.62
        ("5000", ["0.01"] * 12, WHOLE, "444"),  # PMT(1 %, 12) = 444.24
        ("300", ["0"] * 3, HALF_EVEN, "100"),
    ],
)
def test_the_level_instalment(principal: str, factors: list[str], rounding: Rounding, expected: str) -> None:
    level = level_instalment(Decimal(principal), [Decimal(x) for x in factors], rounding)

    assert level == Decimal(expected)


def test_iteration_moves_the_level_until_the_last_instalment_is_near() -> None:
    """331.77 at 10.65 % actual/actual from 12 December 2023: rounded once the last one lies 10 cents off."""
    days = [Decimal(19) / 365 + Decimal(12) / 366] + [Decimal(n) / 366 for n in (31, 29, 31, 30)]
    factors = [Decimal("0.1065") * share for share in days]

    assert level_instalment(Decimal("331.77"), factors, ITERATED) == Decimal("68.14")


def test_a_balloon_is_left_to_the_end() -> None:
    """10,000 at 1 % a month over 12 with 4,000 at the end: PMT(1 %, 12, -10000, 4000) = 573.0927."""
    level = level_instalment(Decimal(10000), [Decimal("0.01")] * 12, HALF_EVEN, Decimal(4000))

    assert level == Decimal("573.09")


@pytest.mark.parametrize(
    ("changes", "start", "end", "within", "days_and_year"),
    [
        ({}, (2024, 1, 1), (2024, 2, 1), None, (1, 12)),
        ({}, (2024, 1, 1), (2024, 1, 8), ((2024, 1, 1), (2024, 2, 1)), (7, 12 * 31)),
        ({}, (2024, 1, 1), (2024, 1, 8), None, (7, 365)),
        ({"interest_by": InterestBy.DAY}, (2024, 1, 1), (2024, 2, 1), None, (31, 365)),
        ({"interest_by": InterestBy.THIRTY, "day_count": DayCount.ACT_365F}, (2024, 1, 1), (2024, 3, 1), None, (60, 365)),
        ({"frequency": Frequency.WEEK}, (2024, 1, 1), (2024, 1, 8), None, (7, 365)),
        ({"frequency": Frequency.WEEK, "interest_by": InterestBy.EVEN}, (2024, 1, 1), (2024, 1, 8), None, (1, 52)),
        ({"frequency": Frequency.DAY, "day_count": DayCount.ACT_360}, (2024, 1, 1), (2024, 1, 16), None, (15, 360)),
    ],
)  # fmt: skip
def test_the_part_of_the_rate_a_span_bears(changes, start, end, within, days_and_year) -> None:
    regular = tuple(date(*day) for day in within) if within else None
    part = factor(terms(**changes), date(*start), date(*end), Decimal("0.12"), regular)  # type: ignore[arg-type]

    assert abs(part - Decimal("0.12") * days_and_year[0] / days_and_year[1]) < Decimal("1e-20")


def test_a_month_and_a_part_of_the_next() -> None:
    """From 1 January to 18 February 2024: one month of thirty days and 17 of the 29 days of the next."""
    spread = terms(interest_by=InterestBy.THIRTY, day_count=DayCount.THIRTY_360)
    part = factor(spread, date(2024, 1, 1), date(2024, 2, 18), Decimal("0.094822"))

    assert abs(part * 100 - Decimal("1.253394")) < Decimal("0.000001")
