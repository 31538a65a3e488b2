"""Instalments from a due date on agreed anew: another date, further ones, some in grace, another rate (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from loans.account.account import Account, InstalmentState, age, settle_rows
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.earning import curve_of
from loans.account.changes.free_time import days_in, free_by_row, without_free_time
from loans.account.changes.late_rates import with_contract_rate
from loans.account.changes.made_dates import agreed_dues, agreed_on, later_dues, rolled
from loans.account.changes.replanning import (
    has_turned,
    is_one_step,
    is_regular,
    lent_in_all,
    periods_of,
    rest_of,
    spans_agreed,
    to_repay,
    total_interest,
    with_amounts,
)
from loans.schedules.amortisation import amortise_by_day
from loans.schedules.course import Course
from loans.schedules.due_dates import Period, periods, step
from loans.schedules.earning import earned_by
from loans.schedules.schedule import repaying
from loans.schedules.terms import FirstPeriod, LoanTerms, Method


class NoSuchDueDate(EventImpossible):
    code = "no_such_due_date"
    field = "from_due_on"
    message = _("No open instalment is due on %(due_on)s.")


class NothingRescheduled(EventImpossible):
    code = "nothing_rescheduled"
    message = _(
        "Say what changes: a new due date, further instalments, some without principal, interest deferred, a new rate."
    )


class DueDateNotLater(EventImpossible):
    code = "due_date_not_later"
    field = "new_due_on"
    message = _("The new due date must lie after the period's first day, %(starts_on)s.")


class NothingToAddTo(EventImpossible):
    code = "single_instalment"
    field = "extra_count"
    message = _("The loan is repaid in one instalment: give it a later due date, or make a new plan of several.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescheduled:
    """From the instalment due on ``from_due_on``: another due date, further instalments, another rate, or several of them.

    ``principal_grace`` instalments without principal are put in, so that the plan grows by as many; of ``interest_grace``
    instalments the interest falls due with the first one after them. A new due date moves all later ones with it. It keeps
    the level instalment, as grace does; further instalments or a new rate work it out anew. What rounding leaves goes to
    the last instalment.
    """

    on: date
    from_due_on: date
    terms: LoanTerms
    new_due_on: date | None = None
    extra_count: int | None = None
    annual_rate: Decimal | None = None
    principal_grace: int | None = None
    interest_grace: int | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoSuchDueDate, NothingRescheduled, DueDateNotLater, NothingToAddTo."""
        account = age(account, self.on)
        rows = [row for row in repaying(account.instalments) if row.due_on >= self.from_due_on]
        if not rows or rows[0].due_on != self.from_due_on:
            raise NoSuchDueDate(due_on=self.from_due_on.isoformat())
        if not self._changes_something:
            raise NothingRescheduled()
        if self.new_due_on is not None and self.new_due_on <= rows[0].starts_on:
            raise DueDateNotLater(starts_on=rows[0].starts_on.isoformat())
        if self.extra_count and self.terms.method is Method.BULLET and len(rows) == 1:
            raise NothingToAddTo()
        count = len(rows) + (self.extra_count or 0) + (self.principal_grace or 0)
        changed: dict[str, Any] = {"lent_in_all": lent_in_all(account)}
        if self.annual_rate is not None:
            account = with_contract_rate(account, max(self.on, rows[0].starts_on), self.annual_rate)
        if self.principal_grace:
            changed["grace_on_principal"] = self.principal_grace
        if self.interest_grace:
            changed["grace_on_interest_payment"] = self.interest_grace
        begins = self._begins(rows)
        keeps_level = not self.extra_count and self.annual_rate is None
        level = rows[0].principal + rows[0].interest if keeps_level else None
        highest = max(row.number for row in account.instalments)  # claims beside the schedule have numbers too
        more = [_further(rows[-1], highest + n) for n in range(1, count - len(rows) + 1)]
        agreed = self._agreed(rows, count)
        dues = rolled(self.terms, agreed, rows[0].starts_on)
        free = free_by_row(account, rows, list(pairwise([rows[0].starts_on, *dues])))
        measured = self._periods(account, rows, agreed, dues, free)
        if measured[0].part_of is None:
            changed["first_period"] = FirstPeriod.CHARGED
        terms = rest_of(account, self.terms, rows, begins, count=count, **changed)
        found = [Period(x.starts_on, due_on, x.part_of) for x, due_on in zip(measured, dues, strict=True)]
        kept = [replace(x, agreed_on=agreed_on(on, self.terms)) for x, on in zip([*rows, *more], agreed, strict=True)]
        course = Course(opening=to_repay(rows), level=level, level_periods=measured if free else (), free=free)
        after = _laid_out(account, kept, terms, found, course, begins)
        moved = Decimal((after.instalments[-1].due_on - account.instalments[-1].due_on).days)
        figures = {"days_moved": moved, "interest_added": total_interest(after) - total_interest(account)}
        if self.annual_rate is not None:
            figures["new_rate"] = self.annual_rate
        return Effect(settle_rows(after, self.on), figures=figures)

    def _begins(self, rows: Sequence[InstalmentState]) -> date:
        """The day from which interest is worked out: where something had turned in the running period, what was earned by
        the day of the change is a fact."""
        start = rows[0].starts_on
        running = start < self.on < rows[0].due_on
        return self.on if running and has_turned(self.terms, rows, self.on) else start

    @property
    def _changes_something(self) -> bool:
        counts = (self.extra_count, self.principal_grace, self.interest_grace)
        return self.new_due_on is not None or self.annual_rate is not None or any(counts)

    def _agreed(self, rows: Sequence[InstalmentState], count: int) -> list[date]:
        """The due dates from the first of ``rows`` on, before they move to working days."""
        if self.new_due_on is not None:
            return [step(self.terms, self.new_due_on, n) for n in range(count)]
        known = agreed_dues(rows, self.terms)
        return [*known, *later_dues(self.terms, known, count - len(rows), rows[-1].due_on)]

    def _first_is_as_agreed(self, account: Account, first: InstalmentState) -> bool:
        """Whether the first period is one of the contract, or as long as one: any other is measured by itself."""
        stays = self.new_due_on is None or agreed_dues([first], self.terms) == [self.new_due_on]
        return stays and is_regular(account, self.terms, first, spans_agreed(self.terms))

    def _periods(
        self,
        account: Account,
        rows: Sequence[InstalmentState],
        agreed: Sequence[date],
        dues: Sequence[date],
        free: Mapping[int, Sequence[tuple[date, date]]],
    ) -> list[Period]:
        """The periods as they are measured: without their ``free`` days."""
        timed = without_free_time(replace(rows[0], due_on=dues[0]), free.get(0, ()))
        as_agreed = self._first_is_as_agreed(account, timed if 0 in free else rows[0])
        first = periods_of(self.terms, [timed])[0].part_of if as_agreed else None
        ends = [due - timedelta(days=days_in(free.get(k, ()))) for k, due in enumerate(dues)]
        signed = {(x.starts_on, x.due_on): x for x in periods(self.terms)}
        later = [Period(*span, span) for span in zip(dues, ends[1:], strict=False)]
        for n, days in enumerate(pairwise(agreed)):  # what an act made longer or shorter is measured by itself
            if n + 1 not in free and not is_one_step(self.terms, *days):
                later[n] = signed.get(later[n][:2], Period(*later[n][:2], None))
        return [Period(rows[0].starts_on, timed.due_on, first), *later]


def _further(last: InstalmentState, number: int) -> InstalmentState:
    return InstalmentState(number, last.due_on, last.due_on, ZERO, ZERO, ZERO)


def _laid_out(
    account: Account,
    rows: Sequence[InstalmentState],
    terms: LoanTerms,
    found: Sequence[Period],
    course: Course,
    begins: date,
) -> Account:
    paid = {k: row.principal_paid for k, row in enumerate(rows) if row.principal_paid}
    start, own = rows[0].starts_on, curve_of(rows[0])
    course, brought, is_deferred = replace(course, paid=paid), ZERO, bool(terms.grace_on_interest_payment)
    if begins > start:
        brought = earned_by(own, begins) - earned_by(own, start)
        level_periods = course.level_periods or found
        course = replace(course, brought=ZERO if is_deferred else brought, begun=start, level_periods=level_periods)
    laid_out = amortise_by_day(terms, [Period(begins, *found[0][1:]), *found[1:]], course)
    return with_amounts(account, rows, found, laid_out, begins, brought, is_deferred=is_deferred)
