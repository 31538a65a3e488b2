"""How the interest of an instalment is earned by day: evenly over its period, unless something in it turns (pure).

A *curve* says how much of an instalment's interest is earned by the end of which day: pairs of a day and a sum that never
falls, the first one nothing. Between two of its days interest is earned evenly; by the last one all of it is. No curve
(an empty one) stands for the straight line from the first day of the period to the due date.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from core.calendars import days_between
from core.money import ZERO, round_rate

Curve = tuple[tuple[date, Decimal], ...]
STRAIGHT: Curve = ()


def part_earned(interest: Decimal, curve: Curve, on: date) -> Decimal:
    """What of ``interest`` is earned by the end of ``on`` along ``curve``, which is not empty; not rounded.

    It is divided once and last, as in the night's SQL, so that half a cent is half a cent.
    """
    total = curve[-1][1]
    earned, days = _reached(curve, on)
    return interest * earned / (total * days) if total else interest * (on >= curve[-1][0])


def earned_by(curve: Curve, on: date) -> Decimal:
    """What ``curve``, which is not empty, says is earned by the end of ``on``, in currency units, not rounded."""
    earned, days = _reached(curve, on)
    return earned / days


def _reached(curve: Curve, on: date) -> tuple[Decimal, int]:
    """What is earned by the end of ``on``, times the days of the stretch that ``on`` lies in, and these days."""
    after = bisect_right(curve, on, key=lambda point: point[0])
    if not after:
        return ZERO, 1
    start, earned = curve[after - 1]
    if after == len(curve) or start == on:
        return earned, 1
    end, then = curve[after]
    days = days_between(start, end)
    return earned * days + (then - earned) * days_between(start, on), days


def line(starts_on: date, due_on: date, interest: Decimal) -> Curve:
    """The straight line as a curve."""
    return ((starts_on, ZERO), (due_on, interest))


def until(curve: Curve, on: date) -> Curve:
    """The part of ``curve`` up to the end of ``on``; empty where nothing of it lies before."""
    kept = tuple(point for point in curve if point[0] < on)
    return (*kept, (on, earned_by(curve, on))) if kept else ()


def following(curve: Curve, more: Curve) -> Curve:
    """``more``, which begins with nothing on a day no earlier than the last one of ``curve``, earned on top of it."""
    if not curve:
        return more
    reached = curve[-1][1]
    added = tuple((on, reached + earned) for on, earned in more)
    return (*curve, *(added[1:] if more[0][0] == curve[-1][0] else added))


def with_jump(curve: Curve, on: date, amount: Decimal) -> Curve:
    """``curve`` with ``amount`` more that was earned before and counts from ``on`` at once."""
    eve = date.fromordinal(on.toordinal() - 1)
    before = until(curve, eve) or ((eve, ZERO),)
    later = ((on, earned_by(curve, on) + amount), *((day, earned + amount) for day, earned in curve if day > on))
    return (*before, *later)


def plus(one: Curve, other: Curve) -> Curve:
    """Both earned at the same time."""
    days = sorted({day for day, _earned in (*one, *other)})
    return tuple((day, earned_by(one, day) + earned_by(other, day)) for day in days)


def as_curve(curve: Curve) -> Curve:
    """``curve`` with its sums to eight decimals, as they are kept, the last one of each day; none for a straight line."""
    by_day = {day: round_rate(earned) for day, earned in curve}
    return tuple(by_day.items()) if len(by_day) > 2 else STRAIGHT


def ending_at(curve: Curve, interest: Decimal) -> Curve:
    """``curve``, which is not empty, so scaled that ``interest`` is all that it earns."""
    total = curve[-1][1]
    if total == interest or not total:
        return curve
    return tuple((day, earned * interest / total) for day, earned in curve)


def from_parts(starts_on: date, parts: Iterable[tuple[date, Decimal]]) -> Curve:
    """The curve of parts of interest, each with the day on which its stretch of time ends."""
    points, earned = [(starts_on, ZERO)], ZERO
    for end, part in parts:
        earned += part
        points.append((end, earned))
    return tuple(points)


def with_odd_days(curves: Sequence[Curve], shares: Sequence[Decimal]) -> list[Curve]:
    """``curves`` with ``shares`` on top, one each, all of which are earned in the period of the first, along its curve."""
    own = curves[0][-1][1]
    first = ending_at(curves[0], own + shares[0])
    return [first, *(following(ending_at(first, x), curve) for curve, x in zip(curves[1:], shares[1:], strict=True))]


def deferred(curves: Sequence[Curve], grace: int) -> list[Curve]:
    """Where the interest of the first ``grace`` rows falls due with the row after them, that row earns it in their time."""
    whole: Curve = ()
    for curve in curves[: grace + 1]:
        whole = following(whole, curve)
    return [*[STRAIGHT] * grace, whole, *curves[grace + 1 :]]
