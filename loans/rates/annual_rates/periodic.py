"""Rates of evenly spaced flows, and the two Chinese figures (pure).

Source: People's Bank of China, Announcement [2021] No. 3. The annualised rate is all cost over the principal really in
use; it may be compound (the internal rate of return, 复利) or simple, and must then be marked so (单利). The simple one is
the rate of a period times the periods of a year (Excel: ``RATE(…) * 12``), the compound one (1 + rate)^periods - 1.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

from loans.rates.annual_rates.roots import PRECISION, Time, exact, rate_of_one_step

PeriodFlows = Sequence[tuple[Time, Decimal]]
MONTHS = 12


def nominal(flows: PeriodFlows, periods_a_year: Time = MONTHS) -> Decimal:
    """The rate of a period times the periods of a year. Times in periods. Raises NoRate."""
    with localcontext(prec=PRECISION):
        return rate_of_one_step(flows) * exact(periods_a_year)


def effective(flows: PeriodFlows, periods_a_year: Time = MONTHS) -> Decimal:
    """The rate of a period compounded over a year. Times in periods. Raises NoRate."""
    with localcontext(prec=PRECISION):
        return (1 + rate_of_one_step(flows)) ** exact(periods_a_year) - 1


def compounded(nominal_rate: Decimal, periods_a_year: Time = MONTHS) -> Decimal:
    """The effective rate of a nominal one: 24 % a year by months is 26.82 %."""
    with localcontext(prec=PRECISION):
        periods = exact(periods_a_year)
        return (1 + nominal_rate / periods) ** periods - 1


def months_of_year(effective_rate: Decimal) -> Decimal:
    """The nominal rate by months of an effective one, the inverse of ``compounded``."""
    with localcontext(prec=PRECISION):
        return MONTHS * ((1 + effective_rate) ** exact(Fraction(1, MONTHS)) - 1)
