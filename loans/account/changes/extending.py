"""More time: every open due date moved later, at the contract's rate and with no penalty for asking (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_money
from loans.account.account import Account, InstalmentState, age, relaid
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.earning import lengthened, shifted
from loans.account.changes.free_time import with_agreed_time_free
from loans.account.changes.holds import with_past_days_free
from loans.account.changes.made_dates import Days, agreed_dues, agreed_on, price_of_days
from loans.account.changes.plan_rows import bearing, with_empty, with_first, with_rows
from loans.account.changes.rates_of_days import at_rates_in_force
from loans.schedules.due_dates import on_working_days
from loans.schedules.period_rates import rate_on
from loans.schedules.terms import LoanTerms


class NothingToExtend(EventImpossible):
    code = "nothing_to_extend"
    message = _("No instalment of the loan is open any more; only late interest is owed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """Every open due date moves by ``days``; the interest of the extra time goes to the first open instalment.

    They move from the day agreed, and then to a working day where the product moves dates. The extra time is charged at
    the rate in force, ``annual_rate`` where it never changed, on the principal outstanding, its days counted as the product
    counts days (actual/365 without ``terms``). Late interest charged so far stays owed. Where interest follows the balance
    the plan itself charges the time.
    """

    on: date
    days: int
    annual_rate: Decimal
    terms: LoanTerms | None = None
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
        rows = with_empty(account, [row for row in account.instalments if _is_open(row)])
        before = self._days(rows)
        agreed = [on + timedelta(days=self.days) for on, _due in before]
        dues = agreed if self.terms is None else on_working_days(self.terms, agreed)
        moved_to = {row.due_on: due_on for row, due_on in zip(rows, dues, strict=True)}
        added = self._price(account, before[0], (agreed[0], dues[0]))
        extra = [added] if self.terms is None else with_first(self.terms, added, bearing(rows))
        time = (rows[0].due_on, dues[0])
        terms = None if self.terms is None else account.in_force(self.terms)
        account = account if terms is None else with_agreed_time_free(account, rows[0], terms)
        changed: list[InstalmentState] = []
        was_due = rows[0].due_on
        for row, on, due_on, more in zip(rows, agreed, dues, [*extra, *[ZERO] * len(rows)], strict=False):
            starts_on = row.starts_on
            if not changed:
                curve = lengthened(row, time, more, terms)
            else:
                reached = moved_to.get(starts_on, starts_on + timedelta(days=self.days))
                starts_on = min(changed[-1].due_on if starts_on == was_due else reached, due_on)
                curve = shifted(row, starts_on, due_on, time, more, terms)
            was_due = row.due_on
            kept = None if self.terms is None else agreed_on(on, self.terms)
            row = replace(row, starts_on=starts_on, due_on=due_on, agreed_on=kept)
            row = replace(row, interest=row.interest + more, curve=curve)
            changed.append(row if changed else with_past_days_free(account, row, time[0], min(self.on, time[1])))
        return with_rows(account, changed if terms is None else at_rates_in_force(terms, rows, changed))

    def _days(self, rows: Sequence[InstalmentState]) -> list[Days]:
        """The day agreed for each of ``rows``, and the one it falls due on."""
        agreed = [row.due_on for row in rows] if self.terms is None else agreed_dues(rows, self.terms)
        return [(on, row.due_on) for on, row in zip(agreed, rows, strict=True)]

    def _price(self, account: Account, before: Days, after: Days) -> Decimal:
        principal = account.principal_outstanding
        if self.terms is None:
            rate = rate_on(self.annual_rate, account.rate_steps, self.on)
            return round_money(principal * rate * self.days / 365)
        return price_of_days(account.in_force(self.terms), principal, before, after)

    def _plan_moved(self, account: Account) -> Account:
        assert account.plan is not None
        still_open = {row.number for row in account.instalments if _is_open(row)}
        planned = still_open.intersection(account.plan.numbers)
        plan = account.plan.moved(min(planned), timedelta(days=self.days)) if planned else account.plan
        dates = {number: (x.starts_on, x.due_on) for number, x in zip(plan.numbers, plan.periods, strict=True)}
        # A down payment is no part of the plan: while it is owed it moves by itself.
        apart = [row for row in account.instalments if row.number in still_open - planned]
        dues = on_working_days(plan.terms, [row.due_on + timedelta(days=self.days) for row in apart])
        dates |= {row.number: (row.starts_on, due_on) for row, due_on in zip(apart, dues, strict=True)}
        rows = tuple(
            replace(row, starts_on=dates[row.number][0], due_on=dates[row.number][1]) if row.number in dates else row
            for row in account.instalments
        )
        return relaid(replace(account, instalments=rows, plan=plan), self.on)


def _is_open(row: InstalmentState) -> bool:
    return row.settled_on is None and bool(row.agreed_owed)


def first_open_due_on(account: Account) -> date | None:
    """The earliest due date of which principal, interest or fee is still owed; None where all is paid."""
    return min((row.due_on for row in account.instalments if row.agreed_owed), default=None)


def _total_interest(account: Account) -> Decimal:
    return sum((row.interest for row in account.instalments), ZERO)
