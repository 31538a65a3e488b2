"""Dates of lending under one name: month steps that keep their anchor day, and day-count conventions.

The steps are in ``core.dates``, the conventions in ``core.day_counts``, working days in ``core.working_days``.
"""

from core.dates import add_months, days_between, is_month_end, months_after
from core.day_counts import DayCount, RegularPeriod, day_total, year_fraction, year_length

__all__ = [
    "DayCount",
    "RegularPeriod",
    "add_months",
    "day_total",
    "days_between",
    "is_month_end",
    "months_after",
    "year_fraction",
    "year_length",
]
