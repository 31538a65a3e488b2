"""The effective rate of flows on any dates by the day of a 365-day year: XIRR (pure).

Source: the function of that name in spreadsheets, Σ amount / (1 + rate)^(days since the first / 365) = 0.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext

from loans.rates.annual_rates.roots import PRECISION, rate_of_one_step

DAYS_OF_YEAR = 365
DatedFlows = Sequence[tuple[date, Decimal]]


def xirr(flows: DatedFlows) -> Decimal:
    """The effective annual rate by actual days over 365, leap years too. Raises NoRate."""
    start = min(on for on, _amount in flows)
    with localcontext(prec=PRECISION):
        daily = rate_of_one_step([((on - start).days, amount) for on, amount in flows])
        return (1 + daily) ** DAYS_OF_YEAR - 1
