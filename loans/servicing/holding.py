"""Whether people may be reminded of their loans today, or are left in peace for a while (``account/changes/holds.py``)."""

from datetime import date

from loans.account.interest import Stops
from loans.models import LoanPosition, LoanStatus

STOPS_MESSAGES = (Stops.MESSAGES.value, Stops.EVERYTHING.value)


def is_left_in_peace(borrower_id: int, on: date) -> bool:
    """True when the borrower is late only with loans whose messages are on hold on ``on``. One query."""
    late = LoanPosition.objects.filter(borrower_id=borrower_id, status=LoanStatus.ACTIVE, oldest_due_on__isnull=False)
    held = [_held(holds, on.isoformat()) for holds in late.values_list("holds", flat=True)]
    return bool(held) and all(held)


def _held(holds: list[list[str]], on: str) -> bool:
    return any(stops in STOPS_MESSAGES and first <= on <= last for first, last, stops in holds)
