"""The one piece of news that travels upward: a loan's position changed. Sent after commit, so that receivers read what is
really there; end of day, which changes all positions at once, does not send it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from django.db import transaction
from django.dispatch import Signal

loan_position_changed = Signal()
_quiet: ContextVar[bool] = ContextVar("loans_quiet", default=False)


def announce(*, loan_id: int, borrower_id: int, on: date) -> None:
    """Tell the upper apps, once the transaction is safe."""
    if _quiet.get():
        return
    transaction.on_commit(
        lambda: loan_position_changed.send_robust(None, loan_id=loan_id, borrower_id=borrower_id, on=on)
    )


@contextmanager
def quiet() -> Iterator[None]:
    """For whoever lives whole days at once and closes each: the nightly review does what the receivers would."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)
