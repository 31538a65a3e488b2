"""The arithmetic of one instalment: the part of a year a period bears, and the level instalment of a series (pure)."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from core.calendars import DayCount, RegularPeriod, add_months, year_fraction, year_length
from core.money import ZERO, round_to
from core.working_days import STEPPING
from loans.schedules.due_dates import step
from loans.schedules.rounding_edges import beside, edge_near
from loans.schedules.terms import EmiRule, Frequency, InterestBy, LoanTerms, Rounding

_ONE = Decimal(1)
_RHYTHMS = {
    Frequency.MONTH: RegularPeriod.MONTH,
    Frequency.WEEK: RegularPeriod.WEEK,
    Frequency.DAY: RegularPeriod.WEEK,
}


def factor(
    terms: LoanTerms, start: date, end: date, annual_rate: Decimal, within: tuple[date, date] | None = None
) -> Decimal:
    """Interest of one unit of money from ``start`` to ``end`` at ``annual_rate`` under the convention of ``terms``.

    ``within`` is the regular period of the schedule that the span is, or is a part of: a part bears its share of the
    period by days. Without it the span is measured by itself: whole months first, the rest by its days.
    """
    return annual_rate * year_share(terms, start, end, within)


def year_share(terms: LoanTerms, start: date, end: date, within: tuple[date, date] | None = None) -> Decimal:
    """The part of a year's interest that the span bears; see ``factor``."""
    if start == end:  # merged with the instalment before
        return ZERO
    if goes_by_days(terms):
        return _by_day_count(terms, start, end, within)
    if within is None or terms.business_day_roll in STEPPING:  # as long as it is, by whole periods and their parts
        return _measured(terms, start, end)
    share = regular_share(terms, terms.every, within[0])
    return share if within == (start, end) else share * (end - start).days / (within[1] - within[0]).days


def part_factor(
    terms: LoanTerms, part: tuple[date, date], annual_rate: Decimal, period: tuple[date, date, tuple[date, date] | None]
) -> Decimal:
    """Interest of one unit of money in ``part`` of a period, given by its first day, due date and regular period.

    Parts of a period that is measured by itself bear together what it bears: by their days, or each by the day count.
    """
    start, due, within = period
    if part == (start, due) or within is not None or goes_by_days(terms):
        return factor(terms, *part, annual_rate, within)
    if _is_counted(terms, start, due):
        return annual_rate * _by_day_count(terms, *part, None)
    return factor(terms, start, due, annual_rate) * (part[1] - part[0]).days / (due - start).days


def added_share(terms: LoanTerms, start: date, end: date, was_due: date | None = None) -> Decimal:
    """The part of a year's interest that time added after a due date bears: its days by the product's day count.

    ``was_due`` is that due date, where only a part of the time is meant: it begins on ``start``.
    """
    since = was_due or start
    return _by_day_count(terms, start, end, (since, step(terms, since, 1)))


def _by_day_count(terms: LoanTerms, start: date, end: date, within: tuple[date, date] | None) -> Decimal:
    """The day count's share; what some of them ask besides the span follows from the schedule."""
    if terms.day_count is DayCount.ACT_ACT_ICMA:
        regular = [within] if within is not None else _notional(terms, start, end)
        return year_fraction(start, end, terms.day_count, reference_periods=regular, frequency=_per_year(terms))
    if terms.day_count is DayCount.THIRTY_E_360_ISDA:
        return year_fraction(start, end, terms.day_count, termination=_termination(terms))
    if terms.day_count is DayCount.EU_REMARK_C:
        return year_fraction(start, end, terms.day_count, regular_period=_RHYTHMS[terms.frequency])
    return year_fraction(start, end, terms.day_count)


def _notional(terms: LoanTerms, start: date, end: date) -> list[tuple[date, date]]:
    """Regular periods back from ``end`` over a span that is none itself: a long or short first period (ICMA rule 251)."""
    bounds = [end]
    while bounds[0] > start:
        bounds.insert(0, step(terms, end, -len(bounds)))
    return list(pairwise(bounds)) or [(start, step(terms, start, 1))]


def _per_year(terms: LoanTerms) -> int:
    units = {Frequency.MONTH: 12, Frequency.WEEK: 52, Frequency.DAY: 365}[terms.frequency]
    return max(units // terms.every, 1)


def _termination(terms: LoanTerms) -> date:
    """The last due date as agreed, before it moves to a working day."""
    if terms.due_dates:
        return terms.due_dates[-1]
    anchor, steps = terms.first_due_on or terms.schedule_start_on or terms.start_on, terms.count
    steps -= 1 if terms.first_due_on is not None else 0
    if terms.frequency is Frequency.MONTH:
        return add_months(anchor, steps * terms.every)
    return anchor + timedelta(days=steps * terms.every * (7 if terms.frequency is Frequency.WEEK else 1))


def regular_share(terms: LoanTerms, units: int, start: date) -> Decimal:
    """The part of a year of ``units`` whole months, weeks or days, for conventions that do not go by the day count."""
    if terms.frequency is Frequency.MONTH:
        if terms.interest_by is InterestBy.THIRTY:
            return Decimal(30 * units) / year_days(terms.day_count, start)
        return Decimal(units) / 12
    if terms.frequency is Frequency.WEEK:
        if terms.interest_by is InterestBy.THIRTY:
            return Decimal(7 * units) / year_days(terms.day_count, start)
        return Decimal(units) / 52
    return Decimal(units) / year_days(terms.day_count, start)


def year_days(convention: DayCount, on: date) -> Decimal:
    """The days of the year ``on`` lies in, as ``convention`` counts them."""
    return year_length(convention, on)


def all_alike(terms: LoanTerms) -> bool:
    """Whether all regular periods bear the same part of a year, however many days they have."""
    by_twelfths = terms.frequency is Frequency.MONTH and terms.interest_by in (InterestBy.PERIOD, InterestBy.EVEN)
    return by_twelfths and not terms.due_dates


def goes_by_days(terms: LoanTerms) -> bool:
    """Whether the interest of every period is that of its days, however regular it is."""
    if terms.interest_by is InterestBy.DAY:
        return True
    return terms.frequency is not Frequency.MONTH and terms.interest_by is InterestBy.PERIOD


def counts_working_days(terms: LoanTerms) -> bool:
    """Whether time that an act adds is measured between the working days it falls due on, rather than the days agreed."""
    return goes_by_days(terms) or terms.business_day_roll in STEPPING


def _measured(terms: LoanTerms, start: date, end: date) -> Decimal:
    if terms.frequency is not Frequency.MONTH:
        span = terms.every * (7 if terms.frequency is Frequency.WEEK else 1)
        return regular_share(terms, terms.every, start) * (end - start).days / span
    months, reached = _whole_months(start, end)
    if reached == end:
        return regular_share(terms, months, start)
    if _is_counted(terms, start, end):
        return _by_day_count(terms, start, end, None)
    rest = Decimal((end - reached).days) / (add_months(start, months + 1) - reached).days
    return regular_share(terms, months, start) + rest * regular_share(terms, 1, reached)


def _whole_months(start: date, end: date) -> tuple[int, date]:
    """How many whole months lie between the two days, and the day they reach."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    return months, add_months(start, months)


def _is_counted(terms: LoanTerms, start: date, end: date) -> bool:
    """Whether a period measured by itself goes by the day count, because it is no whole number of months."""
    by_months = terms.frequency is Frequency.MONTH and terms.interest_by is InterestBy.PERIOD
    return by_months and _whole_months(start, end)[1] != end


def level_instalment(
    principal: Decimal, factors: Sequence[Decimal], rounding: Rounding, balloon: Decimal = ZERO
) -> Decimal:
    """The equal instalment that repays ``principal`` but ``balloon`` over periods of any length, rounded as agreed.

    Exact: (P · ∏(1+f) - B) ÷ F with F₁ = 1 and Fₖ = Fₖ₋₁·(1+fₖ) + 1; rounded to ``rounding.multiple`` or to the
    currency's step. ITERATE is Apache Fineract's rule: while the last instalment is further from the level one than half
    a step an instalment, move the level by the n-th part of the difference, as long as the difference shrinks.
    An amount exactly on an edge of rounding is told by fractions, not by the digits of a decimal that was cut.
    """
    exact = exact_level(principal, factors, balloon)
    edge = edge_near(exact, rounding.multiple or rounding.step)
    if edge is not None:
        exact = beside(edge, principal, factors, balloon)
    level = rounded_level(exact, rounding)
    return _iterated(principal, factors, rounding, balloon, level) if rounding.emi is EmiRule.ITERATE else level


def exact_level(principal: Decimal, factors: Sequence[Decimal], balloon: Decimal = ZERO) -> Decimal:
    """The level instalment before it is rounded. Raises ValueError without a period."""
    growth = step = _ONE + factors[0]
    annuity, rate = _ONE, factors[0]
    for following in factors[1:]:
        if following is not rate:  # regular periods share one factor
            rate, step = following, _ONE + following
        growth *= step
        annuity = annuity * step + _ONE
    return (principal * growth - balloon) / annuity


def rounded_level(exact: Decimal, rounding: Rounding) -> Decimal:
    """``exact`` as a payable instalment."""
    mode = "ROUND_DOWN" if rounding.emi is EmiRule.ROUND_DOWN else rounding.mode.decimal
    return round_to(exact, rounding.multiple or rounding.step, mode)


def _iterated(
    principal: Decimal, factors: Sequence[Decimal], rounding: Rounding, balloon: Decimal, level: Decimal
) -> Decimal:
    count = len(factors)
    gap = _gap(principal, factors, rounding, balloon, level)
    while abs(gap) / rounding.step > count // 2:
        moved = rounded_level(level + gap / count, rounding)
        new_gap = _gap(principal, factors, rounding, balloon, moved)
        if moved == level or abs(new_gap) >= abs(gap):
            break
        level, gap = moved, new_gap
    return level


def _gap(
    principal: Decimal, factors: Sequence[Decimal], rounding: Rounding, balloon: Decimal, level: Decimal
) -> Decimal:
    """By how much the last instalment exceeds ``level`` (and the balloon)."""
    step, mode, balance = rounding.step, rounding.mode.decimal, principal
    for rate in factors[:-1]:
        balance -= min(max(level - round_to(balance * rate, step, mode), ZERO), balance)
    return balance + round_to(balance * factors[-1], step, mode) - balloon - level
