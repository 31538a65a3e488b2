"""The one piece of news that travels upward: a loan's position changed. Sent inside the transaction, for receivers that only
write it down: what they note stands or falls with the change. End of day, which changes all positions at once, does not
send it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from django.dispatch import Signal

loan_position_changed = Signal()
_quiet: ContextVar[bool] = ContextVar("loans_quiet", default=False)


def announce(*, loan_id: int, borrower_id: int, on: date) -> None:
    """Tell the upper apps."""
    if not _quiet.get():
        loan_position_changed.send(None, loan_id=loan_id, borrower_id=borrower_id, on=on)


@contextmanager
def quiet() -> Iterator[None]:
    """For whoever lives whole days at once and closes each: the nightly review does what the receivers would."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)
