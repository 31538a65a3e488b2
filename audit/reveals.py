"""Personal data shown unmasked: counted a person and hour, for a reason from a list, and looked at by compliance.

Whatever door shows it asks ``record`` first. The count is taken under the lock of whoever looks, so that requests at once
do not pass the quota together; the rule ``reveal_quota`` says how many an hour and from which number on an alarm is raised.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import events
from audit.models import AuditEvent
from core.aftermath import whole
from core.errors import DomainError, Invalid
from core.rules import rule
from core.writing import listed
from staff.models import User

ACTION, ALARM, REFUSED = "revealed", "reveal_alarm", "reveal_refused"
HOUR = timedelta(hours=1)
# Who looks after what was out of the ordinary is told of alarms on the home page, for so long.
REVIEWS, TOLD_FOR = "audit.review_break_glass", timedelta(days=7)
RULE = "reveal_quota"
log = logging.getLogger(__name__)


class Why(models.TextChoices):
    """Why somebody needs to see personal data."""

    IDENTITY_CHECK = "identity_check", _("Identity check")
    CALL = "call", _("Call to the borrower")
    PAYMENT = "payment", _("Payment or refund")
    ACCOUNT = "account", _("Check of an account before it is paid")
    LEGAL = "legal", _("Legal or regulatory request")
    COMPLAINT = "complaint", _("Complaint")
    API = "api", _("A partner's program")
    OTHER = "other", _("Other")


# A person chooses among these; the last is for programs.
FOR_PEOPLE = [why for why in Why if why is not Why.API]


class RevealReasonMissing(Invalid):
    """Personal data is shown for a stated reason only; “other” needs words."""

    code = "reveal_reason_missing"
    field = "reason"
    message = _("Say why you need to see it; the reason is recorded.")


class RevealReasonUnknown(Invalid):
    code = "reveal_reason_unknown"
    field = "reason"
    message = _("“%(reason)s” is not one of the reasons. Choose one, and add words to “other”.")


class RevealQuotaReached(DomainError):
    """So many in an hour are no longer a look at a case."""

    code = "reveal_quota_reached"
    status = 429
    message = _(
        "You have seen personal data %(most)s times within an hour. It opens again at %(opens)s; compliance can see why."
    )

    def __init__(self, *, most: int, opens: datetime, now: datetime, by: User) -> None:
        local = timezone.localtime(opens)
        super().__init__(most=most, opens=f"{local:%H:%M:%S}")
        self.opens, self.by, self.most = opens, by, most
        self.retry_after = max(1, int((opens - now).total_seconds()) + 1)

    def leave_behind(self) -> None:
        """That somebody went on beyond the quota, once an hour."""
        lately = AuditEvent.objects.filter(actor=self.by, action=REFUSED, at__gt=timezone.now() - HOUR)
        if not lately.exists():
            events.record(REFUSED, self.by, after={"per_hour": self.most}, actor=self.by)


@whole()
def record(
    obj: models.Model,
    *,
    why: str,
    note: str = "",
    shown: Mapping[str, object],
    by: User,
    program: bool = False,
) -> AuditEvent:
    """Note that ``by`` is shown personal data of ``obj``, before it is. ``program`` counts by the quota of the API.

    Raises RevealReasonMissing, RevealReasonUnknown, RevealQuotaReached.
    """
    words = in_words(why, note)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    now = timezone.now()
    seen = AuditEvent.objects.filter(actor=by, action=ACTION, at__gt=now - HOUR)
    most, alarm_above = quota(now, program=program)
    count = seen.count()
    if count >= most:
        log.warning("personal data refused beyond the quota", extra={"user": by.pk, "seen": count})
        opens = seen.order_by("-at").values_list("at", flat=True)[most - 1] + HOUR
        raise RevealQuotaReached(most=most, opens=opens, now=now, by=by)
    event = events.record("revealed", obj, reason=words, after={**shown, "why": why}, actor=by)
    if count == alarm_above:
        log.warning("much personal data seen within an hour", extra={"user": by.pk, "seen": count + 1})
        events.record(
            "reveal_alarm", by, after={"seen": count + 1, "alarm_above": alarm_above, "per_hour": most}, actor=by
        )
    return event


def in_words(why: str, note: str = "") -> str:
    """The reason as it is recorded. Raises RevealReasonMissing, RevealReasonUnknown."""
    note = note.strip()
    if not why.strip() or (why == Why.OTHER and not note):
        raise RevealReasonMissing
    if why not in Why.values:
        raise RevealReasonUnknown(reason=why)
    if why == Why.OTHER:
        return note
    chosen = why.replace("_", " ")
    return f"{chosen}: {note}" if note else chosen


def quota(now: datetime, *, program: bool) -> tuple[int, int]:
    """How many an hour, and the number above which an alarm is raised, by the rule of the day."""
    given = rule(RULE, timezone.localdate(now))
    prefix = "api_" if program else ""
    return int(given[f"{prefix}per_hour"]), int(given[f"{prefix}alarm_above"])


_FIELDS = {
    "name": _("name"),
    "identity_number": _("identity number"),
    "phone": _("mobile"),
    "birth_date": _("birth date"),
    "contact_point": _("contact point"),
    "contact_points": _("contact points"),
    "bank_account": _("bank account"),
    "bank_accounts": _("bank accounts"),
    "account_number": _("account number"),
    "account_asked_for": _("account asked for"),
    "evidence": _("evidence"),
    "note": _("note"),
}


# Reads for compliance ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looker:
    """How much one person or program has seen since a moment."""

    name: str
    count: int


def seen_since(since: datetime, *, at_most: int = 20) -> list[Looker]:
    """Who saw most, first."""
    rows = AuditEvent.objects.filter(action=ACTION, at__gt=since, actor__isnull=False).order_by()
    counted = rows.values("actor").annotate(count=Count("pk")).order_by("-count", "actor")[:at_most]
    people = User.objects.in_bulk([row["actor"] for row in counted])
    return [Looker(str(people[row["actor"]]), row["count"]) for row in counted]


def reveals() -> QuerySet[AuditEvent]:
    """Every one: who, whom, when and why."""
    return AuditEvent.objects.filter(action=ACTION).select_related("actor")


def alarms_since(since: datetime) -> QuerySet[AuditEvent]:
    """The alarms since a moment."""
    return AuditEvent.objects.filter(action=ALARM, at__gt=since)


def alarms(since: datetime) -> list[AuditEvent]:
    """The alarms since a moment, newest first."""
    return list(alarms_since(since).select_related("actor").order_by("-at", "-id")[:50])


def what_was_shown(event: AuditEvent) -> str:
    """Which data it was, in the words of the log."""
    fields = event.after.get("fields") or [event.after.get("field", "")]
    return listed(_FIELDS.get(name, name) for name in fields)


def why_in_words(event: AuditEvent) -> str:
    """The reason in the reader's language; the words that were added stay as they were written."""
    why = event.after.get("why", "")
    if why not in Why.values or why == Why.OTHER:
        return event.reason
    _code, _colon, note = event.reason.partition(": ")
    return f"{Why(why).label}: {note}" if note else str(Why(why).label)
