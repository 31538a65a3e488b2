"""What changes of a plan do to how interest is earned: what was earned stays so, and more time earns in that time (pure).

Without this, interest moved or added would be spread anew over a longer period, and a pay-off the day after would ask for
less than the day before.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.calendars import days_between
from core.money import ZERO
from loans.account.account import Account, InstalmentState
from loans.account.changes.plan_rows import spans_by_rate
from loans.schedules.earning import (
    Curve,
    as_curve,
    earned_by,
    ending_at,
    following,
    from_parts,
    line,
    plus,
    until,
    with_jump,
)
from loans.schedules.terms import LoanTerms


def curve_of(row: InstalmentState) -> Curve:
    """How the interest of ``row`` is earned, as a curve that ends at exactly its interest."""
    return ending_at(row.earning(), row.interest)


def lengthened(row: InstalmentState, time: tuple[date, date], more: Decimal, terms: LoanTerms | None = None) -> Curve:
    """The curve of ``row`` whose due date moves over ``time``, which earns ``more``; an earlier due date ends it sooner.

    ``terms`` have the rates in force: each day of the ``time`` earns at its own.
    """
    was_due, due_on = time
    if due_on > was_due:
        return as_curve(following(curve_of(row), _earning(terms, time, more)))
    kept, whole = until(curve_of(row), due_on), row.interest + more
    return as_curve((*((day, min(earned, whole)) for day, earned in kept[:-1]), (due_on, whole))) if kept else ()


def _earning(terms: LoanTerms | None, time: tuple[date, date], more: Decimal) -> Curve:
    """How ``more`` is earned in ``time``: evenly but for the rates."""
    spans = [] if terms is None else spans_by_rate(terms, *time)
    weights = [(span[1], rate * days_between(*span)) for span, rate in spans]
    whole = sum((weight for _end, weight in weights), ZERO)
    if len(spans) == 1 or not whole:
        return line(*time, more)
    return from_parts(time[0], [(end, more * weight / whole) for end, weight in weights])


def shifted(
    row: InstalmentState,
    starts_on: date,
    due_on: date,
    time: tuple[date, date],
    more: Decimal = ZERO,
    terms: LoanTerms | None = None,
) -> Curve:
    """The curve of ``row`` in its new period, with ``more`` earned in the ``time`` by which all rows moved.

    ``time`` is the first due date that moves, as it was and as it is. What was earned before it, of interest that only
    fell due later, stays where it was; whatever was to be earned from then on is earned as much later as the dates moved.
    """
    own: Curve = line(starts_on, due_on, row.interest)
    if row.curve:
        was, gone = curve_of(row), until(curve_of(row), min(time))
        reached = earned_by(was, time[0])  # an earlier first due date takes away what is earned between the two,
        if (
            gone and time[1] < time[0]
        ):  # that is as much as it costs less, which need not be what these days earned evenly
            gone = (*gone[:-1], (gone[-1][0], max(reached + more, *(earned for _day, earned in gone[:-1]))))
        later = {_moved(day, row, (starts_on, due_on), time): earned - reached for day, earned in was if day > time[0]}
        begins = max(time[1], gone[-1][0]) if gone else starts_on
        to_come = ((begins, ZERO), *((day, earned) for day, earned in sorted(later.items()) if day > begins))
        own = following(gone, to_come)
    if not more or time[1] <= time[0]:
        return as_curve(own)
    return as_curve(plus(own, _earning(terms, time, more)))


def _moved(day: date, row: InstalmentState, period: tuple[date, date], time: tuple[date, date]) -> date:
    """Where a ``day`` of the curve of ``row`` lies now: in its own period by as much as that moved, before by ``time``.

    Its first and its last day are those of the period, where days off moved the two by different numbers of days.
    """
    if day >= row.due_on:
        return period[1]
    if day == row.starts_on:
        return period[0]
    if day > row.starts_on:
        return min(max(day + (period[1] - row.due_on), period[0]), period[1])
    return min(day + (time[1] - time[0]), period[0])


def bearing_time(
    rows: Sequence[InstalmentState], time: tuple[date, date], added: Decimal, first: list[Decimal]
) -> list[Decimal]:
    """What each of ``rows`` bears more of the price ``added`` of the ``time`` by which the first due date moves.

    More as ``first`` says; less, where it moves to an earlier day, the one that earned most in the time that is no more.
    """
    if added >= 0:
        return [*first, *[ZERO] * (len(rows) - len(first))]
    lost = [earned_by(curve_of(row), time[0]) - earned_by(curve_of(row), time[1]) for row in rows]
    bearer = lost.index(max(lost))
    return [max(added, -row.interest) if n == bearer else ZERO for n, row in enumerate(rows)]


def with_earned(row: InstalmentState, on: date, amount: Decimal) -> InstalmentState:
    """``row`` with ``amount`` of interest more that was earned before ``on`` and now falls due with it."""
    if not amount or row.due_on <= on:
        return replace(row, interest=row.interest + amount)
    return replace(row, interest=row.interest + amount, curve=as_curve(with_jump(curve_of(row), on, amount)))


def keeping_earned(before: Account, after: Account, on: date) -> Account:
    """``after`` with no less earned by the end of ``on`` than ``before``, as far as the interest of its instalments goes: a
    change of dates or amounts takes nothing back that was earned.

    Where one instalment earned less and another more, because days passed from the one to the other, what is missing in all
    is earned by the one that has the days now.
    """
    pairs = zip(before.instalments, after.instalments, strict=False)
    if len(before.instalments) == len(after.instalments) and all(was is row or _same(was, row) for was, row in pairs):
        return after  # as after any payment: nothing that interest is earned by has changed
    known = {row.number: row for row in before.instalments}
    earned = sum((row.interest_earned(on) for row in after.instalments), ZERO)
    had = (min(known[x.number].interest_earned(on), x.interest) for x in after.instalments if x.number in known)
    missing = sum(had, ZERO) - earned
    if missing <= 0:
        return after
    rows = list(after.instalments)
    for running in (True, False):
        for k, row in enumerate(rows):
            was = known.get(row.number)
            if (row.starts_on < on) is not running or was is None or row.due_on <= on or _earns_alike(was, row):
                continue
            earned_now = row.interest_earned(on)
            lacks = row.interest - earned_now if running else was.interest_earned(on) - earned_now
            more = min(missing, lacks)
            if more > 0:
                rows[k] = replace(row, curve=_through(was, row, on, earned_now + more))
                missing -= more
    return replace(after, instalments=tuple(rows))


def _same(before: InstalmentState, after: InstalmentState) -> bool:
    return before.number == after.number and before.step == after.step and _earns_alike(before, after)


def _earns_alike(before: InstalmentState, after: InstalmentState) -> bool:
    """Whether nothing that interest is earned by differs: what was paid, and late interest, are no part of it."""
    return before is after or (before.interest, before.starts_on, before.due_on, before.curve) == (
        after.interest,
        after.starts_on,
        after.due_on,
        after.curve,
    )


def _through(before: InstalmentState, after: InstalmentState, on: date, earned: Decimal) -> Curve:
    """The curve of ``after`` that has ``earned`` by ``on``: as it was until then, and as it is from then on."""
    new = curve_of(after)
    reached = earned_by(new, on)
    left = after.interest - reached
    scale = (after.interest - earned) / left if left else ZERO
    later = [(day, earned + (sum_ - reached) * scale) for day, sum_ in new if day > on]
    past = [(day, sum_) for day, sum_ in until(curve_of(before), on) if sum_ <= earned and day < on]
    return as_curve((*past, (on, earned), *later))
