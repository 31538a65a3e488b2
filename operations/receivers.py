"""News from lending, after whose commit a worker is woken: a loan's position changed, so whoever follows loans looks again;
an application came in, so the rules decide; an order to pay out is queued, so the bank is told; a statement was confirmed,
so its payments are settled.

What is to be done stands in tables before anybody is woken, so that nothing is lost while the broker is down: the schedule
scans the same tables, and the night does the looks for all.
"""

from math import inf
from time import monotonic
from typing import Any

import structlog
from celery.signals import task_failure, task_success
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from loans.bookkeeping.signals import (
    application_submitted,
    loan_position_changed,
    payout_ordered,
    statement_confirmed,
)
from loans.tasks import send_disbursement, settle_bank_file
from operations import failing_jobs, fresh_looks
from operations.tasks import look_at_changed
from risk.tasks import assess_application

log = structlog.get_logger(__name__)


class _Bell:
    """Wakes workers after a commit. Where the broker does not answer, nobody rings for a while: who writes must not wait for
    it again and again, and the schedule sees to what was to be done."""

    def __init__(self) -> None:
        self.silent_until = -inf
        self.rung_at = -inf

    def ring(self, task: Any, **ids: int) -> None:
        """Enqueue ``task``, tried once."""
        if monotonic() < self.silent_until:
            return
        try:
            task.apply_async(kwargs=ids, retry=False)
        except OperationalError as silence:
            self.silent_until = monotonic() + settings.BROKER_REST_SECONDS
            log.warning("nobody_woken", task=task.name, detail=str(silence))

    def ring_for_changes(self) -> None:
        """Wake one worker, but not for each of many changes: the one that comes finds all that were noted, and the schedule
        sees to what is noted just after it has looked."""
        now = monotonic()
        if now - self.rung_at >= settings.FRESH_LOOKS_SECONDS:
            self.rung_at = now
            self.ring(look_at_changed)


_bell = _Bell()


@receiver(loan_position_changed, dispatch_uid="operations.note_change")
def note_change(sender: object, *, loan_id: int, borrower_id: int, **news: object) -> None:
    fresh_looks.note(loan_id=loan_id, borrower_id=borrower_id)
    transaction.on_commit(_bell.ring_for_changes, robust=True)


@receiver(application_submitted, dispatch_uid="operations.decide_at_once")
def decide_at_once(sender: object, *, application_id: int, **news: object) -> None:
    transaction.on_commit(lambda: _bell.ring(assess_application, application_id=application_id), robust=True)


@receiver(payout_ordered, dispatch_uid="operations.pay_out_at_once")
def pay_out_at_once(sender: object, *, disbursement_id: int, **news: object) -> None:
    transaction.on_commit(lambda: _bell.ring(send_disbursement, disbursement_id=disbursement_id), robust=True)


@receiver(statement_confirmed, dispatch_uid="operations.settle_at_once")
def settle_at_once(sender: object, *, bank_file_id: int, **news: object) -> None:
    transaction.on_commit(lambda: _bell.ring(settle_bank_file, bank_file_id=bank_file_id), robust=True)


@task_failure.connect(dispatch_uid="operations.job_failed")
def _failed(*, sender: Any = None, exception: BaseException, **_signal: object) -> None:
    if sender is not None and failing_jobs.is_scheduled(sender.name):
        failing_jobs.failed(sender.name, exception)


@task_success.connect(dispatch_uid="operations.job_succeeded")
def _succeeded(*, sender: Any = None, **_signal: object) -> None:
    if sender is not None and failing_jobs.is_scheduled(sender.name):
        failing_jobs.succeeded(sender.name)
