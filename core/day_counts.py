"""Day-count conventions: what part of a year a span of days is (pure).

Sources: 2006 ISDA Definitions 4.16 (30/360, 30E/360, 30E/360 ISDA, ACT/360, ACT/365F, ACT/ACT ISDA), the ISDA memo on
ACT/ACT of 1999 (its three readings), ICMA rule 251, the AFB's common definitions of 1994, and Annex I remark (c) of
Directive 2008/48/EC as SWD(2012)128, section 4.1.1, reads it.
"""

from calendar import isleap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from core.dates import add_months, days_between, end_of_month, is_end_of_month

Period = tuple[date, date]


class DayCount(StrEnum):
    """How a span of days becomes a part of a year."""

    ACT_365F = "act_365f"
    ACT_360 = "act_360"
    THIRTY_360 = "30_360"  # ISDA, the bond basis
    ACT_364 = "act_364"
    ACT_365_25 = "act_365_25"
    NL_365 = "nl_365"  # 29 February is never counted
    THIRTY_E_360 = "30e_360"  # the Eurobond basis
    THIRTY_E_360_ISDA = "30e_360_isda"  # the last day of February is a 30th, but not on the termination date
    THIRTY_U_360 = "30u_360"  # the US rule for ends of February
    ACT_ACT_ISDA = "act_act_isda"  # days in leap years by 366, others by 365
    ACT_ACT_ICMA = "act_act_icma"  # by the length and frequency of reference periods
    ACT_ACT_AFB = "act_act_afb"  # whole years back from the end, the rest by 366 if it has a 29 February
    ACT_ACT_YEAR_END = "act_act_year_end"  # as ISDA, but a day belongs to the year it ends in
    EU_REMARK_C = "eu_remark_c"  # whole regular periods back from the end, the rest by days of the year before


class RegularPeriod(StrEnum):
    """The rhythm of payments that remark (c) counts whole."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class DayCountRefused(ValueError):
    """A span that the convention cannot measure; subclasses name the reason and carry a ``code`` that never changes."""

    code = "day_count_refused"


class SpanReversed(DayCountRefused):
    code = "span_reversed"


class TerminationMissing(DayCountRefused):
    code = "termination_missing"


class ReferencePeriodsMissing(DayCountRefused):
    code = "reference_periods_missing"


class ReferencePeriodsRefused(DayCountRefused):
    """Reference periods that are empty, do not follow each other, or cannot be continued over the span."""

    code = "reference_periods_refused"


class FrequencyMissing(DayCountRefused):
    code = "frequency_missing"


class RegularPeriodMissing(DayCountRefused):
    code = "regular_period_missing"


@dataclass(frozen=True, slots=True)
class _Extras:
    termination: date | None
    reference_periods: Sequence[Period]
    frequency: int | None
    regular_period: RegularPeriod | None


def year_fraction(
    start: date,
    end: date,
    convention: DayCount,
    *,
    termination: date | None = None,
    reference_periods: Sequence[Period] = (),
    frequency: int | None = None,
    regular_period: RegularPeriod | None = None,
) -> Decimal:
    """The span from ``start`` to ``end`` (not before it) as a part of a year, exact to the context's 28 digits.

    ``termination`` is the last due date, which 30E/360 ISDA needs. ICMA needs ``reference_periods``, regular periods
    that follow each other, and the ``frequency`` of such periods in a year; where they do not reach over the span they
    are continued at that frequency. Remark (c) needs the ``regular_period``. Raises a DayCountRefused (a ValueError)
    for what is missing and for a span that ends before it begins.
    """
    year = _FIXED_YEARS.get(convention)
    if year is not None:
        return Decimal(_numerator(start, end, convention, termination)) / year
    exact = exact_year_fraction(
        start,
        end,
        convention,
        termination=termination,
        reference_periods=reference_periods,
        frequency=frequency,
        regular_period=regular_period,
    )
    return Decimal(exact.numerator) / exact.denominator


def exact_year_fraction(
    start: date,
    end: date,
    convention: DayCount,
    *,
    termination: date | None = None,
    reference_periods: Sequence[Period] = (),
    frequency: int | None = None,
    regular_period: RegularPeriod | None = None,
) -> Fraction:
    """``year_fraction`` as the quotient that it is."""
    year = _FIXED_YEARS.get(convention)
    if year is not None:
        return Fraction(_numerator(start, end, convention, termination)) / Fraction(year)
    _require_span(start, end)
    return _PARTS[convention](start, end, _Extras(termination, reference_periods, frequency, regular_period))


def day_total(start: date, end: date, convention: DayCount, *, termination: date | None = None) -> int | None:
    """The days of the span as ``convention`` counts them; None for remark (c), which counts periods.

    Raises a DayCountRefused like ``year_fraction``.
    """
    if convention is DayCount.EU_REMARK_C:
        _require_span(start, end)
        return None
    return _numerator(start, end, convention, termination)


def year_length(convention: DayCount, on: date) -> Decimal:
    """The days of the year ``on`` lies in, as ``convention`` counts them: fixed by it, or those of the calendar."""
    return _FIXED_YEARS.get(convention) or Decimal(_days_of_year(on.year))


def _require_span(start: date, end: date) -> None:
    if end < start:
        raise SpanReversed(f"a span cannot end ({end}) before it begins ({start})")


def _numerator(start: date, end: date, convention: DayCount, termination: date | None) -> int:
    _require_span(start, end)
    if convention is DayCount.THIRTY_E_360_ISDA:
        return _thirty_e_isda(start, end, termination)
    count = _COUNTS.get(convention, days_between)
    return count(start, end)


# --- thirty days a month ---------------------------------------------------------------------------------------------
def _thirty(start: date, end: date, first_day: int, last_day: int) -> int:
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last_day - first_day


def _thirty_isda(start: date, end: date) -> int:
    first_day = min(start.day, 30)
    return _thirty(start, end, first_day, 30 if end.day == 31 and first_day == 30 else end.day)


def _thirty_e(start: date, end: date) -> int:
    return _thirty(start, end, min(start.day, 30), min(end.day, 30))


def _thirty_e_isda(start: date, end: date, termination: date | None) -> int:
    if termination is None:
        raise TerminationMissing("30E/360 ISDA needs the termination date, the last due date")
    stays = end == termination and end.month == 2
    first_day = 30 if is_end_of_month(start) else start.day
    return _thirty(start, end, first_day, 30 if is_end_of_month(end) and not stays else end.day)


def _thirty_us(start: date, end: date) -> int:
    first_day, last_day = start.day, end.day
    if start.month == 2 and is_end_of_month(start):
        first_day = 30
        if end.month == 2 and is_end_of_month(end):
            last_day = 30
    if last_day == 31 and first_day >= 30:
        last_day = 30
    return _thirty(start, end, min(first_day, 30), last_day)


# --- actual days -----------------------------------------------------------------------------------------------------
def _days_of_year(year: int) -> int:
    return 366 if isleap(year) else 365


def _leap_days_until(on: date) -> int:
    """How many 29ths of February there were up to ``on``, that day included."""
    years = on.year if (on.month, on.day) >= (2, 29) else on.year - 1
    return years // 4 - years // 100 + years // 400


def _no_leap_days(start: date, end: date) -> int:
    # 29 February ends no counted day: a span up to it is as long as one up to the 28th, a span from it as one from there.
    return days_between(start, end) - (_leap_days_until(end) - _leap_days_until(start))


def _act_act_isda(start: date, end: date, extras: _Extras) -> Fraction:
    if start.year == end.year:
        return Fraction(days_between(start, end), _days_of_year(start.year))
    before = Fraction(days_between(start, date(start.year + 1, 1, 1)), _days_of_year(start.year))
    after = Fraction(days_between(date(end.year, 1, 1), end), _days_of_year(end.year))
    return before + (end.year - start.year - 1) + after


def _act_act_year_end(start: date, end: date, extras: _Extras) -> Fraction:
    """Apache Fineract's actual/actual: a period over New Year is cut on 31 December, not on 1 January."""
    eve = timedelta(days=1)
    return _act_act_isda(start + eve, end + eve, extras)


def _act_act_afb(start: date, end: date, extras: _Extras) -> Fraction:
    """Each whole year is stepped back from ``end`` itself, so 28 February stays 28 February in a leap year too."""
    years = max(end.year - start.year, 0)
    if add_months(end, -12 * years) < start:
        years -= 1
    rest_end = add_months(end, -12 * years)
    eve = timedelta(days=1)
    leaps = _leap_days_until(rest_end - eve) > _leap_days_until(start - eve)
    return years + Fraction(days_between(start, rest_end), 366 if leaps else 365)


# --- reference periods -----------------------------------------------------------------------------------------------
def _act_act_icma(start: date, end: date, extras: _Extras) -> Fraction:
    if not extras.reference_periods:
        raise ReferencePeriodsMissing("ACT/ACT ICMA needs the regular period the span lies in")
    if not extras.frequency or extras.frequency < 0:
        raise FrequencyMissing("ACT/ACT ICMA needs how many regular periods a year has")
    parts = (
        Fraction(days_between(max(start, first), min(end, last)), extras.frequency * days_between(first, last))
        for first, last in _covering(start, end, list(extras.reference_periods), extras.frequency)
        if first < end and start < last
    )
    return sum(parts, Fraction(0))


def _covering(start: date, end: date, periods: list[Period], frequency: int) -> list[Period]:
    """``periods`` and as many notional ones before and after as the span needs."""
    joined = all(before[1] == after[0] for before, after in pairwise(periods))
    if not joined or any(last <= first for first, last in periods):
        raise ReferencePeriodsRefused("reference periods must not be empty and must follow each other")
    known_first, known_last = periods[0], periods[-1]
    steps = 0
    while periods[0][0] > start:
        steps += 1
        periods.insert(0, (_bound(known_first, -steps, frequency), periods[0][0]))
    steps = 0
    while periods[-1][1] < end:
        steps += 1
        periods.append((periods[-1][1], _bound(known_last, steps, frequency)))
    return periods


def _bound(period: Period, steps: int, frequency: int) -> date:
    """The bound of the notional period ``steps`` after ``period`` (its end) or before it (its beginning).

    Stepped from the later day of the month of the two bounds, the other may be a clamped one; two ends of months stay
    ends of months.
    """
    if 12 % frequency:
        raise ReferencePeriodsRefused("reference periods that are not whole months must reach over the span")
    months, (first, last) = 12 // frequency, period
    if last.day > first.day:
        bound = add_months(last, months * (steps - 1 if steps < 0 else steps))
    else:
        bound = add_months(first, months * (steps if steps < 0 else steps + 1))
    return end_of_month(bound) if is_end_of_month(first) and is_end_of_month(last) else bound


# --- remark (c) ------------------------------------------------------------------------------------------------------
def _remark_c(start: date, end: date, extras: _Extras) -> Fraction:
    """Whole periods counted back from ``end``, the days left over by the length of the year before them."""
    if extras.regular_period is None:
        raise RegularPeriodMissing("remark (c) needs the regular period: week, month or year")
    if extras.regular_period == RegularPeriod.WEEK:
        count, per_year = days_between(start, end) // 7, 52
        reached = end - timedelta(days=7 * count)
    else:
        months, per_year = (1, 12) if extras.regular_period == RegularPeriod.MONTH else (12, 1)
        count = ((end.year - start.year) * 12 + end.month - start.month) // months
        if add_months(end, -count * months) < start:
            count -= 1
        reached = add_months(end, -count * months)
    year = days_between(add_months(reached, -12), reached)
    return Fraction(count, per_year) + Fraction(days_between(start, reached), year)


_FIXED_YEARS = {
    DayCount.ACT_360: Decimal(360),
    DayCount.ACT_364: Decimal(364),
    DayCount.ACT_365F: Decimal(365),
    DayCount.ACT_365_25: Decimal("365.25"),
    DayCount.NL_365: Decimal(365),
    DayCount.THIRTY_360: Decimal(360),
    DayCount.THIRTY_E_360: Decimal(360),
    DayCount.THIRTY_E_360_ISDA: Decimal(360),
    DayCount.THIRTY_U_360: Decimal(360),
}
_COUNTS: dict[DayCount, Callable[[date, date], int]] = {
    DayCount.NL_365: _no_leap_days,
    DayCount.THIRTY_360: _thirty_isda,
    DayCount.THIRTY_E_360: _thirty_e,
    DayCount.THIRTY_U_360: _thirty_us,
}
_PARTS: dict[DayCount, Callable[[date, date, _Extras], Fraction]] = {
    DayCount.ACT_ACT_ISDA: _act_act_isda,
    DayCount.ACT_ACT_YEAR_END: _act_act_year_end,
    DayCount.ACT_ACT_ICMA: _act_act_icma,
    DayCount.ACT_ACT_AFB: _act_act_afb,
    DayCount.EU_REMARK_C: _remark_c,
}
