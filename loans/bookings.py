"""Which accounts each event of a loan moves. Receivables carry the loan as subsidiary account; accruals are booked for a
whole product and day, with each loan's share beside them (``loans.models.Accrual``)."""

from decimal import Decimal

from ledger.posting import Line, credit, debit
from loans.allocation import Allocation

CASH = "1001"
PRINCIPAL = "1201"
INTEREST = "1202"
LATE_INTEREST = "1203"
FEES = "1204"
OVERPAYMENTS = "2201"
INTEREST_INCOME = "4001"
LATE_INTEREST_INCOME = "4002"
FEE_INCOME = "4003"
RECOVERIES = "4101"
WRITE_OFFS = "5001"


def disbursement(loan_id: int, amount: Decimal) -> list[Line]:
    """Money out, claim in."""
    return [debit(PRINCIPAL, amount, loan_id), credit(CASH, amount)]


def accrual(*, interest: Decimal, late_interest: Decimal, fee: Decimal) -> list[Line]:
    """Income earned; negative amounts take back income that a replay or waiver undid."""
    return [
        debit(INTEREST, interest),
        credit(INTEREST_INCOME, interest),
        debit(LATE_INTEREST, late_interest),
        credit(LATE_INTEREST_INCOME, late_interest),
        debit(FEES, fee),
        credit(FEE_INCOME, fee),
    ]


def repayment(loan_id: int, allocation: Allocation) -> list[Line]:
    """Money in, claims down; what nothing was owed for is a liability to the borrower."""
    return [
        debit(CASH, allocation.amount),
        credit(PRINCIPAL, allocation.of("principal"), loan_id),
        credit(INTEREST, allocation.of("interest"), loan_id),
        credit(LATE_INTEREST, allocation.of("late_interest"), loan_id),
        credit(FEES, allocation.of("fee"), loan_id),
        credit(OVERPAYMENTS, allocation.overpaid, loan_id),
    ]


def refund(loan_id: int, amount: Decimal) -> list[Line]:
    """Overpaid money goes back."""
    return [debit(OVERPAYMENTS, amount, loan_id), credit(CASH, amount)]


def write_off(
    loan_id: int, *, principal: Decimal, interest: Decimal, late_interest: Decimal, fee: Decimal
) -> list[Line]:
    """Claims become expense; the right to collect stays (账销案存)."""
    return [
        debit(WRITE_OFFS, principal + interest + late_interest + fee),
        credit(PRINCIPAL, principal, loan_id),
        credit(INTEREST, interest, loan_id),
        credit(LATE_INTEREST, late_interest, loan_id),
        credit(FEES, fee, loan_id),
    ]


def recovery(loan_id: int, *, recovered: Decimal, overpaid: Decimal) -> list[Line]:
    """Money for a loan already written off is income, up to what was written off."""
    return [
        debit(CASH, recovered + overpaid),
        credit(RECOVERIES, recovered, loan_id),
        credit(OVERPAYMENTS, overpaid, loan_id),
    ]
