"""How many instalments follow from an agreed one: "I can pay 500 a month" (pure).

For equal instalments the amount is all that falls due each period, a fee spread over the instalments included; a fee that
falls due with the first one comes on top of it. For equal principal it is the part of principal. As many of them as needed
repay the loan, and the last one is smaller: the fewest of which the last asks for no more than the others. Apache Fineract
calls it the fixed EMI amount, and leaves the count to whoever agrees it.
"""

from dataclasses import replace
from decimal import Decimal

from core.money import ROUND_DOWN, ZERO, round_to
from loans.schedules.amortisation import amortise
from loans.schedules.course import Course
from loans.schedules.due_dates import periods
from loans.schedules.schedule import fee_parts, opening_balance
from loans.schedules.terms import FeeTiming, InterestType, LoanTerms, Method

AGREEABLE = (Method.EQUAL_INSTALMENTS, Method.EQUAL_PRINCIPAL)


class InstalmentRefused(ValueError):
    """An amount by which the loan is not repaid as the product allows; ``least`` is the smallest that would do."""

    def __init__(self, amount: Decimal, least: Decimal = ZERO) -> None:
        super().__init__(f"{amount} cannot be agreed")
        self.amount, self.least = amount, least


class NotAgreeable(InstalmentRefused):
    """The method has no instalment that could be agreed."""


class NoMultiple(InstalmentRefused):
    """The amount cannot be paid: it is no multiple of what instalments are multiples of, which is ``least``."""


class BelowCharges(InstalmentRefused):
    """The amount does not cover what a period costs in interest and fee, ``charges``."""

    def __init__(self, amount: Decimal, least: Decimal, charges: Decimal) -> None:
        super().__init__(amount, least)
        self.charges = charges


class TooMany(InstalmentRefused):
    """The loan would take more instalments than may be agreed."""


class TooFew(InstalmentRefused):
    """The loan would be repaid in ``count`` instalments, fewer than may be agreed."""

    def __init__(self, amount: Decimal, count: int) -> None:
        super().__init__(amount)
        self.count = count


def terms_from(terms: LoanTerms, amount: Decimal, *, fewest: int, most: int) -> LoanTerms:
    """``terms`` with the count that follows from ``amount`` a period, whatever count they had.

    Raises NotAgreeable, NoMultiple, BelowCharges, TooMany or TooFew; and TermsRefused where no schedule can be made.
    """
    flat = terms.interest_type is InterestType.FLAT or terms.flat_charge is not None
    if terms.method not in AGREEABLE or flat or terms.drawdowns:
        raise NotAgreeable(amount)
    if amount <= 0 or amount % terms.rounding.unit:
        raise NoMultiple(amount, terms.rounding.unit)
    first = 1 + max(terms.grace_on_principal, terms.grace_on_interest_payment)
    low, high = first, max(most, first)
    if not _repays(terms, amount, high):
        _refuse(terms, amount, high)
    while low < high:
        middle = (low + high) // 2
        if _repays(terms, amount, middle):
            high = middle
        else:
            low = middle + 1
    if low > most:
        raise TooMany(amount, _least(terms, high))
    if low < fewest:
        raise TooFew(amount, low)
    return _agreed(terms, amount, low)


def _agreed(terms: LoanTerms, amount: Decimal, count: int) -> LoanTerms:
    counted = replace(terms, count=count, fixed_instalment=None)
    return replace(counted, fixed_instalment=amount - _fee_within(counted))


def _fee_within(terms: LoanTerms) -> Decimal:
    """What of an agreed amount is fee, so that no instalment exceeds it."""
    if terms.method is Method.EQUAL_PRINCIPAL or terms.fee_timing is not FeeTiming.SPREAD:
        return ZERO
    return max(fee_parts(terms, terms.count))


def _repays(terms: LoanTerms, amount: Decimal, count: int) -> bool:
    """Whether ``count`` instalments of ``amount`` repay the loan, the last asking for no more than the others."""
    counted = replace(terms, count=count, fixed_instalment=None)
    fixed = amount - _fee_within(counted)
    if fixed <= 0:
        return False
    counted = replace(counted, fixed_instalment=fixed)
    principal, interest = amortise(counted, periods(counted), Course(opening=opening_balance(counted)))[-1]
    return (principal if counted.method is Method.EQUAL_PRINCIPAL else principal + interest) <= fixed


def _refuse(terms: LoanTerms, amount: Decimal, most: int) -> None:
    least = _least(terms, most)
    counted = replace(terms, count=most, fixed_instalment=None)
    row = counted.grace_on_principal
    _principal, interest = amortise(counted, periods(counted), Course(opening=opening_balance(counted)))[row]
    charges = interest + _fee_within(counted)
    if counted.method is Method.EQUAL_INSTALMENTS and amount <= charges:
        raise BelowCharges(amount, least, charges)
    raise TooMany(amount, least)


def _least(terms: LoanTerms, count: int) -> Decimal:
    """The smallest amount of which ``count`` instalments repay the loan."""
    unit = terms.rounding.unit
    low, high = ZERO, round_to(opening_balance(terms), unit, ROUND_DOWN) + unit
    while not _repays(terms, high, count):
        low, high = high, 2 * high
    while high - low > unit:
        middle = round_to((low + high) / 2, unit, ROUND_DOWN)
        low, high = (low, middle) if _repays(terms, middle, count) else (middle, high)
    return high
