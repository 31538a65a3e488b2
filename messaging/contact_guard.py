"""May this person be contacted now, this way, for this purpose? If not, when, or why never?

The law protects debtors from being hounded (GB/T 45251-2025: quiet hours and answered calls a day; banking association
guideline of 2026-01: dials a number a day). The numbers are data of the market and come in as ``ContactRules``; what
happened today comes in as ``Standing``. Pure: no Django, no clock.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

SERVICE, REMINDER, COLLECTION = "service", "reminder", "collection"
CALL = "call"

# What a reminder says is true on its day. Sent later it would claim a due date that has passed.
_SHELF_LIFE = timedelta(days=1)


class Answer(StrEnum):
    """Go ahead, not yet, or not at all."""

    GO = "go"
    WAIT = "wait"
    REFUSE = "refuse"


class Why(StrEnum):
    """The reason of a verdict that is not ``go``; stable codes, shown in words by pages."""

    BORROWER_CLOSED = "borrower_closed"
    DO_NOT_CONTACT = "do_not_contact"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OUT_OF_DATE = "out_of_date"
    QUIET_HOURS = "quiet_hours"
    ANSWERED_CALLS_USED_UP = "answered_calls_used_up"
    DIALS_USED_UP = "dials_used_up"
    MESSAGES_USED_UP = "messages_used_up"


@dataclass(frozen=True, slots=True)
class ContactRules:
    """Hours are half open: from ``opens`` until just before ``closes``. No number of messages means no such limit."""

    opens: time
    closes: time
    answered_calls_per_day: int
    dials_per_number_per_day: int
    messages_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the borrower, and what they had to bear today (their local day)."""

    active: bool = True
    do_not_contact: bool = False
    reminders_withdrawn: bool = False
    answered_calls_today: int = 0
    dials_today: int = 0
    messages_today: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer; ``not_before`` says when a wait may end."""

    answer: Answer
    why: Why | None = None
    not_before: datetime | None = None

    @property
    def allowed(self) -> bool:
        return self.answer is Answer.GO


GO = Verdict(Answer.GO)


def judge(
    *,
    purpose: str,
    channel: str,
    at: datetime,
    rules: ContactRules,
    standing: Standing,
    due_at: datetime | None = None,
) -> Verdict:
    """The verdict on one contact at a local time. The first reason that stands against it is named.

    A service message (money received, offer ready) is owed to the borrower and passes at any hour.
    """
    if not standing.active:
        return Verdict(Answer.REFUSE, Why.BORROWER_CLOSED)
    if purpose == SERVICE:
        return GO
    if standing.do_not_contact:
        return Verdict(Answer.REFUSE, Why.DO_NOT_CONTACT)
    if purpose == REMINDER and standing.reminders_withdrawn:
        return Verdict(Answer.REFUSE, Why.CONSENT_WITHDRAWN)
    if due_at is not None and at - due_at > _SHELF_LIFE:
        return Verdict(Answer.REFUSE, Why.OUT_OF_DATE)
    return _hours(at, rules) or _counts(channel, at, rules, standing) or GO


def _hours(at: datetime, rules: ContactRules) -> Verdict | None:
    clock = at.time()
    if clock < rules.opens:
        return Verdict(Answer.WAIT, Why.QUIET_HOURS, _opening(at, rules))
    if clock >= rules.closes:
        return Verdict(Answer.WAIT, Why.QUIET_HOURS, _next_opening(at, rules))
    return None


def _counts(channel: str, at: datetime, rules: ContactRules, standing: Standing) -> Verdict | None:
    if channel == CALL and standing.answered_calls_today >= rules.answered_calls_per_day:
        return Verdict(Answer.WAIT, Why.ANSWERED_CALLS_USED_UP, _next_opening(at, rules))
    if channel == CALL and standing.dials_today >= rules.dials_per_number_per_day:
        return Verdict(Answer.WAIT, Why.DIALS_USED_UP, _next_opening(at, rules))
    limit = rules.messages_per_day
    if channel != CALL and limit is not None and standing.messages_today >= limit:
        return Verdict(Answer.WAIT, Why.MESSAGES_USED_UP, _next_opening(at, rules))
    return None


def _opening(at: datetime, rules: ContactRules) -> datetime:
    return at.replace(hour=rules.opens.hour, minute=rules.opens.minute, second=0, microsecond=0)


def _next_opening(at: datetime, rules: ContactRules) -> datetime:
    return _opening(at + timedelta(days=1), rules)
