"""What a notice about a loan or an application says on the day it is sent (``messaging.rereading``).

A notice that is no longer true is dropped, one whose figure changed says the new one. The positions read are locked
``FOR SHARE``: a payment that is being recorded is waited for, and then known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from loans.models import ActStatus, LoanAct, LoanStatus, Offer, OfferStatus, Repayment, RepaymentStatus
from messaging.models import Message, Since
from messaging.rereading import Read, changed, subject_of

DUE_SOON, DUE_TODAY, OVERDUE = "repayment_due_soon", "repayment_due_today", "repayment_overdue"
REMINDERS = (DUE_SOON, DUE_TODAY, OVERDUE)

# In order of the loans, as the night locks them, so that nobody waits in a circle.
_WAIT_FOR_CHANGES = """
SELECT p.loan_id FROM loans_loanposition p JOIN loans_loan l ON l.id = p.loan_id
 WHERE l.number = ANY(%s) ORDER BY p.loan_id FOR SHARE OF p
"""

# What is owed of the due date a reminder names: by the same sums by which ``reminders`` queued it.
_DUE = """
SELECT asked.id, p.status, due.there,
       CASE WHEN p.oldest_due_on = asked.due_on AND due.owed > 0
            THEN p.overdue_principal + p.overdue_interest + p.overdue_fee + p.late_interest_accrued - p.late_interest_paid
            ELSE due.owed END,
       EXISTS (SELECT 1 FROM jsonb_array_elements(p.holds) AS h
                WHERE h->>2 IN ('messages', 'everything') AND %(today)s::date BETWEEN (h->>0)::date AND (h->>1)::date)
  FROM unnest(%(ids)s::bigint[], %(numbers)s::text[], %(dues)s::date[]) AS asked(id, number, due_on)
  JOIN loans_loan l ON l.number = asked.number
  JOIN loans_loanposition p ON p.loan_id = l.id
 CROSS JOIN LATERAL (
       SELECT count(*) > 0 AS there,
              coalesce(sum(i.principal - i.principal_paid + i.interest - i.interest_paid + i.fee - i.fee_paid), 0) AS owed
         FROM loans_instalment i
        WHERE i.loan_id = l.id AND i.superseded_on IS NULL AND i.due_on = asked.due_on) AS due
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A due date as it stands when a reminder about it is sent; ``there``: an instalment still falls due on it."""

    status: str
    there: bool
    owed: Decimal
    held: bool


def wait_for_changes(numbers: Sequence[str]) -> None:
    """Return once no change of the loans of these numbers is in flight; in a transaction, hold new ones off."""
    with connection.cursor() as cursor:
        cursor.execute(_WAIT_FOR_CHANGES, [list(numbers)])


def due_dates(asked: Mapping[int, tuple[str, date]], on: date) -> dict[int, Due]:
    """For each loan number and due date, by the id it is asked under, how that due date stands on ``on``."""
    wait_for_changes(sorted({number for number, _due_on in asked.values()}))
    parameters: dict[str, Any] = {
        "today": on,
        "ids": list(asked),
        "numbers": [number for number, _due_on in asked.values()],
        "dues": [due_on for _number, due_on in asked.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, parameters)
        return {message_id: Due(*found) for message_id, *found in cursor.fetchall()}


def reminders_today(messages: Sequence[Message], now: datetime) -> dict[int, Read]:
    """Reminders before, on and after the due date, by what is owed of it now."""
    today = timezone.localdate(now)
    asked = {message.pk: (message.reference, day) for message in messages if (day := _day(message, "due_on"))}
    standing = due_dates(asked, today)
    found: dict[int, Read] = {}
    for message in messages:
        if message.pk in standing:
            read = _reminder(message, standing[message.pk], asked[message.pk][1], today)
            if read is not None:
                found[message.pk] = read
    return found


def _reminder(message: Message, due: Due, due_on: date, today: date) -> Read | None:
    gone = nothing_to_ask_for(due)
    if gone is not None:
        return Read(gone)
    days = (today - due_on).days
    if (message.template_code == DUE_SOON and days > 0) or (message.template_code == DUE_TODAY and days != 0):
        return Read(Since.DAY_PASSED)
    return changed(message, amount=f"{due.owed:.2f}", days_past_due=max(days, 0))


def nothing_to_ask_for(due: Due) -> Since | None:
    """Why nobody is reminded of this due date any more."""
    if due.status != LoanStatus.ACTIVE:
        return Since.SETTLED if due.status == LoanStatus.SETTLED else Since.ENDED
    if not due.there:
        return Since.DATE_MOVED
    if due.owed <= 0:
        return Since.PAID
    return Since.HELD if due.held else None


def offers_today(messages: Sequence[Message], now: datetime) -> dict[int, Read]:
    """An offer that was accepted, withdrawn or has expired is not told of as waiting."""
    today = timezone.localdate(now)
    offers = {offer.public_id: offer for offer in Offer.objects.filter(public_id__in=_subjects(messages))}
    found: dict[int, Read] = {}
    for message in messages:
        offer = offers.get(subject_of(message)[1])
        if offer is not None and (offer.status != OfferStatus.OPEN or offer.expires_on < today):
            found[message.pk] = Read(Since.ENDED)
    return found


def receipts_today(messages: Sequence[Message], now: datetime) -> dict[int, Read]:
    """A payment taken back is not confirmed; a loan runs again, or was settled on another day than was thought.

    Behind "settled" is a receipt, or the act that closed a small remainder.
    """
    wait_for_changes(sorted({message.reference for message in messages}))
    wanted = {"public_id__in": _subjects(messages)}
    by_id: dict[str, Repayment | LoanAct] = {
        row.public_id: row
        for rows in (Repayment.objects.filter(**wanted), LoanAct.objects.filter(**wanted))
        for row in rows.select_related("loan")
    }
    found: dict[int, Read] = {}
    for message in messages:
        behind = by_id.get(subject_of(message)[1])
        read = _settled(message, behind) if behind is not None else None
        if read is not None:
            found[message.pk] = read
    return found


def _settled(message: Message, behind: Repayment | LoanAct) -> Read | None:
    if behind.status in (RepaymentStatus.REVERSED, ActStatus.UNDONE):
        return Read(Since.UNDONE)
    if message.template_code != "loan_settled":
        if isinstance(behind, Repayment):
            return changed(message, received_on=behind.received_on.isoformat())
        return None
    settled_on = behind.loan.settled_on
    if behind.loan.status != LoanStatus.SETTLED or settled_on is None:
        return Read(Since.UNDONE)
    return changed(message, settled_on=settled_on.isoformat())


def acts_today(messages: Sequence[Message], now: datetime) -> dict[int, Read]:
    """An act that was undone is not told of; nor a due date it gave that another act has moved since."""
    told = [message for message in messages if subject_of(message)[0] != "extension_reversed"]
    dues = {one.pk: (one.reference, day) for one in told if (day := _day(one, "due_on"))}
    standing = due_dates(dues, timezone.localdate(now)) if dues else {}
    undone = set(
        LoanAct.objects.filter(public_id__in=_subjects(told), status=ActStatus.UNDONE).values_list(
            "public_id", flat=True
        )
    )
    found: dict[int, Read] = {}
    for message in told:
        if subject_of(message)[1] in undone:
            found[message.pk] = Read(Since.UNDONE)
        elif message.pk in standing and not standing[message.pk].there:
            found[message.pk] = Read(Since.DATE_MOVED)
    return found


def _subjects(messages: Sequence[Message]) -> list[str]:
    return [subject_of(message)[1] for message in messages]


def _day(message: Message, name: str) -> date | None:
    value = message.context.get(name)
    return date.fromisoformat(value) if isinstance(value, str) and value else None
