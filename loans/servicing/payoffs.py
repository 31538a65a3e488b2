"""What settles an account on a day: the one reckoning that quotes, settlements, proofs and the guard at the doors ask."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.account.account import Account, age, call_in
from loans.account.parts import Parts
from loans.account.settlement import charge_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementQuote(Parts):
    """What settles the loan on ``on``: interest only for the days used; ``saved`` is interest and fees not charged.

    ``interest`` is below zero where more of it was paid ahead than the days used cost: that is given back (民法典 677).
    ``early_charge`` is what of the fees is charged for repaying early.
    """

    on: date
    saved: Decimal
    early_charge: Decimal = ZERO

    @property
    def other_fees(self) -> Decimal:
        return self.fee - self.early_charge


def quote_of(account: Account, on: date) -> SettlementQuote:
    """The settlement quote of an account; its total is below zero where more was paid ahead than the days used cost."""
    called, charge = call_in(account, on), charge_of(age(account, on), on)
    owed = called.owed_parts + Parts(fee=charge)
    return SettlementQuote(on=on, saved=max(account.owed - called.owed, ZERO), early_charge=charge, **owed.as_dict())
