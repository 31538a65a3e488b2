"""The annual percentage rate of charge of the European Union and the United Kingdom (pure).

Source: Directive 2008/48/EC Annex I part I (the same equation in 2014/17/EU Annex I, 2023/2225/EU Annex III and the UK's
FCA handbook, MCOB 10A and CONC App 1): Σ drawdown / (1 + X)^t = Σ payment / (1 + X)^t, t in years from the first drawdown.

Remark (c): a year has 365 days (366 in leap years), 52 weeks or 12 equal months. An interval that is no whole number of
years, months or weeks is a whole number of them and days: the whole periods are counted back from the later date, the
days left over are divided by the days (365 or 366) of the complete year counted back from their last day.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from core.calendars import add_months
from core.money import round_rate
from loans.rates.annual_rates.dated import DatedFlows
from loans.rates.annual_rates.periodic import PeriodFlows, effective


class Interval(StrEnum):
    """What whole periods are counted in before days are."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"


_PARTS = {Interval.YEAR: 1, Interval.MONTH: 12, Interval.WEEK: 52}


def years_between(start: date, end: date, whole: Interval = Interval.MONTH, due_day: int | None = None) -> Fraction:
    """The interval in years under remark (c). ``due_day`` the day of the month the date is meant to be (31 in February)."""
    count, days_end = _whole_periods_back(start, end, whole, due_day or end.day)
    years = Fraction(count, _PARTS.get(whole, 1))
    days = (days_end - start).days
    return years + Fraction(days, _days_of_year_back(days_end)) if days else years


def aprc_by_dates(flows: DatedFlows, whole: Interval | None = None) -> Decimal:
    """The rate of dated flows. ``whole`` None: the longest period that all dates after the first keep to. Raises NoRate."""
    start = min(on for on, _amount in flows)
    later = sorted({on for on, _amount in flows if on > start})
    whole = whole or regular_interval(later, start)
    day = common_due_day(later)
    return effective([(years_between(start, on, whole, day), amount) for on, amount in flows], 1)


def aprc_by_periods(flows: PeriodFlows, periods_a_year: int = 1) -> Decimal:
    """The rate of flows whose times are known in equal parts of a year (12: months, 52: weeks). Raises NoRate."""
    return effective(flows, periods_a_year)


def as_published(rate: Decimal, places: int = 1) -> Decimal:
    """In per cent with at least one decimal, half up from the exact figure: Annex I remark (d)."""
    return round_rate(rate * 100, places)


def regular_interval(dates: Sequence[date], start: date) -> Interval:
    """Years, months or weeks: the longest of which all steps between ``dates`` are whole numbers, else months."""
    day = common_due_day(dates)
    known = list(dates) if len(dates) > 1 else [start, *dates]
    for whole in (Interval.YEAR, Interval.MONTH, Interval.WEEK):
        steps = pairwise(known)
        if all(_whole_periods_back(a, b, whole, day or b.day)[1] == a for a, b in steps):
            return whole
    return Interval.MONTH


def common_due_day(dates: Sequence[date]) -> int | None:
    """The day of the month that all dates mean, last days of shorter months included; None where they have none."""
    day = max((on.day for on in dates), default=0)
    meant = all(on.day == min(day, monthrange(on.year, on.month)[1]) for on in dates)
    return day if dates and meant else None


def _whole_periods_back(start: date, end: date, whole: Interval, day: int) -> tuple[int, date]:
    """How many whole periods fit between the dates, counted back, and the date they lead to."""
    if whole is Interval.DAY:
        return 0, end
    if whole is Interval.WEEK:
        weeks = (end - start).days // 7
        return weeks, end - timedelta(days=7 * weeks)
    step = 12 if whole is Interval.YEAR else 1
    count = ((end.year - start.year) * 12 + end.month - start.month) // step
    while count and months_back(end, count * step, day) < start:
        count -= 1
    return count, months_back(end, count * step, day) if count else end


def months_back(end: date, months: int, day: int) -> date:
    """``months`` before ``end``, on ``day`` of the month or its last one."""
    month = add_months(end.replace(day=1), -months)
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def _days_of_year_back(end: date) -> int:
    return (end - add_months(end, -12)).days
