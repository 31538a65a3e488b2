"""The plan of a loan whose interest follows what is really outstanding (pure).

Its instalments are laid out anew from the terms and from what was paid, whenever money comes or time passes with
something overdue. Until ``on`` a period bears interest on the principal that was outstanding; from then on on what the
plan expects to be outstanding, as if all that is overdue came in on ``on``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from core.calendars import add_months
from core.money import ZERO
from loans.schedules.amortisation import Amounts, Course, amortise_by_day
from loans.schedules.due_dates import Period, agreed_dates, on_working_days
from loans.schedules.earning import STRAIGHT, Curve, as_curve, line, with_jump
from loans.schedules.schedule import Schedule, opening_balance
from loans.schedules.terms import Compounding, LoanTerms, OverdueBears, Rest, ServicingTerms

UNASSIGNED = 0  # the number of no instalment: principal that is called in but not yet divided


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidPart:
    """What a payment paid of instalment ``number``. It lessens interest from ``counts_from``, a rest day."""

    number: int
    counts_from: date
    principal: Decimal = ZERO
    interest: Decimal = ZERO
    fee: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """Interest of instalment ``number`` that was earned by ``on`` and given back on that day."""

    number: int
    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Terms, periods and payments from which the instalments are laid out.

    ``numbers`` are those of the instalments the periods belong to, ``fees`` their fees. ``level_periods`` are the periods
    as they were before due dates were moved: the level instalment stays what they make it, so that more time never asks
    for more of an instalment already paid. ``looks`` are the days on which money came, in order, where overdue money is
    reckoned on those days only. ``given_back`` is interest that was earned and is no longer owed. ``agreed`` are the due
    dates before they moved to working days, where they are no longer those of the terms.
    """

    terms: LoanTerms
    servicing: ServicingTerms
    periods: tuple[Period, ...]
    numbers: tuple[int, ...]
    fees: tuple[Decimal, ...]
    paid: tuple[PaidPart, ...] = ()
    level_periods: tuple[Period, ...] = ()
    looks: tuple[date, ...] = ()
    agreed: tuple[date, ...] = ()
    given_back: tuple[GivenBack, ...] = ()

    def looked_at(self, on: date) -> "Plan":
        """The plan reckoned anew on ``on``, because money came."""
        if self.servicing.overdue_bears is OverdueBears.EVERY_DAY or on in self.looks:
            return self
        return replace(self, looks=tuple(sorted((*self.looks, on))))

    def called_in(self, principal: Decimal, on: date) -> "Plan":
        """The plan when ``principal`` is called in on ``on``, not yet divided over the instalments."""
        part = PaidPart(number=UNASSIGNED, counts_from=rest_day(self, on), principal=principal)
        return replace(self.looked_at(on), paid=(*self.paid, part))

    def moved(self, first: int, shift: timedelta) -> "Plan":
        """The plan with the due dates from instalment ``first`` on moved by ``shift``; its period becomes so much longer.

        All later ones move with it, also those paid ahead or fallen away: periods follow one another, or some days would
        bear interest twice. They move from the day agreed, and then to a working day where the product moves dates. Raises
        DueDatesRefused when two of them come to fall on one day.
        """
        agreed = self.agreed or agreed_dates(self.terms)
        agreed = [on + shift if number >= first else on for number, on in zip(self.numbers, agreed, strict=True)]
        dues = on_working_days(self.terms, agreed)
        periods: list[Period] = []
        for number, period, due_on in zip(self.numbers, self.periods, dues, strict=True):
            if number >= first:
                starts_on = periods[-1].due_on if periods else period.starts_on
                regular = number > first and period.part_of is not None
                period = Period(starts_on, due_on, (starts_on, due_on) if regular else None)
            periods.append(period)
        level_periods = self.level_periods or self.periods
        return replace(self, periods=tuple(periods), level_periods=level_periods, agreed=tuple(agreed))


def plan_of(terms: LoanTerms, servicing: ServicingTerms, schedule: Schedule, found: Sequence[Period]) -> Plan:
    """The plan as agreed; down payments fall due on the spot and are no part of it."""
    rows = [row for row in schedule.instalments if row.starts_on < row.due_on]
    return Plan(
        terms=terms,
        servicing=servicing,
        periods=tuple(found),
        numbers=tuple(row.number for row in rows),
        fees=tuple(row.fee for row in rows),
    )


def laid_out(plan: Plan, on: date) -> dict[int, Amounts]:
    """Principal and interest of each instalment of the plan, by number, as they stand at the end of ``on``."""
    return {number: (principal, interest) for number, (principal, interest, _) in laid_out_by_day(plan, on).items()}


def laid_out_by_day(plan: Plan, on: date) -> dict[int, tuple[Decimal, Decimal, Curve]]:
    """The same, each with how its interest is earned by day."""
    index = {number: k for k, number in enumerate(plan.numbers)}
    index[UNASSIGNED] = len(plan.periods)
    parts = [(index[part.number], part) for part in plan.paid if part.number in index]
    paid: dict[int, Decimal] = {}
    for k, part in parts:
        if k < len(plan.periods):
            paid[k] = paid.get(k, ZERO) + part.principal
    looks = plan.looks if plan.servicing.overdue_bears is OverdueBears.ON_RECEIPT else (on,)
    reckoned = {rest_day(plan, look) for look in looks}
    course = Course(
        opening=opening_balance(plan.terms),
        bearing=_bearing(plan, parts, [_last_look(plan, period, on) for period in plan.periods]),
        turns={part.counts_from for _k, part in parts} | reckoned | set(_compounding_days(plan)),
        paid=paid,
        beyond=plan.servicing.prepayment,
        level_periods=plan.level_periods,
    )
    rows, curves = amortise_by_day(plan.terms, plan.periods, course)
    curves = [as_curve(curve) for curve in curves] or [STRAIGHT] * len(rows)
    found = {number: (*row, curve) for number, row, curve in zip(plan.numbers, rows, curves, strict=True)}
    for back in plan.given_back:
        if back.number in found:
            period = plan.periods[index[back.number]]
            found[back.number] = _less(found[back.number], period, back)
    return found


def _less(row: tuple[Decimal, Decimal, Curve], period: Period, back: GivenBack) -> tuple[Decimal, Decimal, Curve]:
    """An instalment without the interest that was given back: by its day less was earned, and what follows is as before."""
    principal, interest, curve = row
    left = max(interest - back.amount, ZERO)
    if period.due_on <= back.on:
        return principal, left, curve
    own = curve or line(period.starts_on, period.due_on, interest)
    return principal, left, as_curve(with_jump(own, back.on, left - interest))


def _last_look(plan: Plan, period: Period, on: date) -> date | None:
    """The day as of which what is overdue is reckoned in ``period``; None: not at all.

    A period that ended before money came keeps the interest it was told until then.
    """
    if plan.servicing.overdue_bears is OverdueBears.EVERY_DAY:
        return on
    return max((look for look in plan.looks if look <= period.due_on), default=None)


def _bearing(
    plan: Plan, parts: Sequence[tuple[int, PaidPart]], looks: Sequence[date | None]
) -> Callable[[Sequence[Amounts], date], Decimal]:
    """What bears interest from a day besides the planned balance: what is overdue, less what was paid ahead."""
    until = [None if look is None else rest_day(plan, look) for look in looks]

    def bearing(rows: Sequence[Amounts], start: date) -> Decimal:
        k = len(rows)
        counted = [(j, part) for j, part in parts if part.counts_from <= start]
        ahead = sum((part.principal for j, part in counted if j >= k), ZERO)
        look, end = looks[k], until[k]
        if look is None or end is None or start >= end:
            return -ahead
        # Only what fell due by the end of that day: a rest day after it may lie beyond due dates that are still to come.
        fallen = rows[: sum(period.due_on <= look for period in plan.periods[:k])]
        due = sum((principal for principal, _interest in fallen), ZERO)
        overdue = due - sum((part.principal for j, part in counted if j < len(fallen)), ZERO)
        return overdue + _compounded(plan, fallen, counted, start) - ahead

    return bearing


def _compounded(plan: Plan, rows: Sequence[Amounts], counted: Sequence[tuple[int, PaidPart]], start: date) -> Decimal:
    """Overdue interest and fees, as far as they bear interest themselves on ``start``."""
    compounding, amount = plan.servicing.compounding, ZERO
    k = sum(compounding_day(plan, period.due_on) <= start for period in plan.periods[: len(rows)])
    if compounding in (Compounding.INTEREST, Compounding.BOTH):
        amount += sum((interest for _principal, interest in rows[:k]), ZERO)
        amount -= sum((part.interest for j, part in counted if j < k), ZERO)
    if compounding in (Compounding.FEE, Compounding.BOTH):
        amount += sum(plan.fees[:k], ZERO)
        amount -= sum((part.fee for j, part in counted if j < k), ZERO)
    return amount


def compounding_day(plan: Plan, due_on: date) -> date:
    """The day from which interest or fees that fell due on ``due_on`` and were not paid bear interest themselves."""
    day = plan.servicing.compounding_day
    if not day:
        return due_on
    anchor = date(due_on.year - 1, 12, day)  # a month that has every day
    this_month = add_months(anchor, due_on.month)
    return this_month if this_month >= due_on else add_months(anchor, due_on.month + 1)


def _compounding_days(plan: Plan) -> list[date]:
    if not plan.servicing.compounding_day or plan.servicing.compounding is Compounding.NONE:
        return []
    return [compounding_day(plan, period.due_on) for period in plan.periods]


def rest_day(plan: Plan, on: date) -> date:
    """The day from which money of ``on`` counts for interest: ``on`` or the first rest day after it."""
    start, rest = plan.terms.start_on, plan.servicing.rest
    if rest is Rest.WEEKLY:
        return on + timedelta(days=(start - on).days % 7)
    if rest is Rest.MONTHLY:
        months = (on.year - start.year) * 12 + on.month - start.month
        reached = add_months(start, months)
        return reached if reached >= on else add_months(start, months + 1)
    if rest is Rest.SAME_AS_REPAYMENT:
        return min((period.due_on for period in plan.periods if period.due_on >= on), default=on)
    return on
