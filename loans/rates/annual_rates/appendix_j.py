"""The annual percentage rate of the United States: the actuarial method (pure).

Source: Regulation Z, 12 CFR part 1026, Appendix J, paragraph (b). The rate of a unit-period times the unit-periods of a
year; amounts are discounted by (1 + f·i)·(1 + i)^t for t whole unit-periods and the fraction f: simple interest within
the fraction, unlike Europe's. The rate i is estimated by iteration (b)(9).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from loans.rates.annual_rates.aprc import common_due_day, months_back
from loans.rates.annual_rates.dated import DatedFlows
from loans.rates.annual_rates.roots import PRECISION, NoRate, exact, nearest_root
from loans.rates.annual_rates.unit_periods import Unit, UnitPeriod, unit_period_of

_DAYS_OF_MONTH = 30
_POLISHINGS = 30
_CLOSE = Decimal("1e-28")


@dataclass(frozen=True, slots=True)
class AnnualPercentageRate:
    """The rate as a fraction of one a year, with what it was derived from: the unit-period and the first payment's time."""

    rate: Decimal
    unit_period: UnitPeriod
    first_payment: tuple[int, Fraction]


@dataclass(frozen=True, slots=True)
class _TimedFlow:
    whole: int
    fraction: Fraction
    amount: Decimal


def us_apr(flows: DatedFlows) -> AnnualPercentageRate:
    """The actuarial rate of advances (positive) and payments (negative) by their dates. Raises NoRate."""
    advances = sorted({on for on, amount in flows if amount > 0})
    payments = sorted({on for on, amount in flows if amount < 0})
    if not advances or not payments:
        raise NoRate("a rate needs money received and money paid")
    unit = unit_period_of(advances, payments)
    start = advances[0]
    timed = [_TimedFlow(*_time(start, on, unit, advances if amount > 0 else payments), amount) for on, amount in flows]
    with localcontext(prec=PRECISION):
        rate = _unit_rate(timed) * exact(unit.per_year)
    return AnnualPercentageRate(rate, unit, _time(start, payments[0], unit, payments))


def _time(start: date, on: date, unit: UnitPeriod, series: Sequence[date]) -> tuple[int, Fraction]:
    if on <= start:
        return 0, Fraction((on - start).days, unit.days)
    if unit.is_whole_term:
        return 1, Fraction(0)
    return unit_periods_between(start, on, unit, common_due_day(series))


def unit_periods_between(start: date, end: date, unit: UnitPeriod, due_day: int | None = None) -> tuple[int, Fraction]:
    """Whole unit-periods and the fraction of one between two dates: (b)(5).

    Months are counted back from the later date, what is left in days of a thirtieth; ``due_day`` is the day of the month
    a series is meant to fall on (31 in February too).
    """
    if unit.unit is Unit.DAY:
        return _split(Fraction((end - start).days, unit.n))
    months, rest = _months_back(start, end, due_day or end.day)
    if unit.unit is Unit.YEAR:
        return _years(months, rest, start, end, due_day or end.day)
    return _split(Fraction(months * _DAYS_OF_MONTH + rest, unit.days))


def _years(months: int, rest: int, start: date, end: date, day: int) -> tuple[int, Fraction]:
    """(b)(5)(v): the part of a year by months where it is whole months, else by days over 365."""
    years, odd_months = divmod(months, 12)
    if not rest:
        return years, Fraction(odd_months, 12)
    return years, Fraction((months_back(end, 12 * years, day) - start).days, 365)


def _split(time: Fraction) -> tuple[int, Fraction]:
    whole, rest = divmod(time, 1)
    return int(whole), rest


def _months_back(start: date, end: date, day: int) -> tuple[int, int]:
    months = (end.year - start.year) * 12 + end.month - start.month
    while months and months_back(end, months, day) < start:
        months -= 1
    reached = months_back(end, months, day) if months else end
    return months, (reached - start).days


def _unit_rate(flows: Sequence[_TimedFlow]) -> Decimal:
    """The rate of a unit-period: (b)(8), solved in floats and finished by Newton's iteration."""
    if not sum(flow.amount for flow in flows):
        return Decimal(0)
    rough = [(f.whole, float(f.fraction), float(f.amount)) for f in flows]  # not money: a start for the iteration
    term = max(f.whole + f.fraction for f in flows)
    rate = Decimal(nearest_root(lambda at: _worth(rough, at), math.ceil(term)))
    for _ in range(_POLISHINGS):
        step = _newton_step(flows, rate)
        rate -= step
        if abs(step) < _CLOSE * (1 + abs(rate)):
            break
    return rate


def _worth(rough: Sequence[tuple[int, float, float]], rate: float) -> float:
    growth = 1 + rate
    if growth <= 0:
        raise NoRate("no rate was found")
    return sum(amount / ((1 + part * rate) * growth**whole) for whole, part, amount in rough)


def _newton_step(flows: Sequence[_TimedFlow], rate: Decimal) -> Decimal:
    value, slope, growth = Decimal(0), Decimal(0), 1 + rate
    for flow in flows:
        part = exact(flow.fraction)
        within = 1 + part * rate
        worth = flow.amount / (within * growth**flow.whole)
        value += worth
        slope -= worth * (part / within + flow.whole / growth)
    return value / slope
