"""Which accounts each event of a loan moves, in the roles of ``Accounts``. Receivables carry the loan as subsidiary
account; accruals are booked for a whole product and day, with each loan's share beside them (``loans.models.Accrual``)."""

from decimal import Decimal

from core.money import ZERO
from ledger.posting import Line, credit, debit
from loans.account.allocation import Allocation
from loans.account.parts import Parts
from loans.models.account_roles import Accounts


def disbursement(accounts: Accounts, loan_id: int, amount: Decimal, fee_deducted: Decimal = ZERO) -> list[Line]:
    """Money out, claim in; a fee taken out of it is earned at once."""
    return [
        debit(accounts.principal, amount, loan_id),
        credit(accounts.cash, amount - fee_deducted),
        credit(accounts.fee_income, fee_deducted),
    ]


def accrual(
    accounts: Accounts,
    *,
    interest: Decimal,
    late_interest: Decimal,
    fee: Decimal,
    suspended_interest: Decimal = ZERO,
    suspended_late_interest: Decimal = ZERO,
) -> list[Line]:
    """Income earned; negative amounts take back income that a replay or waiver undid.

    What goes into suspense is no income; what leaves it (negative) becomes income.
    """
    return [
        debit(accounts.interest, interest),
        credit(accounts.interest_income, interest - suspended_interest),
        debit(accounts.late_interest, late_interest),
        credit(accounts.late_interest_income, late_interest - suspended_late_interest),
        credit(accounts.suspense_interest, suspended_interest + suspended_late_interest),
        debit(accounts.fees, fee),
        credit(accounts.fee_income, fee),
    ]


def repayment(accounts: Accounts, loan_id: int, allocation: Allocation) -> list[Line]:
    """Money in, claims down; what nothing was owed for is a liability to the borrower. Once charged off it is recovery."""
    if allocation.recovers:
        return recovery(accounts, loan_id, recovered=allocation.total, overpaid=allocation.overpaid)
    return [
        debit(accounts.cash, allocation.amount),
        *claims_down(accounts, loan_id, allocation.parts),
        credit(accounts.overpayments, allocation.overpaid, loan_id),
    ]


def event_of(allocation: Allocation) -> str:
    """What the entry of a repayment is called."""
    return "recovery" if allocation.recovers else "repayment"


def refund(
    accounts: Accounts, loan_id: int, amount: Decimal, *, owed_again: Decimal = ZERO, recovers: bool = False
) -> list[Line]:
    """Overpaid money goes back. ``owed_again`` of it was not overpaid after all: a claim, or less recovered once the
    claims left the books."""
    claim = accounts.recoveries if recovers else accounts.principal
    return [
        debit(accounts.overpayments, amount - owed_again, loan_id),
        debit(claim, owed_again, loan_id),
        credit(accounts.cash, amount),
    ]


def credit_used(accounts: Accounts, loan_id: int, used: Allocation) -> list[Line]:
    """A credit balance pays what is owed again: the liability to the borrower falls with the claims."""
    paid = (
        [credit(accounts.recoveries, used.total, loan_id)]
        if used.recovers
        else claims_down(accounts, loan_id, used.parts)
    )
    return [debit(accounts.overpayments, used.total, loan_id), *paid]


def charge_off(accounts: Accounts, loan_id: int, claims: Parts, suspended: Decimal) -> list[Line]:
    """Claims become bad debt expense; the loan runs on beside the books."""
    return _lost(accounts, accounts.charge_offs, loan_id, claims, suspended)


def write_off(accounts: Accounts, loan_id: int, claims: Parts, suspended: Decimal) -> list[Line]:
    """Claims become expense; the right to collect stays (账销案存)."""
    return _lost(accounts, accounts.write_offs, loan_id, claims, suspended)


def _lost(accounts: Accounts, expense: str, loan_id: int, claims: Parts, suspended: Decimal) -> list[Line]:
    """``suspended`` is the part of the interest that never was income, so that losing it is no expense."""
    return [
        debit(expense, claims.total - suspended),
        debit(accounts.suspense_interest, suspended, loan_id),
        *claims_down(accounts, loan_id, claims),
    ]


def claims_down(accounts: Accounts, loan_id: int, parts: Parts) -> list[Line]:
    """Each claim less by its part."""
    return [
        credit(accounts.principal, parts.principal, loan_id),
        credit(accounts.interest, parts.interest, loan_id),
        credit(accounts.late_interest, parts.late_interest, loan_id),
        credit(accounts.fees, parts.fee, loan_id),
    ]


def recovery(accounts: Accounts, loan_id: int, *, recovered: Decimal, overpaid: Decimal) -> list[Line]:
    """Money for a loan charged off or written off is income, up to what is still owed."""
    return [
        debit(accounts.cash, recovered + overpaid),
        credit(accounts.recoveries, recovered, loan_id),
        credit(accounts.overpayments, overpaid, loan_id),
    ]
