"""What one person may do alone: the dated rule ``act_authority`` bounds the figures of an act by their names."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from core.rules import rule
from loans.account.account import Account
from loans.account.changes.base import Effect
from loans.models import Loan

RULE = "act_authority"


def beyond(kind: str) -> Callable[[Loan, Account, Effect, date], bool]:
    """Whether an act of ``kind`` exceeds a limit in force on the day it counts from: a second person must agree."""

    def exceeds(_loan: Loan, _before: Account, effect: Effect, on: date) -> bool:
        limits: dict[str, str] = rule(RULE, on).get(kind, {})
        return any(effect.figures.get(name, Decimal(0)) > Decimal(most) for name, most in limits.items())

    return exceeds
