"""The instalments ahead worked out anew: more money drawn, another rate, other due dates (pure).

On a fixed schedule the instalments from the one in whose period the change falls are laid out once more, with what they
still have to repay as the opening balance. Where interest follows the balance, the plan itself takes the change in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from loans.account.account import Account, InstalmentState, age, relaid, settle_rows
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.late_rates import with_contract_rate
from loans.account.changes.made_dates import agreed_dues, agreed_on, later_dues, rolled
from loans.account.changes.plan_rows import NoInstalmentAhead, with_rows
from loans.schedules.amortisation import Course, Plan, amortise, plan_from
from loans.schedules.due_dates import Period, periods, step
from loans.schedules.period_rates import levelled_over, regular_rates
from loans.schedules.schedule import opening_balance
from loans.schedules.terms import Drawdown, LevelOn, LoanTerms, Method, RateStep


class NoSuchDueDate(EventImpossible):
    code = "no_such_due_date"
    field = "from_due_on"
    message = _("No open instalment is due on %(due_on)s.")


class NothingRescheduled(EventImpossible):
    code = "nothing_rescheduled"
    message = _("Say what changes: a new due date, further instalments or a new rate.")


class DueDateNotLater(EventImpossible):
    code = "due_date_not_later"
    field = "new_due_on"
    message = _("The new due date must lie after the period's first day, %(starts_on)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnDown:
    """``amount`` more is paid out on ``on``; on a due date it belongs to the period that begins."""

    on: date
    amount: Decimal
    terms: LoanTerms
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentAhead."""
        account = age(account, self.on)
        rows = running(account, self.on)
        if not rows:
            raise NoInstalmentAhead()
        if account.plan is not None:
            drawdowns = (*account.plan.terms.drawdowns, Drawdown(self.on, self.amount))
            after = _planned_anew(account, replace(account.plan.terms, drawdowns=drawdowns), self.on)
        else:
            opening, start = to_repay(rows), rows[0].starts_on
            parts = {start: opening}
            parts[self.on] = parts.get(self.on, ZERO) + self.amount
            drawdowns = tuple(Drawdown(on, amount) for on, amount in parts.items())
            terms = rest_of(
                self.terms,
                rows,
                principal=max(self.terms.principal, opening + self.amount),
                drawdowns=drawdowns if len(drawdowns) > 1 else (),
                lent_in_all=lent_in_all(account) + self.amount,
            )
            course = Course(opening=drawdowns[0].amount, plan=_plan_on_approved(account, rows, self.terms))
            after = _laid_out(account, rows, terms, periods_of(rows), course)
        return Effect(after, figures={"drawn": self.amount, "interest_added": _interest(after) - _interest(account)})


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChanged:
    """The contract rate is ``annual_rate`` from ``on``, that day included; the level instalment is worked out anew."""

    on: date
    annual_rate: Decimal
    terms: LoanTerms
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentAhead."""
        account = with_contract_rate(age(account, self.on), self.on, self.annual_rate)
        rows = running(account, self.on)
        if not rows:
            if self.source is None:
                raise NoInstalmentAhead()
            return Effect(account)
        if account.plan is not None:
            steps = (*account.plan.terms.rate_steps, RateStep(self.on, self.annual_rate))
            after = _planned_anew(account, replace(account.plan.terms, rate_steps=steps), self.on)
        else:
            at_once = self.on == rows[0].starts_on
            changed = {"annual_rate": self.annual_rate} if at_once else {"rate_steps": self._steps()}
            terms = rest_of(self.terms, rows, **changed, lent_in_all=lent_in_all(account))
            course = Course(opening=to_repay(rows), plan=_plan_on_approved(account, rows, self.terms, terms))
            after = _laid_out(account, rows, terms, periods_of(rows), course)
        figures = {"new_rate": self.annual_rate, "interest_added": _interest(after) - _interest(account)}
        return Effect(settle_rows(after, self.on), figures=figures)

    def _steps(self) -> tuple[RateStep, ...]:
        return (RateStep(self.on, self.annual_rate),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescheduled:
    """From the instalment due on ``from_due_on``: another due date, further instalments, another rate, or several of them.

    A new due date moves all later ones with it and keeps the level instalment; further instalments or a new rate work it
    out anew. What rounding leaves goes to the last instalment.
    """

    on: date
    from_due_on: date
    terms: LoanTerms
    new_due_on: date | None = None
    extra_count: int | None = None
    annual_rate: Decimal | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoSuchDueDate, NothingRescheduled, DueDateNotLater."""
        account = age(account, self.on)
        rows = [row for row in account.instalments if row.due_on >= self.from_due_on and row.starts_on < row.due_on]
        if not rows or rows[0].due_on != self.from_due_on:
            raise NoSuchDueDate(due_on=self.from_due_on.isoformat())
        if self.new_due_on is None and not self.extra_count and self.annual_rate is None:
            raise NothingRescheduled()
        if self.new_due_on is not None and self.new_due_on <= rows[0].starts_on:
            raise DueDateNotLater(starts_on=rows[0].starts_on.isoformat())
        count = len(rows) + (self.extra_count or 0)
        rate = self.terms.annual_rate if self.annual_rate is None else self.annual_rate
        terms = rest_of(self.terms, rows, count=count, annual_rate=rate, lent_in_all=lent_in_all(account))
        keeps_level = not self.extra_count and self.annual_rate is None
        level = rows[0].principal + rows[0].interest if keeps_level else None
        more = [_further(rows[-1], n) for n in range(1, count - len(rows) + 1)]
        agreed = self._agreed(rows, count)
        found = self._periods(rows, rolled(self.terms, agreed, rows[0].starts_on))
        kept = [replace(x, agreed_on=agreed_on(on, self.terms)) for x, on in zip([*rows, *more], agreed, strict=True)]
        after = _laid_out(account, kept, terms, found, Course(opening=to_repay(rows), level=level))
        if self.annual_rate is not None:
            after = with_contract_rate(after, max(self.on, rows[0].starts_on), self.annual_rate)
        moved = Decimal((after.instalments[-1].due_on - account.instalments[-1].due_on).days)
        figures = {"days_moved": moved, "interest_added": _interest(after) - _interest(account)}
        return Effect(settle_rows(after, self.on), figures=figures)

    def _agreed(self, rows: Sequence[InstalmentState], count: int) -> list[date]:
        """The due dates from the first of ``rows`` on, before they move to working days."""
        if self.new_due_on is not None:
            return [step(self.terms, self.new_due_on, n) for n in range(count)]
        known = agreed_dues(rows, self.terms)
        return [*known, *later_dues(self.terms, known, count - len(rows), rows[-1].due_on)]

    def _periods(self, rows: Sequence[InstalmentState], dues: Sequence[date]) -> list[Period]:
        first = (rows[0].starts_on, dues[0]) if self.new_due_on is None else None
        later = [Period(start, due, (start, due)) for start, due in pairwise(dues)]
        return [Period(rows[0].starts_on, dues[0], first), *later]


def running(account: Account, on: date) -> list[InstalmentState]:
    """The instalment in whose period ``on`` falls, and all later ones."""
    return [row for row in account.instalments if row.due_on > on and row.starts_on < row.due_on]


def to_repay(rows: Sequence[InstalmentState]) -> Decimal:
    return sum((row.principal for row in rows), ZERO)


def lent_in_all(account: Account) -> Decimal:
    """What was lent so far, repaid or not: the share of a balloon is a share of this, not of what is still to repay."""
    return to_repay(account.instalments)


def _plan_on_approved(
    account: Account, rows: Sequence[InstalmentState], terms: LoanTerms, anew: LoanTerms | None = None
) -> Plan | None:
    """What ``rows``, the last ones of ``account``, repay where the plan is worked out once, on the approved amount.

    ``anew`` are the terms of the rest where a new rate works it out anew: on what would then be left of the approved
    amount. None where the plan follows what is outstanding.
    """
    if terms.level_on is not LevelOn.APPROVED or not terms.drawdowns:
        return None
    found = periods(terms)
    before = sum(row.starts_on < row.due_on <= rows[0].starts_on for row in account.instalments)
    first, whole = min(before, len(found) - 1), replace(terms, drawdowns=())
    if anew is not None:
        agreed = amortise(whole, found, Course(opening=opening_balance(whole)))
        left = sum((principal for principal, _interest in agreed[first:]), ZERO)
        return plan_from(replace(anew, lent_in_all=terms.principal), left, regular_rates(anew, periods_of(rows)))
    plan = plan_from(whole, terms.principal, levelled_over(terms, regular_rates(whole, found), 0))
    return lambda k, interest: plan(min(k + first, len(found) - 1), interest)


def _interest(account: Account) -> Decimal:
    return sum((row.interest for row in account.instalments), ZERO)


def _further(last: InstalmentState, n: int) -> InstalmentState:
    return InstalmentState(last.number + n, last.due_on, last.due_on, ZERO, ZERO, ZERO)


def periods_of(rows: Sequence[InstalmentState]) -> list[Period]:
    return [Period(row.starts_on, row.due_on, (row.starts_on, row.due_on)) for row in rows]


_WHOLE_LOAN_ONLY: dict[str, Any] = {
    "first_due_on": None,
    "schedule_start_on": None,
    "due_dates": (),
    "drawdowns": (),
    "rate_steps": (),
    "grace_on_principal": 0,
    "grace_on_interest_payment": 0,
    "grace_on_interest_charged": 0,
    "down_payment_rate": Decimal(0),
    "stages": (),
    "amounts": (),
    "fixed_instalment": None,
    "fee_total": ZERO,
}
_REPLANNED_AS = {Method.STAGES: Method.EQUAL_PRINCIPAL, Method.CUSTOM: Method.EQUAL_INSTALMENTS}


def rest_of(terms: LoanTerms, rows: Sequence[InstalmentState], **changes: Any) -> LoanTerms:
    """The terms for ``rows`` alone: what only concerned the beginning of the loan is left out."""
    rest = {
        "count": terms.count if terms.method is Method.BULLET else len(rows),
        "start_on": rows[0].starts_on,
        "method": _REPLANNED_AS.get(terms.method, terms.method),
    }
    return replace(terms, **{**_WHOLE_LOAN_ONLY, **rest, **changes})


def _laid_out(
    account: Account, rows: Sequence[InstalmentState], terms: LoanTerms, found: Sequence[Period], course: Course
) -> Account:
    paid = {k: row.principal_paid for k, row in enumerate(rows) if row.principal_paid}
    amounts = amortise(terms, found, replace(course, paid=paid))
    changed = [
        replace(
            row,
            starts_on=period.starts_on,
            due_on=period.due_on,
            principal=principal,
            interest=max(interest, row.interest_paid),
            settled_on=None,
        )
        for row, period, (principal, interest) in zip(rows, found, amounts, strict=True)
    ]
    return with_rows(account, changed)


def _planned_anew(account: Account, terms: LoanTerms, on: date) -> Account:
    assert account.plan is not None
    return relaid(replace(account, plan=replace(account.plan, terms=terms)), on)
