"""Settling early: what settles a loan on a day, and settling it with exactly that sum."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from loans.account.account import Account, call_in
from loans.bookkeeping import lifecycle, positions
from loans.models import Loan, LoanPosition, LoanStatus, Repayment
from loans.servicing.repayments import record_repayment, same_or_conflict


@dataclass(frozen=True, slots=True)
class SettlementQuote:
    """What settles the loan on ``on``: interest only for the days used. ``saved`` is interest and fees not charged."""

    on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    late_interest: Decimal
    saved: Decimal

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee + self.late_interest


def settlement_quote(loan: Loan, on: date) -> SettlementQuote:
    """What settles ``loan`` on ``on``; changes nothing. A day before the last event is quoted as that day.

    Raises LoanNotInState unless the loan is active.
    """
    lifecycle.require(loan, LoanStatus.ACTIVE)
    account = positions.load(loan, LoanPosition.objects.get(pk=loan.pk))
    return quote_of(account, max(on, account.as_of))


def quote_of(account: Account, on: date) -> SettlementQuote:
    """The settlement quote of an account."""
    called = call_in(account, on)
    rows = called.instalments
    return SettlementQuote(
        on=on,
        principal=called.principal_outstanding,
        interest=sum((row.interest_owed for row in rows), Decimal("0.00")),
        fee=sum((row.fee_owed for row in rows), Decimal("0.00")),
        late_interest=sum((row.late_interest_owed for row in rows), Decimal("0.00")),
        saved=max(account.owed - called.owed, Decimal("0.00")),
    )


class SettlementAmountDiffers(Invalid):
    """Less would leave a called-in loan unpaid, more would be an overpayment nobody meant."""

    code = "settlement_amount_differs"
    field = "amount"
    message = _("On %(on)s the loan is settled with %(quoted)s, not with %(amount)s. Ask for a payoff quote first.")


@transaction.atomic
def settle_with(
    *, loan_id: int, amount: Decimal, on: date, channel: str, idempotency_key: str, by: Any, recorded_on: date
) -> Repayment:
    """Settle the loan with ``amount``. Raises SettlementAmountDiffers, and what ``settle_early`` raises.

    A repeat with the same key returns the receipt made the first time.
    """
    loan = Loan.objects.locked(loan_id)
    if not Repayment.objects.filter(idempotency_key=idempotency_key).exists():
        quote = settlement_quote(loan, on)
        if (quote.total, quote.on) != (amount, on):
            raise SettlementAmountDiffers(on=quote.on.isoformat(), quoted=quote.total, amount=amount)
    return settle_early(
        loan_id=loan_id, on=on, channel=channel, idempotency_key=idempotency_key, by=by, recorded_on=recorded_on
    )


@transaction.atomic
def settle_early(
    *,
    loan_id: int,
    on: date,
    channel: str,
    idempotency_key: str,
    by: Any = None,
    recorded_on: date | None = None,
) -> Repayment:
    """Settle the loan with exactly the quoted amount, on the day it is quoted for: ``on``, or the day of the last event.

    Raises what ``settlement_quote`` and ``record_repayment`` raise.
    """
    loan = Loan.objects.locked(loan_id)
    known = Repayment.objects.filter(idempotency_key=idempotency_key).first()
    if known is not None:
        same = {"idempotency_key": idempotency_key, "amount": known.amount, "received_on": max(on, known.received_on)}
        return same_or_conflict(known, loan_id, same)
    lifecycle.require(loan, LoanStatus.ACTIVE)
    positions.locked(loan_id)  # end of day holds positions only; the quote must not fall between its statements
    quote = settlement_quote(loan, on)
    return record_repayment(
        loan_id=loan_id,
        amount=quote.total,
        received_on=quote.on,
        channel=channel,
        idempotency_key=idempotency_key,
        recorded_by=by,
        recorded_on=recorded_on,
        settles_early=True,
    )
