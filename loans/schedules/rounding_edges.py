"""On which side of a rounding edge a level instalment really lies (pure).

A period's factor is often a fraction without an end (4 % over twelve is 0.00333…) cut to 28 digits. Where the level
instalment comes out exactly on a whole or half unit, the digits cut off put it to one side by chance. Only there it is
worked out once more in fractions, which know no digits.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

_NEAR = Decimal("1e-22")  # of the amount: a thousand periods of 28 digits err by less, and nothing is so near by chance
_SIMPLE = 10**13  # denominators of rates with four decimals over the days of years of 365 and 366 days are below it
_CUT = Fraction(1, 10**27)  # of the factor: what the digits cut off can make


def edge_near(amount: Decimal, unit: Decimal) -> Decimal | None:
    """The whole or half ``unit`` that ``amount`` lies on as far as its digits tell; None when it lies clear of both."""
    halves = amount * 2 / unit
    nearest = halves.to_integral_value()
    return nearest * unit / 2 if abs(halves - nearest) < halves * _NEAR else None


def beside(edge: Decimal, principal: Decimal, factors: Sequence[Decimal], balloon: Decimal) -> Decimal:
    """``edge`` where the level instalment is exactly that, else an amount a trifle to the side on which it lies."""
    true = _level(Fraction(principal), [meant(factor) for factor in factors], Fraction(balloon))
    if true == Fraction(edge):
        return edge
    return edge * (1 + _NEAR if true > Fraction(edge) else 1 - _NEAR)


def meant(factor: Decimal) -> Fraction:
    """The simple fraction whose first digits ``factor`` shows; the decimal itself where there is none."""
    shown = Fraction(factor)
    simple = shown.limit_denominator(_SIMPLE)
    return simple if abs(simple - shown) <= shown * _CUT else shown


def _level(principal: Fraction, factors: Sequence[Fraction], balloon: Fraction) -> Fraction:
    """``loans.schedules.instalment_amounts.exact_level`` once more, in fractions."""
    growth, annuity = 1 + factors[0], Fraction(1)
    for factor in factors[1:]:
        growth *= 1 + factor
        annuity = annuity * (1 + factor) + 1
    return (principal * growth - balloon) / annuity
