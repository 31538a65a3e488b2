"""Sending what is due: what it is about read again, guard, address, wording, channel, in this order, in batches.

Each message is decided on by itself and never stops its neighbours. What the gateway could not take now is tried again
after growing pauses that stand in the table, so a restart forgets nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import structlog
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from borrowers.models import Borrower, BorrowerStatus, Consent, ConsentPurpose, ContactPoint
from core.currencies import house_currency
from messaging import queries
from messaging.addressing import best_address, channel_of
from messaging.channels.base import MessageRefused, Outgoing, TryLater, Undeliverable, adapter_for
from messaging.claiming import Result, claim, settle
from messaging.contact_guard import Answer, ContactRules, Standing, Verdict, judge
from messaging.models import Message, MessageStatus, Purpose
from messaging.rendering import CURRENCY, VariableMissing, VariableRefused, render
from messaging.rereading import WORDS, Read, is_read_again, reread
from messaging.undelivered import number_refused
from messaging.wording import WordingBook, wording_book

log = structlog.get_logger(__name__)

BATCH = 200
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))


@dataclass(frozen=True, slots=True)
class Batch:
    """A claimed batch with everything needed to decide on it: a few queries, however many messages."""

    messages: list[Message]
    book: WordingBook
    rules: dict[str, ContactRules]
    points: dict[int, list[ContactPoint]]
    withdrawn: set[int]
    sent_today: Counter[int]


def send_due(now: datetime, *, batch_size: int = BATCH) -> dict[str, int]:
    """Send everything due at ``now``; gives how many were sent, refused, dropped, rewritten, put off and failed."""
    counts: Counter[str] = Counter()
    while claimed := _claimed(now, batch_size):
        counts.update(_send_batch(claimed, now))
    return dict(counts)


@transaction.atomic
def _claimed(now: datetime, most: int) -> list[tuple[Message, Read | None]]:
    """The next due messages, each with what changed since it was queued, both read in one transaction."""
    taken = claim(now, most=most)
    rows = Message.objects.filter(pk__in=taken, created_on__in=set(taken.values()))
    messages = list(rows.select_related("borrower").order_by("pk")) if taken else []
    try:
        with transaction.atomic():
            found = reread(messages, now)
    except Exception:  # a fault of one reader: each message is read again by itself before it is sent
        log.exception("reread_fault")
        found = {}
    return [(message, found.get(message.pk)) for message in messages]


def _send_batch(claimed: Sequence[tuple[Message, Read | None]], now: datetime) -> Counter[str]:
    batch = _load([message for message, _read in claimed], now)
    results = [_safely(message, read, batch, now) for message, read in claimed]
    with transaction.atomic():
        settle(results)
        for result in results:
            if result.refusal == queries.NUMBER_REFUSED:
                number_refused(message_id=result.message_id, at=now)
    counts = Counter(_counted_as(result) for result in results)
    counts.update("rewritten" for result in results if result.rewritten and result.status == MessageStatus.SENT)
    return counts


def _counted_as(result: Result) -> str:
    if result.status == MessageStatus.QUEUED:
        return "put_off"
    return "dropped" if result.refusal in WORDS else str(result.status)


def _load(messages: list[Message], now: datetime) -> Batch:
    people = {message.borrower_id for message in messages}
    points: dict[int, list[ContactPoint]] = defaultdict(list)
    for point in ContactPoint.objects.filter(borrower_id__in=people):
        points[point.borrower_id].append(point)
    today = timezone.localdate(now)
    rules = {market: queries.contact_rules(today, market) for market in {one.borrower.market for one in messages}}
    limited = any(one.messages_per_day is not None for one in rules.values())
    return Batch(
        messages=messages,
        book=wording_book(),
        rules=rules,
        points=points,
        withdrawn=_reminders_withdrawn(people),
        sent_today=_sent_on(today, people) if limited else Counter(),
    )


def _reminders_withdrawn(people: set[int]) -> set[int]:
    """Who withdrew the consent to reminders and did not give it again. Never having been asked is no withdrawal."""
    consents = Consent.objects.filter(borrower_id__in=people, purpose=ConsentPurpose.ELECTRONIC_MESSAGES)
    withdrawn = set(consents.exclude(withdrawn_at=None).values_list("borrower_id", flat=True))
    return withdrawn - set(consents.filter(withdrawn_at=None).values_list("borrower_id", flat=True))


def _sent_on(day: date, people: set[int]) -> Counter[int]:
    start = timezone.make_aware(datetime.combine(day, time.min))
    rows = (
        Message.objects.filter(borrower_id__in=people, sent_at__gte=start, sent_at__lt=start + timedelta(days=1))
        .exclude(purpose=Purpose.SERVICE)
        .values("borrower_id")
        .annotate(sent=Count("id"))
        .order_by()
    )
    return Counter({row["borrower_id"]: row["sent"] for row in rows})


def _safely(message: Message, read: Read | None, batch: Batch, now: datetime) -> Result:
    """A fault with one message must not keep two hundred others from being sent."""
    try:
        return _send_one(message, read, batch, now)
    except Exception:
        log.exception("message_fault", message_id=message.pk, template_code=message.template_code)
        return _later(_kept(message), now, queries.FAULT)


def _send_one(message: Message, read: Read | None, batch: Batch, now: datetime) -> Result:
    if read is not None and read.is_dropped:
        return _refused(_kept(message), str(read.why))
    verdict = _judge(message, batch, now)
    kept = _kept(message)
    if verdict.answer is Answer.REFUSE:
        return _refused(kept, str(verdict.why))
    if verdict.answer is Answer.WAIT:
        return replace(kept, refusal=str(verdict.why), next_attempt_at=verdict.not_before)
    point = best_address(
        batch.points.get(message.borrower_id, []), channel=message.channel, wanted_id=message.wanted_point_id
    )
    if point is None:
        return _refused(kept, queries.NO_USABLE_CONTACT)
    if is_read_again(message):  # the messages before this one took their time
        read = reread([message], now).get(message.pk)
    if read is not None and read.is_dropped:
        return _refused(kept, str(read.why))
    if read is not None:
        kept = replace(kept, context=read.context, rewritten=str(read.why))
    try:
        worded = _worded(replace(kept, contact_point_id=point.pk, channel=channel_of(point)), message, batch.book)
    except VariableMissing:
        return _refused(kept, queries.VARIABLE_MISSING)
    except VariableRefused:
        return _refused(kept, queries.VARIABLE_REFUSED)
    if not worded.body:
        return _refused(kept, queries.WORDING_MISSING)
    handed = _hand_over(worded, point, now, message.channel)
    if handed.status == MessageStatus.SENT and message.purpose != Purpose.SERVICE:
        batch.sent_today[message.borrower_id] += 1
    return handed


def _kept(message: Message) -> Result:
    """The message as it stands: still queued."""
    return Result(
        message_id=message.pk,
        created_on=message.created_on,
        status=MessageStatus.QUEUED,
        channel=message.channel,
        attempts=message.attempts,
        contact_point_id=message.contact_point_id,
        language=message.language,
        template_version=message.template_version,
        subject=message.subject,
        body=message.body,
    )


def _judge(message: Message, batch: Batch, now: datetime) -> Verdict:
    borrower: Borrower = message.borrower
    return judge(
        purpose=message.purpose,
        channel=message.channel,
        at=timezone.localtime(now),
        due_at=message.due_at,
        rules=batch.rules[borrower.market],
        standing=Standing(
            active=borrower.status == BorrowerStatus.ACTIVE,
            do_not_contact=borrower.do_not_contact,
            reminders_withdrawn=borrower.pk in batch.withdrawn,
            messages_today=batch.sent_today[borrower.pk],
        ),
    )


def _worded(kept: Result, message: Message, book: WordingBook) -> Result:
    """The text in the borrower's language; empty when no wording is approved."""
    language = message.language or message.borrower.language
    template = book.find(code=message.template_code, channel=kept.channel, language=language)
    if template is None:
        return replace(kept, body="")
    context = {
        CURRENCY: house_currency(),
        **(kept.context or message.context),
    }  # queued before amounts named their currency
    return replace(
        kept,
        language=template.language,
        template_version=template.version,
        subject=render(template.subject, context, template.language),
        body=render(template.body, context, template.language),
    )


def _hand_over(worded: Result, point: ContactPoint, now: datetime, channel: str) -> Result:
    """Give it to the gateway of the address; ``channel`` is the way the message was meant to take."""
    attempt = worded.attempts + 1
    outgoing = Outgoing(
        key=f"{worded.message_id}-{attempt}",
        address=point.value,
        subject=worded.subject,
        body=worded.body,
        attempt=attempt,
    )
    try:
        reference = adapter_for(worded.channel).send(outgoing)
    except TryLater:  # address and way are chosen anew next time: both may change until then
        return _later(replace(worded, contact_point_id=None, channel=channel), now, queries.GATEWAY_UNREACHABLE)
    except Undeliverable:
        return replace(worded, status=MessageStatus.FAILED, attempts=attempt, refusal=queries.NUMBER_REFUSED)
    except MessageRefused:
        return replace(worded, status=MessageStatus.FAILED, attempts=attempt, refusal=queries.MESSAGE_REFUSED)
    return replace(
        worded, status=MessageStatus.SENT, attempts=attempt, sent_at=now, provider_reference=reference, refusal=""
    )


def _later(result: Result, now: datetime, why: str) -> Result:
    """The next attempt after the next pause; failed for good when no pause is left."""
    if result.attempts >= len(PAUSES):
        return replace(result, status=MessageStatus.FAILED, attempts=result.attempts + 1, refusal=why)
    return replace(result, attempts=result.attempts + 1, refusal=why, next_attempt_at=now + PAUSES[result.attempts])


def _refused(kept: Result, why: str) -> Result:
    return replace(kept, status=MessageStatus.REFUSED, refusal=why)
