"""The rate at which flows are worth nothing: found in floats, finished in decimals (pure).

Times are counted in any unit; the rate is of one such unit. Where flows change their sign more than once there may be
several rates: the one nearest to nothing is meant (a fee a year before the drawdown has a second root near 19,000 %).
The rate is the same for who lends and for who borrows: all signs may be turned.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

PRECISION = 40
Time = Decimal | Fraction | int
Worth = Callable[[float], float]

_ONE = Decimal(1)
_FIRST_STEP = 1e-6  # of growth over the whole term
_WIDENING = 1.6
_FURTHEST_UP = 1e7
_FURTHEST_DOWN = 690.0  # beyond it a float overflows
_HALVINGS = 200
_POLISHINGS = 30
_CLOSE = Decimal("1e-30")


class NoRate(ValueError):
    """The flows have no rate: nothing was received, or nothing is ever paid back."""


def exact(time: Time) -> Decimal:
    """A time as a decimal, to the precision of the calling context."""
    return Decimal(time.numerator) / time.denominator if isinstance(time, Fraction) else Decimal(time)


def summed(flows: Iterable[tuple[Time, Decimal]]) -> list[tuple[Time, Decimal]]:
    """Flows in order of time, those of one moment as one, the first at time nothing. Raises NoRate."""
    at: dict[Time, Decimal] = {}
    for time, amount in flows:
        at[time] = at.get(time, Decimal(0)) + amount
    ordered = sorted((time, amount) for time, amount in at.items() if amount)
    if len({amount > 0 for _time, amount in ordered}) < 2:
        raise NoRate("a rate needs money received and money paid")
    start = ordered[0][0]
    return [(time - start, amount) for time, amount in ordered]  # type: ignore[operator]


def rate_of_one_step(flows: Iterable[tuple[Time, Decimal]]) -> Decimal:
    """The rate of one unit of time at which compounded flows are worth nothing. Raises NoRate."""
    with localcontext(prec=PRECISION):
        known = [(exact(time), amount) for time, amount in summed(flows)]
        if not sum(amount for _time, amount in known):
            return Decimal(0)
        growth = _growth(known)
        return _polished(known, Decimal(-growth).exp())


def _growth(flows: Sequence[tuple[Decimal, Decimal]]) -> float:
    """ln(1 + rate), as near as a float comes."""
    rough = [(float(time), float(amount)) for time, amount in flows]  # not money: a start for Newton

    def worth(growth: float) -> float:
        return math.fsum(amount * math.exp(-growth * time) for time, amount in rough)

    return nearest_root(worth, rough[-1][0])


def nearest_root(worth: Worth, term: float) -> float:
    """The root of ``worth`` nearest to nothing, on the side where it comes nearer to nothing. Raises NoRate."""
    at_nothing = worth(0.0)
    falls_upward = abs(worth(_FIRST_STEP / term)) < abs(at_nothing)
    for up in (falls_upward, not falls_upward):
        root = _root_on_one_side(worth, term, negative_near=at_nothing < 0, up=up)
        if root is not None:
            return root
    raise NoRate("no rate was found")


def _root_on_one_side(worth: Worth, term: float, *, negative_near: bool, up: bool) -> float | None:
    step, near, furthest = _FIRST_STEP, 0.0, _FURTHEST_UP if up else _FURTHEST_DOWN
    while step < furthest:
        far = (step if up else -step) / term
        try:
            crossed = (worth(far) < 0) is not negative_near
        except NoRate:  # a rate that has no meaning: there is nothing beyond it
            return None
        if crossed:
            return _halved(worth, near, far, negative_near=negative_near)
        near, step = far, step * _WIDENING
    return None


def _halved(worth: Worth, near: float, far: float, *, negative_near: bool) -> float:
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        if middle in (near, far):
            break
        if (worth(middle) < 0) is negative_near:
            near = middle
        else:
            far = middle
    return (near + far) / 2


def _polished(flows: Sequence[tuple[Decimal, Decimal]], factor: Decimal) -> Decimal:
    """Newton's method on the discount factor, from a start that is already right to a float's last digits."""
    for _ in range(_POLISHINGS):
        worths = [(time, amount * factor**time) for time, amount in flows]
        slope = sum(time * worth for time, worth in worths) / factor
        if not slope:
            break
        step = sum(worth for _time, worth in worths) / slope
        factor -= step
        if abs(step) < _CLOSE * factor:
            break
    return _ONE / factor - _ONE
