"""Repeated requests are answered once.

The row of a key is made first, in a transaction of its own, so that everybody sees it. The work then runs in one
transaction that holds the lock of that row and writes the answer into it: answer and effect are committed together or
not at all. A row that says "running" but is not locked belongs to a process that died; its effects died with its
transaction, so the next caller takes the work over. Refusals roll back, so they are never stored here; what a
refusal leaves on record is written after that (``core.aftermath``).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.aftermath import whole
from core.encryption import blind_index
from core.errors import DomainError, Invalid
from partners.models import ApiClient, IdempotencyRecord

KEPT_FOR = timedelta(days=7)
LONGEST_KEY = 255
RETRY_AFTER_SECONDS = 1


class IdempotencyKeyMissing(DomainError):
    code = "idempotency_key_missing"
    status = 400
    message = _("Send an Idempotency-Key header: this request creates something, and a repeat must not do it twice.")


class IdempotencyKeyInvalid(DomainError):
    code = "idempotency_key_invalid"
    status = 400
    message = _("An Idempotency-Key has 1 to 255 printable ASCII characters.")


class IdempotencyKeyReused(Invalid):
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was used for another request. Take a new key for a new request.")


class RequestStillRunning(DomainError):
    code = "request_still_running"
    message = _("The first request with this Idempotency-Key is still running. Ask again in a moment.")
    retry_after = RETRY_AFTER_SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """What was or will be sent back: the body already rendered, so that a repeat is the same to the byte."""

    status: int
    body: str
    location: str = ""
    replayed: bool = False


def fingerprint(*, method: str, path: str, body: object) -> str:
    """One text for one request, whatever the order of its fields; keyed, since what a short one said is found by trying."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return blind_index(f"{method} {path}\n{canonical}", "idempotency")


def answer_once(*, client: ApiClient, key: str, fingerprint: str, work: Callable[[], Answer]) -> Answer:
    """Run ``work`` for this key once, ever, and give every repeat its answer."""
    _check(key)
    _open(client, key, fingerprint)
    try:
        with whole():
            record = _hold(client, key, fingerprint)
            if record.status == IdempotencyRecord.Status.ANSWERED:
                return _stored(record)
            answer = work()
            _close(record, answer)
            return answer
    except (RequestStillRunning, IdempotencyKeyReused):
        raise
    except BaseException:
        _forget(client, key)
        raise


def forget_answers_before(*, at: datetime) -> int:
    """Drop rows older than a week; how many there were."""
    count, _by_model = IdempotencyRecord.objects.filter(created_at__lt=at - KEPT_FOR).delete()
    return count


def _check(key: str) -> None:
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyInvalid


def _open(client: ApiClient, key: str, fingerprint: str) -> None:
    """Make the row unless it is there."""
    IdempotencyRecord.objects.bulk_create(
        [IdempotencyRecord(client=client, key=key, fingerprint=fingerprint)], ignore_conflicts=True
    )


def _hold(client: ApiClient, key: str, fingerprint: str) -> IdempotencyRecord:
    """The locked row; refused when it belongs to another request or somebody else holds it."""
    rows = IdempotencyRecord.objects.filter(client=client, key=key)
    record = rows.select_for_update(skip_locked=True).first()
    if record is None:
        raise RequestStillRunning
    if record.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return record


def _close(record: IdempotencyRecord, answer: Answer) -> None:
    record.status = IdempotencyRecord.Status.ANSWERED
    record.response_status = answer.status
    record.response_body = answer.body
    record.response_location = answer.location
    record.save(update_fields=["status", "response_status", "response_body", "response_location"])


def _stored(record: IdempotencyRecord) -> Answer:
    return Answer(record.response_status or 200, record.response_body, record.response_location, replayed=True)


def _forget(client: ApiClient, key: str) -> None:
    """Free the key after a refusal, unless another caller took the work over in the meantime."""
    running = IdempotencyRecord.objects.filter(client=client, key=key, status=IdempotencyRecord.Status.RUNNING)
    with transaction.atomic():
        held = list(running.select_for_update(skip_locked=True).values_list("pk", flat=True))
        IdempotencyRecord.objects.filter(pk__in=held).delete()
