"""The portfolio in a few numbers: outstanding, and how much of it is late, at past month ends and last night.

Read from the rows the night writes (``loans.night.portfolio``): a page never sums the book.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.money import ZERO, round_money
from core.together import Reading
from loans.models import PortfolioDay

PAR_DAYS = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class PortfolioAtRisk:
    """Outstanding principal on a day, and the parts of it more than 30, 60, 90 days late."""

    on: date
    outstanding: Decimal
    late: tuple[Decimal, ...]

    @property
    def shares(self) -> tuple[Decimal, ...]:
        """Per cent of the outstanding, for each of PAR_DAYS."""
        if not self.outstanding:
            return (ZERO,) * len(self.late)
        return tuple(round_money(late * 100 / self.outstanding) for late in self.late)


def at_risk(before: date, months: int) -> Reading[list[PortfolioAtRisk]]:
    """The last ``months`` month ends before a day and the day before it, oldest first, so far as they were closed."""
    days = {*month_ends(before, months), before - timedelta(days=1)}
    return Reading(
        (PortfolioDay.objects.filter(on__in=days).order_by("on"),),
        lambda rows: [
            PortfolioAtRisk(row.on, row.outstanding, (row.late_30, row.late_60, row.late_90)) for row in rows
        ],
    )


def month_ends(before: date, count: int) -> list[date]:
    """The last ``count`` month ends before the day, oldest first."""
    ends: list[date] = []
    first = before.replace(day=1)
    while len(ends) < count:
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]
