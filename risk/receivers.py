"""News from `loans`: a position changed, so the borrower's limit is looked at again. Only enqueues."""

from typing import Any

from django.dispatch import receiver

from loans.signals import loan_position_changed
from risk.tasks import review_limit


@receiver(loan_position_changed, dispatch_uid="risk.review_limit")
def on_loan_position_changed(sender: Any, *, borrower_id: int, **news: Any) -> None:
    # No retry: a payment must not wait for a broker that is down.
    review_limit.apply_async(kwargs={"borrower_id": borrower_id}, retry=False)
