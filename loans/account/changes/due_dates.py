"""Due dates of a running loan moved: another day of the month, or instalments skipped (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.calendars import add_months
from core.money import ZERO, split_evenly
from loans.account.account import Account, InstalmentState, age
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.earning import lengthened, shifted
from loans.account.changes.plan_rows import NoInstalmentAhead, ahead, later_dues, on_day, price_of_time, with_rows
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
        months, first = self._nearest(rows[0])
        dues = [first, *(on_day(add_months(row.due_on.replace(day=1), months), self.day) for row in rows[1:])]
        outstanding = sum((row.principal_owed for row in rows), ZERO)
        terms = account.in_force(self.terms)
        added = max(price_of_time(terms, outstanding, rows[0].due_on, first), rows[0].interest_paid - rows[0].interest)
        moved = _moved(rows, dues, [added])
        days = max(abs((due - row.due_on).days) for row, due in zip(rows, dues, strict=True))
        figures = {"days_moved": Decimal(days), "interest_added": added}
        return Effect(with_rows(account, moved), figures=figures)

    def _nearest(self, first: InstalmentState) -> tuple[int, date]:
        """By how many months, and to which day, the first due date moves; of two equally near the later."""
        begin = first.due_on.replace(day=1)
        found = [(months, on_day(add_months(begin, months), self.day)) for months in (-1, 0, 1)]
        possible = [pair for pair in found if pair[1] >= max(self.on, first.starts_on)]
        return min(reversed(possible), key=lambda pair: abs((pair[1] - first.due_on).days))


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
        known = [row.due_on for row in rows]
        dues = [*known, *later_dues(self.terms, known, self.count, known[-1])][self.count :]
        outstanding = sum((row.principal_owed for row in rows), ZERO)
        terms = account.in_force(self.terms)
        added = ZERO if self.interest == "free" else price_of_time(terms, outstanding, known[0], dues[0])
        extra = split_evenly(added, len(rows)) if self.interest == "spread" else [added]
        figures = {"instalments_skipped": Decimal(self.count), "interest_added": added}
        return Effect(with_rows(account, _moved(rows, dues, extra)), figures=figures)


def _nothing_ahead(account: Account, source: Any) -> Effect:
    """A wish is refused; a change already made stands when everything ahead turns out to be paid."""
    if source is None:
        raise NoInstalmentAhead()
    return Effect(account)


def _moved(
    rows: Sequence[InstalmentState], dues: Sequence[date], extra_interest: Sequence[Decimal]
) -> list[InstalmentState]:
    """``rows`` due on ``dues``, each beginning where the one before it ends; the first ones bear ``extra_interest``, which
    is earned in the time between the first due date as it was and as it is."""
    moved, starts_on, time = [], rows[0].starts_on, (rows[0].due_on, dues[0])
    extra = [*extra_interest, *[ZERO] * len(rows)]
    for row, due_on, more in zip(rows, dues, extra, strict=False):
        curve = lengthened(row, time, more) if row is rows[0] else shifted(row, starts_on, due_on, time, more)
        moved.append(replace(row, starts_on=starts_on, due_on=due_on, interest=row.interest + more, curve=curve))
        starts_on = due_on
    return moved
