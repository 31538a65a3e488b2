"""The trial balance: what stood on each account, what moved, what stands; and the proof that debits equal credits."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from ledger.day_sums import moved
from ledger.models import Account


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One account between two days; ``opening`` is a debit balance, a credit balance is negative."""

    code: str
    name: str
    kind: str
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit

    @property
    def closing_debit(self) -> Decimal:
        return max(self.closing, ZERO)

    @property
    def closing_credit(self) -> Decimal:
        return max(-self.closing, ZERO)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts with entries up to ``last``; with ``first`` what came before it is the opening balance."""

    first: date | None
    last: date
    rows: tuple[AccountBalance, ...]

    @property
    def opening(self) -> Decimal:
        return sum((row.opening for row in self.rows), ZERO)

    @property
    def debit(self) -> Decimal:
        return sum((row.debit for row in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((row.credit for row in self.rows), ZERO)

    @property
    def closing_debit(self) -> Decimal:
        return sum((row.closing_debit for row in self.rows), ZERO)

    @property
    def closing_credit(self) -> Decimal:
        return sum((row.closing_credit for row in self.rows), ZERO)

    @property
    def is_proven(self) -> bool:
        """Debits equal credits, before, between and after."""
        return not self.opening and self.debit == self.credit and self.closing_debit == self.closing_credit


def trial_balance(*, first: date | None, last: date, account: str = "") -> TrialBalance:
    """The trial balance by ``posted_on``, days included; of one ``account`` where it is named."""
    rows = moved(first=first, last=last, account=account)
    return TrialBalance(
        first,
        last,
        tuple(AccountBalance(row.code, row.name, row.kind, row.opening, row.debit, row.credit) for row in rows),
    )


def balance_of(account: Account, *, first: date | None, last: date) -> AccountBalance:
    """One account between two days, also when nothing was ever booked on it."""
    rows = trial_balance(first=first, last=last, account=account.code).rows
    return rows[0] if rows else AccountBalance(account.code, account.name, account.kind, ZERO, ZERO, ZERO)
