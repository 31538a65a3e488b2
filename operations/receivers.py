"""News from lending: a loan's position changed, so whoever follows loans looks again. Only enqueues, once for all of
them: a second message would cost a payment as much as its ledger entries. The night does the same looks, so a lost
message costs a day at most."""

from typing import Any

from django.dispatch import receiver

from loans.signals import loan_position_changed
from operations.tasks import look_again


@receiver(loan_position_changed, dispatch_uid="operations.look_again")
def enqueue_looks(sender: Any, *, loan_id: int, borrower_id: int, **news: Any) -> None:
    # No retry: a payment must not wait for a broker that is down.
    look_again.apply_async(kwargs={"loan_id": loan_id, "borrower_id": borrower_id}, retry=False)
