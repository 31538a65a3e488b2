"""Background doors. Each makes one call and leaves the rest to tables."""

from celery import shared_task

from casework import escalating
from core.context import acting


@shared_task(name="casework.escalate_late")
def escalate_late() -> int:
    """Tell leads of what nobody did in time."""
    with acting(channel="task"):
        return escalating.escalate_late()
