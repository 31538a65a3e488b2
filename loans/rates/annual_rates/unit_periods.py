"""Which unit-period the American rate is reckoned in (pure).

Source: Regulation Z, 12 CFR part 1026, Appendix J (b)(3) and (b)(4): the common period, not over a year, that occurs most
often between advances and between payments, the smaller one of two equally often; without a common period the average
of all periods, rounded to the nearest standard interval (a day, a week, half a month, a month, a multiple of a week or a
month up to a year). One advance with one payment: the term itself, not over a year.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from loans.rates.annual_rates.aprc import common_due_day, months_back


class Unit(StrEnum):
    """What a unit-period is a multiple of."""

    DAY = "day"
    SEMIMONTH = "semimonth"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """``n`` units: a week is 7 days. ``is_whole_term``: one advance and one payment within a year are one unit-period."""

    unit: Unit
    n: int = 1
    is_whole_term: bool = False

    @property
    def days(self) -> int:
        """Its length where months have thirty days."""
        return self.n * {Unit.DAY: 1, Unit.SEMIMONTH: 15, Unit.MONTH: 30, Unit.YEAR: 365}[self.unit]

    @property
    def per_year(self) -> Fraction:
        """How many make a year: 52 weeks, 24 halves of a month, 12 months; days by 365."""
        if self.unit is Unit.DAY:
            weeks, rest = divmod(self.n, 7)
            whole_weeks = weeks and not rest and not self.is_whole_term
            return Fraction(52, weeks) if whole_weeks else Fraction(365, self.n)
        return Fraction({Unit.SEMIMONTH: 24, Unit.MONTH: 12, Unit.YEAR: 1}[self.unit], self.n)

    @property
    def is_standard(self) -> bool:
        return self.unit is not Unit.DAY or self.n == 1 or self.n % 7 == 0


_YEAR = UnitPeriod(Unit.YEAR)


def unit_period_of(advances: Sequence[date], payments: Sequence[date]) -> UnitPeriod:
    """The unit-period of a transaction; both series rise, the first advance is its beginning."""
    if len(advances) == 1 and len(payments) == 1:
        return single_period(advances[0], payments[0])
    gaps = [*_gaps(advances, payments)]
    counts = Counter(period for gap in gaps for period in gap)
    for half_months in _half_months(payments):
        counts[UnitPeriod(Unit.SEMIMONTH)] += half_months
    common = {period: count for period, count in counts.items() if count > 1}
    if common:
        return min(common, key=lambda period: (-common[period], not period.is_standard, 1 / period.per_year))
    return _nearest_standard(_average_days(advances, payments))


def single_period(start: date, end: date) -> UnitPeriod:
    """The term of one advance and one payment: whole months by months, else days; a year where it is longer."""
    months = _whole_months(start, end, end.day)
    if months_back(end, 12, end.day) >= start:
        return _YEAR
    return UnitPeriod(Unit.MONTH, months, True) if months else UnitPeriod(Unit.DAY, max((end - start).days, 1), True)


def _gaps(advances: Sequence[date], payments: Sequence[date]) -> list[list[UnitPeriod]]:
    """Every period of the transaction under each of the names it may have: 28 days are also February."""
    first = [date_ for date_ in payments if date_ > advances[0]][:1]
    day = common_due_day(payments)
    found = [_names(advances[0], on, day or on.day) for on in first]
    found += [_names(a, b, b.day) for a, b in pairwise(advances)]
    return found + [_names(a, b, day or b.day) for a, b in pairwise(payments)]


def _names(start: date, end: date, day: int) -> list[UnitPeriod]:
    months, days = _whole_months(start, end, day), (end - start).days
    names = [UnitPeriod(Unit.DAY, days)] if 0 < days <= 364 else []
    if months == 12:
        return [_YEAR]
    return [*names, UnitPeriod(Unit.MONTH, months)] if 0 < months < 12 else names


def _whole_months(start: date, end: date, day: int) -> int:
    """The months between the dates where they are a whole number of months, else 0."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if months > 0 and months_back(end, months, day) == start else 0


def _half_months(payments: Sequence[date]) -> list[int]:
    """The number of half months where payments fall on two days of each month about half a month apart."""
    if len(payments) < 3:
        return []
    alternate = (payments[::2], payments[1::2])
    days = [common_due_day(series) for series in alternate]
    steps = all(13 <= (b - a).days <= 17 for a, b in pairwise(payments))
    monthly = all(
        _whole_months(a, b, day or b.day) == 1
        for series, day in zip(alternate, days, strict=True)
        for a, b in pairwise(series)
    )
    return [len(payments) - 1] if steps and monthly else []


def _average_days(advances: Sequence[date], payments: Sequence[date]) -> Fraction:
    spans = [(b - a).days for series in (advances, payments) for a, b in pairwise(series)]
    first = [(on - advances[0]).days for on in payments if on > advances[0]][:1]
    lengths = [*spans, *first]
    return Fraction(sum(lengths), len(lengths))


def _nearest_standard(days: Fraction) -> UnitPeriod:
    """The standard interval nearest to an average, the lower one of two equally near."""
    standard = [UnitPeriod(Unit.DAY), UnitPeriod(Unit.SEMIMONTH), _YEAR]
    standard += [UnitPeriod(Unit.DAY, 7 * weeks) for weeks in range(1, 53)]
    standard += [UnitPeriod(Unit.MONTH, months) for months in range(1, 12)]
    return min(standard, key=lambda period: (abs(period.days - days), period.days, period.unit is Unit.DAY))
