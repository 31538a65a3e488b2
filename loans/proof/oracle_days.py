"""What part of a year some days are, written out once more for the oracle: it shares no code with ``core.day_counts``.

Dates are whole days, ``start`` never after ``end``; answers are exact parts of a year (1 is a year). Sources: the 2006 ISDA
Definitions, 4.16, for 30/360, 30E/360, 30E/360 (ISDA), actual/360, actual/365 and actual/actual; the definitions of the
AFB of 1994; ICMA rule 251; remark (c) in Annex I of Directive 2008/48/EC.
"""

from calendar import isleap, monthrange
from datetime import date, timedelta
from fractions import Fraction

ONE_DAY = timedelta(days=1)
ACTUAL = {
    "act_360": Fraction(360),
    "act_364": Fraction(364),
    "act_365f": Fraction(365),
    "act_365_25": Fraction(1461, 4),
}
THIRTY = ("30_360", "30e_360", "30e_360_isda", "30u_360")


def months_later(on: date, months: int) -> date:
    """The same day of the month, or the last one where the month has no such day."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def part_of_year(start: date, end: date, count: str, *, last_due: date, rhythm: str) -> Fraction:
    """The part of a year from ``start`` to ``end`` by the day count ``count``.

    ``last_due`` is the termination date of 30E/360 (ISDA), ``rhythm`` (``week`` or ``month``) what remark (c) counts whole.
    ICMA's actual/actual is no question of two dates alone and is answered by the period (``loans.proof.oracle_periods``).
    """
    days = (end - start).days
    if count in ACTUAL:
        return days / ACTUAL[count]
    if count in THIRTY:
        return Fraction(_thirty(start, end, count, last_due), 360)
    if count == "nl_365":  # 29 February is never counted
        return Fraction(days - _leap_days(start, end), 365)
    if count == "act_act_isda":
        return _by_calendar_years(start, end)
    if count == "act_act_year_end":  # a day belongs to the year in which it ends
        return _by_calendar_years(start + ONE_DAY, end + ONE_DAY)
    if count == "act_act_afb":
        return _afb(start, end)
    return _remark_c(start, end, rhythm)


def days_of_year(count: str, on: date) -> Fraction:
    """The days of a whole year by the day count ``count``, for the year ``on`` lies in."""
    if count in ACTUAL:
        return ACTUAL[count]
    if count in THIRTY:
        return Fraction(360)
    return Fraction(365) if count == "nl_365" else Fraction(366 if isleap(on.year) else 365)


def is_month_end(on: date) -> bool:
    return (on + ONE_DAY).day == 1


def _thirty(start: date, end: date, count: str, last_due: date) -> int:
    first, last = start.day, end.day
    if count == "30e_360_isda":
        first = 30 if is_month_end(start) else first
        last = 30 if is_month_end(end) and not (end == last_due and end.month == 2) else last
    elif count == "30u_360" and start.month == 2 and is_month_end(start):
        last = 30 if end.month == 2 and is_month_end(end) else last
        first = 30
    first = min(first, 30)
    if last == 31 and (count == "30e_360" or first == 30):
        last = 30
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def _leap_days(start: date, end: date) -> int:
    """How many 29ths of February lie after ``start`` up to ``end``."""
    years = [year for year in range(start.year, end.year + 1) if isleap(year)]
    return sum(start < date(year, 2, 29) <= end for year in years)


def _by_calendar_years(start: date, end: date) -> Fraction:
    total, begin = Fraction(0), start
    while begin < end:
        stop = min(end, date(begin.year + 1, 1, 1))
        total += Fraction((stop - begin).days, 366 if isleap(begin.year) else 365)
        begin = stop
    return total


def _afb(start: date, end: date) -> Fraction:
    """Whole years back from the end; the rest by 366 where a 29 February lies in it (its first day counted)."""
    years = 0
    while months_later(end, -12 * (years + 1)) >= start:
        years += 1
    rest = months_later(end, -12 * years)
    leaps = _leap_days(start - ONE_DAY, rest - ONE_DAY)
    return years + Fraction((rest - start).days, 366 if leaps else 365)


def _remark_c(start: date, end: date, rhythm: str) -> Fraction:
    """Whole weeks or months back from the end; the days left by the length of the year before them."""
    whole = 0
    while _back(end, whole + 1, rhythm) >= start:
        whole += 1
    reached = _back(end, whole, rhythm)
    year = (reached - months_later(reached, -12)).days
    return Fraction(whole, 52 if rhythm == "week" else 12) + Fraction((reached - start).days, year)


def _back(end: date, steps: int, rhythm: str) -> date:
    return end - timedelta(days=7 * steps) if rhythm == "week" else months_later(end, -steps)
