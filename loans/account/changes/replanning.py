"""The instalments ahead worked out anew: more money drawn, or another rate (pure).

On a fixed schedule the instalments from the one in whose period the change falls are laid out once more, with what they
still have to repay as the opening balance. Where interest follows the balance, the plan itself takes the change in.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from core.dates import is_end_of_month
from core.money import ZERO, round_to
from loans.account.account import Account, InstalmentState, age, relaid, settle_rows
from loans.account.changes.base import Effect
from loans.account.changes.earning import curve_of
from loans.account.changes.free_time import free_by_row, without_free_time
from loans.account.changes.late_rates import with_contract_rate
from loans.account.changes.made_dates import agreed_dues, agreed_on
from loans.account.changes.plan_rows import NoInstalmentAhead, with_rows
from loans.account.parts import Parts
from loans.account.settlement import with_claim
from loans.schedules.amortisation import amortise, amortise_by_day, plan_on_approved
from loans.schedules.course import Amounts, Bearing, Course
from loans.schedules.due_dates import Period, agreed_dates, periods, step
from loans.schedules.earning import STRAIGHT, Curve, as_curve, earned_by, following, line, until
from loans.schedules.flat_interest import flat_unwound
from loans.schedules.period_rates import rate_on, regular_rates
from loans.schedules.principal_parts import PrincipalPlan, down_payment_of, plan_from
from loans.schedules.schedule import build_schedule, opening_balance, repaying
from loans.schedules.terms import Drawdown, FirstPeriod, Frequency, InterestType, LevelOn, LoanTerms, Method, RateStep


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnDown:
    """``amount`` more is paid out on ``on``; on a due date it belongs to the period that begins.

    Of a loan with a down payment its share of the part falls due that day, as it did of the first one. Where all that was
    lent before has been repaid, or has fallen due, and ``draws_again``, it gets a schedule of its own: as many instalments
    as the contract has, from ``on``, at the rate in force.
    """

    on: date
    amount: Decimal
    terms: LoanTerms
    draws_again: bool = False
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentAhead."""
        account = age(account, self.on)
        rows = running(account, self.on)
        down = down_payment_of(self.terms, self.amount)
        if self.draws_again and (not rows or account.is_settled):
            after = _with_own_schedule(account, self.terms, self.on, self.amount - down)
            after = _with_down_payment(after, down, self.on)
        elif not rows:
            raise NoInstalmentAhead()
        elif account.plan is not None:
            drawdowns = (*account.plan.terms.drawdowns, Drawdown(self.on, self.amount))
            begun = _with_down_payment(account, down, self.on)
            after = _planned_anew(begun, replace(account.plan.terms, drawdowns=drawdowns), self.on)
        else:
            begun = _with_down_payment(account, down, self.on)
            after = worked_out_anew(begun, rows, self.terms, self.on, added=self.amount - down)
        added = total_interest(after) - total_interest(account)
        return Effect(after, figures={"drawn": self.amount, "interest_added": added})


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
            after = worked_out_anew(account, rows, self.terms, self.on)
        figures = {"new_rate": self.annual_rate, "interest_added": total_interest(after) - total_interest(account)}
        return Effect(settle_rows(after, self.on), figures=figures)


def running(account: Account, on: date) -> list[InstalmentState]:
    """The instalment in whose period ``on`` falls, and all later ones."""
    return [row for row in repaying(account.instalments) if row.due_on > on]


def to_repay(rows: Sequence[InstalmentState]) -> Decimal:
    return sum((row.principal for row in rows), ZERO)


def lent_in_all(account: Account) -> Decimal:
    """What was lent so far, repaid or not: the share of a balloon is a share of this, not of what is still to repay."""
    return to_repay(account.instalments)


def _plan_on_approved(
    account: Account, rows: Sequence[InstalmentState], terms: LoanTerms, anew: LoanTerms | None = None
) -> PrincipalPlan | None:
    """What ``rows``, the last ones of ``account``, repay where the plan is worked out once, on the approved amount.

    ``anew`` are the terms of the rest where a new rate works it out anew: on what would then be left of the approved
    amount. None where the plan follows what is outstanding.
    """
    if terms.level_on is not LevelOn.APPROVED or not terms.drawdowns:
        return None
    terms = account.in_force(terms)
    found = periods(terms)
    first = min(_passed(account, rows), len(found) - 1)
    if anew is not None:
        whole = replace(terms, drawdowns=())
        agreed = amortise(whole, found, Course(opening=opening_balance(whole)))
        left = sum((principal for principal, _interest in agreed[first:]), ZERO)
        return plan_from(replace(anew, lent_in_all=terms.principal), left, regular_rates(anew, periods_of(terms, rows)))
    plan = plan_on_approved(terms, found, first)
    return lambda k, interest: plan(min(k + first, len(found) - 1), interest)


def _passed(account: Account, rows: Sequence[InstalmentState]) -> int:
    """How many instalments, down payments apart, come before ``rows``."""
    return sum(row.due_on <= rows[0].starts_on for row in repaying(account.instalments))


def total_interest(account: Account) -> Decimal:
    return sum((row.interest for row in account.instalments), ZERO)


def periods_of(terms: LoanTerms, rows: Sequence[InstalmentState]) -> list[Period]:
    """The periods of ``rows``; one that is as ``terms`` agreed it is measured as it was when the schedule was made."""
    agreed = {(period.starts_on, period.due_on): period.part_of for period in periods(terms)}
    spans = [(row.starts_on, row.due_on) for row in rows]
    return [Period(*span, agreed.get(span, span)) for span in spans]


GRACES = ("grace_on_principal", "grace_on_interest_payment", "grace_on_interest_charged")
_WHOLE_LOAN_ONLY: dict[str, Any] = {
    "first_due_on": None,
    "schedule_start_on": None,
    "due_dates": (),
    "drawdowns": (),
    "down_payment_rate": Decimal(0),
    "stages": (),
    "amounts": (),
    "fixed_instalment": None,
    "fee_total": ZERO,
}
_REPLANNED_AS = {Method.STAGES: Method.EQUAL_PRINCIPAL, Method.CUSTOM: Method.EQUAL_INSTALMENTS}


def rest_of(
    account: Account, terms: LoanTerms, rows: Sequence[InstalmentState], start_on: date | None = None, **changes: Any
) -> LoanTerms:
    """The terms for ``rows`` alone, from ``start_on`` (the first day of their periods) on: at the rates in force then, and
    without what only concerned the beginning of the loan."""
    begins = start_on or rows[0].starts_on
    method = _REPLANNED_AS.get(terms.method, terms.method)
    if method is Method.BULLET and len(rows) > 1:  # overdue money was put into instalments beside the one agreed
        method = Method.INTEREST_ONLY
    rest = {
        "count": terms.count if method is Method.BULLET else len(rows),
        "start_on": rows[0].starts_on,
        "method": method,
        "annual_rate": rate_on(terms.annual_rate, account.rate_steps, begins),
        "rate_steps": tuple(step for step in account.rate_steps if step.from_on > begins),
    }
    return replace(terms, **{**_WHOLE_LOAN_ONLY, **rest, **_grace_left(account, terms, rows), **changes})


def _grace_left(account: Account, terms: LoanTerms, rows: Sequence[InstalmentState]) -> dict[str, int]:
    """The instalments of ``rows`` that are still in a grace agreed at the beginning; the last one repays, if also free."""
    passed = _passed(account, rows)
    left = {name: max(getattr(terms, name) - passed, 0) for name in GRACES}
    return {name: min(count, len(rows) - (name != "grace_on_interest_charged")) for name, count in left.items()}


def worked_out_anew(
    account: Account, rows: Sequence[InstalmentState], terms: LoanTerms, on: date, *, added: Decimal = ZERO
) -> Account:
    """The account with ``rows``, the running ones, laid out once more at the rates in force, with ``added`` more to repay
    (or less, where it is negative) from ``on`` on.

    Where something turned in the running period before, what was earned by ``on`` is a fact and only the rest of the
    period is worked out; else the whole period is, with the turn in it. What is a share of the whole loan stays a share of
    all that is lent; a plan made once on the approved amount only follows a new rate.
    """
    start, opening, free = rows[0].starts_on, to_repay(rows), free_by_row(account, rows)
    timed = [without_free_time(row, free.get(k, ())) for k, row in enumerate(rows)]
    agreed = spans_agreed(terms)
    regular = [is_regular(account, terms, row, agreed) for row in timed]
    # What an act made longer or shorter is measured by itself.
    measured = [
        x if known else Period(*x[:2], None) for x, known in zip(periods_of(terms, timed), regular, strict=True)
    ]
    found = [Period(x.starts_on, row.due_on, x.part_of) for x, row in zip(measured, rows, strict=True)]
    paid = {k: row.principal_paid for k, row in enumerate(rows) if row.principal_paid}
    changes: dict[str, Any] = {
        "principal": max(terms.principal, opening + added),
        "lent_in_all": lent_in_all(account) + added,
    }
    if not regular[0] or _are_charged(terms, rows):
        changes["first_period"] = FirstPeriod.CHARGED
    if on <= start or has_turned(terms, rows, on) or 0 in free:
        begins = max(on, start)
        rest = rest_of(account, terms, rows, begins, **changes)
        cut = [Period(begins, *found[0][1:]), *found[1:]]
        before = earned_by(curve_of(rows[0]), begins) - earned_by(curve_of(rows[0]), start)
        course = Course(
            opening=opening + added,
            paid=paid,
            brought=ZERO if rest.grace_on_interest_payment else before,
            begun=start if begins > start else None,
            levelled_in=begins > start and added >= 0,
            level_periods=measured if begins > start or free else (),
            free=free,
        )
    else:
        begins, before, cut = start, ZERO, found
        course = Course(
            opening=opening + min(added, ZERO), paid=paid, level_periods=measured if free else (), free=free
        )
        if added < 0:
            course = replace(course, bearing=_bearing_until(on, -added), turns={on})
        drawdowns = (Drawdown(start, opening), Drawdown(on, added)) if added > 0 else ()
        rest = rest_of(account, terms, rows, drawdowns=drawdowns, **changes)
    if added >= 0:
        course = replace(course, plan=_plan_on_approved(account, rows, terms, None if added else rest))
    amounts, curves = amortise_by_day(rest, cut, course)
    if terms.interest_type is InterestType.FLAT and added < 0:
        unwound = flat_unwound(terms, found, [row.interest for row in rows], (opening + added) / opening, on)
        amounts = [(principal, interest) for (principal, _old), interest in zip(amounts, unwound, strict=True)]
    is_deferred = bool(rest.grace_on_interest_payment)
    return with_amounts(account, rows, found, (amounts, curves), begins, before, is_deferred=is_deferred)


def has_turned(terms: LoanTerms, rows: Sequence[InstalmentState], on: date) -> bool:
    """Whether something turned in the running period, or some of it was earned, before ``on``, by a later instalment.

    The shares that later ones bear of the odd days of a long first period are no turn: it was agreed so, evenly by day.
    """
    first, later = rows[0], [curve_of(row) for row in rows[1:] if row.curve]
    if first.curve or not _earn_in(later, first.starts_on, on):
        return bool(first.curve)
    turns = any(first.starts_on < day < first.due_on for curve in later for day, _earned in curve)
    return turns or not _has_odd_days(terms, first)


def _are_charged(terms: LoanTerms, rows: Sequence[InstalmentState]) -> bool:
    """Whether the first of ``rows`` bears the odd days alone that others were to share: a reschedule made it so."""
    first, later = rows[0], [curve_of(row) for row in rows[1:] if row.curve]
    return _has_odd_days(terms, first) and not _earn_in(later, first.starts_on, first.due_on)


def _earn_in(curves: Sequence[Curve], start: date, end: date) -> bool:
    return any(earned_by(curve, end) > earned_by(curve, start) for curve in curves)


def _has_odd_days(terms: LoanTerms, first: InstalmentState) -> bool:
    """Whether ``first`` bears interest in the long first period agreed, of whose odd days all are to bear shares."""
    if terms.first_period is not FirstPeriod.SPREAD or not first.interest:  # where it bears none, all of it is deferred
        return False
    found = periods(terms)[:2]
    if len(found) < 2 or (first.starts_on, first.due_on, None) != found[0]:
        return False
    own, regular = regular_rates(terms, found, [Decimal(1)] * 2)
    return own > regular


def spans_agreed(terms: LoanTerms) -> set[tuple[date, date]]:
    """First day and due date of each period as the contract has it."""
    return {(x.starts_on, x.due_on) for x in periods(terms)}


def is_regular(account: Account, terms: LoanTerms, row: InstalmentState, agreed: Collection[tuple[date, date]]) -> bool:
    """Whether the period of ``row`` is ``agreed`` in the contract, or as long as a regular one between the days agreed."""
    if (row.starts_on, row.due_on) in agreed:
        return True
    before = [x for x in account.instalments if x.due_on == row.starts_on]
    start, due = agreed_dues([*before[-1:], row], terms) if before else (row.starts_on, *agreed_dues([row], terms))
    return is_one_step(terms, start, due)


def is_one_step(terms: LoanTerms, start: date, due: date) -> bool:
    """Whether one regular period lies between two days that were agreed."""
    if terms.frequency is not Frequency.MONTH or start.day == due.day:
        return due == step(terms, start, 1)
    months = (due.year - start.year) * 12 + due.month - start.month
    # From a month end on, or to one that lacks the day: 31 January to 28 February, never 15 January to 31 March.
    return months == terms.every and (is_end_of_month(start) or (is_end_of_month(due) and start.day > due.day))


def _bearing_until(on: date, amount: Decimal) -> Bearing:
    """``amount`` is repaid on ``on`` and bears interest until then."""
    return lambda before, start: amount if not before and start < on else ZERO


def with_amounts(
    account: Account,
    rows: Sequence[InstalmentState],
    periods: Sequence[Period],
    laid_out: tuple[Sequence[Amounts], Sequence[Curve]],
    begins: date,
    brought: Decimal = ZERO,
    *,
    is_deferred: bool = False,
) -> Account:
    """The account with new amounts of ``rows``, of the first one from ``begins`` on, by when ``brought`` of it was earned.

    Interest that fell into earlier periods stays with its row: deferred, or of the odd days of a long first period. Where
    what the first one earns ``is_deferred`` to a later one, so does what was brought: it was to fall due with the first.
    """
    amounts, curves = laid_out
    changed = []
    for k, (row, period, (principal, interest)) in enumerate(zip(rows, periods, amounts, strict=True)):
        if is_deferred and not k:
            interest += round_to(brought, row.step)
        starts_on, left = (period.starts_on, interest) if k else (begins, interest - brought)
        own = (curves[k] if curves else STRAIGHT) or line(starts_on, period.due_on, left)
        earlier = until(curve_of(row), min(begins, row.starts_on))
        carried = round_to(earlier[-1][1], row.step) if earlier else ZERO
        kept = until(curve_of(row), begins) if not k and begins > row.starts_on else earlier if carried else ()
        changed.append(
            replace(
                row,
                starts_on=period.starts_on,
                due_on=period.due_on,
                principal=principal,
                interest=interest + carried,
                settled_on=None,
                curve=as_curve(following(kept, own)),
            )
        )
    return with_rows(account, changed)


def _with_own_schedule(account: Account, terms: LoanTerms, on: date, amount: Decimal) -> Account:
    own = {
        "principal": amount,
        "start_on": on,
        "method": _REPLANNED_AS.get(terms.method, terms.method),
        "annual_rate": rate_on(terms.annual_rate, account.rate_steps, on),
        "rate_steps": tuple(step for step in account.rate_steps if step.from_on > on),
    }
    terms = replace(terms, **{**_WHOLE_LOAN_ONLY, **own})
    schedule, dues = build_schedule(terms), agreed_dates(terms)
    last = max((row.number for row in account.instalments), default=0)
    rows = [
        InstalmentState(
            last + row.number,
            *row[1:],
            curve=schedule.curves.get(row.number, STRAIGHT),
            agreed_on=agreed_on(due_on, terms),
        )
        for row, due_on in zip(schedule.instalments, dues, strict=True)
    ]
    return with_rows(account, rows)


def _with_down_payment(account: Account, amount: Decimal, on: date) -> Account:
    """The account with ``amount`` due on ``on``, the day it was lent, beside what instalments repay."""
    return with_claim(account, Parts(principal=amount), on) if amount else account


def _planned_anew(account: Account, terms: LoanTerms, on: date) -> Account:
    assert account.plan is not None
    return relaid(replace(account, plan=replace(account.plan, terms=terms)), on)
