"""Due dates of a running loan moved: another day of the month, or instalments skipped (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.calendars import add_months
from core.money import ZERO, split_evenly
from loans.account.account import Account, InstalmentState, age
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.earning import bearing_time, lengthened, shifted
from loans.account.changes.free_time import free_days, with_agreed_time_free, with_free_time
from loans.account.changes.made_dates import Days, agreed_dues, days_moved, due, later_dues, price_of_move, rolled
from loans.account.changes.plan_rows import NoInstalmentAhead, ahead, bearing, with_empty, with_first, with_rows
from loans.account.changes.rates_of_days import at_rates_in_force
from loans.schedules.due_dates import on_day, on_working_days
from loans.schedules.terms import Frequency, LoanTerms


class DueDayNeedsMonths(EventImpossible):
    code = "due_day_needs_months"
    message = _("Only instalments by months have a due day of the month.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDayChanged:
    """All instalments ahead fall due on ``day`` of the month, from the date nearest to the first one's due date on.

    The first one bears the days by which its period became longer or shorter, at the contract rate on the principal
    outstanding; the others keep their amounts.
    """

    on: date
    day: int
    terms: LoanTerms
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentAhead, DueDayNeedsMonths."""
        account = age(account, self.on)
        rows = ahead(account, self.on)
        if self.terms.frequency is not Frequency.MONTH:
            raise DueDayNeedsMonths()
        if not rows:
            return _nothing_ahead(account, self.source)
        rows = with_empty(account, rows)
        before = agreed_dues(rows, self.terms)
        months = self._nearest(rows[0], before[0])
        agreed = [on_day(self.terms, add_months(on.replace(day=1), months), self.day) for on in before]
        dues = rolled(self.terms, agreed, rows[0].starts_on)
        outstanding = sum((row.principal_owed for row in rows), ZERO)
        terms = account.in_force(self.terms)
        end = self._last_paid(account, (before[0], rows[0].due_on), dues[0])
        added = ZERO if end[1] == dues[0] else price_of_move(terms, outstanding, end, (agreed[0], dues[0]))
        figures = {"days_moved": days_moved(rows, dues), "interest_added": added}
        extra = bearing_time(rows, (rows[0].due_on, dues[0]), added, with_first(terms, added, bearing(rows)))
        moved = _moved(rows, agreed, dues, extra, terms)
        account = with_agreed_time_free(account, rows[0], self.terms)
        return Effect(with_rows(account, moved), figures=figures)

    def _last_paid(self, account: Account, before: Days, due_on: date) -> Days:
        """The end of the days lost by a first due date on ``due_on``: those that were free cost nothing."""
        free = timedelta(days=free_days(account, due_on, before[1])) if due_on < before[1] else timedelta()
        return before[0] - free, before[1] - free

    def _nearest(self, first: InstalmentState, agreed: date) -> int:
        """By how many months the first due date moves, so that it moves least; of two equally near the later.

        It is to fall due on ``on`` or later, and after its period has begun.
        """
        found = {
            months: on_day(self.terms, add_months(agreed.replace(day=1), months), self.day) for months in (-1, 0, 1, 2)
        }
        due_on = {months: on_working_days(self.terms, [on])[0] for months, on in found.items()}
        possible = [months for months in found if due_on[months] >= self.on and due_on[months] > first.starts_on]
        return min(reversed(possible), key=lambda months: abs((found[months] - agreed).days))


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentHoliday:
    """The next ``count`` instalments are skipped: each falls due when the ``count``-th after it would have.

    ``interest`` says what the extra time costs: ``free`` nothing; ``first`` and ``spread`` the contract rate on the
    principal outstanding, due with the first instalment afterwards, or in equal parts with all of them.
    """

    on: date
    count: int
    interest: str
    terms: LoanTerms
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentAhead."""
        account = age(account, self.on)
        rows = ahead(account, self.on)
        if not rows:
            return _nothing_ahead(account, self.source)
        rows = with_empty(account, rows)
        known = agreed_dues(rows, self.terms)
        agreed = [*known, *later_dues(self.terms, known, self.count, rows[-1].due_on)][self.count :]
        dues = rolled(self.terms, agreed, rows[0].starts_on)
        outstanding = sum((row.principal_owed for row in rows), ZERO)
        terms = account.in_force(self.terms)
        price = price_of_move(terms, outstanding, (known[0], rows[0].due_on), (agreed[0], dues[0]))
        added = ZERO if self.interest == "free" else price
        if self.interest == "spread":
            extra = split_evenly(added, bearing(rows), terms.rounding.unit)
        else:
            extra = with_first(terms, added, bearing(rows))
        figures = {"instalments_skipped": Decimal(self.count), "interest_added": added}
        account = with_agreed_time_free(account, rows[0], self.terms)
        if self.interest == "free":
            figures["interest_forgone"] = price
            account = with_free_time(account, (rows[0].due_on, dues[0]))
        return Effect(with_rows(account, _moved(rows, agreed, dues, extra, terms)), figures=figures)


def _nothing_ahead(account: Account, source: Any) -> Effect:
    """A wish is refused; a change already made stands when everything ahead turns out to be paid."""
    if source is None:
        raise NoInstalmentAhead()
    return Effect(account)


def _moved(
    rows: Sequence[InstalmentState],
    agreed: Sequence[date],
    dues: Sequence[date],
    extra_interest: Sequence[Decimal],
    terms: LoanTerms,
) -> list[InstalmentState]:
    """``rows`` due on ``dues``, each beginning where the one before it ends; the first ones bear ``extra_interest``, which
    is earned in the time between the first due date as it was and as it is."""
    moved, starts_on, time = [], rows[0].starts_on, (rows[0].due_on, dues[0])
    extra = [*extra_interest, *[ZERO] * len(rows)]
    for row, on, due_on, more in zip(rows, agreed, dues, extra, strict=False):
        first = row is rows[0]
        curve = lengthened(row, time, more, terms) if first else shifted(row, starts_on, due_on, time, more, terms)
        interest = row.interest + more
        moved.append(replace(due(row, on, due_on, terms), starts_on=starts_on, interest=interest, curve=curve))
        starts_on = due_on
    return at_rates_in_force(terms, rows, moved)
