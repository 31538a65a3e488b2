"""Late interest at dated rates, on overdue interest too where agreed, and never beyond its cap (pure).

The late rate is the contract rate times a multiplier (银发〔2003〕251号: 1.3 to 1.5). Both may change on a day: that day and
those after it bear the new rate, those before it the old one, whenever they come to be reckoned. 复利 is charged on overdue
*interest of the contract*; the same source knows none on late interest itself, so nothing here bears interest twice.

``loans.night.closing_sql`` does the same arithmetic for thousands of loans; a test holds the two against each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from core.money import CENT, ZERO, round_rate, round_to
from loans.account.interest import Hold, chargeable_days, late_interest_of_day

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTerms:
    """What the contract says of late interest beside the rate it begins with.

    ``multiplier`` None: a rate of its own was agreed, which follows nothing. ``ceiling`` is the highest yearly rate,
    ``most`` the highest sum of late interest and penalties, in money; None: no such cap. ``on_top``: the contract's own
    interest goes on for what is overdue, so that late interest is only what the late rate has above the contract rate.
    ``step`` is the smallest sum that is paid: late interest is owed in multiples of it.
    """

    compounds: bool = False
    multiplier: Decimal | None = None
    contract_rate: Decimal = ZERO
    ceiling: Decimal | None = None
    most: Decimal | None = None
    on_top: bool = False
    step: Decimal = CENT


@dataclass(frozen=True, slots=True)
class LateRate:
    """The yearly late rate from ``first`` on, that day included, and what it is made of."""

    first: date
    annual_rate: Decimal
    contract_rate: Decimal
    multiplier: Decimal


@dataclass(frozen=True, slots=True)
class Bearing:
    """An instalment as late interest sees it: when it fell due, the sum that bears it, and what was charged so far."""

    due_on: date
    base: Decimal
    charged: Decimal


@dataclass(frozen=True, slots=True)
class Reckoning:
    """By what late interest is reckoned: the rate it begins with, later ones, grace days, holds, and the cap."""

    annual_rate: Decimal
    rates: tuple[LateRate, ...]
    grace_days: int
    holds: tuple[Hold, ...]
    most: Decimal | None
    step: Decimal = CENT


def capped_rate(
    contract_rate: Decimal, multiplier: Decimal, ceiling: Decimal | None, *, on_top: bool = False
) -> Decimal:
    """The yearly late rate: contract rate times multiplier, never above ``ceiling``; ``on_top`` what of it exceeds the
    contract rate, which is charged by itself then."""
    rate = round_rate(contract_rate * multiplier)
    rate = rate if ceiling is None else min(rate, ceiling)
    return max(rate - contract_rate, ZERO) if on_top else rate


def rates_with(
    rates: Sequence[LateRate],
    terms: LateTerms,
    first: date,
    *,
    contract_rate: Decimal | None = None,
    multiplier: Decimal | None = None,
) -> tuple[LateRate, ...]:
    """``rates`` with another contract rate or multiplier from ``first`` on. A rate agreed by itself follows neither."""
    if terms.multiplier is None:
        return tuple(rates)
    begins = LateRate(first, ZERO, terms.contract_rate, terms.multiplier)
    at_first = replace(_latest(rates, first) or begins, first=first)
    later = [at_first, *(rate for rate in rates if rate.first > first)]
    earlier = [rate for rate in rates if rate.first < first]
    return (*earlier, *(_made_of(rate, terms, contract_rate, multiplier) for rate in later))


def _latest(rates: Iterable[LateRate], on: date) -> LateRate | None:
    return max((rate for rate in rates if rate.first <= on), key=lambda rate: rate.first, default=None)


def _made_of(rate: LateRate, terms: LateTerms, contract_rate: Decimal | None, multiplier: Decimal | None) -> LateRate:
    contract_rate = rate.contract_rate if contract_rate is None else contract_rate
    multiplier = rate.multiplier if multiplier is None else multiplier
    late_rate = capped_rate(contract_rate, multiplier, terms.ceiling, on_top=terms.on_top)
    return LateRate(rate.first, late_rate, contract_rate, multiplier)


def rate_on(rates: Sequence[LateRate], annual_rate: Decimal, on: date) -> Decimal:
    """The yearly late rate of the day ``on``."""
    latest = _latest(rates, on)
    return annual_rate if latest is None else latest.annual_rate


def spans(
    rates: Sequence[LateRate], annual_rate: Decimal, after: date, until: date
) -> list[tuple[date, date, Decimal]]:
    """The days in (``after``, ``until``] as (after, until, yearly rate), one entry a rate, in order of days."""
    found, start, rate = [], after, annual_rate
    for step in sorted(rates, key=lambda step: step.first):
        eve = min(step.first - ONE_DAY, until)
        if eve > start:
            found.append((start, eve, rate))
            start = eve
        rate = step.annual_rate
    return [*found, (start, until, rate)] if until > start else found


def days_by_rate(reckoning: Reckoning, due_on: date, after: date, until: date) -> list[tuple[Decimal, int]]:
    """How many late days in (``after``, ``until``] an instalment due on ``due_on`` is charged at which yearly rate."""
    days = [
        (rate, chargeable_days(due_on, reckoning.grace_days, start, end, reckoning.holds))
        for start, end, rate in spans(reckoning.rates, reckoning.annual_rate, after, until)
    ]
    return [(rate, count) for rate, count in days if count]


def charged_until(rows: Sequence[Bearing], reckoning: Reckoning, after: date, until: date) -> list[Decimal]:
    """Late interest of each row by the end of ``until``, eight decimals; ``charged`` of the rows is that of ``after``.

    Under a cap it is charged day by day, oldest instalment first: what would pass the cap is cut to it, and nothing is
    charged while nothing is left of it. The cap is held against what is owed, so that no rounding passes it.
    """
    most, step = reckoning.most, reckoning.step
    if most is not None and _owed(step, *(row.charged for row in rows)) >= most:
        return [row.charged for row in rows]
    freely = [row.charged + _charge(row, reckoning, after, until) for row in rows]
    if most is None or _owed(step, *freely) < most:
        return freely
    return _up_to_cap(rows, reckoning, after, until, most)


def _owed(step: Decimal, *amounts: Decimal) -> Decimal:
    """What of late interest kept to eight decimals is owed."""
    return sum((round_to(amount, step) for amount in amounts), ZERO)


def _charge(row: Bearing, reckoning: Reckoning, after: date, until: date) -> Decimal:
    if not row.base:
        return ZERO
    days = days_by_rate(reckoning, row.due_on, after, until)
    return sum((late_interest_of_day(row.base, rate) * count for rate, count in days), ZERO)


def _up_to_cap(rows: Sequence[Bearing], reckoning: Reckoning, after: date, until: date, most: Decimal) -> list[Decimal]:
    amounts, step = [row.charged for row in rows], reckoning.step
    room, eve = most - _owed(step, *amounts), after
    while eve < until and room > 0:
        for n, row in enumerate(rows):
            before, after_day = amounts[n], amounts[n] + _charge(row, reckoning, eve, eve + ONE_DAY)
            more = _owed(step, after_day) - _owed(step, before)
            amounts[n] = after_day if more <= room else _owed(step, before) + room
            room -= min(more, room)
            if not room:
                break
        eve += ONE_DAY
    return amounts
