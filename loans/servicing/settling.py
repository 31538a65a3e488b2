"""Settling early: what settles a loan on a day, and settling it with exactly that sum."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Invalid
from loans.bookkeeping import lifecycle, positions
from loans.models import Instalment, Loan, LoanPosition, LoanStatus, Repayment
from loans.servicing.payoffs import SettlementQuote, quote_of
from loans.servicing.repayments import RepaymentConflict, record_repayment, same_or_conflict
from staff.models import User


class SettlementAmountDiffers(Invalid):
    """Less would leave a called-in loan unpaid, more would be an overpayment nobody meant."""

    code = "settlement_amount_differs"
    field = "amount"
    message = _("On %(on)s the loan is settled with %(quoted)s, not with %(amount)s. Ask for a payoff quote first.")


class NothingToSettleWith(DomainError):
    """Interest paid ahead of its days is given back by a settlement; here it is more than all that is owed."""

    code = "nothing_to_settle_with"
    message = _(
        "By %(on)s more was paid ahead than the loan costs for the days used: %(left)s would be the borrower's. Reverse the "
        "last receipt and record it as early settlement."
    )


def settlement_quote(loan: Loan, on: date) -> SettlementQuote:
    """What settles ``loan`` on ``on``; changes nothing. A day before the last event is quoted as that day.

    Raises LoanNotInState unless the loan is active, and NothingToSettleWith where no money is needed for it.
    """
    lifecycle.require(loan, LoanStatus.ACTIVE)
    account = positions.load(loan, LoanPosition.objects.get(pk=loan.pk))
    quote = quote_of(account, max(on, account.as_of))
    if quote.total <= 0:
        raise NothingToSettleWith(on=quote.on.isoformat(), left=-quote.total)
    return quote


def pay_off(loan: Loan, position: LoanPosition, on: date, rows: Iterable[Instalment] | None = None) -> Decimal | None:
    """The total of the quote for pages that show it of any loan: None where no money settles it. ``rows``: the current
    schedule, where the page has read it already."""
    if loan.status != LoanStatus.ACTIVE:
        return None
    account = positions.load(loan, position) if rows is None else positions.load_from(loan, position, rows)
    total = quote_of(account, max(on, position.as_of)).total
    return total if total > 0 else None


@transaction.atomic
def settle_early(
    *,
    loan_id: int,
    on: date,
    channel: str,
    idempotency_key: str,
    by: User | None = None,
    recorded_on: date | None = None,
    amount: Decimal | None = None,
    payer_reference: str = "",
    allow_repeat: bool = False,
    approved: bool = False,
    agreed_by: User | None = None,
) -> Repayment:
    """Settle the loan with exactly the quoted sum, on the day it is quoted for: ``on``, or the day of the last event.

    ``amount`` is what somebody was shown or brings: then it must be the quote of ``on`` to the cent. A repeat with the same
    key returns the receipt made the first time. ``allow_repeat``: it is another payment, however like an earlier one it is.
    ``approved`` and ``agreed_by`` are those of ``record_repayment``. Raises SettlementAmountDiffers, and what
    ``settlement_quote`` and ``record_repayment`` raise.
    """
    loan = Loan.objects.locked(loan_id)
    known = Repayment.objects.filter(idempotency_key=idempotency_key).first()
    if known is not None:
        if not known.settles_early or known.payer_reference != payer_reference:
            raise RepaymentConflict(key=idempotency_key)
        same = known.amount if amount is None else amount
        return same_or_conflict(known, loan_id=loan_id, amount=same, received_on=max(on, known.told_on))
    lifecycle.require(loan, LoanStatus.ACTIVE)
    positions.locked(loan_id)  # end of day holds positions only; the quote must not fall between its statements
    quote = settlement_quote(loan, on)
    if amount is not None and (quote.total, quote.on) != (amount, on):
        raise SettlementAmountDiffers(on=quote.on.isoformat(), quoted=quote.total, amount=amount)
    return record_repayment(
        loan_id=loan_id,
        amount=quote.total,
        received_on=quote.on,
        channel=channel,
        idempotency_key=idempotency_key,
        recorded_by=by,
        recorded_on=recorded_on,
        payer_reference=payer_reference,
        settles_early=True,
        allow_repeat=allow_repeat,
        approved=approved,
        agreed_by=agreed_by,
    )
