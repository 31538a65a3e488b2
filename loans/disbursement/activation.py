"""The day the money reached the borrower, or the merchant of a purchase: the loan begins to run."""

from datetime import date
from typing import TypedDict

from django.db import transaction

from core import rows
from core.money import ZERO
from ledger.posting import post
from loans.account.account import open_account
from loans.bookkeeping import bookings, lifecycle, positions
from loans.bookkeeping.account_mapping import accounts_for
from loans.bookkeeping.signals import announce
from loans.models import Loan, LoanPosition, LoanStatus, ProductVersion
from loans.schedules.schedule import build_schedule


class _Begun(TypedDict, total=False):
    """The columns of a loan that learn its day."""

    disbursed_on: date
    drawdowns: list[list[str]]


def _begun(loan: Loan, on: date) -> _Begun:
    """What a loan that begins on ``on`` learns: its day, and that its first drawdown, where it has one, is of that day."""
    if not loan.drawdowns:
        return {"disbursed_on": on}
    (_planned_on, amount), *later = loan.drawdowns
    return {"disbursed_on": on, "drawdowns": [[on.isoformat(), amount], *later]}


@transaction.atomic
def activate(*, loan_id: int, disbursed_on: date) -> Loan:
    """Start the loan on ``disbursed_on``: schedule, first booking, position. An active loan is returned as it is.

    Raises LoanTransitionRefused when the loan was cancelled or has ended.
    """
    loan = Loan.objects.locked(loan_id)
    if loan.status == LoanStatus.ACTIVE:
        return loan
    lifecycle.advance(loan, LoanStatus.ACTIVE, **_begun(loan, disbursed_on))
    terms = loan.terms()
    schedule = build_schedule(terms)
    account = open_account(
        schedule,
        on=disbursed_on,
        grace_days=loan.grace_days,
        late_annual_rate=loan.late_annual_rate,
        late=loan.late_terms(),
        plan=positions.agreed_plan(loan, schedule),
        rate_steps=terms.rate_steps,
    )
    positions.insert_version(loan.pk, account, superseded_on=None)
    post(
        event="disbursement",
        posted_on=disbursed_on,
        effective_on=disbursed_on,
        lines=bookings.disbursement(accounts_for(loan), loan.pk, schedule.principal, terms.fee_deducted),
        description=loan.number if loan.merchant is None else f"{loan.number} {loan.merchant.name}",
    )
    position = LoanPosition(
        loan=loan,
        borrower_id=loan.borrower_id,
        product_id=ProductVersion.objects.values_list("product_id", flat=True).get(pk=loan.product_version_id),
        status=loan.status,
        interest_accrued=ZERO,
        kept_on=disbursed_on,
    )
    positions.read(position, account)
    rows.insert(position)
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=disbursed_on)
    return loan
