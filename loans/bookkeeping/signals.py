"""The news that travels upward: a loan's position changed, an application waits for its decision, an order to pay out waits
for the bank, a statement was confirmed and its payments wait to be settled. Sent inside the transaction, for receivers that
only write it down or wait for the commit: what they do stands or falls with the change. End of day, which changes all
positions at once, does not send it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from django.dispatch import Signal

loan_position_changed = Signal()
application_submitted = Signal()
payout_ordered = Signal()
statement_confirmed = Signal()
_quiet: ContextVar[bool] = ContextVar("loans_quiet", default=False)


def announce(*, loan_id: int, borrower_id: int, on: date) -> None:
    """Tell the upper apps."""
    if not _quiet.get():
        loan_position_changed.send(None, loan_id=loan_id, borrower_id=borrower_id, on=on)


def announce_submission(*, application_id: int) -> None:
    """Tell the upper apps that an application came in and waits for the rules."""
    if not _quiet.get():
        application_submitted.send(None, application_id=application_id)


def announce_payout(*, disbursement_id: int) -> None:
    """Tell the upper apps that an order to pay out is queued: a new one, or one that is tried again."""
    if not _quiet.get():
        payout_ordered.send(None, disbursement_id=disbursement_id)


def announce_statement(*, bank_file_id: int) -> None:
    """Tell the upper apps that a statement file was confirmed and its payments wait to be settled."""
    if not _quiet.get():
        statement_confirmed.send(None, bank_file_id=bank_file_id)


@contextmanager
def quiet() -> Iterator[None]:
    """For whoever lives whole days at once and closes each: the nightly review does what the receivers would."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)
