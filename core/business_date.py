"""The business date: read by doors and the end-of-day run, passed as a value to everything else."""

from datetime import date, datetime

from django.utils import timezone

from core.models import BusinessDate


def current() -> date:
    """The day the books are open for; today's local date while no day was ever opened."""
    on = BusinessDate.objects.filter(pk=1).values_list("on", flat=True).first()
    return on or timezone.localdate()


def now() -> datetime:
    """The business day at the present time of day: the moment doors pass on, also when the books run ahead of today."""
    return datetime.combine(current(), timezone.localtime().timetz())


def is_set() -> bool:
    """Whether a day was ever opened."""
    return BusinessDate.objects.filter(pk=1).exists()


def move_to(on: date) -> None:
    """Open the books for ``on``. Called by end of day, by the first import and by nothing else."""
    if not BusinessDate.objects.filter(pk=1).update(on=on, moved_at=timezone.now()):
        BusinessDate.objects.update_or_create(pk=1, defaults={"on": on})
