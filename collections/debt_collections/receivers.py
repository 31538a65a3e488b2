"""News from lending: a loan's position changed, so its borrower's case may have to move. Only enqueues; the nightly
review does the same, so a lost message costs a day at most."""

from datetime import date
from typing import Any

from django.dispatch import receiver

from debt_collections.tasks import review_case
from loans.signals import loan_position_changed


@receiver(loan_position_changed, dispatch_uid="collections.review_case")
def enqueue_review(sender: Any, *, loan_id: int, borrower_id: int, on: date, **kwargs: Any) -> None:
    # No retry: a payment must not wait for a broker that is down.
    review_case.apply_async(kwargs={"borrower_id": borrower_id}, retry=False)
