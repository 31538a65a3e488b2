"""Rest days: from when money lessens the interest of a loan that follows its balance (pure)."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from core.calendars import add_months
from loans.schedules.due_dates import Period
from loans.schedules.terms import LoanTerms, Rest


def rest_day(terms: LoanTerms, dues: Iterable[date], on: date) -> date:
    """The day from which money of ``on`` counts for interest: ``on`` or the first rest day after it.

    ``dues`` are the due dates of the loan as they stand.
    """
    if terms.rest is Rest.WEEKLY:
        return on + timedelta(days=(terms.start_on - on).days % 7)
    if terms.rest is Rest.MONTHLY:
        months = (on.year - terms.start_on.year) * 12 + on.month - terms.start_on.month
        reached = add_months(terms.start_on, months)
        return reached if reached >= on else add_months(terms.start_on, months + 1)
    if terms.rest is Rest.SAME_AS_REPAYMENT:
        return min((due for due in dues if due >= on), default=on)
    return on


def waiting_days(terms: LoanTerms, periods: Sequence[Period]) -> list[date]:
    """By period the day from which what falls due with it counts; none where that is the due date of each."""
    if terms.rest not in (Rest.WEEKLY, Rest.MONTHLY):
        return []
    found = [rest_day(terms, (), period.due_on) for period in periods]
    late = any(day != period.due_on for day, period in zip(found[:-1], periods, strict=False))
    return found if late else []
