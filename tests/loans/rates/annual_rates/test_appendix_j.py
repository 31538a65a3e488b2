"""The American rate against the worked examples of Regulation Z, Appendix J (c), and its unit-periods."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from core.calendars import add_months
from loans.rates.annual_rates.appendix_j import unit_periods_between, us_apr
from loans.rates.annual_rates.roots import NoRate
from loans.rates.annual_rates.unit_periods import Unit, UnitPeriod, unit_period_of

Flows = list[tuple[date, Decimal]]
MONTH, QUARTER, WEEK = UnitPeriod(Unit.MONTH), UnitPeriod(Unit.MONTH, 3), UnitPeriod(Unit.DAY, 7)


def paid(first: date, amount: str, count: int, months: int = 1) -> Flows:
    return [(add_months(first, n * months), -Decimal(amount)) for n in range(count)]


def paid_by_days(first: date, amount: str, count: int, days: int) -> Flows:
    return [(first + timedelta(days=days * n), -Decimal(amount)) for n in range(count)]


def received(on: date, amount: str) -> Flows:
    return [(on, Decimal(amount))]


JAN_10 = received(date(1978, 1, 10), "5000")
THOUSAND = received(date(2023, 10, 26), "1000")
EXAMPLES = {
    "c1i": (JAN_10 + paid(date(1978, 2, 10), "230", 24), "9.69"),
    "c1ii": (received(date(1978, 2, 10), "6000") + paid(date(1978, 4, 1), "200", 36), "11.82"),
    "c1iv": (received(date(1978, 5, 23), "10000") + paid(date(1978, 10, 1), "385", 40, 3), "8.97"),
    "c1v": (received(date(1978, 3, 20), "500") + paid_by_days(date(1978, 4, 21), "17.60", 30, 7), "14.96"),
    "c2i": (JAN_10 + paid(date(1978, 2, 10), "250", 1) + paid(date(1978, 3, 10), "230", 23), "10.08"),
    "c3i": (JAN_10 + paid(date(1978, 2, 10), "230", 23) + paid(date(1980, 1, 10), "280", 1), "10.50"),
    "c4i": (
        JAN_10
        + paid(date(1978, 2, 10), "250", 1)
        + paid(date(1978, 3, 10), "230", 22)
        + paid(date(1980, 1, 10), "280", 1),
        "10.90",
    ),
    "c5i": (received(date(1978, 1, 3), "1000") + paid(date(1978, 9, 15), "1080", 1), "11.45"),
    "daily": (THOUSAND + paid_by_days(date(2023, 11, 30), "220", 5, 1), "94.15"),
    "weekly": (received(date(2023, 11, 23), "1000") + paid_by_days(date(2023, 11, 30), "250", 5, 7), "412.40"),
    "yearly": (THOUSAND + paid(date(2023, 11, 30), "500", 5, 12), "78.34"),
}


def semimonthly() -> Flows:
    firsts, sixteenths = (paid(date(1978, 3, day), "219.17", 12) for day in (1, 16))
    return received(date(1978, 2, 23), "5000") + firsts + sixteenths


class TestExamples:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_the_published_rate_is_met(self, name: str) -> None:
        flows, expected = EXAMPLES[name]

        assert round(us_apr(flows).rate * 100, 2) == Decimal(expected)

    def test_half_months_are_found_and_counted_by_fifteen_days(self) -> None:
        found = us_apr(semimonthly())

        assert (found.unit_period, found.first_payment) == (UnitPeriod(Unit.SEMIMONTH), (0, Fraction(2, 5)))
        assert round(found.rate * 100, 2) == Decimal("10.34")

    def test_a_long_first_period_is_whole_months_back_and_days_by_thirty(self) -> None:
        assert us_apr(EXAMPLES["c1ii"][0]).first_payment == (1, Fraction(19, 30))

    def test_a_quarter_long_first_period(self) -> None:
        found = us_apr(EXAMPLES["c1iv"][0])

        assert (found.unit_period, found.first_payment) == (QUARTER, (1, Fraction(39, 90)))

    def test_a_term_in_whole_months_is_one_unit_period_of_them(self) -> None:
        found = us_apr(received(date(1978, 7, 15), "1000") + paid(date(1978, 12, 15), "1044", 1))

        assert found.unit_period.per_year == Fraction(12, 5)
        assert round(found.rate * 100, 2) == Decimal("10.56")

    def test_a_single_payment_beyond_a_year_is_counted_in_years_and_months(self) -> None:
        found = us_apr(received(date(1978, 1, 17), "1000") + paid(date(1979, 7, 17), "1135.19", 1))

        assert (found.unit_period.unit, found.first_payment) == (Unit.YEAR, (1, Fraction(1, 2)))
        assert round(found.rate * 100, 2) == Decimal("8.76")

    def test_several_advances_are_each_counted_from_the_first(self) -> None:
        first = date(2026, 1, 1)
        flows = [(add_months(first, n), Decimal(1000)) for n in range(3)]
        due = 1000 * (Decimal("1.01") ** 3 + Decimal("1.01") ** 2 + Decimal("1.01"))

        found = us_apr([*flows, (add_months(first, 3), -due)])

        assert found.unit_period == MONTH
        assert abs(found.rate - Decimal("0.12")) < Decimal("1e-20")

    @pytest.mark.parametrize("flows", [[], received(date(2026, 1, 1), "1"), paid(date(2026, 1, 1), "1", 1)])
    def test_one_side_alone_has_no_rate(self, flows: Flows) -> None:
        with pytest.raises(NoRate):
            us_apr(flows)


class TestUnitPeriods:
    def test_four_weeks_in_february_are_not_taken_for_a_month(self) -> None:
        dates = [date(2026, 2, 1) + timedelta(days=28 * n) for n in range(6)]

        assert unit_period_of([date(2026, 1, 4)], dates) == UnitPeriod(Unit.DAY, 28)

    def test_the_smaller_of_two_equally_common_periods_holds(self) -> None:
        weekly = [date(2026, 3, 3) + timedelta(days=7 * n) for n in range(3)]
        then_monthly = [add_months(weekly[-1], n) for n in range(1, 3)]

        assert unit_period_of([date(2026, 3, 1)], weekly + then_monthly) == WEEK

    def test_without_a_common_period_the_average_is_rounded_to_a_standard_one(self) -> None:
        dates = [date(2026, 2, 2), date(2026, 3, 7), date(2026, 4, 4)]

        assert unit_period_of([date(2026, 1, 1)], dates) == MONTH

    def test_last_days_of_months_are_whole_months_apart(self) -> None:
        dates = [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]

        assert unit_period_of([date(2026, 1, 31)], dates) == MONTH
        assert unit_periods_between(date(2026, 1, 31), date(2026, 2, 28), MONTH, 31) == (1, 0)

    def test_a_year_with_odd_days_is_counted_by_365(self) -> None:
        year = UnitPeriod(Unit.YEAR)

        assert unit_periods_between(date(2023, 10, 26), date(2024, 11, 30), year) == (1, Fraction(35, 365))
        assert unit_periods_between(date(2023, 10, 30), date(2024, 11, 30), year) == (1, Fraction(1, 12))
