"""How often one person or program may touch personal data within an hour, a day and a week, and what is told of it.

The figures stand in a dated rule each. Whoever counts holds the row of the account, so that requests at once do not pass a
quota together. The hour stops a burst; the day and the week stop whoever stays patiently below the hour.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import events
from audit.models import AuditEvent
from core.errors import DomainError
from core.rules import rule
from staff.models import User

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
_SPANS = (("hour", HOUR), ("day", DAY), ("week", WEEK))
SPAN_WORDS: dict[str, str | Promise] = {"hour": _("an hour"), "day": _("a day"), "week": _("a week")}
# What is raised once when a number is passed, and once an hour when somebody goes on beyond a quota.
REVEAL_ALARM, LOOKUP_ALARM = "reveal_alarm", "lookup_alarm"
REVEAL_REFUSED, LOOKUP_REFUSED = "reveal_refused", "lookup_refused"
ALARMS, REFUSALS = (REVEAL_ALARM, LOOKUP_ALARM), (REVEAL_REFUSED, LOOKUP_REFUSED)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, how many times within it, and the number above which an alarm is raised."""

    name: str
    length: timedelta
    most: int
    alarm_above: int


def spans(code: str, now: datetime, *, prefix: str = "") -> list[Span]:
    """The hour, the day and the week of a rule as of a moment; ``prefix`` names figures of their own, as of programs."""
    given = rule(code, timezone.localdate(now))
    return [
        Span(name, length, int(given[f"{prefix}per_{name}"]), int(given[f"{prefix}alarm_above_{name}"]))
        for name, length in _SPANS
    ]


class QuotaReached(DomainError):
    """So many within the time are no longer a look at a case. ``opens`` says when it is open again."""

    status = 429
    action: ClassVar[str]

    def __init__(self, *, span: Span, opens: datetime, now: datetime, by: User) -> None:
        local = timezone.localtime(opens)
        at = f"{local:%H:%M:%S}" if span.length <= HOUR else f"{local:%Y-%m-%d %H:%M}"
        super().__init__(most=span.most, span=SPAN_WORDS[span.name], opens=at)
        self.opens, self.by, self.span = opens, by, span
        self.retry_after = max(1, int((opens - now).total_seconds()) + 1)

    def leave_behind(self) -> None:
        """That somebody went on beyond the quota, once an hour."""
        lately = AuditEvent.objects.filter(actor=self.by, action=self.action, at__gt=timezone.now() - HOUR)
        if not lately.exists():
            events.record(self.action, self.by, after={f"per_{self.span.name}": self.span.most}, actor=self.by)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there were within each span before this one."""

    spans: Sequence[Span]
    counts: Sequence[int]

    def alarm(self, action: str, by: User, **told: str) -> None:
        """Raise the alarm of each span that this one passes, once; ``told`` is kept with it."""
        for span, before in zip(self.spans, self.counts, strict=True):
            if before == span.alarm_above:
                seen = {"seen": before + 1, "alarm_above": span.alarm_above, "span": span.name}
                log.warning("much personal data within %s", span.name, extra={"user": by.pk, "seen": before + 1})
                events.record(action, by, after={**told, **seen, f"per_{span.name}": span.most}, actor=by)


def count(
    uses: QuerySet[AuditEvent], allowed: Sequence[Span], *, now: datetime, by: User, refusal: type[QuotaReached]
) -> Counted:
    """Count the ``uses`` of somebody whose row is held. Raises ``refusal`` where a span is full: the one that opens last."""
    longest = max(span.length for span in allowed)
    within = {f"in_{span.name}": Count("pk", filter=Q(at__gt=now - span.length)) for span in allowed}
    found = uses.filter(at__gt=now - longest).aggregate(**within)
    counts = [int(found[f"in_{span.name}"]) for span in allowed]
    full = [
        (_opens(uses, span, now), span) for span, number in zip(allowed, counts, strict=True) if number >= span.most
    ]
    if full:
        opens, span = max(full, key=lambda one: one[0])
        log.warning("personal data refused beyond the quota", extra={"user": by.pk, "span": span.name})
        raise refusal(span=span, opens=opens, now=now, by=by)
    return Counted(allowed, counts)


def _opens(uses: QuerySet[AuditEvent], span: Span, now: datetime) -> datetime:
    """When the oldest of those that fill the span falls out of it; a quota of none opens when the span is over."""
    if not span.most:
        return now + span.length
    return uses.order_by("-at").values_list("at", flat=True)[span.most - 1] + span.length
