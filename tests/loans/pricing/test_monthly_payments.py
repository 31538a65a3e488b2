"""What a loan takes from a month's income is what its quote asks for in a month."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.pricing.monthly_payments import monthly_payment
from loans.pricing.quotes import quote_for
from tests.loans.factories import ProductVersionFactory

pytestmark = pytest.mark.django_db


def payment(code: str, count: int = 12, on: date = date(2027, 3, 1), **settings: Any) -> Decimal:
    """Of 8,000.00 at 20 % a year."""
    version = ProductVersionFactory(
        product__code=code, annual_rate=Decimal("0.20"), max_count=400, min_count=1, **settings
    )
    quote = quote_for(version=version, principal=Decimal(8000), term_count=count, on=on)
    return monthly_payment(quote.terms, quote.schedule)


def test_a_monthly_loan_takes_its_instalment() -> None:
    # 8,000 × (0.2 ÷ 12) ÷ (1 − (1 + 0.2 ÷ 12)⁻¹²) = 741.07…; a share of 366 days by 30 would be 728.93
    assert payment("months") == Decimal("741.07")


def test_the_highest_instalment_counts() -> None:
    # equal principal: 666.67 and a month of 8,000.00, 133.33
    assert payment("principal", method="equal_principal") == Decimal("800.00")


def test_weeks_are_taken_by_the_month() -> None:
    # 8,000 in 52 equal parts, the first with a week's 7 ÷ 365 of 1,600.00: (153.85 + 30.68) × 52 ÷ 12
    assert payment("weeks", 52, frequency="week", method="equal_principal") == Decimal("799.63")


def test_two_months_are_halved() -> None:
    # 8,000 in six and two months of 1,600.00 a year: (1,333.34 + 266.67) ÷ 2
    assert payment("two-months", 6, every=2, method="equal_principal") == Decimal("800.01")


def test_a_balloon_counts_with_its_monthly_share() -> None:
    # interest alone is 133.33 a month; 9,600.00 (and what rounding leaves) over 366 days by thirty
    assert payment("interest", method="interest_only") == Decimal("786.88")


def test_all_of_a_loan_due_within_a_month_is_taken_from_it() -> None:
    # one instalment on the 31st day: 8,133.33 × 30 ÷ 31
    assert payment("one", 1) == Decimal("7870.96")
