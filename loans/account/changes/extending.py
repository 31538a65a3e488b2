"""More time: every open due date moved later, at the contract's rate and with no penalty for asking (pure)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_money
from loans.account.account import Account, InstalmentState, age, relaid
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.earning import lengthened, shifted
from loans.schedules.amortisation import rate_on


class NothingToExtend(EventImpossible):
    code = "nothing_to_extend"
    message = _("No instalment of the loan is open any more; only late interest is owed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """Every open due date moves by ``days``; the interest of the extra time goes to the first open instalment.

    The extra time is charged at the rate in force, ``annual_rate`` where it never changed, on the principal outstanding
    (actual/365). Late interest charged so far stays owed. Where interest follows the balance the plan itself charges the
    time.
    """

    on: date
    days: int
    annual_rate: Decimal
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NothingToExtend."""
        account = age(account, self.on)
        if not any(map(_is_open, account.instalments)):
            if self.source is None:
                raise NothingToExtend()
            return Effect(account, figures={"days_moved": Decimal(self.days), "interest_added": ZERO})
        after = self._moved(account) if account.plan is None else self._plan_moved(account)
        added = _total_interest(after) - _total_interest(account)
        return Effect(after, figures={"days_moved": Decimal(self.days), "interest_added": added})

    def _moved(self, account: Account) -> Account:
        shift = timedelta(days=self.days)
        rate = rate_on(self.annual_rate, account.rate_steps, self.on)
        added = round_money(account.principal_outstanding * rate * self.days / 365)
        rows: list[InstalmentState] = []
        first_open = True
        for row in account.instalments:
            if _is_open(row):
                rows.append(_later(row, shift, added) if first_open else _shifted(row, shift))
                first_open = False
            else:
                rows.append(row)
        return replace(account, instalments=tuple(rows))

    def _plan_moved(self, account: Account) -> Account:
        assert account.plan is not None
        shift = timedelta(days=self.days)
        still_open = {row.number for row in account.instalments if _is_open(row)}
        planned = still_open.intersection(account.plan.numbers)
        plan = account.plan.moved(min(planned), shift) if planned else account.plan
        dates = {number: (x.starts_on, x.due_on) for number, x in zip(plan.numbers, plan.periods, strict=True)}
        # A down payment is no part of the plan: while it is owed it moves by itself.
        dates |= {
            row.number: (row.starts_on, row.due_on + shift)
            for row in account.instalments
            if row.number in still_open - planned
        }
        rows = tuple(
            replace(row, starts_on=dates[row.number][0], due_on=dates[row.number][1]) if row.number in dates else row
            for row in account.instalments
        )
        return relaid(replace(account, instalments=rows, plan=plan), self.on)


def _later(row: InstalmentState, shift: timedelta, added: Decimal) -> InstalmentState:
    due_on = row.due_on + shift
    curve = lengthened(row, (row.due_on, due_on), added)
    return replace(row, due_on=due_on, interest=row.interest + added, curve=curve)


def _shifted(row: InstalmentState, shift: timedelta) -> InstalmentState:
    starts_on, due_on = row.starts_on + shift, row.due_on + shift
    return replace(row, starts_on=starts_on, due_on=due_on, curve=shifted(row, starts_on, due_on))


def _is_open(row: InstalmentState) -> bool:
    return row.settled_on is None and bool(row.agreed_owed)


def first_open_due_on(account: Account) -> date | None:
    """The earliest due date of which principal, interest or fee is still owed; None where all is paid."""
    return min((row.due_on for row in account.instalments if row.agreed_owed), default=None)


def _total_interest(account: Account) -> Decimal:
    return sum((row.interest for row in account.instalments), ZERO)
