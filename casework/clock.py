"""The clock on the wall, in the office's time zone: by it tasks are raised, due, escalated and covered for.

People and their hours do not stand still with the books: the business date waits for a night that failed and runs ahead
of an evening that was closed early. It says which conditions hold (``casework.standing``), and nothing of when.
"""

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    """This moment."""
    return timezone.localtime()


def today() -> date:
    """This day in the office."""
    return now().date()


def in_office(moment: datetime | None) -> datetime:
    """``moment`` on the office's clock, whatever zone it is told in; this moment where none is told."""
    return now() if moment is None else moment.astimezone(timezone.get_current_timezone())
