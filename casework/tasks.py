"""Background doors. Each makes one call and leaves the rest to tables."""

from celery import shared_task

from casework import escalating, standing
from core.context import acting


@shared_task(name="casework.escalate_late")
def escalate_late() -> int:
    """Tell leads of what nobody did in time."""
    with acting(channel="task"):
        return escalating.escalate_late()


@shared_task(name="casework.look")
def look() -> int:
    """Raise tasks for what must not stand without somebody, and end those whose reason is gone."""
    with acting(channel="task"):
        return sum(sum(found) for found in standing.look().values())
