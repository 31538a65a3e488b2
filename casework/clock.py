"""The clock on the wall, in the office's time zone: by it tasks are raised, due, escalated and covered for.

People and their hours do not stand still with the books: the business date waits for a night that failed and runs ahead
of an evening that was closed early. It says which conditions hold (``casework.standing``), and nothing of when. Doors read
this clock and hand the moment in.
"""

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    """This moment."""
    return timezone.localtime()


def today() -> date:
    """This day in the office."""
    return now().date()


def in_office(moment: datetime) -> datetime:
    """``moment`` on the office's clock, whatever zone it is told in."""
    return moment.astimezone(timezone.get_current_timezone())
