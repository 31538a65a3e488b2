"""What a loan costs in a year, all in: the internal rate of return of what is received and what is paid.

Two figures, never one: the *simple* rate (IRR of a period times the periods of a year, 单利) and the *compound* rate
((1 + IRR) to that power - 1). At a simple 24.00 % the compound rate is already 26.82 %, so whoever compares with a cap
must say which is meant. The cap here is compared with the simple rate unless the rule says otherwise, at a precision of
a hundredth of a per cent: a level instalment rounded up by less than a fen must not break a cap the terms respect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum

from core.money import round_rate
from loans.due_dates import first_is_regular
from loans.schedule import Schedule
from loans.terms import Frequency, LoanTerms, Method

_ONE = Decimal(1)
_ITERATIONS = 100
_CLOSE = Decimal("1e-24")
_BEYOND_MEANING = Decimal(10) ** 9  # a day's loan compounds to figures no column holds and nobody reads
_COMPARED_PLACES = 4  # of the fraction: a hundredth of a per cent


class CapBasis(StrEnum):
    """Which of the two figures a cap is compared with."""

    SIMPLE = "simple"
    COMPOUND = "compound"


@dataclass(frozen=True, slots=True)
class AllInCost:
    """The annualised all-in cost as fractions of one (0.24 is 24 % a year)."""

    simple: Decimal
    compound: Decimal

    def exceeds(self, cap: Decimal, basis: CapBasis = CapBasis.SIMPLE) -> bool:
        """Whether the cost is over ``cap`` once both are seen to a hundredth of a per cent."""
        figure = self.simple if basis is CapBasis.SIMPLE else self.compound
        return round_rate(figure, _COMPARED_PLACES) > cap


class NoRate(ValueError):
    """The flows have no rate: nothing was received, or nothing is ever paid back."""


def cost_by_periods(flows: Sequence[Decimal], periods_a_year: Decimal | int = 12) -> AllInCost:
    """The cost of evenly spaced flows: first what is received (positive), then what is paid (negative)."""
    rate = _internal_rate(list(enumerate(flows)))
    return _annualised(rate, Decimal(periods_a_year))


def cost_by_dates(flows: Sequence[tuple[date, Decimal]]) -> AllInCost:
    """The cost of flows on any dates, by the day of a 365-day year; the simple figure is 12 times a month's."""
    start = flows[0][0]
    with localcontext(prec=40):
        daily = _internal_rate([((on - start).days, amount) for on, amount in flows])
        compound = (_ONE + daily) ** 365 - _ONE
        simple = 12 * ((_ONE + compound) ** (_ONE / 12) - _ONE)
    return _as_read(simple, compound)


def _annualised(rate: Decimal, periods_a_year: Decimal) -> AllInCost:
    with localcontext(prec=40):
        compound = (_ONE + rate) ** periods_a_year - _ONE
        simple = rate * periods_a_year
    return _as_read(simple, compound)


def _as_read(simple: Decimal, compound: Decimal) -> AllInCost:
    return AllInCost(*(round_rate(min(figure, _BEYOND_MEANING)) for figure in (simple, compound)))


def _internal_rate(flows: Sequence[tuple[int, Decimal]]) -> Decimal:
    """The rate of one step of time at which the flows are worth nothing. Raises NoRate.

    Solved for the discount factor v = 1 / (1 + rate). With money received first and only paid afterwards the value is a
    falling, concave function of v, so Newton's method cannot miss: after one step it closes in from the right.
    """
    received = sum((amount for time, amount in flows if time == 0), Decimal(0))
    later = [(time, amount) for time, amount in flows if time > 0 and amount]
    if received <= 0 or not later or any(amount > 0 for _time, amount in later):
        raise NoRate("a rate needs money received first and only payments after")
    with localcontext(prec=40):
        factor = _ONE
        for _ in range(_ITERATIONS):
            value, slope = _value_and_slope(received, later, factor)
            step = value / slope
            factor -= step
            if abs(step) < _CLOSE:
                return _ONE / factor - _ONE
    raise NoRate("no rate was found")


def _value_and_slope(
    received: Decimal, later: Sequence[tuple[int, Decimal]], factor: Decimal
) -> tuple[Decimal, Decimal]:
    value, slope = received, Decimal(0)
    power, power_time = _ONE, 0
    for time, amount in later:
        power *= factor ** (time - 1 - power_time) if time - 1 != power_time else _ONE
        slope += amount * time * power
        value += amount * power * factor
        power, power_time = power * factor, time
    return value, slope


def cost_of(terms: LoanTerms, schedule: Schedule) -> AllInCost:
    """The all-in cost of a schedule kept to the day: by period where the periods are even, else by the dates."""
    payments = [-row.total for row in schedule.instalments]
    if _periods_are_even(terms):
        return cost_by_periods([terms.principal, *payments], _periods_a_year(terms))
    dates = [row.due_on for row in schedule.instalments]
    return cost_by_dates([(terms.start_on, terms.principal), *zip(dates, payments, strict=True)])


def _periods_are_even(terms: LoanTerms) -> bool:
    return first_is_regular(terms) or (terms.method is Method.BULLET and terms.first_due_on is None)


def _periods_a_year(terms: LoanTerms) -> Decimal:
    span = terms.every * (terms.count if terms.method is Method.BULLET else 1)
    if terms.frequency is Frequency.MONTH:
        return Decimal(12) / span
    return Decimal(365) / (span * (7 if terms.frequency is Frequency.WEEK else 1))
