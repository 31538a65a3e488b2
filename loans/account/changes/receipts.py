"""Money whose day was recorded wrong (pure)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from loans.account.account import Account
from loans.account.changes.base import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Redated:
    """The payment with the number ``receipt`` came on ``received_on``, and not on the day it was recorded with.

    It changes no account by itself: the payment is another event from then on, and all events are applied again.
    """

    on: date
    receipt: str
    received_on: date
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """The account as it is."""
        return Effect(account)
