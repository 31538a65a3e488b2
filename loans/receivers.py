"""News of a loan's position inside its own app: money may have covered the debt on a pledged policy again. Only enqueues;
the nightly review does the same, so a lost message costs a day at most."""

from typing import Any

from django.dispatch import receiver

from loans.pledge_reading import curable_pledges
from loans.signals import loan_position_changed
from loans.tasks import cure_pledge


@receiver(loan_position_changed, dispatch_uid="loans.cure_pledge")
def enqueue_cure(sender: Any, *, loan_id: int, **news: Any) -> None:
    # Few loans have a policy in warning: one look by index is cheaper than a message for every payment.
    if curable_pledges().filter(loan_id=loan_id).exists():
        # No retry: a payment must not wait for a broker that is down.
        cure_pledge.apply_async(kwargs={"loan_id": loan_id}, retry=False)
