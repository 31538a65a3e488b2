"""What settles an account on a day: the one reckoning that quotes, settlements, proofs and the guard at the doors ask."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.account.account import Account, call_in
from loans.account.parts import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementQuote(Parts):
    """What settles the loan on ``on``: interest only for the days used; ``saved`` is interest and fees not charged.

    ``interest`` is below zero where more of it was paid ahead than the days used cost: that is given back (民法典 677).
    """

    on: date
    saved: Decimal


def quote_of(account: Account, on: date) -> SettlementQuote:
    """The settlement quote of an account; its total is below zero where more was paid ahead than the days used cost."""
    called = call_in(account, on)
    return SettlementQuote(on=on, saved=max(account.owed - called.owed, ZERO), **called.owed_parts.as_dict())
