"""What the lender gives up of a running loan (pure)."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_money
from loans.account import Account, InstalmentState, age, call_in, settle_rows
from loans.changes.base import ChangeRefused, Effect


class MoreThanAgreed(ChangeRefused):
    code = "more_than_agreed"
    field = "at_most"
    message = _("%(owed)s is still owed; %(at_most)s was agreed to be given up. Record what was paid first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledForLess:
    """The borrower paid what the lender accepts; what is still owed by ``on``, ``at_most`` as much, is a discount.

    Interest counts for the days used and fees not yet due are dropped, as in any early settlement. The discount takes the
    place of money: income that was earned stays income.
    """

    on: date
    at_most: Decimal
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises MoreThanAgreed."""
        account = age(account, self.on)
        rows = tuple(replace(row, fee=row.fee_paid) if row.due_on > self.on else row for row in account.instalments)
        account = call_in(replace(account, instalments=rows), self.on)
        if account.owed > self.at_most:
            raise MoreThanAgreed(owed=account.owed, at_most=self.at_most)
        lent = sum((row.principal for row in account.instalments), ZERO)
        figures = {
            "given_up": account.owed,
            "given_up_percent": round_money(account.owed * 100 / lent),
            "principal": account.principal_outstanding,
            "interest": sum((row.interest_owed for row in account.instalments), ZERO),
            "late_interest": sum((row.late_interest_owed for row in account.instalments), ZERO),
            "fee": sum((row.fee_owed for row in account.instalments), ZERO),
        }
        settled = replace(account, instalments=tuple(_made_good(row) for row in account.instalments))
        return Effect(settle_rows(settled, self.on), figures=figures)


def _made_good(row: InstalmentState) -> InstalmentState:
    return replace(
        row,
        principal_paid=row.principal,
        interest_paid=row.interest,
        fee_paid=row.fee,
        late_interest_paid=round_money(row.late_interest),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffUndone:
    """The claim stands again as if it had never left the books: the account itself never changed."""

    on: date
    source: Any = None

    def apply(self, account: Account) -> Effect:
        return Effect(age(account, self.on))
