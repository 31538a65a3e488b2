"""Letting days pass in a running demo: the borrowers of the portfolio go on paying, and each night is closed as always."""

from collections.abc import Callable
from datetime import date

from core import business_date
from loans.bookkeeping.signals import quiet
from operations.coordinator import only_coordinator
from operations.demo import borrowers as clients
from operations.end_of_day import Callback, EndOfDayFailed, close_day
from operations.models import DemoLoad, EndOfDayRun

Daily = Callable[[date], object]


def let_days_pass(
    until: date, *, progress: Callback | None = None, daily: Daily | None = None, except_loan: int | None = None
) -> None:
    """Live and close day after day until ``until`` is the business date. ``daily`` is done before each closing.

    Started again after an interruption it goes on with the day that is open; what was paid is not paid again.
    """
    with only_coordinator(), quiet():
        peopled = DemoLoad.objects.exists()
        while (on := business_date.current()) < until:
            if peopled:
                clients.pay(on, except_loan=except_loan)
            if daily:
                daily(on)
            run = close_day(on=on, triggered_by=EndOfDayRun.Trigger.DEMO, progress=progress)
            if not run.finished:
                raise EndOfDayFailed(on=on, error=run.error)
