"""Nights of loans on policies; and short names of their factories, for stories."""

from datetime import date, timedelta
from typing import Any

from core import business_date
from loans.models import Loan, PolicyPledge
from loans.night.closing import accrue_and_age
from loans.pledges.pledge_review import review_due
from tests.loans.factories import LoanFactory, PolicyPledgeFactory


def a_bullet_loan(**changes: Any) -> Loan:
    """`LoanFactory(active=True, bullet=True)`: 8,000.00 at 6 % over twelve months."""
    return LoanFactory(active=True, bullet=True, **changes)


def a_pledge(loan: Loan | None = None, **changes: Any) -> PolicyPledge:
    """`PolicyPledgeFactory` for that loan."""
    return PolicyPledgeFactory(**({"loan": loan} if loan else {}), **changes)


def a_costly_pledge() -> PolicyPledge:
    """`PolicyPledgeFactory(costly=True)`: at 36 % the debt reaches 8,500.00 after 64 days, 10,000.00 within the year."""
    return PolicyPledgeFactory(costly=True)


def night(on: date) -> dict[str, int]:
    """Close ``on`` for all loans and their policies."""
    accrue_and_age(0, 2**62, on)
    counts = review_due(0, 2**62, on)
    business_date.move_to(on + timedelta(days=1))
    return counts
