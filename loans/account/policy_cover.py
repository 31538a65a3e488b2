"""Does a policy's cash value still cover the loan taken on it? (pure)

Cash value follows the insurer's table of dated values, in steps or in a straight line from row to row. Debt is principal
with all interest accrued and fees due. Warning levels are shares of the cash value; when debt reaches the whole of it,
the policy may lapse.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from core.calendars import add_months, days_between
from core.money import ZERO, round_money


class Growth(StrEnum):
    """How cash value goes from one row of its table to the next."""

    LINEAR = "linear"
    STEP = "step"


@dataclass(frozen=True, slots=True, order=True)
class CashValue:
    """The cash value from ``on``, in major units."""

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Cover:
    """Cash value against debt on a day."""

    on: date
    cash_value: Decimal
    debt: Decimal

    @property
    def headroom(self) -> Decimal:
        """What the debt may still grow; negative beyond the cash value."""
        return self.cash_value - self.debt

    @property
    def percent(self) -> Decimal | None:
        """The debt in percent of the cash value, two decimals; None where there is no cash value."""
        return round_money(self.debt * 100 / self.cash_value) if self.cash_value else None

    @property
    def is_exhausted(self) -> bool:
        return self.debt >= self.cash_value and self.debt > 0


class Move(StrEnum):
    """What a reading of cover calls for."""

    NONE = "none"
    WARN = "warn"
    NOTIFY = "notify"
    LAPSE = "lapse"
    CURE = "cure"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the borrower was told so far: the highest level warned of, and the last day of a lapse notice that runs."""

    warned_level: Decimal | None = None
    notice_ends_on: date | None = None


def cash_value_on(table: Sequence[CashValue], on: date, growth: Growth) -> Decimal:
    """The cash value at the end of ``on``, in cents: nothing before the first row, the last row's amount after it."""
    earlier = [row for row in table if row.on <= on]
    later = [row for row in table if row.on > on]
    if not earlier:
        return ZERO
    begin = max(earlier)
    if growth is Growth.STEP or not later:
        return begin.amount
    end = min(later)
    grown = (end.amount - begin.amount) * days_between(begin.on, on) / days_between(begin.on, end.on)
    return round_money(begin.amount + grown)


def level_reached(cover: Cover, levels: Sequence[Decimal]) -> Decimal | None:
    """The highest of ``levels`` (shares of cash value, 0.9 is 90 %) that the debt has reached."""
    return max((level for level in levels if cover.debt and cover.debt >= level * cover.cash_value), default=None)


def called_for(cover: Cover, standing: Standing, levels: Sequence[Decimal]) -> Move:
    """What the reading calls for. A level once told is not told again before the cover is cured.

    A notice lets the borrower pay until the end of its last day; the day after, the policy lapses.
    """
    if cover.is_exhausted:
        if standing.notice_ends_on is None:
            return Move.NOTIFY
        return Move.LAPSE if cover.on > standing.notice_ends_on else Move.NONE
    level = level_reached(cover, levels)
    if standing.notice_ends_on is not None or (level is None and standing.warned_level is not None):
        return Move.CURE
    return Move.WARN if level is not None and level > (standing.warned_level or ZERO) else Move.NONE


def covers(
    table: Sequence[CashValue], growth: Growth, debt: Callable[[date], Decimal], days: Sequence[date]
) -> Iterator[Cover]:
    """The cover on each of ``days``; ``debt`` tells what is owed on a day when nobody pays."""
    return (Cover(on, cash_value_on(table, on, growth), debt(on)) for on in days)


def exhausted_on(
    table: Sequence[CashValue], growth: Growth, debt: Callable[[date], Decimal], first: date, last: date
) -> date | None:
    """The first day from ``first`` to ``last`` on which debt has reached cash value; None when it does not."""
    days = [first + timedelta(days=n) for n in range(days_between(first, last) + 1)]
    return next((cover.on for cover in covers(table, growth, debt, days) if cover.is_exhausted), None)


def anniversary_after(since: date, on: date) -> date:
    """The first anniversary of ``since`` later than ``on``; one of 29 February falls on the 28th in other years."""
    years = max(on.year - since.year, 1)
    found = add_months(since, 12 * years)
    return found if found > on else add_months(since, 12 * (years + 1))
