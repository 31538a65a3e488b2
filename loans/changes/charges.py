"""Fees and penalties added to a running loan (pure)."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from loans.account import Account, InstalmentState, age
from loans.changes.base import ChangeRefused, Effect


class NoInstalmentLeft(ChangeRefused):
    code = "no_instalment_left"
    message = _("No open instalment is left that it could fall due with.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeAdded:
    """A fee of ``amount``, due with the first open instalment on or after ``due_on`` (the last one where none is later)."""

    on: date
    amount: Decimal
    due_on: date | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentLeft."""
        account = age(account, self.on)
        target = _falls_due_with(account, self.due_on or self.on)
        return Effect(_with(account, replace(target, fee=target.fee + self.amount)), figures={"fee_added": self.amount})


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyAdded:
    """A penalty of ``amount``, owed like late interest, with the first open instalment on or after ``due_on``."""

    on: date
    amount: Decimal
    due_on: date | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentLeft."""
        account = age(account, self.on)
        target = _falls_due_with(account, self.due_on or self.on)
        charged = replace(target, late_interest=target.late_interest + self.amount)
        return Effect(_with(account, charged), figures={"penalty_added": self.amount})


def _falls_due_with(account: Account, wanted: date) -> InstalmentState:
    open_rows = [row for row in account.instalments if row.settled_on is None]
    if not open_rows:
        raise NoInstalmentLeft()
    return next((row for row in open_rows if row.due_on >= wanted), open_rows[-1])


def _with(account: Account, changed: InstalmentState) -> Account:
    rows = tuple(changed if row.number == changed.number else row for row in account.instalments)
    return replace(account, instalments=rows)
