"""Fees added to a running loan (pure)."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from loans.account import Account, age
from loans.changes.base import ChangeRefused, Effect


class NoInstalmentLeft(ChangeRefused):
    code = "no_instalment_left"
    message = _("No open instalment is left that the fee could fall due with.")


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
        open_rows = [row for row in account.instalments if row.settled_on is None]
        if not open_rows:
            raise NoInstalmentLeft()
        wanted = self.due_on or self.on
        target = next((row for row in open_rows if row.due_on >= wanted), open_rows[-1])
        rows = tuple(
            replace(row, fee=row.fee + self.amount) if row.number == target.number else row
            for row in account.instalments
        )
        return Effect(replace(account, instalments=rows), figures={"fee_added": self.amount})
