"""What part of a year a period bears, measured by its dates alone: the calendar half of the oracle.

By months a regular period bears ``every``/12 of a year, evenly over its days; a period of another length its whole months,
or else its days by the day count. Time that an act adds is measured between the days agreed, before they moved to working
days, unless the product counts days.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from loans.proof.oracle_days import days_of_year, is_month_end, months_later, part_of_year
from loans.proof.oracle_reading import NOTHING, Contract, Facts, Row

# Over days off instalments are left out or merged: periods are as long as they are, merged ones have no days. Acts that move
# due dates make other ones merge, while each keeps its interest.
STEPPING = ("merge", "skip")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from ``start`` to ``end`` of the period of instalment ``number`` that bear ``whole`` of a year in all.

    Each night of them bears the same part. ``by_count``: the product counts days, so that where rate or balance changes
    inside, the two parts are counted each by itself. ``without`` is principal that bears nothing in these days, because it
    had been paid when an act added them. ``due_with`` is the later instalment with which it falls due, where it is deferred.
    """

    number: int
    start: date
    end: date
    whole: Fraction
    by_count: bool = False
    without: Decimal = NOTHING
    due_with: int | None = None

    @property
    def share(self) -> Fraction:
        """The part of a year that one night bears."""
        return self.whole / (self.end - self.start).days


def goes_by_days(contract: Contract) -> bool:
    """Whether the product counts days, rather than even parts of the year."""
    return contract.interest_by == "day" or (contract.frequency != "month" and contract.interest_by == "period")


def part_counted(contract: Contract, start: date, end: date) -> Fraction:
    if contract.day_count == "act_act_icma":
        return _by_notional_periods(contract, start, end)
    rhythm = "month" if contract.frequency == "month" else "week"
    return part_of_year(start, end, contract.day_count, last_due=last_due(contract), rhythm=rhythm)


def split(contract: Contract, stretch: Stretch, days: Collection[date]) -> list[Stretch]:
    """A stretch by the day count in parts, at the ``days`` inside it on which rate or balance changes.

    A month of thirty days says nothing of a single day: that is why it is cut there alone, and each part is even.
    """
    inside = sorted(on for on in days if stretch.start < on < stretch.end)
    if not stretch.by_count or not inside:
        return [stretch]
    spans = pairwise([stretch.start, *inside, stretch.end])
    return [replace(stretch, start=a, end=b, whole=part_counted(contract, a, b)) for a, b in spans]


def _by_notional_periods(contract: Contract, start: date, end: date) -> Fraction:
    """ICMA rule 251: regular periods back from ``end``, each an even part of the year, of each the days that are used."""
    total, steps, last = Fraction(0), 0, end
    while last > start:
        steps += 1
        first = stepped(contract, end, -steps)
        used = (last - max(first, start)).days
        total += Fraction(used, _per_year(contract) * (last - first).days)
        last = first
    return total


def _per_year(contract: Contract) -> int:
    return max({"month": 12, "week": 52, "day": 365}[contract.frequency] // contract.every, 1)


def last_due(contract: Contract) -> date:
    if contract.due_dates:
        return contract.due_dates[-1]
    anchor = contract.first_due_on or contract.schedule_start_on or contract.start_on
    return stepped(contract, anchor, contract.count - (1 if contract.first_due_on else 0))


def stepped(contract: Contract, on: date, steps: int) -> date:
    """``steps`` regular periods after ``on``."""
    units = steps * contract.every
    if contract.frequency == "month":
        return months_later(on, units)
    return on + timedelta(days=units * (7 if contract.frequency == "week" else 1))


def _units(contract: Contract, units: int, on: date) -> Fraction:
    """``units`` whole months, weeks or days as an even part of the year."""
    if contract.frequency != "day" and contract.interest_by != "thirty":
        return Fraction(units, 12 if contract.frequency == "month" else 52)
    days = units * {"month": 30, "week": 7, "day": 1}[contract.frequency]
    return days / days_of_year(contract.day_count, on)


def regular_period(contract: Contract, row: Row, within: tuple[date, date]) -> Stretch:
    """A regular period, or the part of it that lies in ``row``."""
    begin, end = within
    if contract.moves_to in STEPPING and not goes_by_days(contract):
        return period_alone(contract, row)
    days, length = (row.due_on - row.starts_on).days, (end - begin).days
    if contract.day_count == "act_act_icma" and goes_by_days(contract):
        return Stretch(row.number, row.starts_on, row.due_on, Fraction(days, _per_year(contract) * length))
    if goes_by_days(contract):
        return counted_period(contract, row)
    return Stretch(row.number, row.starts_on, row.due_on, _units(contract, contract.every, begin) * days / length)


def is_one_step(contract: Contract, start: date, due: date) -> bool:
    """Whether one regular period lies between two days that were agreed, however long its months are."""
    if stepped(contract, start, 1) == due:
        return True
    months = (due.year - start.year) * 12 + due.month - start.month
    from_month_end = is_month_end(start) or (is_month_end(due) and start.day > due.day)
    return contract.frequency == "month" and months == contract.every and from_month_end


def is_regular(facts: Facts, rows: Sequence[Row], row: Row) -> bool:
    """Whether the period of ``row`` is one step between the days agreed, whatever days off made of its ends."""
    before = [x for x in rows if x.due_on == row.starts_on]
    start = agreed_day(facts, before[-1]) if before else row.starts_on
    return is_one_step(facts.contract, start, agreed_day(facts, row))


def counted_period(contract: Contract, row: Row) -> Stretch:
    whole = part_counted(contract, row.starts_on, row.due_on)
    return Stretch(row.number, row.starts_on, row.due_on, whole, by_count=True)


def period_alone(contract: Contract, row: Row) -> Stretch:
    """A period measured by itself: whole units are even parts of the year; by months anything else goes by its days."""
    start, end = row.starts_on, row.due_on
    if goes_by_days(contract):
        return counted_period(contract, row)
    if contract.frequency != "month":
        length = contract.every * (7 if contract.frequency == "week" else 1)
        share = _units(contract, contract.every, start) * (end - start).days / length
        return Stretch(row.number, start, end, share)
    months = 0
    while months_later(start, months + 1) <= end:
        months += 1
    reached = months_later(start, months)
    if reached != end and contract.interest_by == "period":
        return counted_period(contract, row)
    length = (months_later(start, months + 1) - reached).days
    rest = _units(contract, 1, reached) * (end - reached).days / length
    return Stretch(row.number, start, end, _units(contract, months, start) + rest)


def time_between(contract: Contract, row: Row, start: date, end: date) -> Fraction:
    """What the time from ``start`` to ``end`` bears, measured by itself; a negative part where it ends before it begins."""
    if end < start:
        return -time_between(contract, row, end, start)
    return period_alone(contract, replace(row, starts_on=start, due_on=end)).whole if start < end else Fraction(0)


def days_added(contract: Contract, start: date, end: date) -> Fraction:
    """What the days of an extension bear: they are counted as the product counts days."""
    if contract.day_count != "act_act_icma":
        return part_counted(contract, start, end)
    return Fraction((end - start).days, _per_year(contract) * (stepped(contract, start, 1) - start).days)


def agreed_day(facts: Facts, row: Row) -> date:
    """The day that was agreed for ``row``, by contract or by an act, before it moved to a working day."""
    contract = facts.contract
    if row.agreed_on is not None or contract.moves_to in ("none", *STEPPING):
        return row.agreed_on or row.due_on
    signed = [x.due_on for x in facts.signed if x.starts_on < x.due_on]
    if row.due_on not in signed:
        return row.due_on
    place = contract.count - 1 if contract.method == "bullet" else signed.index(row.due_on)
    if contract.due_dates:
        return contract.due_dates[place]
    if contract.first_due_on is not None:
        return stepped(contract, contract.first_due_on, place)
    return stepped(contract, contract.schedule_start_on or contract.start_on, place + 1)
