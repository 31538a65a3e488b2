"""What one unit of money bears in each period of a schedule, by the rate in force (pure)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from loans.schedules.due_dates import Period
from loans.schedules.instalment_amounts import all_alike, factor
from loans.schedules.terms import LevelFrom, LoanTerms, Method, RateStep


def rates_of(terms: LoanTerms, periods: Sequence[Period]) -> list[Decimal]:
    """What one unit of money bears in each period at the rate of the terms."""
    rate = terms.annual_rate
    if not all_alike(terms) or any(x.part_of is None for x in periods[1:]):  # an act made it longer or shorter
        return [factor(terms, x.starts_on, x.due_on, rate, x.part_of) for x in periods]
    first, last = periods[0], periods[-1]
    regular = factor(terms, last.starts_on, last.due_on, rate, last.part_of)
    factors = [regular] * len(periods)
    if first.part_of != first[:2]:
        factors[0] = factor(terms, first.starts_on, first.due_on, rate, first.part_of)
    return factors


def regular_rates(terms: LoanTerms, periods: Sequence[Period], rates: Sequence[Decimal] = ()) -> list[Decimal]:
    """What one unit of money bears in each of ``periods``, by default at the rate in force as it begins; nothing in free
    ones."""
    free = terms.grace_on_interest_charged
    rates = rates or [rate_on(terms.annual_rate, terms.rate_steps, period.starts_on) for period in periods]
    return [
        Decimal(0) if k < free else factor(terms, period.starts_on, period.due_on, rate, period.part_of)
        for k, (period, rate) in enumerate(zip(periods, rates, strict=True))
    ]


def levelled_over(terms: LoanTerms, factors: Sequence[Decimal], first: int) -> Sequence[Decimal]:
    """The factors the level instalment of the rows from ``first`` on is worked out with, as ``LevelFrom`` says."""
    if terms.level_from is LevelFrom.FIRST_PERIOD:
        return [factors[0]] * (len(factors) - first)
    return factors[first:]


def share_of_year(terms: LoanTerms) -> Decimal:
    """The part of a year that one regular period is, by months twelfths, by weeks and days of 52 and 365."""
    per_year = {"month": Decimal(12), "week": Decimal(52), "day": Decimal(365)}[terms.frequency]
    count = terms.every * (terms.count if terms.method is Method.BULLET else 1)
    return count / per_year


def rate_on(annual_rate: Decimal, steps: Sequence[RateStep], on: date) -> Decimal:
    """The annual rate on ``on``: that of the latest step, or the one first agreed."""
    for step in reversed(steps):
        if step.from_on <= on:
            return step.annual_rate
    return annual_rate
