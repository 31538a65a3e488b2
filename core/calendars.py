"""Dates of lending: month steps that keep their anchor day, and day-count conventions.

A period counts its first day and not its last (民法典 201), so interest days are simply ``end - start``.
"""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from enum import StrEnum


class DayCount(StrEnum):
    """How a span of days becomes a part of a year."""

    ACT_365F = "act_365f"
    ACT_360 = "act_360"
    THIRTY_360 = "30_360"


def add_months(anchor: date, months: int) -> date:
    """The same day ``months`` later, or the last day of a shorter month (民法典 202).

    Always step from the original anchor, never from the previous result: 31 January gives 28 February and 31 March.
    """
    years, month0 = divmod(anchor.month - 1 + months, 12)
    year, month = anchor.year + years, month0 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def days_between(start: date, end: date) -> int:
    """Calendar days from ``start`` (counted) to ``end`` (not counted)."""
    return (end - start).days


def year_fraction(start: date, end: date, convention: DayCount) -> Decimal:
    """The span as a part of a year under ``convention`` (30/360 is the ISDA bond basis)."""
    if convention is DayCount.ACT_365F:
        return Decimal(days_between(start, end)) / 365
    if convention is DayCount.ACT_360:
        return Decimal(days_between(start, end)) / 360
    first_day = min(start.day, 30)
    last_day = 30 if end.day == 31 and first_day == 30 else end.day
    days = 360 * (end.year - start.year) + 30 * (end.month - start.month) + (last_day - first_day)
    return Decimal(days) / 360
