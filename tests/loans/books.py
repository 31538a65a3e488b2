"""The past of loans in tests: days closed, one by one or in one go; and short names of the factories for stories."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core import business_date
from loans.models import Loan, Merchant, ProductVersion
from loans.night.closing import accrue_and_age
from tests.loans.factories import DISBURSED, LoanFactory, MerchantFactory, ProductVersionFactory

# Columns of a position that tell how a loan came to where it stands, and not where: which share of its accruals was kept
# when, and which night last read its instalments.
OF_THE_WAY = {
    *("loan_id", "borrower_id", "kept_on", "kept_interest", "kept_late_interest", "kept_fee"),
    *("kept_suspended_interest", "kept_suspended_late_interest", "quiet_before", "period_starts_on", "period_days"),
    *("period_interest", "period_interest_paid", "interest_before_period"),
}

__all__ = [
    "DISBURSED",
    "OF_THE_WAY",
    "a_merchant",
    "a_product",
    "a_purchase",
    "a_running_loan",
    "close_days",
    "close_until",
]


def a_product(code: str = "phone-12", **changes: Any) -> ProductVersion:
    """`ProductVersionFactory` of the product of that code."""
    return ProductVersionFactory(product__code=code, **changes)


def a_merchant(**changes: Any) -> Merchant:
    """`MerchantFactory`."""
    return MerchantFactory(**changes)


def a_purchase(merchant: Merchant | None = None, **changes: Any) -> dict[str, Any]:
    """What an application says of a purchase: a phone for 12,000.00, of which 2,000.00 are paid down."""
    return {
        "price": Decimal("12000.00"),
        "merchant_id": (merchant or MerchantFactory()).pk,
        "goods": "Phone",
        **changes,
    }


def a_running_loan(**terms: Any) -> Loan:
    """`LoanFactory(active=True)`: 12,000.00 over 12 months at 18 %, disbursed on 15 January 2026."""
    return LoanFactory(active=True, **terms)


def close_until(last: date) -> None:
    """Close all days until ``last`` in one go, as after days on which nobody did, and open the next one.

    Every loan stands where closing night by night leaves it (a property of closing that has its own tests); only the
    nights' entries and moves are fewer. A test that looks at those closes days.
    """
    accrue_and_age(0, 2**62, last)
    business_date.move_to(last + timedelta(days=1))


def close_days(first: date, last: date) -> None:
    """Close every day from ``first`` to ``last`` for all loans and open the next one."""
    day = first
    while day <= last:
        accrue_and_age(0, 2**62, day)
        day += timedelta(days=1)
    business_date.move_to(day)
