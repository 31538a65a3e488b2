"""Interest that has accrued so far, and interest for being late (pure).

Within an instalment's period interest accrues evenly by days, or along a curve where something in it turns
(``loans.schedules.earning``); the accrued sum is cut to the smallest sum that is paid each day, so the days of a period
always add up to exactly the agreed interest. Late interest is charged on overdue principal for each day after
the grace days, never for the grace days themselves; it is kept to eight decimals and owed in cents.

``loans.night.closing`` does the same arithmetic for thousands of loans in SQL; a test holds the two against each other.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from core.calendars import days_between
from core.money import CENT, ZERO, round_rate, round_to
from loans.schedules.earning import STRAIGHT, Curve, part_earned


class Stops(StrEnum):
    """What a hold stops. A notice that did not reach the borrower stops late interest until it is made good.

    Free time is no hold that anybody places: it is what a holiday gave for nothing (``loans.account.changes.free_time``).
    """

    LATE_INTEREST = "late_interest"
    NOTICE = "notice"
    INTEREST = "interest"
    MESSAGES = "messages"
    EVERYTHING = "everything"
    FREE_TIME = "free_time"


STOPS_INTEREST = (Stops.INTEREST, Stops.EVERYTHING)
STOPS_LATE_INTEREST = (Stops.LATE_INTEREST, Stops.NOTICE, Stops.EVERYTHING)


@dataclass(frozen=True, slots=True)
class Hold:
    """Days from ``first`` to ``last``, both included, on which what ``stops`` names is not charged or sent."""

    first: date
    last: date
    stops: Stops


def held_days(holds: Iterable[Hold], after: date, until: date, stops: Collection[Stops]) -> int:
    """The days in (``after``, ``until``] that lie in a hold of one of the kinds ``stops``; none counts twice."""
    count, reached = 0, after
    for hold in sorted((hold for hold in holds if hold.stops in stops), key=lambda hold: hold.first):
        first, last = max(reached, hold.first - timedelta(days=1)), min(hold.last, until)
        if last > first:
            count += days_between(first, last)
            reached = last
    return count


def earned_interest(
    interest: Decimal, starts_on: date, due_on: date, on: date, curve: Curve = STRAIGHT, step: Decimal = CENT
) -> Decimal:
    """What of an instalment's ``interest`` is earned by the end of ``on``, in multiples of ``step``: evenly, or along
    ``curve``."""
    if on >= due_on:
        return interest
    if curve:
        return min(round_to(part_earned(interest, curve, on), step), interest)
    if on <= starts_on:
        return ZERO
    return min(round_to(interest * days_between(starts_on, on) / days_between(starts_on, due_on), step), interest)


def accrued_fee(fee: Decimal, paid: Decimal, due_on: date, on: date) -> Decimal:
    """A fee is earned when it falls due, or earlier where it was paid earlier."""
    return fee if on >= due_on else max(paid, ZERO)


def late_interest_of_day(unpaid_principal: Decimal, late_annual_rate: Decimal) -> Decimal:
    """Late interest of one day, to eight decimals (actual/365)."""
    return round_rate(unpaid_principal * late_annual_rate / 365)


def chargeable_days(due_on: date, grace_days: int, after: date, until: date, holds: Collection[Hold] = ()) -> int:
    """The late days in (``after``, ``until``] that lie beyond the due date and its grace days, and in no hold."""
    first_day = max(after, due_on + timedelta(days=grace_days))
    days = max(days_between(first_day, until), 0)
    return days - held_days(holds, first_day, until, STOPS_LATE_INTEREST) if days and holds else days
