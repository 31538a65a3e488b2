"""A loan left in peace for some days: no late interest, no interest, no messages, or none of them (pure).

A hold counts from the morning of its first day to the end of its last one, so it comes before all else of its day.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from core.calendars import days_between
from core.money import ZERO, round_to
from loans.account.account import Account, InstalmentState, age, settle_rows
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.earning import curve_of
from loans.account.changes.paid_ahead import with_interest_given_back
from loans.account.interest import STOPS_INTEREST, Hold, Stops
from loans.schedules.earning import as_curve, earned_by, until


class HoldEndsTooEarly(EventImpossible):
    code = "hold_ends_too_early"
    field = "until"
    message = _("A hold lasts at least until the day it begins on.")


class NoHoldRunning(EventImpossible):
    code = "no_hold_running"
    message = _("No hold of this kind runs on the day it should end.")


class FreeDaysGiven(EventImpossible):
    code = "free_days_given"
    message = _("A hold of interest has already made its days free: undo it and place a shorter one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced:
    """From ``on`` to ``until``, both included, what ``stops`` names is not charged or sent.

    Where interest stops, each instalment is lessened by the part of its interest that falls on the days held; what was
    paid of it ahead is given back.
    """

    on: date
    until: date
    stops: str
    source: Any = None
    begins_day: ClassVar[bool] = True
    takes_back: ClassVar[bool] = True

    def apply(self, account: Account) -> Effect:
        """Raises HoldEndsTooEarly."""
        if self.until < self.on:
            raise HoldEndsTooEarly()
        account = age(account, self.on - timedelta(days=1))
        hold = Hold(self.on, self.until, Stops(self.stops))
        freed = ZERO
        if hold.stops in STOPS_INTEREST:
            rows = tuple(without_interest(row, hold) for row in account.instalments)
            freed = sum((row.interest for row in account.instalments), ZERO) - sum((row.interest for row in rows), ZERO)
            account = settle_rows(with_interest_given_back(replace(account, instalments=rows)), self.on)
        days = Decimal(days_between(self.on, self.until) + 1)
        figures = {"days_held": days, "interest_freed": freed}
        return Effect(replace(account, holds=(*account.holds, hold)), figures=figures)


def with_held_days_free(effect: Effect, on: date) -> Effect:
    """``effect`` of a change of day ``on`` with the days of running holds of interest still free: what is laid out anew, or
    put off into them, bears nothing in them either. Where interest follows the balance no hold stops it.
    """
    account = effect.account
    holds = [hold for hold in account.holds if hold.stops in STOPS_INTEREST and hold.last > on]
    if not holds:
        return effect
    rows = account.instalments
    for hold in holds:
        rest = replace(hold, first=max(hold.first, on + timedelta(days=1)))
        rows = tuple(without_interest(row, rest) for row in rows)
    freed = sum((row.interest for row in account.instalments), ZERO) - sum((row.interest for row in rows), ZERO)
    if not freed:
        return effect
    after = settle_rows(with_interest_given_back(replace(account, instalments=rows)), on)
    added = effect.figures.get("interest_added")
    figures = effect.figures if added is None else {**effect.figures, "interest_added": added - freed}
    return replace(effect, account=after, figures=figures)


def with_past_days_free(account: Account, row: InstalmentState, was_due: date, on: date) -> InstalmentState:
    """``row``, due on ``was_due`` and put off on ``on``, without interest for the days between that were held."""
    for hold in account.holds:
        first, last = max(hold.first, was_due + timedelta(days=1)), min(hold.last, on)
        if hold.stops in STOPS_INTEREST and first <= last:
            row = without_interest(row, replace(hold, first=first, last=last))
    return row


def without_interest(row: InstalmentState, hold: Hold) -> InstalmentState:
    """The instalment without the interest of the days held, in which nothing more is earned; days already free earn none."""
    curve, eve = curve_of(row), hold.first - timedelta(days=1)
    earned, then = earned_by(curve, eve), earned_by(curve, hold.last)
    part = min(round_to(then - earned, row.step), row.interest)
    if part <= 0:
        return row
    before = until(curve, eve) or ((eve, ZERO),)
    later = [(day, sum_ - part) for day, sum_ in curve if day > hold.last]
    held = (*before, (hold.last, max(then - part, earned)), *later)
    return replace(row, interest=row.interest - part, curve=as_curve(held))


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnded:
    """Running holds of the kind ``stops`` end: ``on`` is the first day no longer held."""

    on: date
    stops: str
    source: Any = None
    begins_day: ClassVar[bool] = True

    def apply(self, account: Account) -> Effect:
        """Raises NoHoldRunning, FreeDaysGiven."""
        stops, eve = Stops(self.stops), self.on - timedelta(days=1)
        if stops in STOPS_INTEREST:
            raise FreeDaysGiven()
        account = age(account, eve)
        running = [hold for hold in account.holds if hold.stops is stops and hold.first <= self.on <= hold.last]
        if not running and self.source is None:
            raise NoHoldRunning()
        holds = tuple(replace(hold, last=eve) if hold in running else hold for hold in account.holds)
        return Effect(replace(account, holds=tuple(hold for hold in holds if hold.first <= hold.last)))
