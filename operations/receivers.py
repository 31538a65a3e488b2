"""News from lending: a loan's position changed, so whoever follows loans looks again.

The change is noted with the change itself, so that no look is lost while the broker is down; after the commit a worker is
woken. The night does the same looks for all.
"""

from math import inf
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver

from loans.bookkeeping.signals import loan_position_changed
from operations import fresh_looks
from operations.tasks import look_at_changed


class _Bell:
    """Wakes a worker, but not for each of many changes: the one that comes finds all that were noted, and the schedule
    sees to what is noted just after it has looked."""

    def __init__(self) -> None:
        self.rung_at = -inf

    def ring(self) -> None:
        now = monotonic()
        if now - self.rung_at >= settings.FRESH_LOOKS_SECONDS:
            self.rung_at = now
            look_at_changed.apply_async(retry=False)  # a payment must not wait for a broker that is down


_bell = _Bell()


@receiver(loan_position_changed, dispatch_uid="operations.note_change")
def note_change(sender: object, *, loan_id: int, borrower_id: int, **news: object) -> None:
    fresh_looks.note(loan_id=loan_id, borrower_id=borrower_id)
    transaction.on_commit(_bell.ring, robust=True)
