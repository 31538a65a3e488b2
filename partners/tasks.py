"""Housekeeping of the API."""

from celery import shared_task
from django.utils import timezone

from partners.idempotency import forget_answers_before


@shared_task(name="partners.forget_old_answers")
def forget_old_answers() -> int:
    """Drop stored answers after their seven days."""
    return forget_answers_before(at=timezone.now())
