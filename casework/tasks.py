"""Background doors. Each makes one call and leaves the rest to tables."""

from celery import shared_task

from casework import clock, escalating, programs, retention, standing
from core import business_date
from core.context import acting


@shared_task(name="casework.escalate_late")
def escalate_late() -> int:
    """Tell leads of what nobody did in time."""
    with acting(channel="task"):
        return escalating.escalate_late(clock.now())


@shared_task(name="casework.look")
def look() -> int:
    """Raise tasks for what must not stand without somebody, end those whose reason is gone, and give back to their teams
    those of programs that do none any more."""
    with acting(channel="task"):
        programs.give_back_what_none_does(clock.now())
        return sum(sum(found) for found in standing.look(clock.now(), on=business_date.current()).values())


@shared_task(name="casework.keep_evidence_in_order")
def keep_evidence_in_order() -> int:
    """Wipe evidence whose time is over, forget uploads that nobody finished, and what belongs to no row."""
    with acting(channel="task"):
        on = business_date.current()
        # First: what the storage cannot list or remove holds up no wiping.
        wiped = retention.wipe_what_is_due(on, now=clock.now())
        retention.forget_unfinished(clock.now())
        retention.drop_orphans()
        return wiped
