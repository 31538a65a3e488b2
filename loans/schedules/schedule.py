"""From terms to schedule: due dates, and what of principal, interest and fee falls due on each (pure).

Interest of a regular month is a twelfth of the annual rate, of weeks and days the days over the day-count year; a first
period of another length than a regular one is charged by its days. The level instalment is rounded down to the cent and
the last instalment takes the residue: rounded up, 10,000.00 at 24 % over 12 months would cost 24.0008 %. Each of these
is a setting of the terms (``loans.schedules.conventions``); dates are made in ``loans.schedules.due_dates``, amounts in
``loans.schedules.amortisation``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count
from typing import NamedTuple, Protocol, TypeVar

from core.money import ZERO, split, split_evenly
from loans.schedules.amortisation import amortise, amortise_by_day
from loans.schedules.course import Amounts, Course
from loans.schedules.due_dates import Period, periods
from loans.schedules.earning import Curve, as_curve
from loans.schedules.principal_parts import LEVEL, down_payment_of
from loans.schedules.terms import AmountsRefused, Drawdown, FeeTiming, LevelOn, LoanTerms, Method, NothingDue


class ScheduledInstalment(NamedTuple):
    """What falls due on ``due_on`` for the period that begins on ``starts_on``."""

    number: int
    starts_on: date
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee


# From the six values in order. Each schedule makes a dozen: the class's own constructor would cost twice as much.
_instalment = partial(tuple.__new__, ScheduledInstalment)


@dataclass(frozen=True, slots=True)
class Schedule:
    """All instalments of a loan, in order; by their numbers how those earn interest that do not earn it evenly."""

    instalments: tuple[ScheduledInstalment, ...]
    curves: Mapping[int, Curve] = field(default_factory=dict)

    @property
    def principal(self) -> Decimal:
        return sum((row.principal for row in self.instalments), ZERO)

    @property
    def total_interest(self) -> Decimal:
        return sum((row.interest for row in self.instalments), ZERO)

    @property
    def total_fee(self) -> Decimal:
        return sum((row.fee for row in self.instalments), ZERO)

    @property
    def total(self) -> Decimal:
        return sum((row.total for row in self.instalments), ZERO)


def build_schedule(terms: LoanTerms) -> Schedule:
    """The schedule of ``terms``: a down payment with each drawdown, then the instalments; principal sums to what is lent.

    Raises TermsRefused where no schedule can be made of the terms.
    """
    found = periods(terms)
    down = down_payments(terms)
    rows, curves = amortise_by_day(terms, found, Course(opening=opening_balance(terms)))
    if terms.amounts or terms.fixed_instalment is not None:
        _require_covering(terms, found)
    repaid = sum([part.amount for part in down], sum([principal for principal, _interest in rows], ZERO))
    assert repaid == terms.drawn, "principal must be conserved"
    instalments = _numbered(down, found, rows, fee_parts(terms, len(rows)))
    return Schedule(instalments, _by_number(instalments, curves))


class _Row(Protocol):
    @property
    def starts_on(self) -> date: ...
    @property
    def due_on(self) -> date: ...


R = TypeVar("R", bound=_Row)


def repaying(rows: Iterable[R]) -> list[R]:
    """``rows``, in order of their numbers, without down payments and claims beside the schedule, which have no days.

    Nor has an instalment merged with the one before it: it begins on the day that one falls due.
    """
    found, before = [], None
    for row in rows:
        if row.starts_on < row.due_on or (before is not None and before.due_on == row.starts_on):
            found.append(row)
        before = row
    return found


def _by_number(instalments: Sequence[ScheduledInstalment], curves: Sequence[Curve]) -> dict[int, Curve]:
    """The curves that are no straight lines; a down payment earns nothing and has none."""
    if not curves:
        return {}
    earning = [row.number for row in repaying(instalments)]
    kept = zip(earning, map(as_curve, curves), strict=True)
    return {number: curve for number, curve in kept if curve}


def require_something_due(terms: LoanTerms, schedule: Schedule) -> None:
    """Raise NothingDue where an instalment asks for nothing, AmountsRefused where a level one does not cover its interest.

    Asked when a loan is priced. Of a loan whose plan is made once on the approved amount the last ones wait for what is
    still to be drawn.
    """
    waiting = terms.level_on is LevelOn.APPROVED and terms.drawn < terms.principal
    for row in schedule.instalments:
        if not row.total and not waiting:
            raise NothingDue(f"instalment {row.number} would have nothing to pay: choose fewer, or less grace")
    rows = [row for row in schedule.instalments if row.due_on > row.starts_on]
    repaying = rows[max(terms.grace_on_principal, terms.grace_on_interest_payment + 1) : -1]
    if terms.method in LEVEL and any(row.interest and not row.principal for row in repaying):
        raise AmountsRefused("the level instalment would not cover the interest of each period")


def _require_covering(terms: LoanTerms, found: list[Period]) -> None:
    """Raise AmountsRefused where an agreed amount is less than the interest of its period, or cannot be paid."""
    plain = replace(terms, grace_on_interest_payment=0)  # what is deferred is owed beside a later amount
    rows = amortise(plain, found, Course(opening=opening_balance(terms)))
    fixed = terms.fixed_instalment
    agreed = terms.amounts if fixed is None else [fixed] * (len(rows) - 1)
    first = 0 if fixed is None else terms.grace_on_principal
    for number, (amount, (principal, interest)) in enumerate(zip(agreed, rows, strict=False), start=1):
        if number > first and amount < interest and terms.method is not Method.EQUAL_PRINCIPAL:
            raise AmountsRefused(f"instalment {number} of {amount} would not cover its interest of {interest}")
        if amount % terms.rounding.step:
            raise AmountsRefused(f"instalment {number} of {amount} is no multiple of {terms.rounding.step}")
        if number > first and not principal and not interest:
            raise AmountsRefused(f"the loan would be repaid before instalment {number}: agree on fewer, or on less")


def opening_balance(terms: LoanTerms) -> Decimal:
    """What the instalments of the first period repay: paid out on the first day, less its down payment."""
    paid_out = terms.drawdowns[0].amount if terms.drawdowns else terms.principal
    return paid_out - down_payment_of(terms, paid_out)


def down_payments(terms: LoanTerms) -> list[Drawdown]:
    """What is due on the very day of each drawdown."""
    if not terms.down_payment_rate:
        return []
    paid_out = terms.drawdowns or (Drawdown(terms.start_on, terms.principal),)
    due = [Drawdown(part.on, down_payment_of(terms, part.amount)) for part in paid_out]
    return [part for part in due if part.amount]


def _numbered(
    down: list[Drawdown], found: list[Period], rows: list[Amounts], fees: list[Decimal]
) -> tuple[ScheduledInstalment, ...]:
    starts, dues, _parts_of = zip(*found, strict=True)
    principals, interests = zip(*rows, strict=True)
    columns: Iterable[Iterable[object]] = (starts, dues, principals, interests, fees)
    if down:
        lent = [(part.on, part.on, part.amount, ZERO, ZERO) for part in down]
        columns = zip(*sorted([*lent, *zip(*columns, strict=True)], key=lambda row: row[1]), strict=True)
    return tuple(map(_instalment, zip(count(1), *columns, strict=False)))


def fee_parts(terms: LoanTerms, rows: int) -> list[Decimal]:
    """What of the fee falls due with each of ``rows`` instalments."""
    if not terms.fee_total or terms.fee_timing is FeeTiming.DEDUCTED:
        return [ZERO] * rows
    if terms.fee_timing is FeeTiming.SPREAD:
        return split_evenly(terms.fee_total, rows, terms.rounding.unit)
    return split(terms.fee_total, [1] + [0] * (rows - 1))
