"""What a loan costs in a year, all in: the internal rate of return of what is received and what is paid.

Two figures, never one: the *simple* rate (IRR of a period times the periods of a year, 单利) and the *compound* rate
((1 + IRR) to that power - 1). At a simple 24.00 % the compound rate is already 26.82 %, so whoever compares with a cap
must say which is meant. The cap here is compared with the simple rate unless the rule says otherwise, at a precision of
a hundredth of a per cent: a level instalment rounded up by less than a fen must not break a cap the terms respect.
Rates by the laws of other markets are in ``loans.rates.annual_rates``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import round_rate
from core.working_days import STEPPING, BusinessDayRoll
from loans.rates.annual_rates.appendix_j import us_apr
from loans.rates.annual_rates.aprc import aprc_by_dates
from loans.rates.annual_rates.dated import xirr
from loans.rates.annual_rates.periodic import compounded, months_of_year, nominal
from loans.rates.annual_rates.roots import NoRate
from loans.schedules.due_dates import due_dates, first_is_regular
from loans.schedules.schedule import Schedule
from loans.schedules.terms import Frequency, LoanTerms, Method

__all__ = [
    "AllInCost",
    "AnnualRates",
    "CapBasis",
    "NoRate",
    "cost_by_dates",
    "cost_by_periods",
    "cost_of",
    "flows_of",
    "rates_of",
]

_BEYOND_MEANING = Decimal(10) ** 9  # a day's loan compounds to figures no column holds and nobody reads
_NONE = BusinessDayRoll.NONE
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

    def figure(self, basis: CapBasis) -> Decimal:
        """The figure a cap on ``basis`` is compared with."""
        return self.simple if basis is CapBasis.SIMPLE else self.compound

    def exceeds(self, cap: Decimal, basis: CapBasis = CapBasis.SIMPLE) -> bool:
        """Whether the cost is over ``cap`` once both are seen to a hundredth of a per cent."""
        return round_rate(self.figure(basis), _COMPARED_PLACES) > round_rate(cap, _COMPARED_PLACES)


def cost_by_periods(flows: Sequence[Decimal], periods_a_year: Decimal | int = 12) -> AllInCost:
    """The cost of evenly spaced flows: what is received is positive, what is paid negative. Raises NoRate."""
    simple = nominal(list(enumerate(flows)), periods_a_year)
    return _as_read(simple, compounded(simple, periods_a_year))


def cost_by_dates(flows: Sequence[tuple[date, Decimal]]) -> AllInCost:
    """The cost of flows on any dates, by the day of a 365-day year; the simple figure is 12 times a month's.

    Raises NoRate.
    """
    compound = xirr(flows)
    return _as_read(months_of_year(compound), compound)


def _as_read(simple: Decimal, compound: Decimal) -> AllInCost:
    return AllInCost(*(as_read(figure) for figure in (simple, compound)))


def as_read(figure: Decimal) -> Decimal:
    """A rate to eight decimals, cut off where it has no meaning any more."""
    return round_rate(min(figure, _BEYOND_MEANING))


@dataclass(frozen=True, slots=True)
class AnnualRates:
    """One loan under the law of each market, as fractions of one a year."""

    cn_simple: Decimal
    cn_compound: Decimal
    eu_aprc: Decimal
    us_apr: Decimal
    xirr: Decimal


def rates_of(terms: LoanTerms, schedule: Schedule) -> AnnualRates:
    """The annual rate of a schedule kept to the day, by every law known here. Raises NoRate."""
    flows, cost = flows_of(terms, schedule), cost_of(terms, schedule)
    return AnnualRates(
        cn_simple=cost.simple,
        cn_compound=cost.compound,
        eu_aprc=as_read(aprc_by_dates(flows)),
        us_apr=as_read(us_apr(flows).rate),
        xirr=as_read(xirr(flows)),
    )


def flows_of(terms: LoanTerms, schedule: Schedule) -> list[tuple[date, Decimal]]:
    """What the borrower receives and pays, by date: drawdowns or the principal, less a fee taken out of the first sum, then
    every instalment in full."""
    received = [(part.on, part.amount) for part in terms.drawdowns] or [(terms.start_on, terms.principal)]
    received[0] = (received[0][0], received[0][1] - terms.fee_deducted)
    return [*received, *((row.due_on, -row.total) for row in schedule.instalments)]


def cost_of(terms: LoanTerms, schedule: Schedule) -> AllInCost:
    """The all-in cost of a schedule kept to the day: by period where the periods are even, else by the dates."""
    if not _periods_are_even(terms, schedule):
        return cost_by_dates(flows_of(terms, schedule))
    at_start = sum((row.total for row in schedule.instalments if row.due_on == terms.start_on), Decimal(0))
    payments = [-row.total for row in schedule.instalments if row.due_on > terms.start_on]
    return cost_by_periods([terms.paid_out - at_start, *payments], _periods_a_year(terms))


def _periods_are_even(terms: LoanTerms, schedule: Schedule) -> bool:
    """One sum goes out and instalments follow at the steps of the terms: down payments fall due with the sum itself."""
    if len(terms.drawdowns) > 1 or terms.schedule_start_on not in (None, terms.start_on):
        return False
    if terms.business_day_roll in STEPPING and due_dates(terms) != due_dates(replace(terms, business_day_roll=_NONE)):
        return False  # some fall together, or are left out
    regular = first_is_regular(terms) or (terms.method is Method.BULLET and terms.first_due_on is None)
    return regular and [row.due_on for row in schedule.instalments if row.due_on > terms.start_on] == due_dates(terms)


def _periods_a_year(terms: LoanTerms) -> Decimal:
    span = terms.every * (terms.count if terms.method is Method.BULLET else 1)
    if terms.frequency is Frequency.MONTH:
        return Decimal(12) / span
    return Decimal(365) / (span * (7 if terms.frequency is Frequency.WEEK else 1))
