"""Working time (pure): when so many working hours after a moment are over.

A working hour is an hour between opening and closing on a working day of the calendar. Moments are in the office's own time
zone, and hours are those of its clock.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from core.working_days import WorkingCalendar

_DAY = timedelta(days=1)
MOST_HOURS = 2000  # about a working year: more is a mistake, and would be looked for day by day


class OfficeHoursRefused(ValueError):
    """Hours in which no work can be done, or more of them than anybody waits for."""

    code = "office_hours_refused"


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When the office works: from ``opens`` until ``closes`` on each working day of ``calendar``.

    Raises OfficeHoursRefused where it closes before it opens.
    """

    calendar: WorkingCalendar
    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise OfficeHoursRefused(f"an office that opens at {self.opens} cannot close at {self.closes}")

    def after(self, start: datetime, hours: Decimal) -> datetime:
        """The moment at which ``hours`` (0 to MOST_HOURS) of working time after ``start`` are over.

        Time outside office hours does not count: what begins at night begins when the office opens. Raises
        OfficeHoursRefused for hours out of range.
        """
        if not 0 <= hours <= MOST_HOURS:
            raise OfficeHoursRefused(f"{hours} working hours are not between 0 and {MOST_HOURS}")
        left = timedelta(seconds=int(hours * 3600))
        day = start.date()
        while True:
            if self.calendar.is_working(day):
                begins = max(start, datetime.combine(day, self.opens, start.tzinfo))
                closes = datetime.combine(day, self.closes, start.tzinfo)
                if begins + left <= closes:
                    return begins + left
                left -= max(closes - begins, timedelta(0))
            day += _DAY
