"""Working days: which days are, and where a date moves that is none (pure).

Roll conventions: 2006 ISDA Definitions 4.12. A market whose weekends are sometimes working days (China's make-up days,
放假办法 of 2024-11-10) names those days one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

_DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6


class BusinessDayRoll(StrEnum):
    """Where a due date moves that is no working day."""

    NONE = "none"
    FOLLOWING = "following"
    MODIFIED_FOLLOWING = "modified_following"
    PRECEDING = "preceding"
    MODIFIED_PRECEDING = "modified_preceding"
    NEAREST = "nearest"
    MERGE = "merge"  # the next working day, where what is due there already is paid together with it
    SKIP = "skip"  # left out: it and all later ones are a period later


STEPPING = (BusinessDayRoll.MERGE, BusinessDayRoll.SKIP)  # by days and weeks alone


class CalendarRefused(ValueError):
    """A calendar no date can be rolled on; subclasses name the reason and carry a ``code`` that never changes."""

    code = "calendar_refused"


class NoWorkingWeekday(CalendarRefused):
    code = "no_working_weekday"


class DayOfTwoKinds(CalendarRefused):
    code = "day_of_two_kinds"


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working days of a market.

    ``weekend`` are weekdays as ``date.weekday`` counts them (0 is Monday); ``holidays`` are days off that may lie
    anywhere, ``working_days`` make-up days that are worked although they lie on a weekend. ``known_until`` is the last
    day the market's authority has published, None where nothing is ever published.
    Raises NoWorkingWeekday for a week of seven days off, DayOfTwoKinds for a day that is named in both lists.
    """

    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})
    holidays: frozenset[date] = field(default_factory=frozenset)
    working_days: frozenset[date] = field(default_factory=frozenset)
    known_until: date | None = None

    def __post_init__(self) -> None:
        if self.weekend >= frozenset(range(7)):
            raise NoWorkingWeekday("a week must have a working day")
        both = self.holidays & self.working_days
        if both:
            raise DayOfTwoKinds(f"{min(both)} cannot be a day off and a working day")

    def is_working(self, on: date) -> bool:
        """Whether ``on`` is a working day."""
        if on in self.working_days:
            return True
        return on not in self.holidays and on.weekday() not in self.weekend

    def is_provisional(self, on: date) -> bool:
        """Whether days off around ``on`` are not yet published, so that what is rolled there may still change."""
        return self.known_until is not None and on > self.known_until

    def roll(self, on: date, convention: BusinessDayRoll) -> date:
        """``on`` if it is a working day or nothing rolls, else the working day ``convention`` leads to.

        A modified roll that would leave the month goes the other way instead. The nearest working day of two equally
        near ones is the following. Of a date by itself MERGE and SKIP know no more than that the next working day is meant.
        """
        if convention is BusinessDayRoll.NONE or self.is_working(on):
            return on
        before, after = self._next(on, -_DAY), self._next(on, _DAY)
        if convention is BusinessDayRoll.NEAREST:
            return before if on - before < after - on else after
        backward = convention in (BusinessDayRoll.PRECEDING, BusinessDayRoll.MODIFIED_PRECEDING)
        there, back = (before, after) if backward else (after, before)
        stays = convention not in (BusinessDayRoll.MODIFIED_FOLLOWING, BusinessDayRoll.MODIFIED_PRECEDING)
        return there if stays or _same_month(on, there) else back

    def _next(self, on: date, step: timedelta) -> date:
        while not self.is_working(on):
            on += step
        return on


def calendar_of(
    weekend: Iterable[int], exceptions: Iterable[tuple[date, bool]], known_until: date | None = None
) -> WorkingCalendar:
    """The calendar of ``weekend`` and its exceptional days, each with whether it is worked."""
    days = dict(exceptions)
    return WorkingCalendar(
        weekend=frozenset(weekend),
        holidays=frozenset(on for on, working in days.items() if not working),
        working_days=frozenset(on for on, working in days.items() if working),
        known_until=known_until,
    )


def _same_month(one: date, other: date) -> bool:
    return (one.year, one.month) == (other.year, other.month)
