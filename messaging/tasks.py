"""Background work of messaging: what is due stands in the outbox, the schedule only knocks."""

from celery import shared_task

from core import business_date
from messaging import delivery, receipts


@shared_task(name="messaging.send_due")
def send_due() -> dict[str, int]:
    """Send the messages that are due."""
    return delivery.send_due(business_date.now())


@shared_task(name="messaging.collect_receipts")
def collect_receipts() -> dict[str, int]:
    """Ask the channels what became of the messages they took."""
    return receipts.collect_receipts(business_date.now())
