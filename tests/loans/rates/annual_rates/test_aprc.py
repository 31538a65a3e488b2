"""The European and British rate: the Commission's examples, the interval rule, and rates of every size."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from core.calendars import add_months
from loans.rates.annual_rates.aprc import (
    Interval,
    aprc_by_dates,
    aprc_by_periods,
    as_published,
    regular_interval,
    years_between,
)

LOAN, FEE = Decimal(200000), Decimal(-4000)


def level(payment: str, count: int) -> list[tuple[int, Decimal]]:
    return [(n, -Decimal(payment)) for n in range(1, count + 1)]


def per_cent(rate: Decimal, places: int = 6) -> Decimal:
    return round(rate * 100, places)


class TestCommissionExamples:
    def test_twenty_years_of_months_with_a_fee_in_advance(self) -> None:
        rate = aprc_by_periods([(0, LOAN), (0, FEE), *level("1432.86", 240)], 12)

        assert per_cent(rate) == Decimal("6.434412")

    def test_one_repayment_after_six_months(self) -> None:
        rate = aprc_by_periods([(0, LOAN), (0, FEE), (6, Decimal("-207618.17"))], 12)

        assert abs(per_cent(rate) - Decimal("12.206644")) < Decimal("0.00001")

    @pytest.mark.parametrize(
        ("flows", "expected"),
        [
            ([(0, 1000), (Fraction(3, 2), -1200)], "12.92"),
            ([(0, 1000), (1, -600), (2, -600)], "13.07"),
        ],
    )
    def test_the_examples_of_directive_98_7(self, flows: list, expected: str) -> None:
        assert per_cent(aprc_by_periods([(t, Decimal(x)) for t, x in flows]), 2) == Decimal(expected)

    def test_a_first_interval_with_odd_days(self) -> None:
        payments = [(add_months(date(2012, 2, 15), n), Decimal("-1433.57")) for n in range(240)]

        rate = aprc_by_dates([(date(2012, 1, 12), LOAN + FEE), *payments])

        assert abs(per_cent(rate) - Decimal("6.434185")) < Decimal("0.000005")

    def test_yearly_payments_are_counted_in_years_without_being_told(self) -> None:
        payments = [(add_months(date(2012, 2, 15), 12 * n), Decimal("-16541.86")) for n in range(20)]

        rate = aprc_by_dates([(date(2012, 1, 12), LOAN + FEE), *payments])

        assert abs(per_cent(rate) - Decimal("6.28207")) < Decimal("0.000005")

    def test_a_fee_a_year_before_the_money_has_the_low_root(self) -> None:
        rate = aprc_by_periods([(0, FEE), (12, LOAN), *((12 + n, x) for n, x in level("1432.86", 240))], 12)

        assert Decimal("0.06") < rate < Decimal("0.07")


class TestInterval:
    @pytest.mark.parametrize(
        ("start", "end", "whole", "expected"),
        [
            (date(2012, 1, 12), date(2012, 2, 15), Interval.MONTH, Fraction(401, 4380)),
            (date(2012, 3, 12), date(2012, 5, 1), Interval.MONTH, Fraction(101, 732)),
            (date(2012, 1, 12), date(2012, 2, 15), Interval.YEAR, Fraction(34, 365)),
            (date(2012, 10, 10), date(2012, 10, 15), Interval.MONTH, Fraction(5, 366)),
            (date(2013, 1, 1), date(2013, 1, 15), Interval.WEEK, Fraction(2, 52)),
            (date(2013, 1, 31), date(2013, 2, 28), Interval.MONTH, Fraction(28, 366)),
        ],
    )
    def test_remark_c(self, start: date, end: date, whole: Interval, expected: Fraction) -> None:
        assert years_between(start, end, whole) == expected

    def test_the_last_day_of_february_may_mean_the_thirty_first(self) -> None:
        assert years_between(date(2013, 1, 31), date(2013, 2, 28), Interval.MONTH, 31) == Fraction(1, 12)

    def test_the_interval_follows_the_dates(self) -> None:
        assert regular_interval([date(2026, 1, 31), date(2026, 2, 28)], date(2026, 1, 5)) is Interval.MONTH
        assert regular_interval([date(2026, 1, 5), date(2026, 1, 19)], date(2026, 1, 1)) is Interval.WEEK
        assert regular_interval([date(2026, 1, 5), date(2026, 1, 8)], date(2026, 1, 1)) is Interval.MONTH


class TestSizes:
    @pytest.mark.parametrize(
        ("flows", "expected"),
        [
            ([(0, 200), (Fraction(1, 12), -350)], "82400.5"),
            ([(0, 350), (Fraction(23 * 100, 36525), Decimal("-447.97"))], "4935.9"),
            ([(0, 100), (Fraction(31 * 100, 36525), -125)], "1286.2"),
        ],
    )
    def test_huge_british_rates(self, flows: list, expected: str) -> None:
        assert as_published(aprc_by_periods([(t, Decimal(x)) for t, x in flows])) == Decimal(expected)

    def test_a_tiny_rate_keeps_its_digits(self) -> None:
        rate = aprc_by_periods([(0, Decimal(10**9)), (1, -(Decimal(10**9) + Decimal("0.01")))])

        assert abs(rate - Decimal("1e-11")) < Decimal("1e-25")

    @pytest.mark.parametrize(("places", "expected"), [(1, "3.1"), (2, "3.06")])
    def test_half_is_rounded_up(self, places: int, expected: str) -> None:
        assert as_published(Decimal("0.03055"), places) == Decimal(expected)
