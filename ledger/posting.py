"""The only way into the books: post a balanced entry, or reverse one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import partitions, rows, sending
from core.errors import DomainError
from core.money import ZERO
from ledger.models import JournalEntry, Reversal


@dataclass(frozen=True, slots=True)
class Line:
    """A debit or a credit of ``account_code``; ``subledger_id`` names the loan a receivable belongs to."""

    account_code: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    subledger_id: int | None = None


class EntryNotBalanced(DomainError):
    code = "entry_not_balanced"
    message = _("Debits of %(debit)s and credits of %(credit)s do not balance.")


class AlreadyReversed(DomainError):
    code = "entry_already_reversed"
    message = _("This entry was already reversed.")


class EntryArchived(DomainError):
    code = "entry_archived"
    message = _(
        "The entry lies in a month that was put away in the archive. Have the month brought back by ./dev manage "
        "restore_month, then try again."
    )


class PeriodClosed(DomainError):
    code = "period_closed"
    message = _(
        "The books are closed through %(through)s; nothing more is posted on %(posted_on)s. Post on the business date, or "
        "have the period opened again."
    )


def debit(account_code: str, amount: Decimal, subledger_id: int | None = None) -> Line:
    """A debit; a negative amount becomes a credit."""
    if amount < 0:
        return Line(account_code, credit=-amount, subledger_id=subledger_id)
    return Line(account_code, debit=amount, subledger_id=subledger_id)


def credit(account_code: str, amount: Decimal, subledger_id: int | None = None) -> Line:
    """A credit; a negative amount becomes a debit."""
    return debit(account_code, -amount, subledger_id)


def post(
    *,
    event: str,
    posted_on: date,
    effective_on: date,
    lines: Sequence[Line],
    description: str = "",
    reverses: JournalEntry | None = None,
) -> JournalEntry:
    """Book one entry. Lines of zero are left out; an entry without lines is refused.

    The month of ``posted_on`` is made where nobody has made it yet. Raises EntryNotBalanced; PeriodClosed when the books
    are closed on ``posted_on``; AlreadyReversed when somebody took ``reverses`` back meanwhile; MonthMissing when the month
    lies in the archive. PostgreSQL is asked by doing (a question beforehand could be out of date), so the last three end the
    transaction they are raised in. Where the entry's number was taken ahead (``core.sending.take_numbers``) they are raised
    when what waits is sent.
    """
    booked = [line for line in lines if line.debit or line.credit]
    debits, credits = sum((x.debit for x in booked), ZERO), sum((x.credit for x in booked), ZERO)
    if debits != credits or not booked:
        raise EntryNotBalanced(debit=debits, credit=credits)
    entry = rows.new(
        JournalEntry,
        event=event,
        posted_on=posted_on,
        effective_on=effective_on,
        description=description[:200],
        reverses_id=reverses.pk if reverses else None,
        reverses_posted_on=reverses.posted_on if reverses else None,
    )
    partitions.require_month(posted_on)
    named = partial(_named, posted_on=posted_on)
    number = sending.number_ahead(rows.sequence_of(JournalEntry))
    if number is not None:
        rows.stored(entry, number)
        rows.insert_later(entry, named=named)
        sending.later(_lines(len(booked)), [value for x in booked for value in (number, posted_on, *_values(x))])
        return entry
    try:
        _insert(entry, booked)
    except IntegrityError as refusal:
        raise named(refusal) from refusal
    return entry


def _named(refusal: IntegrityError, posted_on: date) -> Exception:
    """What PostgreSQL refused, by its name; what has none, as it is."""
    diagnosis: Any = getattr(refusal.__cause__, "diag", None)
    broken = getattr(diagnosis, "constraint_name", None)
    if broken == "ledger_period_open":
        return PeriodClosed(through=diagnosis.message_detail, posted_on=posted_on.isoformat())
    if broken == "ledger_reversal_pkey":
        return AlreadyReversed()
    if partitions.means_month_missing(refusal):
        return partitions.MonthMissing(month=f"{posted_on:%Y-%m}")
    return refusal


def _insert(entry: JournalEntry, lines: Sequence[Line]) -> None:
    """One statement for the entry and all its lines: the balance trigger judges each statement as a whole."""
    row = "(%s::text, %s::bigint, %s::numeric, %s::numeric)"
    values = [value for x in lines for value in _values(x)]
    booked = sending.execute(
        f"WITH entry AS ({rows.inserting(rows.written(JournalEntry))} RETURNING id, posted_on) "
        "INSERT INTO ledger_journalline (entry_id, posted_on, account_id, subledger_id, debit, credit) "
        f"SELECT entry.id, entry.posted_on, line.* FROM entry, (VALUES {', '.join([row] * len(lines))}) AS line "
        "RETURNING entry_id",
        [*rows.new_values(entry), *values],
    )
    rows.stored(entry, booked.fetchone()[0])


@cache
def _lines(count: int) -> str:
    places = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * count)
    return (
        f"INSERT INTO ledger_journalline (entry_id, posted_on, account_id, subledger_id, debit, credit) VALUES {places}"
    )


def _values(line: Line) -> tuple[str, int | None, Decimal, Decimal]:
    return line.account_code, line.subledger_id, line.debit, line.credit


@transaction.atomic
def reverse(entry: JournalEntry | None, *, posted_on: date, reason: str) -> JournalEntry:
    """Post the mirror image of ``entry``, effective on the same day. Nothing stands for an entry that is named but lies in
    the archive. Raises AlreadyReversed, EntryArchived, and what ``post`` raises."""
    if entry is None:
        raise EntryArchived()
    if Reversal.objects.filter(pk=entry.pk).exists():
        raise AlreadyReversed()
    mirrored = [
        Line(line.account_id, debit=line.credit, credit=line.debit, subledger_id=line.subledger_id)
        for line in entry.lines.order_by("pk")
    ]
    return post(
        event=f"{entry.event}_reversal"[:40],
        posted_on=posted_on,
        effective_on=entry.effective_on,
        lines=mirrored,
        description=reason,
        reverses=entry,
    )
