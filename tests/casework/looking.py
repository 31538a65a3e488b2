"""A look at all conditions, as the job of the schedule takes it."""

from datetime import date, datetime

from casework import clock, standing
from core import business_date


def look(now: datetime | None = None, *, on: date | None = None) -> dict[str, standing.Looked]:
    """At this moment on the business date; at another one on its own day, unless another day is told."""
    day = on or (business_date.current() if now is None else now.date())
    return standing.look(now or clock.now(), on=day)
