"""Time that bears nothing, whatever is worked out anew in it: given for nothing in a holiday, or agreed to be free (pure).

The curve of an instalment does not tell such days from days at a rate of nothing, so that the account keeps them beside its
holds, as ``Stops.FREE_TIME``. They belong to the instalment in whose period they lie, and move with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from core.calendars import days_between
from loans.account.account import Account, InstalmentState
from loans.account.interest import STOPS_INTEREST, Hold, Stops, held_days
from loans.schedules.schedule import repaying
from loans.schedules.terms import LoanTerms

Span = tuple[date, date]
ONE_DAY = timedelta(days=1)


def with_free_time(account: Account, span: Span) -> Account:
    """``account`` on which the days from one date to the other bear nothing; no days are none."""
    start, end = span
    if end <= start:
        return account
    return replace(account, holds=(*account.holds, Hold(start + ONE_DAY, end, Stops.FREE_TIME)))


def with_agreed_time_free(account: Account, row: InstalmentState, terms: LoanTerms) -> Account:
    """``account`` with the period of ``row`` free, where it is one for which no interest is charged: what an act adds to it
    is charged, and what it has is free as before."""
    passed = sum(x.due_on <= row.starts_on for x in repaying(account.instalments))
    is_free = passed < terms.grace_on_interest_charged and not free_in(account, row)
    return with_free_time(account, (row.starts_on, row.due_on)) if is_free else account


def free_in(account: Account, row: InstalmentState, period: Span | None = None) -> tuple[Span, ...]:
    """The free time in the period of ``row``, in order; where that is to become ``period``, as it lies in it then."""
    was, now = (row.starts_on, row.due_on), period or (row.starts_on, row.due_on)
    spans = (_moved(_span(hold), was, now) for hold in account.holds if _lies_in(hold, row))
    return tuple(sorted(span for span in spans if span[0] < span[1]))


def free_by_row(
    account: Account, rows: Sequence[InstalmentState], periods: Sequence[Span] | None = None
) -> dict[int, tuple[Span, ...]]:
    """The free time of each of ``rows`` that has any, by its place; as it lies in ``periods``, where they become these."""
    found = zip(rows, periods or [(row.starts_on, row.due_on) for row in rows], strict=False)
    return {k: spans for k, (row, period) in enumerate(found) if (spans := free_in(account, row, period))}


def free_days(account: Account, start: date, end: date) -> int:
    """The days from ``start`` to ``end`` that bear nothing: free time, and days on which interest is on hold."""
    return held_days(account.holds, start, end, (*STOPS_INTEREST, Stops.FREE_TIME))


def without_free_time(row: InstalmentState, spans: Sequence[Span]) -> InstalmentState:
    """``row`` in a period of the days alone that are not free, by which it is measured."""
    return replace(row, due_on=row.due_on - timedelta(days=days_in(spans)), agreed_on=None) if spans else row


def days_in(spans: Sequence[Span]) -> int:
    return sum(days_between(*span) for span in spans)


def with_free_time_moved(before: Account, after: Account, on: date) -> Account:
    """``after`` with the free time that ``before`` had, moved with its instalments on ``on``; with one that is no more it
    ends that day."""
    if not any(hold.stops is Stops.FREE_TIME for hold in before.holds):
        return after
    known: Mapping[int, InstalmentState] = {row.number: row for row in after.instalments}
    holds: list[Hold] = []
    for hold in after.holds:
        owner = next((row for row in before.instalments if _lies_in(hold, row)), None) if hold in before.holds else None
        if owner is None:
            holds.append(hold)
            continue
        was, now = (owner.starts_on, owner.due_on), known.get(owner.number)
        start, end = _moved(_span(hold), was, (was[0], on) if now is None else (now.starts_on, now.due_on))
        if start < end:
            holds.append(replace(hold, first=start + ONE_DAY, last=end))
    return after if tuple(holds) == after.holds else replace(after, holds=tuple(holds))


def _span(hold: Hold) -> Span:
    return hold.first - ONE_DAY, hold.last


def _lies_in(hold: Hold, row: InstalmentState) -> bool:
    return hold.stops is Stops.FREE_TIME and row.starts_on < hold.first and hold.last <= row.due_on


def _moved(span: Span, was: Span, now: Span) -> Span:
    """Where ``span``, a part of ``was``, lies in ``now``: where it was, or later by as much as the period moved."""
    if was[0] == now[0]:
        return min(span[0], now[1]), min(span[1], now[1])
    first, last = (_within(now, day + (now[1] - was[1])) for day in span)
    return now[0] if span[0] == was[0] else first, now[1] if span[1] == was[1] else last


def _within(period: Span, day: date) -> date:
    return min(max(day, period[0]), period[1])
