"""The business date: read by doors and the end-of-day run, passed as a value to everything else."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.utils import timezone

from core.models import BusinessDate

# What a page has read already; None outside of one.
_known: ContextVar[list[date] | None] = ContextVar("business_date", default=None)


def current() -> date:
    """The day the books are open for; today's local date while no day was ever opened."""
    known = _known.get()
    if known:
        return known[0]
    on = BusinessDate.objects.filter(pk=1).values_list("on", flat=True).first() or timezone.localdate()
    if known is not None:
        known.append(on)
    return on


@contextmanager
def read_once() -> Iterator[None]:
    """Within, the date is read from the database once: a page must not be of two days."""
    token = _known.set([])
    try:
        yield
    finally:
        _known.reset(token)


def now() -> datetime:
    """The business day at the present time of day: the moment doors pass on, also when the books run ahead of today."""
    return datetime.combine(current(), timezone.localtime().timetz())


def is_set() -> bool:
    """Whether a day was ever opened."""
    return BusinessDate.objects.filter(pk=1).exists()


def move_to(on: date) -> None:
    """Open the books for ``on``. Called by end of day, by the first import and by nothing else."""
    if known := _known.get():
        known.clear()
    if not BusinessDate.objects.filter(pk=1).update(on=on, moved_at=timezone.now()):
        BusinessDate.objects.update_or_create(pk=1, defaults={"on": on})
