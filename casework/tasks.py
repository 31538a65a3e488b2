"""Background doors. Each makes one call and leaves the rest to tables."""

from celery import shared_task

from casework import clock, escalating, retention, standing
from core import business_date
from core.context import acting


@shared_task(name="casework.escalate_late")
def escalate_late() -> int:
    """Tell leads of what nobody did in time."""
    with acting(channel="task"):
        return escalating.escalate_late(clock.now())


@shared_task(name="casework.look")
def look() -> int:
    """Raise tasks for what must not stand without somebody, and end those whose reason is gone."""
    with acting(channel="task"):
        return sum(sum(found) for found in standing.look(clock.now(), on=business_date.current()).values())


@shared_task(name="casework.keep_evidence_in_order")
def keep_evidence_in_order() -> int:
    """Wipe evidence whose time is over, forget uploads that nobody finished, and what belongs to no row."""
    with acting(channel="task"):
        on = business_date.current()
        # First: what the storage cannot list or remove holds up no wiping.
        wiped = retention.wipe_what_is_due(on, now=clock.now())
        retention.forget_unfinished(business_date.now())
        retention.drop_orphans()
        return wiped
