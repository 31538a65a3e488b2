"""Level instalments and period factors against numbers published or worked out elsewhere."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from core.calendars import DayCount
from core.money import CENT
from loans.schedules.instalment_amounts import factor, level_instalment
from loans.schedules.rounding_edges import edge_near, meant
from loans.schedules.terms import EmiRule, Frequency, InterestBy, LoanTerms, Rounding, RoundingMode

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
        # seven days a week over the year of the day count, also across the end of January
        ({"frequency": Frequency.WEEK, "interest_by": InterestBy.THIRTY, "day_count": DayCount.THIRTY_360, "every": 2},
         (2024, 1, 22), (2024, 2, 5), None, (14, 360)),
        ({"frequency": Frequency.WEEK, "interest_by": InterestBy.THIRTY, "day_count": DayCount.ACT_364},
         (2024, 1, 29), (2024, 2, 5), ((2024, 1, 29), (2024, 2, 5)), (7, 364)),
        ({"frequency": Frequency.WEEK, "interest_by": InterestBy.THIRTY, "day_count": DayCount.THIRTY_360},
         (2024, 1, 29), (2024, 2, 1), ((2024, 1, 29), (2024, 2, 5)), (3, 360)),
        ({"frequency": Frequency.DAY, "interest_by": InterestBy.THIRTY, "day_count": DayCount.THIRTY_360, "every": 15},
         (2024, 1, 22), (2024, 2, 6), None, (15, 360)),
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


TWELFTH_OF_4 = Decimal("0.04") * (Decimal(1) / 12)  # 0.00333…, cut after 28 digits


@pytest.mark.parametrize(
    ("principal", "count", "rounding", "expected"),
    [
        ("180300.00", 2, Rounding(), "90601.00"),  # exactly; the cut digits alone would make 90,600.99
        ("180299.99", 2, Rounding(), "90600.99"),  # half a cent below it
        ("90150.00", 2, WHOLE, "45300"),  # 45,300.50 exactly: half even, not the 45,300 or 45,301 of chance
        ("90151.00", 2, WHOLE, "45301"),  # 45,301.00…
        ("270450.00", 2, WHOLE, "135902"),  # 135,901.50 exactly: half even goes up
    ],
)
def test_a_level_instalment_on_an_edge_of_rounding_is_told_exactly(
    principal: str, count: int, rounding: Rounding, expected: str
) -> None:
    assert level_instalment(Decimal(principal), [TWELFTH_OF_4] * count, rounding) == Decimal(expected)


@pytest.mark.parametrize("mode", [RoundingMode.HALF_UP, RoundingMode.HALF_DOWN, RoundingMode.HALF_EVEN])
def test_a_tie_falls_as_the_mode_says_whatever_was_cut(mode: RoundingMode) -> None:
    """90,150.00 at 4 % over 2 months is 45,300.50 a month: a tie of whole units."""
    whole = Rounding(mode=mode, emi=EmiRule.NEAREST, multiple=Decimal(1))
    above = "45301" if mode is RoundingMode.HALF_UP else "45300"

    assert level_instalment(Decimal("90150.00"), [TWELFTH_OF_4] * 2, whole) == Decimal(above)


def test_a_cut_decimal_is_known_for_its_fraction_and_another_stays_itself() -> None:
    assert meant(TWELFTH_OF_4) == Fraction(1, 300)
    assert meant(Decimal("0.0079018333")) == Fraction(79018333, 10**10)
    assert meant(Decimal("0.0725") * 31 / 365) == Fraction(725 * 31, 365 * 10**4)
    odd = Decimal("0.01414213562373095048801688724")
    assert meant(odd) == Fraction(odd)


def test_only_amounts_on_an_edge_are_worked_out_again() -> None:
    assert edge_near(Decimal("90600.99999999999999999999999"), CENT) == Decimal("90601.00")
    assert edge_near(Decimal("45.005"), CENT) == Decimal("45.005")
    assert edge_near(Decimal("90600.9999999999999"), CENT) is None
    assert edge_near(Decimal("90601.0025"), CENT) is None
