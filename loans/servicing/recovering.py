"""Money for a loan already written off: income up to what was written off, the rest is owed back to the payer."""

from datetime import date
from decimal import Decimal
from typing import Any

from core.identifiers import next_number
from ledger.models import JournalEntry
from ledger.posting import post, reverse
from loans.bookkeeping import bookings
from loans.bookkeeping.account_mapping import accounts_for
from loans.models import Loan, LoanPosition, Repayment, RepaymentStatus


def record(loan: Loan, position: LoanPosition, facts: dict[str, Any]) -> Repayment:
    """Record the recovery that ``facts`` tell of; the caller holds loan and position."""
    recovered = min(facts["amount"], position.recoverable)
    overpaid = facts["amount"] - recovered
    entry = _book(loan, recovered, overpaid, posted_on=facts["recorded_on"], effective_on=facts["received_on"])
    _move(position, recovered=recovered, overpaid=overpaid)
    return Repayment.objects.create(
        loan=loan,
        number=next_number("RP", facts["recorded_on"]),
        entry=entry,
        is_recovery=True,
        overpaid=overpaid,
        **facts,
    )


def take_back(loan: Loan, position: LoanPosition, repayment: Repayment, *, on: date) -> None:
    """After ``repayment`` was reversed: what later recoveries paid too much now fills its place.

    Raises ValueError when money that would be needed for it has been given back.
    """
    _move(position, recovered=repayment.overpaid - repayment.amount, overpaid=-repayment.overpaid)
    standing = Repayment.objects.filter(loan=loan, is_recovery=True, status=RepaymentStatus.POSTED, overpaid__gt=0)
    for later in standing.select_related("entry").order_by("id"):
        part = min(later.overpaid, position.recoverable)
        if part:
            _split_again(loan, later, overpaid=later.overpaid - part, on=on)
            _move(position, recovered=part, overpaid=-part)
    if position.overpaid < 0:
        raise ValueError("more was given back than would be overpaid")


def _split_again(loan: Loan, recovery: Repayment, *, overpaid: Decimal, on: date) -> None:
    reverse(recovery.entry, posted_on=on, reason=f"replay of {recovery.number}")
    recovered = recovery.amount - overpaid
    recovery.entry = _book(loan, recovered, overpaid, posted_on=on, effective_on=recovery.received_on)
    recovery.overpaid = overpaid
    recovery.save(update_fields=["entry", "overpaid"])


def _book(loan: Loan, recovered: Decimal, overpaid: Decimal, *, posted_on: date, effective_on: date) -> JournalEntry:
    return post(
        event="recovery",
        posted_on=posted_on,
        effective_on=effective_on,
        lines=bookings.recovery(accounts_for(loan), loan.pk, recovered=recovered, overpaid=overpaid),
        description=loan.number,
    )


def _move(position: LoanPosition, *, recovered: Decimal, overpaid: Decimal) -> None:
    position.recovered += recovered
    position.overpaid += overpaid
    position.save(update_fields=["recovered", "overpaid"])
