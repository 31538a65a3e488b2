"""Background doors. Each makes one call and leaves the rest to tables."""

from celery import shared_task

from casework import escalating, retention, standing
from core import business_date
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


@shared_task(name="casework.keep_evidence_in_order")
def keep_evidence_in_order() -> int:
    """Wipe evidence whose time is over, forget uploads that nobody finished, and what belongs to no row."""
    with acting(channel="task"):
        on = business_date.current()
        wiped = retention.wipe_what_is_due(on)  # first: what the storage cannot list or remove holds up no wiping
        retention.forget_unfinished(on)
        retention.drop_orphans()
        return wiped
