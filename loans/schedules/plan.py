"""The plan of a loan whose interest follows what is really outstanding (pure).

Its instalments are laid out anew from the terms and from what was paid, whenever money comes or time passes with
something overdue. Until ``on`` a period bears interest on the principal that was outstanding; from then on on what the
plan expects to be outstanding, as if all that is overdue came in on ``on``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from core.calendars import add_months
from core.money import ZERO
from loans.schedules.amortisation import amortise_by_day
from loans.schedules.course import AddedTime, Amounts, Course
from loans.schedules.due_dates import Period, agreed_dates, on_working_days
from loans.schedules.earning import STRAIGHT, Curve, as_curve, line, with_jump
from loans.schedules.instalment_amounts import counts_working_days
from loans.schedules.rests import rest_day as rest_day_of
from loans.schedules.rests import waiting_days
from loans.schedules.schedule import Schedule, opening_balance, repaying
from loans.schedules.terms import Compounding, LoanTerms, OverdueBears, ServicingTerms

UNASSIGNED = 0  # the number of no instalment: principal that is called in but not yet divided
DOWN = -1  # the place of a down payment: before all periods


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidPart:
    """What a payment paid of instalment ``number``. It lessens interest from ``counts_from``, a rest day."""

    number: int
    counts_from: date
    principal: Decimal = ZERO
    interest: Decimal = ZERO
    fee: Decimal = ZERO


class DownPayment(NamedTuple):
    """What fell due as instalment ``number`` on the day ``on`` it was lent, or owed again: it bears interest until it is
    paid."""

    number: int
    on: date
    amount: Decimal


class Lengthened(NamedTuple):
    """``time`` that an act added at the end of the period of instalment ``number``."""

    number: int
    time: AddedTime


class FeeChange(NamedTuple):
    """By how much the fee of instalment ``number`` became more (or less, below zero) on ``on``."""

    number: int
    on: date
    amount: Decimal


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
    dates before they moved to working days, where they are no longer those of the terms. ``down`` are the down payments
    and ``again`` what became owed again, no part of what the periods repay; ``charged`` is by how much fees became more
    since; ``added`` is the time by which periods became longer, in order.
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
    down: tuple[DownPayment, ...] = ()
    charged: tuple[FeeChange, ...] = ()
    given_back: tuple[GivenBack, ...] = ()
    added: tuple[Lengthened, ...] = ()
    again: tuple[DownPayment, ...] = ()

    @property
    def beside(self) -> tuple[DownPayment, ...]:
        """What is due at once and bears until it is paid."""
        return (*self.down, *self.again)

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
        bear interest twice. They move from the day agreed, and then to a working day where the product moves dates. What
        the first one bore in its own days it still bears. Raises DueDatesRefused when two of them come to fall on one day.
        """
        known = self.agreed or agreed_dates(self.terms)
        agreed = [on + shift if number >= first else on for number, on in zip(self.numbers, known, strict=True)]
        dues = on_working_days(self.terms, agreed)
        periods: list[Period] = []
        added = [longer for longer in self.added if longer.number <= first]
        for k, (number, period, due_on) in enumerate(zip(self.numbers, self.periods, dues, strict=True)):
            if number == first:
                span = (period.due_on, due_on)
                counted = span if counts_working_days(self.terms) else (known[k], agreed[k])
                added += [Lengthened(number, AddedTime(*span, counted))] if counted[0] < counted[1] else []
                period = Period(period.starts_on, due_on, period.part_of)
            elif number > first:
                starts_on, later = periods[-1].due_on, due_on - period.due_on
                longer = [_later(x, later, starts_on) for x in self.added if x.number == number]
                added += longer
                ends_on = longer[0].time.starts_on if longer else due_on
                period = Period(starts_on, due_on, (starts_on, ends_on) if period.part_of is not None else None)
            periods.append(period)
        level_periods = self.level_periods or self.periods
        return replace(
            self, periods=tuple(periods), level_periods=level_periods, agreed=tuple(agreed), added=tuple(added)
        )


def _later(longer: Lengthened, shift: timedelta, starts_on: date) -> Lengthened:
    """The time added to a period that begins on ``starts_on`` and ends by ``shift`` later than it did."""
    number, time = longer
    span = (max(time.starts_on + shift, starts_on), time.due_on + shift)
    return Lengthened(number, AddedTime(*span, time.counted))


def plan_of(terms: LoanTerms, servicing: ServicingTerms, schedule: Schedule, found: Sequence[Period]) -> Plan:
    """The plan as agreed; down payments fall due on the spot and are no part of it."""
    rows = repaying(schedule.instalments)
    numbers = {row.number for row in rows}
    return Plan(
        terms=terms,
        servicing=servicing,
        periods=tuple(found),
        numbers=tuple(row.number for row in rows),
        fees=tuple(row.fee for row in rows),
        down=tuple(
            DownPayment(x.number, x.due_on, x.principal) for x in schedule.instalments if x.number not in numbers
        ),
    )


def laid_out(plan: Plan, on: date) -> dict[int, Amounts]:
    """Principal and interest of each instalment of the plan, by number, as they stand at the end of ``on``."""
    return {number: (principal, interest) for number, (principal, interest, _) in laid_out_by_day(plan, on).items()}


def laid_out_by_day(plan: Plan, on: date) -> dict[int, tuple[Decimal, Decimal, Curve]]:
    """The same, each with how its interest is earned by day."""
    index = {number: k for k, number in enumerate(plan.numbers)}
    index[UNASSIGNED] = len(plan.periods)
    index |= {down.number: DOWN for down in plan.beside}
    parts = [(index[part.number], part) for part in plan.paid if part.number in index]
    paid: dict[int, Decimal] = {}
    for k, part in parts:
        if 0 <= k < len(plan.periods):
            paid[k] = paid.get(k, ZERO) + part.principal
    looks = plan.looks if plan.servicing.overdue_bears is OverdueBears.ON_RECEIPT else (on,)
    reckoned = {rest_day(plan, look) for look in looks}
    course = Course(
        opening=opening_balance(plan.terms),
        bearing=_bearing(plan, parts, [_last_look(plan, period, on) for period in plan.periods]),
        turns={part.counts_from for _k, part in parts} | reckoned | set(_turning_days(plan)),
        paid=paid,
        beyond=plan.servicing.prepayment,
        level_periods=plan.level_periods,
        added=_added(plan, index),
    )
    rows, curves = amortise_by_day(plan.terms, plan.periods, course)
    curves = [as_curve(curve) for curve in curves] or [STRAIGHT] * len(rows)
    found = {number: (*row, curve) for number, row, curve in zip(plan.numbers, rows, curves, strict=True)}
    for back in plan.given_back:
        if back.number in found:
            period = plan.periods[index[back.number]]
            found[back.number] = _less(found[back.number], period, back)
    return found


def _added(plan: Plan, index: Mapping[int, int]) -> dict[int, list[AddedTime]]:
    found: dict[int, list[AddedTime]] = {}
    for number, time in plan.added:
        found.setdefault(index[number], []).append(time)
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
    """What bears interest from a day besides the planned balance: what does not count as paid, less what was paid ahead.

    What has fallen due by the look is expected with it, what is still to fall due on its due date. Either counts from the
    next rest day.
    """
    counting = [rest_day(plan, period.due_on) for period in plan.periods]
    reckoned = [None if look is None else rest_day(plan, look) for look in looks]

    def bearing(rows: Sequence[Amounts], start: date) -> Decimal:
        k = len(rows)
        counted = [(j, part) for j, part in parts if part.counts_from <= start]
        ahead = sum((part.principal for j, part in counted if j >= k), ZERO)
        look, until = looks[k], reckoned[k]
        waits = [
            start < (until if until is not None and look is not None and period.due_on <= look else counts_from)
            for period, counts_from in zip(plan.periods[:k], counting, strict=False)
        ]
        down = [x.amount for x in plan.beside if x.on <= start and until is not None and start < until]
        if not any(waits) and not down:
            return -ahead
        unpaid = sum((principal for (principal, _interest), waiting in zip(rows, waits, strict=True) if waiting), ZERO)
        unpaid -= sum((part.principal for j, part in counted if 0 <= j < k and waits[j]), ZERO)
        if down:
            unpaid += sum(down, ZERO) - sum((part.principal for j, part in counted if j == DOWN), ZERO)
        return unpaid + _compounded(plan, rows, waits, counted, start) - ahead

    return bearing


def _compounded(
    plan: Plan, rows: Sequence[Amounts], waits: Sequence[bool], counted: Sequence[tuple[int, PaidPart]], start: date
) -> Decimal:
    """Interest and fees of the rows that wait, as far as they bear interest themselves on ``start``."""
    compounding = plan.servicing.compounding
    if compounding is Compounding.NONE:
        return ZERO
    days = (compounding_day(plan, period.due_on) for period in plan.periods)
    bears = {j for j, (day, waiting) in enumerate(zip(days, waits, strict=False)) if waiting and day <= start}
    numbers = {plan.numbers[j] for j in bears}
    amount, deferred = ZERO, plan.terms.grace_on_interest_payment
    if compounding in (Compounding.INTEREST, Compounding.BOTH):
        # Deferred interest falls due with the first instalment after it.
        amount += sum((interest for j, (_principal, interest) in enumerate(rows) if max(j, deferred) in bears), ZERO)
        amount -= sum((part.interest for j, part in counted if j in bears), ZERO)
    if compounding in (Compounding.FEE, Compounding.BOTH):
        amount += sum((plan.fees[j] for j in bears), ZERO)
        amount += sum((part.amount for part in plan.charged if part.number in numbers and part.on <= start), ZERO)
        amount -= sum((part.fee for j, part in counted if j in bears), ZERO)
    return amount


def compounding_day(plan: Plan, due_on: date) -> date:
    """The day from which interest or fees that fell due on ``due_on`` and were not paid bear interest themselves.

    Not before the rest day on which money of the due date itself counts: who pays in time bears no interest on interest.
    """
    day, counts_from = plan.servicing.compounding_day, rest_day(plan, due_on)
    if not day:
        return counts_from
    anchor = date(due_on.year - 1, 12, day)  # a month that has every day
    this_month = add_months(anchor, due_on.month)
    return max(counts_from, this_month if this_month >= due_on else add_months(anchor, due_on.month + 1))


def _turning_days(plan: Plan) -> list[date]:
    """Days inside a period on which what fell due counts as paid, or what bears interest besides begins to, or changes."""
    days = [down.on for down in plan.beside] + waiting_days(plan.terms, plan.periods)
    if plan.servicing.compounding is Compounding.NONE:
        return days
    days += [part.on for part in plan.charged]
    if plan.servicing.compounding_day:
        days += [compounding_day(plan, period.due_on) for period in plan.periods]
    return days


def rest_day(plan: Plan, on: date) -> date:
    """The day from which money of ``on`` counts for interest."""
    dues = [*(down.on for down in plan.down), *(period.due_on for period in plan.periods)]
    return rest_day_of(plan.terms, dues, on)
