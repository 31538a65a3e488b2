"""Builders of loans on policies: a bullet loan of 8,000.00 at 6 % over twelve months on a cash value of 10,000.00."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from core import business_date
from loans.account.policy_cover import CashValue
from loans.models import Loan, PolicyPledge
from loans.night.closing import accrue_and_age
from loans.pledges.pledge_review import review_due
from loans.pledges.pledging import Policy, pledge_policy
from tests.loans.books import DISBURSED, a_running_loan

_policies = count(1)
CASH_VALUES = (CashValue(date(2026, 1, 1), Decimal("10000.00")),)


def a_bullet_loan(**changes: Any) -> Loan:
    facts = {
        "principal": Decimal("8000.00"),
        "annual_rate": Decimal("0.06"),
        "late_annual_rate": Decimal("0.06"),
        "method": "bullet",
        "instalment_count": 12,
        "grace_days": 0,
        "interest_by": "day",
    }
    return a_running_loan(**{**facts, **changes})


def a_policy(**changes: Any) -> Policy:
    facts = {
        "insurer": "Harbour Life",
        "number": f"PL-2020-{next(_policies):06d}",
        "insured_name": "林小雨",
        "since": date(2020, 7, 1),
    }
    return Policy(**{**facts, **changes})


def a_pledge(
    loan: Loan | None = None,
    *,
    cash_values: tuple[CashValue, ...] = CASH_VALUES,
    on: date = DISBURSED,
    **changes: Any,
) -> PolicyPledge:
    loan = loan or a_bullet_loan()
    return pledge_policy(loan_id=loan.pk, policy=a_policy(**changes), cash_values=cash_values, on=on)


def a_costly_pledge() -> PolicyPledge:
    """At 36 % the debt of 8,000.00 reaches 8,500.00 after 64 days and 10,000.00 within the year."""
    rate = Decimal("0.36")
    return a_pledge(a_bullet_loan(annual_rate=rate, late_annual_rate=rate))


def night(on: date) -> dict[str, int]:
    """Close ``on`` for all loans and their policies."""
    accrue_and_age(0, 2**62, on)
    counts = review_due(0, 2**62, on)
    business_date.move_to(on + timedelta(days=1))
    return counts
