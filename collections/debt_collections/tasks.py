"""Background work of collections: one re-reading of one borrower, safe to repeat."""

from celery import shared_task

from core import business_date
from debt_collections import cases


@shared_task(name="collections.review_case")
def review_case(*, borrower_id: int) -> dict[str, int]:
    """Bring promise and case of a borrower in line after a payment, a reversal or an extension."""
    return cases.review_borrower(borrower_id=borrower_id, on=business_date.current())
