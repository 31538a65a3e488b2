"""Principal and interest of each instalment: the loop every schedule is made by (pure).

A schedule that nothing disturbs, one that a drawdown or a new rate runs into, and one that follows what was really paid
are the same loop: what differs is the balance that bears interest (``Course``) and where the plan is made anew.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from core.money import ZERO, round_to, rounding_to, split, split_evenly
from loans.schedules.due_dates import Period
from loans.schedules.instalment_amounts import factor, level_instalment, rounded_level
from loans.schedules.period_rates import levelled_over, rate_on, rates_of, regular_rates, share_of_year
from loans.schedules.terms import (
    Drawdown,
    FirstPeriod,
    InterestType,
    LevelFrom,
    LevelOn,
    LoanTerms,
    Method,
    Residue,
)

Amounts = tuple[Decimal, Decimal]  # principal, interest
Plan = Callable[[int, Decimal], Decimal]  # the principal of a row, by the row and its interest
Bearing = Callable[[Sequence[Amounts], date], Decimal]

LEVEL = (Method.EQUAL_INSTALMENTS, Method.BALLOON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the instalments follow besides the terms; of row ``k`` counted from nothing.

    ``opening`` is the principal at the beginning of the first period. ``bearing(rows, on)`` is added to the planned
    balance that bears interest from ``on`` in the period after ``rows``; it changes on ``turns``. ``paid`` is principal
    already paid of a row: it can owe no less. ``extra`` is principal a row repays beyond its level; after the rows in
    ``levelled`` the level instalment is worked out anew. ``level`` keeps an instalment agreed before; ``level_periods`` are
    the periods it is worked out over, where due dates were moved since and the instalment is not to change with them.
    ``plan`` is what rows repay where that was worked out before, on more than is outstanding.
    """

    opening: Decimal
    bearing: Bearing | None = None
    turns: Collection[date] = ()
    paid: dict[int, Decimal] = field(default_factory=dict)
    extra: dict[int, Decimal] = field(default_factory=dict)
    levelled: frozenset[int] = frozenset()
    level: Decimal | None = None
    level_periods: Sequence[Period] = ()
    plan: Plan | None = None


def amortise(terms: LoanTerms, periods: Sequence[Period], course: Course) -> list[Amounts]:
    """Principal and interest of each of ``periods``; the principal sums to the opening balance and all drawdowns."""
    if terms.flat_charge is not None or terms.interest_type is InterestType.FLAT:
        return _flat(terms, len(periods), course)
    if course.bearing is None and not terms.drawdowns and not terms.rate_steps and not course.extra:
        rows = _undisturbed(terms, periods, course)
    else:
        rows = _Disturbed(terms, periods, course).rows()
    return _deferred(terms, rows) if terms.grace_on_interest_payment else rows


def _undisturbed(terms: LoanTerms, periods: Sequence[Period], course: Course) -> list[Amounts]:
    factors = rates_of(terms, periods)
    factors[: terms.grace_on_interest_charged] = [Decimal(0)] * terms.grace_on_interest_charged
    odd = _odd_first(terms, periods, factors)
    if odd:
        factors[0] -= odd
    payable = rounding_to(terms.rounding.step, terms.rounding.mode.decimal)
    plan = course.plan or plan_from(terms, course.opening, levelled_over(terms, factors, 0), course.level)
    rows, balance, paid, last = [], course.opening, course.paid, len(factors) - 1
    reserved = sum(paid.values(), ZERO)
    for k, rate in enumerate(factors):
        interest = payable(balance * rate)
        part = plan(k, interest)
        if paid:
            reserved -= paid.get(k, ZERO)
            part = max(min(part, balance - reserved), paid.get(k, ZERO))
        if part > balance or k == last:
            part = balance
        rows.append((part, interest))
        balance -= part
    return _with_odd_interest(terms, rows, payable(course.opening * odd)) if odd else rows


def plan_from(terms: LoanTerms, balance: Decimal, factors: Sequence[Decimal], level: Decimal | None = None) -> Plan:
    """How ``balance`` is repaid in the last ``len(factors)`` instalments: the principal of each, given its interest."""
    total = terms.instalment_total
    first = total - len(factors)
    begin = max(terms.grace_on_principal, first)
    if terms.method is Method.CUSTOM:
        agreed = (*terms.amounts, ZERO)  # the last instalment pays what is left
        return lambda k, interest: max(agreed[k] - interest, ZERO)
    # Whether there is interest is told by the periods: a rate may come to a loan that began without one, or leave it.
    if terms.method in LEVEL and (
        factors[-1] or any(factors) or level is not None or terms.fixed_instalment is not None
    ):
        paid = level if level is not None else _level(terms, balance, factors[begin - first :])
        return lambda k, interest: paid - interest if k >= begin and paid > interest else ZERO
    parts = _shares(terms, balance, begin)
    return lambda k, _interest: parts[k - begin] if k >= begin else ZERO


def _level(terms: LoanTerms, balance: Decimal, factors: Sequence[Decimal]) -> Decimal:
    if terms.fixed_instalment is not None:
        return terms.fixed_instalment
    balloon = min(balloon_of(terms), balance) if terms.balloon_rate else ZERO
    return level_instalment(balance, factors, terms.rounding, balloon)


def _shares(terms: LoanTerms, balance: Decimal, begin: int) -> list[Decimal]:
    """Principal by instalment where it does not depend on interest, from row ``begin`` on."""
    count = terms.instalment_total - begin
    if terms.method in (Method.INTEREST_ONLY, Method.BULLET):
        return [ZERO] * (count - 1) + [balance]
    if terms.method is Method.STAGES:
        return _staged(terms, balance, count)
    if terms.method is Method.BALLOON:
        balloon = min(balloon_of(terms), balance)
        parts = even_parts(terms, balance - balloon, count)
        return [*parts[:-1], parts[-1] + balloon]
    return even_parts(terms, balance, count)


def even_parts(terms: LoanTerms, balance: Decimal, count: int) -> list[Decimal]:
    """``balance`` in equal parts; what rounding leaves goes where the terms say."""
    rounding = terms.rounding
    if rounding.residue is Residue.EVEN:
        return split_evenly(balance, count, rounding.unit)
    part = rounding.payable_unit(balance / count)
    rest = balance - part * (count - 1)
    if rest < 0:
        part = round_to(balance / count, rounding.unit, "ROUND_DOWN")
        rest = balance - part * (count - 1)
    return [rest] + [part] * (count - 1) if rounding.residue is Residue.FIRST else [part] * (count - 1) + [rest]


def _staged(terms: LoanTerms, balance: Decimal, count: int) -> list[Decimal]:
    weights = [stage.share / stage.count for stage in terms.stages for _ in range(stage.count)]
    ahead = weights[-count:]
    if len(ahead) < len(weights):
        return split(balance, ahead, terms.rounding.unit)
    by_stage = split(balance, [stage.share for stage in terms.stages], terms.rounding.unit)
    return [
        part
        for stage, sum_ in zip(terms.stages, by_stage, strict=True)
        for part in even_parts(terms, sum_, stage.count)
    ]


def down_payment_of(terms: LoanTerms, amount: Decimal) -> Decimal:
    """The part of ``amount`` that is paid on the day it is lent."""
    if not terms.down_payment_rate:
        return ZERO
    return terms.rounding.payable_unit(amount * terms.down_payment_rate)


def balloon_of(terms: LoanTerms) -> Decimal:
    """What the last instalment repays beside its level part; nothing where no balloon was agreed."""
    if not terms.balloon_rate:
        return ZERO
    return terms.rounding.payable_unit((terms.lent_in_all or terms.drawn) * terms.balloon_rate)


def _flat(terms: LoanTerms, count: int, course: Course) -> list[Amounts]:
    """Interest on the sum first lent: each row its even part, the last one what is left of the agreed total.

    A level instalment of a flat loan is the even parts of principal and interest rounded together.
    """
    step, mode = terms.rounding.step, terms.rounding.mode.decimal
    if terms.flat_charge is not None:
        interest = split_evenly(terms.flat_charge, count, step)
    else:
        even = terms.principal * terms.annual_rate * share_of_year(terms)
        interest = [round_to(even, step, mode)] * count
        interest[-1] = round_to(even * count, step, mode) - sum(interest[:-1], ZERO)
        if interest[-1] < 0:  # rounding up took more than there is
            interest = split_evenly(round_to(even * count, step, mode), count, step)
    principal = _flat_principal(terms, count, course.opening, interest)
    return list(zip(_not_below(principal, course.paid), interest, strict=True))


def _not_below(parts: Sequence[Decimal], paid: Mapping[int, Decimal]) -> list[Decimal]:
    """``parts`` with none less than what was already paid of it; what that takes is missing from the last ones."""
    if not paid:
        return list(parts)
    balance, reserved, rows = sum(parts, ZERO), sum(paid.values(), ZERO), []
    for k, part in enumerate(parts):
        reserved -= paid.get(k, ZERO)
        part = balance if k == len(parts) - 1 else max(min(part, balance - reserved), paid.get(k, ZERO))
        rows.append(part)
        balance -= part
    return rows


def _flat_principal(terms: LoanTerms, count: int, balance: Decimal, interest: Sequence[Decimal]) -> list[Decimal]:
    begin = terms.instalment_total - count
    grace = max(terms.grace_on_principal - begin, 0)
    if terms.method is not Method.EQUAL_INSTALMENTS or terms.rounding.multiple is None:
        return [ZERO] * grace + _shares(terms, balance, begin + grace)
    level = rounded_level(balance / (count - grace) + interest[grace], terms.rounding)
    parts: list[Decimal] = []
    for charged in interest[grace:-1]:
        parts.append(min(max(level - charged, ZERO), balance - sum(parts, ZERO)))
    return [*[ZERO] * grace, *parts, balance - sum(parts, ZERO)]


def _odd_first(terms: LoanTerms, periods: Sequence[Period], factors: Sequence[Decimal]) -> Decimal:
    """What the first period bears more than a regular one, where others than its own row bear it."""
    if terms.first_period is FirstPeriod.CHARGED or periods[0].part_of is not None or len(factors) < 2:
        return Decimal(0)
    return factors[0] - factors[1]


def _with_odd_interest(terms: LoanTerms, rows: list[Amounts], odd: Decimal) -> list[Amounts]:
    extra = split_evenly(odd, len(rows), terms.rounding.unit) if terms.first_period is FirstPeriod.SPREAD else [odd]
    more = [*extra, *[ZERO] * (len(rows) - len(extra))]
    return [(principal, interest + share) for (principal, interest), share in zip(rows, more, strict=True)]


def _deferred(terms: LoanTerms, rows: list[Amounts]) -> list[Amounts]:
    """Interest of the first rows falls due with the first row after them."""
    grace = terms.grace_on_interest_payment
    waiting = sum((interest for _principal, interest in rows[:grace]), ZERO)
    principal, interest = rows[grace]
    return [*((part, ZERO) for part, _interest in rows[:grace]), (principal, interest + waiting), *rows[grace + 1 :]]


class _Approved:
    """The plan that repays the approved amount, worked out once, and anew on what it would have left for a new rate."""

    def __init__(self, terms: LoanTerms, left: Decimal) -> None:
        self.terms, self.left = replace(terms, lent_in_all=terms.principal), left
        self.since = 0
        self.factors: Sequence[Decimal] = ()
        self.plan: Plan | None = None

    def plan_at(self, k: int, factors: Sequence[Decimal], *, anew: bool) -> Plan:
        """The plan from row ``k`` on, whose periods bear ``factors``."""
        if self.plan is not None and not anew:
            return self.plan
        for row in range(self.since, k):
            assert self.plan is not None
            self.left -= min(self.plan(row, self.terms.rounding.payable(self.left * self.factors[row])), self.left)
        self.since, self.factors = k, factors
        self.plan = plan_from(self.terms, self.left, levelled_over(self.terms, factors, k))
        return self.plan


class _Disturbed:
    """The loop where drawdowns, new rates or payments run into the periods; each stretch between two is a segment."""

    def __init__(self, terms: LoanTerms, periods: Sequence[Period], course: Course) -> None:
        self.terms, self.periods, self.course = terms, periods, course
        self.drawdowns = [Drawdown(x.on, x.amount - down_payment_of(terms, x.amount)) for x in terms.drawdowns[1:]]
        self.steps = terms.rate_steps
        self.total = len(periods)
        self.approved = _Approved(terms, terms.principal)

    def rows(self) -> list[Amounts]:
        """Principal and interest of each row."""
        balance = self.course.opening
        rows: list[Amounts] = []
        plan = self._plan(0, balance, None)
        reserved = sum(self.course.paid.values(), ZERO)
        to_come = sum((x.amount for x in self.drawdowns), ZERO)
        for k in range(self.total):
            drawn = self._drawn_in(k)
            interest, exact = self._interest(rows, balance)
            if k and self._anew(k):
                plan = self._plan(k, balance + drawn, exact)
            elif not k and (drawn or self._steps_within(0)):
                plan = self._plan(0, balance + drawn, exact)
            balance += drawn
            to_come -= drawn
            paid = self.course.paid.get(k, ZERO)
            reserved -= paid
            part = plan(k, interest) + self.course.extra.get(k, ZERO)
            # What later instalments have already been paid of the money lent so far is not this one's to repay.
            part = balance if k == self.total - 1 else max(min(part, balance - max(reserved - to_come, ZERO)), paid)
            rows.append((part, interest))
            balance -= part
        return rows

    def _rate_on(self, on: date) -> Decimal:
        return rate_on(self.terms.annual_rate, self.steps, on)

    def _drawn_in(self, k: int) -> Decimal:
        """Paid out from the day row ``k``'s period begins until the day before it falls due."""
        period = self.periods[k]
        return sum((x.amount for x in self.drawdowns if period.starts_on <= x.on < period.due_on), ZERO)

    def _steps_within(self, k: int) -> bool:
        period = self.periods[k]
        return any(period.starts_on < step.from_on < period.due_on for step in self.steps)

    def _anew(self, k: int) -> bool:
        """Whether the plan is made anew at row ``k``."""
        drawn = self.terms.level_on is LevelOn.OUTSTANDING and self._drawn_in(k)
        return bool(drawn or self._stepped(k) or k - 1 in self.course.levelled)

    def _stepped(self, k: int) -> bool:
        period = self.periods[k]
        return any(period.starts_on <= step.from_on < period.due_on for step in self.steps)

    def _regular(self, k: int) -> list[Decimal]:
        """The factors the plan from row ``k`` is worked out with: at the rates known as its period ends.

        A later rate makes a plan of its own from its row on; it never asks for more of an instalment before it.
        """
        known = [step for step in self.steps if step.from_on < self.periods[k].due_on]
        whole_plan = self.terms.level_from is LevelFrom.FIRST_PERIOD  # all periods as if they were the first
        since = self.periods[k].due_on if whole_plan else self.periods[k].starts_on
        rates = [rate_on(self.terms.annual_rate, known, max(period.starts_on, since)) for period in self.periods]
        return regular_rates(self.terms, self.course.level_periods or self.periods, rates)

    def _plan(self, k: int, balance: Decimal, exact: Decimal | None) -> Plan:
        """The plan from row ``k``; ``exact`` is the interest of that row where its period is cut into segments."""
        terms = self.terms
        if self.course.plan is not None:
            return self.course.plan
        regular = self._regular(k)
        if terms.level_on is LevelOn.APPROVED and terms.drawdowns:
            return self.approved.plan_at(k, regular, anew=self._stepped(k))
        factors = list(levelled_over(terms, regular, k))
        if exact is not None and balance and terms.level_from is LevelFrom.EVERY_PERIOD and self._is_cut(k):
            factors[0] = exact / balance
        level = self.course.level if k == 0 else None
        return plan_from(terms, balance, factors, level)

    def _is_cut(self, k: int) -> bool:
        period = self.periods[k]
        inside = any(period.starts_on < x.on < period.due_on for x in self.drawdowns)
        return inside or self._steps_within(k)

    def _interest(self, rows: Sequence[Amounts], balance: Decimal) -> tuple[Decimal, Decimal]:
        """Interest of the period after ``rows`` as payable, and exact as planned (without what payments change)."""
        k = len(rows)
        if k < self.terms.grace_on_interest_charged:
            return ZERO, Decimal(0)
        period, rounding = self.periods[k], self.terms.rounding
        mode = rounding.mode.decimal
        parts, planned = [], Decimal(0)
        for start, end, drawn, more in self._segments(period, rows):
            share = factor(self.terms, start, end, self._rate_on(start), period.part_of)
            planned += (balance + drawn) * share
            part = max(balance + drawn + more, ZERO) * share
            parts.append(round_to(part, rounding.step, mode) if rounding.each_segment else part)
        return round_to(sum(parts, ZERO), rounding.step, mode), planned

    def _segments(self, period: Period, rows: Sequence[Amounts]) -> list[tuple[date, date, Decimal, Decimal]]:
        """The stretches of ``period`` in which nothing changes: from, to, drawn in it so far, and borne besides.

        A cut at which nothing changes is none: rounding by segments must not depend on the day one looks.
        """
        found: list[tuple[date, date, Decimal, Decimal]] = []
        for start, end in pairwise(self._cuts(period)):
            drawn = sum((x.amount for x in self.drawdowns if period.starts_on <= x.on <= start), ZERO)
            more = self.course.bearing(rows, start) if self.course.bearing is not None else ZERO
            if found and found[-1][2:] == (drawn, more) and self._rate_on(found[-1][0]) == self._rate_on(start):
                start, *_ = found.pop()
            found.append((start, end, drawn, more))
        return found

    def _cuts(self, period: Period) -> list[date]:
        inside = {x.on for x in self.drawdowns} | {x.from_on for x in self.steps} | set(self.course.turns)
        between = sorted(on for on in inside if period.starts_on < on < period.due_on)
        return [period.starts_on, *between, period.due_on]
