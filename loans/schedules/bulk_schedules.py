"""Ordinary schedules of many loans at once, in arrays of whole cents (pure).

The same cents and dates as ``build_schedule`` for equal instalments by months on the default settings of ``LoanTerms``:
level instalment rounded down to the cent, interest of a month a twelfth of the annual rate and rounded half up, the last
instalment takes the residue. Interest is exact in 64-bit integers. The level instalment is worked out in floating point;
where that cannot tell on which side of a cent it lies, and where interest lies exactly between two cents, the decimal
arithmetic of ``build_schedule`` decides for the single loan.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.money import CENT, from_minor, round_to, to_minor
from loans.schedules.instalment_amounts import level_instalment
from loans.schedules.terms import ORDINARY_ROUNDING, CountTooSmall, NegativeTerms, PrincipalNotPositive, TermsRefused

Whole = NDArray[np.int64]
Days = NDArray[np.datetime64]

PARTS = 10**8  # of one: 18 % a year is 18,000,000
_YEAR = 12 * PARTS  # cents x parts a year, over this, are cents a month
MOST_PRINCIPAL = 10**15  # cents: ten thousand thousand millions of the currency's units
MOST_RATE = 10 * PARTS  # 1,000 % a year
_FLOAT_DOUBT = 2.0**-46  # of the level instalment; eight roundings of a double are at most 2**-50
_TWELFTH = Decimal(1) / 12


class BeyondBulk(TermsRefused):
    """Amounts or rates so high that 64 bits would not hold their product; ``build_schedule`` takes them."""

    code = "beyond_bulk"


@dataclass(frozen=True, slots=True, eq=False)
class BulkSchedules:
    """``[loan, instalment]`` in each array; after a loan's last instalment amounts are 0 and dates NaT."""

    due_on: Days
    principal: Whole  # cents
    interest: Whole  # cents


def build_many(principal: Whole, annual_rate: Whole, count: Whole, start_on: Days) -> BulkSchedules:
    """The schedules of loans of ``principal`` cents at ``annual_rate`` over ``count`` months from ``start_on``.

    One loan an element, all arrays of one length. Rates are in hundred-millionths (``PARTS``), 0 to ``MOST_RATE``;
    principal is 1 to ``MOST_PRINCIPAL`` cents. Raises a TermsRefused when one value is out of its range.
    """
    _check(principal, annual_rate, count)
    most = int(count.max(initial=0))
    parts, interests = np.empty((2, most, len(principal)), np.int64)
    level, odd_cents = _levels(principal, annual_rate, count)
    balance, inexact = principal.copy(), annual_rate % 3 != 0
    for k in range(most):
        interest = _month_of_interest(balance, annual_rate, inexact)
        part = np.clip(level - interest + (odd_cents > k), 0, balance)
        np.copyto(part, balance, where=count == k + 1)
        balance -= part
        parts[k], interests[k] = part, interest
    return BulkSchedules(_due_dates(start_on, count, most).T, parts.T, interests.T)


def _check(principal: Whole, annual_rate: Whole, count: Whole) -> None:
    if (principal < 1).any():
        raise PrincipalNotPositive("principal must be more than zero")
    if (annual_rate < 0).any():
        raise NegativeTerms("rates cannot be negative")
    if (count < 1).any():
        raise CountTooSmall("count must be at least one")
    if (principal > MOST_PRINCIPAL).any() or (annual_rate > MOST_RATE).any():
        raise BeyondBulk("principal or rate is too high to be worked out in bulk: build such schedules one by one")


def _levels(principal: Whole, annual_rate: Whole, count: Whole) -> tuple[Whole, Whole]:
    """Level instalments in cents, and how many first instalments are a cent more: without interest the odd cents."""
    free = annual_rate == 0
    month = np.where(free, PARTS, annual_rate) / _YEAR
    exact = principal * month / -np.expm1(-count * np.log1p(month))
    level = np.floor(exact).astype(np.int64)
    doubt = exact * _FLOAT_DOUBT
    unsure = ((exact - level < doubt) | (level + 1 - exact < doubt)) & ~free & (count > 1)
    for loan in np.flatnonzero(unsure):
        factors = [_month(annual_rate[loan])] * int(count[loan])
        level[loan] = to_minor(level_instalment(_amount(principal[loan]), factors, ORDINARY_ROUNDING))
    return np.where(free, principal // count, level), np.where(free, principal % count, 0)


def _month_of_interest(balance: Whole, annual_rate: Whole, inexact: NDArray[np.bool_]) -> Whole:
    """Half up, exact. ``inexact`` marks rates whose twelfth has no end, and so no decimal that a tie can be seen by."""
    years, rest = np.divmod(balance, _YEAR)  # so that the product keeps within 64 bits
    twice = 2 * rest * annual_rate + _YEAR
    cents = twice // (2 * _YEAR)
    tied = (cents * (2 * _YEAR) == twice) & inexact
    cents += years * annual_rate
    for loan in np.flatnonzero(tied):
        cents[loan] = to_minor(round_to(_amount(balance[loan]) * _month(annual_rate[loan]), CENT))
    return cents


def _amount(cents: np.int64) -> Decimal:
    return from_minor(int(cents))


def _month(annual_rate: np.int64) -> Decimal:
    """What one unit of money bears in a month, as ``loans.schedules.instalment_amounts.factor`` works it out."""
    return Decimal(int(annual_rate)).scaleb(-8) * _TWELFTH


def _due_dates(start_on: Days, count: Whole, most: int) -> Days:
    """``core.dates.add_months`` for 1 to ``most`` months after each start; one row a month."""
    if not len(start_on):
        return np.empty((most, 0), "datetime64[D]")
    months = start_on.astype("datetime64[M]")
    day = start_on.astype("datetime64[D]") - months.astype("datetime64[D]")
    begins = np.arange(months.min(), months.max() + (most + 2)).astype("datetime64[D]")
    row = (months - months.min()).astype(np.int64)
    dates = np.empty((most, len(start_on)), "datetime64[D]")
    for k in range(most):
        np.minimum(begins[row + (k + 1)] + day, begins[row + (k + 2)] - 1, out=dates[k])
        dates[k, count <= k] = np.datetime64("NaT")
    return dates
