"""What changes of a plan do to how interest is earned: what was earned stays so, and more time earns in that time (pure).

Without this, interest moved or added would be spread anew over a longer period, and a pay-off the day after would ask for
less than the day before.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.account.account import Account, InstalmentState
from loans.schedules.earning import Curve, as_curve, earned_by, ending_at, following, line, until, with_jump


def curve_of(row: InstalmentState) -> Curve:
    """How the interest of ``row`` is earned, as a curve that ends at exactly its interest."""
    return ending_at(row.earning(), row.interest)


def lengthened(row: InstalmentState, time: tuple[date, date], more: Decimal) -> Curve:
    """The curve of ``row`` whose due date moves over ``time``, which earns ``more``; an earlier due date ends it sooner."""
    was_due, due_on = time
    if due_on >= was_due:
        return as_curve(following(curve_of(row), line(was_due, due_on, more)))
    kept = until(curve_of(row), due_on)
    return as_curve((*kept[:-1], (due_on, row.interest + more))) if kept else ()


def shifted(
    row: InstalmentState, starts_on: date, due_on: date, time: tuple[date, date] | None = None, more: Decimal = ZERO
) -> Curve:
    """The curve of ``row`` in its new period, with ``more`` earned in the time by which all rows moved.

    A curve of its own moves along: each of its days by as much as the due date.
    """
    own: Curve = line(starts_on, due_on, row.interest)
    if row.curve and row.curve[0][0] >= row.starts_on:
        moved = due_on - row.due_on
        own = tuple((day + moved, earned) for day, earned in curve_of(row))
    elif row.curve:
        own = following(until(curve_of(row), row.starts_on), line(starts_on, due_on, _left(row)))
    if not more or time is None or time[1] <= time[0]:
        return as_curve(own)
    return as_curve(following(line(*time, more), own)) if own[0][0] >= time[1] else as_curve(own)


def _left(row: InstalmentState) -> Decimal:
    """What of the interest of ``row`` is earned in its own period."""
    return row.interest - earned_by(curve_of(row), row.starts_on)


def with_earned(row: InstalmentState, on: date, amount: Decimal) -> InstalmentState:
    """``row`` with ``amount`` of interest more that was earned before ``on`` and now falls due with it."""
    if not amount or row.due_on <= on:
        return replace(row, interest=row.interest + amount)
    return replace(row, interest=row.interest + amount, curve=as_curve(with_jump(curve_of(row), on, amount)))


def keeping_earned(before: Account, after: Account, on: date) -> Account:
    """``after`` with no instalment having earned less by the end of ``on`` than it had ``before``, as far as its interest
    goes: a change of dates or amounts takes nothing back that was earned."""
    known = {row.number: row for row in before.instalments}
    rows = [_keeping(known.get(row.number), row, on) for row in after.instalments]
    return after if all(a is b for a, b in zip(rows, after.instalments, strict=True)) else _with(after, rows)


def _with(account: Account, rows: Sequence[InstalmentState]) -> Account:
    return replace(account, instalments=tuple(rows))


def _keeping(before: InstalmentState | None, after: InstalmentState, on: date) -> InstalmentState:
    if before is None or after.due_on <= on or _earns_alike(before, after):
        return after
    earned = min(before.interest_earned(on), after.interest)
    if after.interest_earned(on) >= earned:
        return after
    return replace(after, curve=_through(before, after, on, earned))


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
