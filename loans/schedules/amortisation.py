"""Principal and interest of each instalment: the loop every schedule is made by (pure).

A schedule that nothing disturbs, one that a drawdown or a new rate runs into, and one that follows what was really paid
are the same loop: what differs is the balance that bears interest (``Course``) and where the plan is made anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from core.money import ZERO, round_rate, round_to, rounding_to, split_evenly
from loans.schedules.course import Amounts, Course
from loans.schedules.due_dates import Period
from loans.schedules.earning import Curve, deferred, earned_by, ending_at, from_parts, line, with_odd_days
from loans.schedules.flat_interest import flat
from loans.schedules.instalment_amounts import added_share, factor, goes_by_days, part_factor
from loans.schedules.period_rates import levelled_over, rate_on, rates_of, regular_rates
from loans.schedules.principal_parts import PrincipalPlan, down_payment_of, plan_from
from loans.schedules.rests import waiting_days
from loans.schedules.terms import (
    Drawdown,
    FirstPeriod,
    InterestType,
    LevelFrom,
    LevelOn,
    LoanTerms,
    Prepayment,
)


def amortise(terms: LoanTerms, periods: Sequence[Period], course: Course) -> list[Amounts]:
    """Principal and interest of each of ``periods``; the principal sums to the opening balance and all drawdowns."""
    return amortise_by_day(terms, periods, course)[0]


def amortise_by_day(
    terms: LoanTerms, periods: Sequence[Period], course: Course
) -> tuple[list[Amounts], Sequence[Curve]]:
    """What ``amortise`` says, and how the interest of each row is earned by day; no curves where all are straight."""
    curves: Sequence[Curve] = ()
    if terms.flat_charge is not None or terms.interest_type is InterestType.FLAT:
        rows = flat(terms, len(periods), course.opening, course.paid)
    elif course.bearing is None and not (
        terms.drawdowns
        or terms.rate_steps
        or course.begun
        or course.beyond
        or course.free
        or waiting_days(terms, periods)
    ):
        rows, odd = _undisturbed(terms, periods, course)
        if odd > 0 and terms.first_period is FirstPeriod.SPREAD:
            curves = _with_odd_days(terms, periods, rows, odd)
    else:
        disturbed = _Disturbed(terms, periods, course)
        rows, shares = disturbed.rows(), disturbed.odd or [ZERO] * len(periods)
        own = _straight(periods, [interest - share for (_principal, interest), share in zip(rows, shares, strict=True)])
        curves = [turns if len(turns) > 2 else even for turns, even in zip(disturbed.turns, own, strict=True)]
        if any(shares[1:]):
            curves = with_odd_days(curves, shares)
        curves = curves if any(len(curve) > 2 for curve in curves) else ()
    if not terms.grace_on_interest_payment:
        return rows, curves
    interest = [interest for _principal, interest in rows]
    curves = [
        ending_at(curve, amount) for curve, amount in zip(curves or _straight(periods, interest), interest, strict=True)
    ]
    return _deferred(terms, rows), deferred(curves, terms.grace_on_interest_payment)


def _straight(periods: Sequence[Period], interest: Sequence[Decimal]) -> list[Curve]:
    return [line(period.starts_on, period.due_on, amount) for period, amount in zip(periods, interest, strict=True)]


def _with_odd_days(terms: LoanTerms, periods: Sequence[Period], rows: Sequence[Amounts], odd: Decimal) -> list[Curve]:
    """What the odd days of a long first period bear is earned in them, though it falls due with all rows."""
    shares = split_evenly(odd, len(rows), terms.rounding.unit)
    own = [interest - share for (_principal, interest), share in zip(rows, shares, strict=True)]
    return with_odd_days(_straight(periods, own), shares)


def _undisturbed(terms: LoanTerms, periods: Sequence[Period], course: Course) -> tuple[list[Amounts], Decimal]:
    """The rows, and what of their interest the odd days of the first period bear."""
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
    if not odd:
        return rows, ZERO
    borne = payable(course.opening * odd)
    return _with_odd_interest(terms, rows, borne), borne


def _odd_first(terms: LoanTerms, periods: Sequence[Period], factors: Sequence[Decimal]) -> Decimal:
    """What the first period bears more than a regular one, where others than its own row bear it."""
    apart = terms.first_period is not FirstPeriod.CHARGED and periods[0].part_of is None and len(factors) > 1
    return factors[0] - factors[1] if apart and not terms.grace_on_interest_charged else Decimal(0)


def _with_odd_interest(terms: LoanTerms, rows: list[Amounts], odd: Decimal) -> list[Amounts]:
    more = _odd_shares(terms, odd, len(rows))
    return [(principal, interest + share) for (principal, interest), share in zip(rows, more, strict=True)]


def _odd_shares(terms: LoanTerms, odd: Decimal, count: int) -> list[Decimal]:
    """What of the interest of the odd days falls due with each of ``count`` rows.

    What a short first period bears less lessens the first row alone: nothing falls due that was not earned by then.
    """
    if terms.first_period is FirstPeriod.SPREAD and odd > 0:
        return split_evenly(odd, count, terms.rounding.unit)
    return [odd, *[ZERO] * (count - 1)]


def _deferred(terms: LoanTerms, rows: list[Amounts]) -> list[Amounts]:
    """Interest of the first rows falls due with the first row after them."""
    grace = terms.grace_on_interest_payment
    waiting = sum((interest for _principal, interest in rows[:grace]), ZERO)
    principal, interest = rows[grace]
    return [*((part, ZERO) for part, _interest in rows[:grace]), (principal, interest + waiting), *rows[grace + 1 :]]


def plan_on_approved(terms: LoanTerms, periods: Sequence[Period], row: int) -> PrincipalPlan:
    """What ``periods`` from ``row`` on repay where the plan is made on the approved amount, at the rates of ``terms``."""
    return _Disturbed(terms, periods, Course(opening=terms.principal)).approved_plan(row)


class _Approved:
    """The plan that repays the approved amount, worked out once, and anew on what it would have left for a new rate."""

    def __init__(self, terms: LoanTerms, left: Decimal) -> None:
        self.terms, self.left = replace(terms, lent_in_all=terms.principal), left
        self.since = 0
        self.factors: Sequence[Decimal] = ()
        self.plan: PrincipalPlan | None = None

    def plan_at(self, k: int, factors: Sequence[Decimal], *, anew: bool) -> PrincipalPlan:
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
        self.turns: list[Curve] = []  # how the interest of each row is earned
        self.odd: list[Decimal] = []  # what of the first period's interest falls due with each row
        self.waiting = waiting_days(terms, periods) if course.bearing is None else []

    def rows(self) -> list[Amounts]:
        """Principal and interest of each row."""
        balance = self.course.opening
        rows: list[Amounts] = []
        plan = self._plan(0, balance, None)
        reserved = sum(self.course.paid.values(), ZERO)
        to_come = sum((x.amount for x in self.drawdowns), ZERO)
        beyond = ZERO  # principal paid of the rows so far that later ones do not repay any more
        for k in range(self.total):
            drawn = self._drawn_in(k)
            interest, exact = self._interest(rows, balance)
            if k and (self._anew(k) or (beyond and self.course.beyond is Prepayment.REDUCE_INSTALMENT)):
                plan = self._plan(k, balance + drawn, exact)
            elif not k and (drawn or self._is_cut(0)):
                plan = self._plan(0, balance + drawn, exact)
            balance += drawn
            to_come -= drawn
            paid = self.course.paid.get(k, ZERO)
            reserved -= paid
            agreed = plan(k, interest)
            part = max(agreed - beyond, ZERO) if self.course.beyond is Prepayment.LESSEN_NEXT else agreed
            beyond = max(beyond - agreed, ZERO) if self.course.beyond is Prepayment.LESSEN_NEXT else ZERO
            beyond += max(paid - part, ZERO)
            # What later instalments have already been paid of the money lent so far is not this one's to repay.
            part = balance if k == self.total - 1 else max(min(part, balance - max(reserved - to_come, ZERO)), paid)
            rows.append((part, interest + (self.odd[k] if self.odd else ZERO)))
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
        return bool(drawn or self._stepped(k))

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
        factors = regular_rates(self.terms, self.course.level_periods or self.periods, rates)
        if self.course.begun is None:
            factors[0] -= _odd_first(self.terms, self.periods, factors)
        return factors

    def approved_plan(self, row: int) -> PrincipalPlan:
        """The plan in force at ``row``, made on the approved amount: anew at each row a new rate came in."""
        plan = self.approved.plan_at(0, self._regular(0), anew=False)
        for k in range(1, row + 1):
            plan = self.approved.plan_at(k, self._regular(k), anew=True) if self._stepped(k) else plan
        return plan

    def _plan(self, k: int, balance: Decimal, exact: Decimal | None) -> PrincipalPlan:
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
        if not k and self.course.levelled_in:
            return True
        inside = any(period.starts_on < x.on < period.due_on for x in self.drawdowns)
        return inside or self._steps_within(k)

    def _interest(self, rows: Sequence[Amounts], balance: Decimal) -> tuple[Decimal, Decimal]:
        """Interest of the period after ``rows`` as payable, and exact as planned (without what payments change)."""
        k = len(rows)
        if k < self.terms.grace_on_interest_charged and k not in self.course.added and k not in self.course.free:
            self.turns.append(line(*self.periods[k][:2], ZERO))
            return ZERO, Decimal(0)
        period, rounding = self.periods[k], self.terms.rounding
        mode = rounding.mode.decimal
        brought = self.course.brought if not k else ZERO
        parts, planned, turns = [brought], brought, []
        for start, end, drawn, more in self._segments(period, rows):
            is_free = any(first <= start < last for first, last in self.course.free.get(k, ()))
            rate = Decimal(0) if is_free else self._rate_on(start)
            share = self._share(k, (start, end), rate)
            planned += (balance + drawn) * share
            part = max(balance + drawn + more, ZERO) * share
            turns.append((end, part))
            parts.append(round_to(part, rounding.step, mode) if rounding.each_segment else part)
        self.turns.append(from_parts(period.starts_on, turns))
        interest = round_to(sum(parts, ZERO), rounding.step, mode)
        if k or self.course.begun is not None:
            return interest, planned
        odd = self._odd_of(earned_by(self.turns[0], self._agreed(0).due_on))
        if not odd:
            return interest, planned
        # What a division leaves in the last places is no sum to round up.
        borne = round_to(round_rate(odd, 15), rounding.step, mode)
        left = round_rate(turns[0][1] - odd, 15)
        own = round_to(left, rounding.step, mode) if len(turns) == 1 else interest - borne
        self.odd = _odd_shares(self.terms, borne, self.total)
        return own, planned * (1 - odd / self.turns[0][-1][1])

    def _agreed(self, k: int) -> Period:
        """The period of row ``k`` without the time that acts added to it, and without its free days."""
        period, added = self.periods[k], self.course.added.get(k)
        period = period if k or self.course.begun is None else Period(self.course.begun, *period[1:])
        free = sum((end - start for start, end in self.course.free.get(k, ())), timedelta())
        period = Period(period.starts_on, period.due_on - free, period.part_of) if free else period
        return Period(period.starts_on, added[0].starts_on, period.part_of) if added else period

    def _share(self, k: int, part: tuple[date, date], rate: Decimal) -> Decimal:
        """What one unit of money bears at ``rate`` in a ``part`` of the period of row ``k`` that no added time cuts."""
        terms, agreed, more, days = self.terms, self._agreed(k), Decimal(0), Decimal((part[1] - part[0]).days)
        for time in self.course.added.get(k, ()):
            if time.starts_on == time.due_on:
                length = (agreed.due_on - agreed.starts_on).days
                more += rate * added_share(terms, *time.counted) * days / length
            elif time.starts_on <= part[0] < time.due_on and goes_by_days(terms):
                return rate * added_share(terms, *part, time.starts_on)
            elif time.starts_on <= part[0] < time.due_on:
                return rate * added_share(terms, *time.counted) * days / (time.due_on - time.starts_on).days
        if k < terms.grace_on_interest_charged and k not in self.course.free:
            return more
        return part_factor(terms, part, rate, agreed) + more

    def _odd_of(self, whole: Decimal) -> Decimal:
        """What of ``whole``, the interest of the first period, its odd days bear: by time, whatever the balance was."""
        if self.terms.first_period is FirstPeriod.CHARGED:
            return ZERO
        periods, rate = [self._agreed(k) for k in range(min(self.total, 2))], Decimal(1)
        shares = [factor(self.terms, x.starts_on, x.due_on, rate, x.part_of) for x in periods]
        odd = _odd_first(self.terms, self.periods, shares)
        return whole * odd / shares[0] if odd else ZERO

    def _segments(self, period: Period, rows: Sequence[Amounts]) -> list[tuple[date, date, Decimal, Decimal]]:
        """The stretches of ``period`` in which nothing changes: from, to, drawn in it so far, and borne besides.

        A cut at which nothing changes is none: rounding by segments must not depend on the day one looks.
        """
        found: list[tuple[date, date, Decimal, Decimal]] = []
        fixed = {time.starts_on for time in self.course.added.get(len(rows), ())}
        fixed |= {day for span in self.course.free.get(len(rows), ()) for day in span}
        for start, end in pairwise(self._cuts(period, len(rows))):
            drawn = sum((x.amount for x in self.drawdowns if period.starts_on <= x.on <= start), ZERO)
            more = self._waits(rows, start) if self.course.bearing is None else self.course.bearing(rows, start)
            alike = bool(found) and found[-1][2:] == (drawn, more) and start not in fixed
            if alike and self._rate_on(found[-1][0]) == self._rate_on(start):
                start, *_ = found.pop()
            found.append((start, end, drawn, more))
        return found

    def _waits(self, rows: Sequence[Amounts], start: date) -> Decimal:
        """Principal of ``rows`` that fell due and counts from a later rest day only."""
        waiting = zip(rows, self.waiting, strict=False)
        return sum((principal for (principal, _interest), counts_from in waiting if start < counts_from), ZERO)

    def _cuts(self, period: Period, k: int) -> list[date]:
        inside = {x.on for x in self.drawdowns} | {x.from_on for x in self.steps} | {*self.course.turns, *self.waiting}
        inside |= {day for span in self.course.free.get(k, ()) for day in span}
        inside |= {time.starts_on for time in self.course.added.get(k, ())}
        between = sorted(on for on in inside if period.starts_on < on < period.due_on)
        return [period.starts_on, *between, period.due_on]
