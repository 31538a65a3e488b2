"""The only way into the books: post a balanced entry, or reverse one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.money import ZERO
from ledger.models import JournalEntry
from ledger.queries import closed_through


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


@transaction.atomic
def post(
    *,
    event: str,
    posted_on: date,
    effective_on: date,
    lines: Sequence[Line],
    description: str = "",
    reverses_id: int | None = None,
) -> JournalEntry:
    """Book one entry. Lines of zero are left out; an entry without lines is refused.

    Raises EntryNotBalanced, and PeriodClosed when the books are closed on ``posted_on``.
    """
    booked = [line for line in lines if line.debit or line.credit]
    debits, credits = sum((x.debit for x in booked), ZERO), sum((x.credit for x in booked), ZERO)
    if debits != credits or not booked:
        raise EntryNotBalanced(debit=debits, credit=credits)
    entry = _enter(
        event=event,
        posted_on=posted_on,
        effective_on=effective_on,
        description=description[:200],
        reverses_id=reverses_id,
    )
    _insert_lines(entry.pk, booked)
    return entry


def _enter(**facts: Any) -> JournalEntry:
    """PostgreSQL is asked by doing: a question beforehand would cost every booking a query, and could be out of date."""
    try:
        with transaction.atomic():
            return JournalEntry.objects.create(**facts)
    except IntegrityError as refusal:
        if _constraint(refusal) != "ledger_period_open":
            raise
        through, on = closed_through(), facts["posted_on"]
        raise PeriodClosed(through=str(through), posted_on=on.isoformat()) from refusal


def _constraint(refusal: IntegrityError) -> str | None:
    return getattr(getattr(refusal.__cause__, "diag", None), "constraint_name", None)


def _insert_lines(entry_id: int, lines: Iterable[Line]) -> None:
    """One statement for all lines: the balance trigger judges each statement as a whole."""
    rows = [(entry_id, line.account_code, line.subledger_id, line.debit, line.credit) for line in lines]
    values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_journalline (entry_id, account_id, subledger_id, debit, credit) VALUES {values}",
            [value for row in rows for value in row],
        )


@transaction.atomic
def reverse(entry: JournalEntry, *, posted_on: date, reason: str) -> JournalEntry:
    """Post the mirror image of ``entry``, effective on the same day. Raises AlreadyReversed."""
    if JournalEntry.objects.filter(reverses=entry).exists():
        raise AlreadyReversed()
    mirrored = [
        Line(line.account_id, debit=line.credit, credit=line.debit, subledger_id=line.subledger_id)
        for line in entry.lines.all()
    ]
    return post(
        event=f"{entry.event}_reversal"[:40],
        posted_on=posted_on,
        effective_on=entry.effective_on,
        lines=mirrored,
        description=reason,
        reverses_id=entry.pk,
    )
