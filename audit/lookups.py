"""People looked up by personal data that somebody types (a phone, an identity number): counted whether found or not.

A search answers yes or no, and so tells a number that is shown masked to whoever asks often enough. A lookup costs one of
the quota (rule ``lookup_quota``); the same number again within an hour costs nothing, as it tells nothing new. Numbers that
look alike when masked are guesses at one number: a few are slips of the finger, more raise an alarm, many are refused.
The record keeps the masked form and a fingerprint, never what was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import events, quotas
from audit.models import AuditEvent
from core.aftermath import whole
from core.rules import rule
from staff.models import User

ACTION = "looked_up"
RULE = "lookup_quota"


class LookupQuotaReached(quotas.QuotaReached):
    """So many people are no longer looked up for the work at hand."""

    code = "lookup_quota_reached"
    field = "q"
    action = quotas.LOOKUP_REFUSED
    message = _(
        "You have looked up %(most)s phones or identity numbers within %(span)s. It opens again at %(opens)s. Look for "
        "the number of the borrower, loan or application instead; compliance can see why."
    )


class TooManyAlike(LookupQuotaReached):
    """Numbers that differ only where they are masked: somebody tries which one it is."""

    code = "lookups_too_alike"
    message = _(
        "You have looked up %(most)s numbers within %(span)s that differ only in the hidden digits. It opens again at "
        "%(opens)s. Ask the borrower for the number, or let it be shown with a reason."
    )


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed: which kind of number, as it is shown masked, and its fingerprint. ``shown`` is empty where
    masking leaves nothing to compare."""

    kind: str
    shown: str
    fingerprint: str


@whole()
def record(typed: Sequence[Typed], *, by: User) -> None:
    """Count what ``by`` looks up, before it is answered. Raises LookupQuotaReached, TooManyAlike."""
    if not typed:
        return
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    for one in typed:
        _count(one, by)


def _count(typed: Typed, by: User) -> None:
    now = timezone.now()
    mine = AuditEvent.objects.filter(actor=by, action=ACTION)
    if mine.filter(at__gt=now - quotas.HOUR, after__number=typed.fingerprint).exists():
        return
    counted = quotas.count(mine, quotas.spans(RULE, now), now=now, by=by, refusal=LookupQuotaReached)
    guesses = _guesses(typed, by) if typed.shown else None
    told = {"kind": typed.kind, "shown": typed.shown, "number": typed.fingerprint}
    events.record("looked_up", by, after=told, actor=by)
    counted.alarm(quotas.LOOKUP_ALARM, by)
    if guesses is not None:
        guesses.alarm(quotas.LOOKUP_ALARM, by, shown=typed.shown)


def _guesses(typed: Typed, by: User) -> quotas.Counted:
    """How many other numbers of the same masked form were looked up within a day. Raises TooManyAlike."""
    now = timezone.now()
    given = rule(RULE, timezone.localdate(now))
    day = quotas.Span("day", quotas.DAY, int(given["alike_per_day"]), int(given["alike_alarm_above"]))
    alike = AuditEvent.objects.filter(actor=by, action=ACTION, after__shown=typed.shown)
    others = alike.exclude(after__number=typed.fingerprint)
    return quotas.count(others, [day], now=now, by=by, refusal=TooManyAlike)
