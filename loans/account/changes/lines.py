"""A line closed (pure)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from loans.account.account import Account
from loans.account.changes.base import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class LineClosed:
    """Nothing more can be drawn from ``on``. It changes nothing of what is owed."""

    on: date
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """The account as it is."""
        return Effect(account)
