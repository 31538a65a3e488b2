"""What a notice about a pledged policy says on the day it is sent (``messaging.rereading``)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from core.money import ZERO
from loans.account.policy_cover import level_reached
from loans.models import LoanPosition, PledgeStatus, PolicyPledge
from loans.notices.rereading import wait_for_changes
from loans.pledges.pledge_reading import cover_of, levels
from loans.pledges.pledging import terms_of_market
from messaging.models import Message, Since
from messaging.rereading import Read, changed, subject_of

COVER_LOW, LAPSE_AHEAD = "policy_cover_low", "policy_lapse_ahead"
LAPSED, REINSTATED = "policy_lapsed", "policy_reinstated"
NOTICES = (COVER_LOW, LAPSE_AHEAD, LAPSED, REINSTATED)
_TOLD_OF = {
    COVER_LOW: PledgeStatus.WARNED,
    LAPSE_AHEAD: PledgeStatus.LAPSE_NOTIFIED,
    LAPSED: PledgeStatus.LAPSED,
    REINSTATED: PledgeStatus.REINSTATED,
}


def pledges_today(messages: Sequence[Message], now: datetime) -> dict[int, Read]:
    """Policy notices by debt and cash value as they stand; they are few, so one after the other."""
    wait_for_changes(sorted({message.reference for message in messages}))
    subjects = [subject_of(message)[1] for message in messages]
    pledges = PolicyPledge.objects.filter(public_id__in=subjects).select_related("loan")
    by_id = {pledge.public_id: pledge for pledge in pledges}
    found: dict[int, Read] = {}
    for message in messages:
        pledge = by_id.get(subject_of(message)[1])
        read = _read(message, pledge, timezone.localdate(now)) if pledge is not None else None
        if read is not None:
            found[message.pk] = read
    return found


def _read(message: Message, pledge: PolicyPledge, today: date) -> Read | None:
    if pledge.status != _TOLD_OF[message.template_code]:
        return Read(Since.ENDED)
    if message.template_code == LAPSED:
        position = LoanPosition.objects.get(pk=pledge.loan_id)
        return changed(message, owed=str(position.outstanding_total))
    if message.template_code == REINSTATED:
        return None
    # By the day it was queued for: a day's interest alone is no other figure.
    cover = cover_of(pledge, message.created_on)
    if message.template_code == COVER_LOW:
        if level_reached(cover, levels(terms_of_market(today))) is None:
            return Read(Since.PAID)
        return changed(message, owed=str(cover.debt), percent=f"{cover.percent or 100:.0f}")
    if not cover.is_exhausted:
        return Read(Since.PAID)
    if pledge.notice_ends_on is not None and pledge.notice_ends_on < today:
        return Read(Since.DAY_PASSED)
    assert pledge.notice_ends_on is not None
    amount = max(-cover.headroom, ZERO) + Decimal("0.01")
    return changed(message, amount=str(amount), last_day=pledge.notice_ends_on.isoformat())
