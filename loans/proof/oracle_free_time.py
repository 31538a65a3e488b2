"""Periods with free time in them, for the oracle: what a free holiday gave, or a period that was agreed to be free.

Free time is a stretch that bears nothing. Whatever works the instalment out anew leaves it free, and measures the period by
its other days, as if it were so much shorter.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from loans.proof.oracle_measures import (
    Stretch,
    is_regular,
    part_counted,
    period_alone,
    regular_period,
)
from loans.proof.oracle_rates import rate_changes
from loans.proof.oracle_reading import Facts, Row

ONE_DAY = timedelta(days=1)
NO_DAYS = timedelta()
NOTHING = Fraction(0)


def has_free_time(kept: Sequence[Stretch]) -> bool:
    """Whether some days of a period are free and others are not."""
    return any(x.whole for x in kept) and not all(x.whole for x in kept)


def worked_out_anew(facts: Facts, on: date, rows: Sequence[Row], row: Row, kept: Sequence[Stretch]) -> list[Stretch]:
    """The period of ``row`` from ``on``, or from its first day, measured anew by the days that are not free."""
    contract = facts.contract
    free = sum((x.end - x.start for x in kept if not x.whole), NO_DAYS)
    shorter = replace(row, due_on=row.due_on - free, agreed_on=None)
    within, regular = (row.starts_on, shorter.due_on), is_regular(facts, rows, shorter)
    whole = regular_period(contract, shorter, within) if regular else period_alone(contract, shorter)
    past = [
        replace(x, end=min(x.end, on), whole=x.share * (min(x.end, on) - x.start).days) for x in kept if x.start < on
    ]
    rest: list[Stretch] = []
    for x in (replace(x, start=max(x.start, on)) for x in kept if x.end > on):
        if rest and rest[-1].whole and x.whole:
            x = replace(x, start=rest.pop().start)
        part = whole.share * (x.end - x.start).days
        if whole.by_count:
            part = part_counted(contract, x.start, x.end)
        rest.append(replace(x, whole=part if x.whole else NOTHING, by_count=whole.by_count and bool(x.whole)))
    return [*past, *rest]


def later(kept: Sequence[Stretch], row: Row) -> list[Stretch]:
    """A period moved as a whole: each stretch as much later as its end."""
    by = row.due_on - kept[-1].end
    return [
        replace(x, start=max(x.start + by, row.starts_on), end=x.end + by) for x in kept if x.end + by > row.starts_on
    ]


def free_days(facts: Facts, kept: Sequence[Stretch], start: date, end: date) -> timedelta:
    """How many days from ``start`` to ``end`` bear nothing: free time, or on hold."""
    return sum((_held(facts, x, start, end) if x.whole else _overlap(x, start, end) for x in kept), 0) * ONE_DAY


def _overlap(stretch: Stretch, start: date, end: date) -> int:
    return max((min(stretch.end, end) - max(stretch.start, start)).days, 0)


def _held(facts: Facts, stretch: Stretch, start: date, end: date) -> int:
    """The nights of ``stretch`` from ``start`` to ``end`` on which interest was held: a hold names the day they end on."""
    holds = [act for act in facts.of("hold_placed") if act.asked["stops"] in ("interest", "everything")]
    spans = [(act.on - ONE_DAY, date.fromisoformat(act.asked["until"])) for act in holds]
    first = max(stretch.start, start)
    days = [first + n * ONE_DAY for n in range(_overlap(stretch, start, end))]
    return sum(any(begins <= day < ends for begins, ends in spans) for day in days)


def _by_rate(facts: Facts, told: date, stretch: Stretch) -> list[Stretch]:
    """``stretch`` in parts, each with one rate as known on ``told``; every day bears as much of the year as before."""
    turns = [on for on, _rate in rate_changes(facts, told_by=told) if stretch.start < on < stretch.end]
    spans = pairwise([stretch.start, *turns, stretch.end])
    return [replace(stretch, start=a, end=b, whole=stretch.share * (b - a).days) for a, b in spans]


def ended_sooner(facts: Facts, told: date, kept: Sequence[Stretch], row: Row, lost: Fraction) -> list[Stretch]:
    """A period that ends sooner by an act of the day ``told``: what is left of its stretches, less what the ``lost`` days
    cost.

    Where these bore another part of the year than they cost, the last ones left that bear interest, at the rate of then,
    make up for it. Days that bore nothing cost nothing.
    """
    end = kept[-1].end
    bore = sum((x.share * (_overlap(x, row.due_on, end) - _held(facts, x, row.due_on, end)) for x in kept), NOTHING)
    left = [replace(x, end=min(x.end, row.due_on)) for x in kept if x.start < row.due_on]
    left = [replace(x, whole=was.share * (x.end - x.start).days) for x, was in zip(left, kept, strict=False)]
    left = [y for x in left for y in _by_rate(facts, told, x)]
    last = max((n for n, x in enumerate(left) if x.whole), default=None)
    if last is None:
        return left
    days = (left[last].end - left[last].start).days
    bearing = days - _held(facts, left[last], left[last].start, left[last].end)
    more = (bore - lost) * days / bearing if bearing else NOTHING
    left[last] = replace(left[last], whole=left[last].whole + more)
    return left
