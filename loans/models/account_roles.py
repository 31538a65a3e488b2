"""The part an account plays in the bookings of a loan. Which account plays it is data, by product."""

from dataclasses import dataclass
from enum import StrEnum


class AccountRole(StrEnum):
    """What a booking asks for; ``loans.models.AccountMapping`` answers with an account."""

    CASH = "cash"
    PRINCIPAL = "principal"
    INTEREST = "interest"
    LATE_INTEREST = "late_interest"
    FEES = "fees"
    OVERPAYMENTS = "overpayments"
    UNIDENTIFIED_RECEIPTS = "unidentified_receipts"
    INTEREST_INCOME = "interest_income"
    LATE_INTEREST_INCOME = "late_interest_income"
    FEE_INCOME = "fee_income"
    RECOVERIES = "recoveries"
    WRITE_OFFS = "write_offs"
    CHARGE_OFFS = "charge_offs"
    GOODWILL = "goodwill"
    SETTLEMENT_DISCOUNTS = "settlement_discounts"
    SMALL_REMAINDERS = "small_remainders"
    MERCHANT_REFUNDS = "merchant_refunds"
    DISBURSEMENT_CLEARING = "disbursement_clearing"
    ADJUSTMENTS = "adjustments"
    SUSPENSE_INTEREST = "suspense_interest"


# A loan's balances stand on these; changing the account under a running loan would leave half of its balance behind.
BALANCE_ROLES = frozenset(
    {
        AccountRole.PRINCIPAL,
        AccountRole.INTEREST,
        AccountRole.LATE_INTEREST,
        AccountRole.FEES,
        AccountRole.OVERPAYMENTS,
        AccountRole.RECOVERIES,
        AccountRole.SUSPENSE_INTEREST,
    }
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The code of the account that plays each role for one product; one field a role."""

    cash: str
    principal: str
    interest: str
    late_interest: str
    fees: str
    overpayments: str
    unidentified_receipts: str
    interest_income: str
    late_interest_income: str
    fee_income: str
    recoveries: str
    write_offs: str
    charge_offs: str
    goodwill: str
    settlement_discounts: str
    small_remainders: str
    merchant_refunds: str
    disbursement_clearing: str
    adjustments: str
    suspense_interest: str
