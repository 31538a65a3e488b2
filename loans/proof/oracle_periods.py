"""The schedule in force on each day, and what part of a year each stretch of it bears: the calendar half of the oracle.

Dates and principal of the instalments are taken as stored: the signed schedule, and what an act left. What time costs is
worked out here. By months a regular period bears ``every``/12 of a year, evenly over its days; a period of another length
its whole months, or else its days by the day count; so is time that an act adds, only an extension by months is counted
actual/365.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from loans.proof.oracle_claims import without_charge_backs
from loans.proof.oracle_free_time import ended_sooner, free_days, has_free_time, later, worked_out_anew
from loans.proof.oracle_measures import (
    STEPPING,
    Stretch,
    agreed_day,
    counted_period,
    days_added,
    goes_by_days,
    is_regular,
    part_counted,
    period_alone,
    regular_period,
    split,
    stepped,
    time_between,
)
from loans.proof.oracle_rates import rate_changes
from loans.proof.oracle_reading import NOTHING, Act, Contract, Facts, Money, Row
from loans.proof.oracle_rests import NotFollowed, called_in_on, rest_day

ONE_DAY = timedelta(days=1)
# Acts after which other instalments stand than before. The last three move overdue money into instalments that bear
# interest for a time of their own; the oracle does not follow them.
RESHAPING = (
    "drawn_down",
    "rate_changed",
    "rescheduled",
    "extension",
    "due_day_changed",
    "payment_holiday",
    "merchant_refund",
    "reamortised",
    "overdue_spread",
    "overdue_reaged",
    "interest_capitalised",
)
NOT_FOLLOWED = RESHAPING[-3:]
WORKED_OUT_ANEW = ("drawn_down", "rate_changed", "rescheduled", "merchant_refund")
MOVING = ("extension", "due_day_changed", "payment_holiday")


@dataclass(frozen=True, slots=True)
class Kept:
    """What even days had earned more by ``on`` than counted ones: a change of that day takes nothing of it back.

    So much less is earned from then to ``end``, evenly, or to ``until``, if by then the rest is worked out once more. It is
    ``part`` of a year, of the balance that bore interest from ``start`` on under the schedule at ``place``.
    """

    place: int
    start: date
    on: date
    end: date
    part: Fraction
    until: date


@dataclass(frozen=True, slots=True)
class Reign:
    """The instalments as an act of the day ``told`` left them, and their stretches by day.

    They count from ``since``: an act that moves a due date measures the period it moves anew, from its first day.
    """

    told: date
    since: date
    rows: tuple[Row, ...]
    stretches: tuple[Stretch, ...]
    kept: tuple[Kept, ...] = ()


def _cut_by_balance(facts: Facts, reign: Reign, cut_on: Collection[date]) -> Reign:
    """The stretches of a loan that follows its balance, cut where rate or balance changes, and on ``cut_on``."""
    days = {*cut_on, *(on for on, _rate in rate_changes(facts))} | {on for on, _sum in facts.contract.lent}
    days |= {act.on for act in facts.of("drawn_down", "merchant_refund", "goodwill_credit", "charge_back")}
    ended = [act.on for act in facts.of("settled_for_less", "write_off")]
    days |= {rest_day(facts, on) for on in (*ended, *(money.on for money in facts.money))}
    days |= {rest_day(facts, row.due_on) for row in facts.rows if _begins_to_compound(facts, row)}
    return replace(reign, stretches=tuple(y for x in reign.stretches for y in split(facts.contract, x, days)))


def _begins_to_compound(facts: Facts, row: Row) -> bool:
    """Whether interest or fees of ``row`` bear interest themselves from the rest day after its due date on."""
    day, compounding = rest_day(facts, row.due_on), facts.contract.compounding
    counted = [money for money in facts.money if rest_day(facts, money.on) <= day]
    lines = [line for money in counted for line in money.lines if line.number == row.number]
    interest = row.interest - sum((line.interest for line in lines), NOTHING)
    fee = row.fee - sum((line.fee for line in lines), NOTHING)
    return bool((compounding in ("interest", "both") and interest) or (compounding in ("fee", "both") and fee))


def signed_reign(facts: Facts) -> Reign:
    """The schedule as signed, from the day the money goes out."""
    contract = facts.contract
    rows = [row for row in facts.signed if row.starts_on < row.due_on]
    found: list[Stretch] = []
    deferred = contract.deferred_instalments
    for place, row in enumerate(rows):
        within = (row.starts_on, row.due_on)
        if contract.due_dates or (place == 0 and not _first_is_regular(contract)):
            stretch = period_alone(contract, row)
        elif place == 0 and contract.schedule_start_on is not None:
            stretch = regular_period(contract, row, (contract.schedule_start_on, row.due_on))
        else:
            stretch = regular_period(contract, row, within)
        free = (row.number - 1 if contract.moves_to in STEPPING else place) < contract.free_instalments
        stretch = replace(stretch, due_with=rows[deferred].number) if place < deferred else stretch
        bears_nothing = replace(stretch, whole=Fraction(0), by_count=False)
        agreed = () if contract.follows_balance else _agreed_turns(contract)
        found += [bears_nothing] if free else split(contract, stretch, agreed)
    return Reign(contract.start_on, contract.start_on, facts.signed, tuple(found))


def _agreed_turns(contract: Contract) -> set[date]:
    """The days on which, as was signed, rate or balance changes."""
    return {on for on, _value in (*contract.rates, *contract.lent)}


def _first_is_regular(contract: Contract) -> bool:
    if contract.schedule_start_on is not None:
        return True
    if contract.due_dates or contract.method == "bullet":
        return False
    return contract.first_due_on is None or stepped(contract, contract.start_on, 1) == contract.first_due_on


def reigns(facts: Facts, cut_on: Collection[date] = ()) -> list[Reign]:
    """The schedules in force, one after the other, cut on ``cut_on`` too. Raises NotFollowed."""
    acts = facts.of(*RESHAPING)
    for act in acts:
        if act.kind in NOT_FOLLOWED:
            raise NotFollowed(act.kind)
        if act.kind in MOVING and facts.contract.moves_to in STEPPING:
            raise NotFollowed(f"{act.kind} of instalments left out or merged")
    if facts.contract.is_line and facts.of("drawn_down"):
        raise NotFollowed("a line drawn again")
    found = [signed_reign(facts)]
    for place, act in enumerate(acts):
        rows = _rows_after(facts, acts, place)
        found = _turned(facts, found, act)
        found.append(_after(facts, found[-1], act, rows))
    return [_cut_by_balance(facts, reign, cut_on) for reign in found] if facts.contract.follows_balance else found


def _turned(facts: Facts, found: list[Reign], act: Act) -> list[Reign]:
    """The schedules with the running period cut on the day of ``act``, which works it out anew.

    The first act does so for the whole period: the days before it are counted by themselves, too. From a later one on, or
    where the rate or balance had changed before, what was earned is a fact, and only what is left is counted.
    """
    if act.kind not in WORKED_OUT_ANEW or facts.contract.follows_balance:
        return found
    number = next((x.number for x in found[-1].stretches if x.start < act.on < x.end), None)
    parts = [x for x in found[-1].stretches if x.number == number]
    kept = tuple(replace(x, until=min(x.until, act.on)) for x in found[-1].kept)
    found = [*found[:-1], replace(found[-1], kept=kept)]
    if (
        len(parts) != 1
        or not parts[0].by_count
        or _lessened_before(facts, act.on, parts[0])
        or _is_put_off(facts, parts[0])
    ):
        return found
    whole = parts[0]
    cut = split(facts.contract, whole, {act.on})
    past = whole.share * (act.on - whole.start).days - cut[0].whole
    if past > 0:
        kept = (*kept, Kept(len(found) - 1, whole.start, act.on, whole.end, past, whole.end))
    by = [replace(x, stretches=tuple(z for y in x.stretches for z in (cut if y == whole else [y]))) for x in found]
    return [*by[:-1], replace(by[-1], kept=kept)]


def _is_put_off(facts: Facts, stretch: Stretch) -> bool:
    """Whether what ``stretch`` bears falls due with a later instalment, or its instalment's with what others bore."""
    deferred = facts.contract.deferred_instalments
    numbers = [row.number for row in facts.signed if row.starts_on < row.due_on]
    return bool(deferred) and stretch.number in numbers[: deferred + 1]


def _lessened_before(facts: Facts, on: date, stretch: Stretch) -> bool:
    """Whether, by a decision from before ``on``, interest was on hold in ``stretch`` or some of it was waived."""
    if any(stretch.start < act.on <= on for act in facts.of("interest_waived")):
        return True
    holds = [act for act in facts.of("hold_placed") if act.asked["stops"] in ("interest", "everything")]
    ends = [(act.on, date.fromisoformat(act.asked["until"])) for act in holds]
    return any(begins < on and begins < stretch.end and stretch.start < until for begins, until in ends)


def _rows_after(facts: Facts, acts: Sequence[Act], place: int) -> tuple[Row, ...]:
    """The instalments as the act at ``place`` left them; which version that is, days tell."""
    ended = called_in_on(facts)
    later = [act.on for act in acts[place + 1 :]] + ([ended] if ended else [])
    if later and later[0] == acts[place].on and acts[place].kind != "rate_changed":
        raise NotFollowed("two changes of one day, of which the second one's instalments alone are kept")
    back = [x for x in facts.of("charge_back") if x.on <= acts[-1].on]
    if back:
        raise NotFollowed("money charged back before the instalments were changed")
    if not later:
        return without_charge_backs(facts)
    told_late = any(x.told_on > x.on for x in acts) or any(x.told_on > x.on for x in facts.money)
    if told_late or facts.undone or facts.has_reversed_money:
        raise NotFollowed("several acts told of late or taken back")
    before = [version for version in facts.versions if version.until == later[0]]
    if not before:
        raise NotFollowed("no version ends where the next act begins")
    return before[0].rows


def _after(facts: Facts, before: Reign, act: Act, rows: tuple[Row, ...]) -> Reign:
    """The stretches as ``act`` left them: those of before where an instalment kept its days.

    A period that had been moved bears what it bore, until its instalment is worked out anew: then it is measured.
    """
    contract, old = facts.contract, {row.number: row for row in before.rows}
    if act.kind == "reamortised":
        # The new plan begins on the day of the act; before it stand old instalments with what was paid of them.
        first = max((n for n, row in enumerate(rows) if row.starts_on == act.on), default=len(rows))
        rows = rows[first:]
        turns = {on for on, _rate in rate_changes(facts, told_by=act.on)}
        parts = [part for n, row in enumerate(rows) for part in split(contract, _planned(facts, rows, row, n), turns)]
        return Reign(act.on, act.on, rows, tuple(parts))
    if act.kind == "rescheduled" and date.fromisoformat(act.asked["from_due_on"]) <= act.on:
        raise NotFollowed("instalments that had fallen due were rescheduled")
    if act.kind in WORKED_OUT_ANEW and any(x.without for x in before.stretches if x.end > act.on):
        raise NotFollowed("instalments worked out anew, whose time had been added when some of it was paid")
    if act.kind in MOVING:
        _require_days_move(facts, before, act, rows)
    since: date | None = None
    signed = {(row.number, row.starts_on, row.due_on) for row in facts.signed}
    planned = {row.number for row in facts.signed if row.starts_on < row.due_on}
    found: list[Stretch] = []
    for row in rows:
        kept = [stretch for stretch in before.stretches if stretch.number == row.number]
        known = old.get(row.number)
        had_days = known is None or known.starts_on < known.due_on  # a down payment has none until it is moved
        if row.starts_on >= row.due_on or (contract.follows_balance and row.number not in planned):
            continue  # nor is it, where interest follows the balance, a part of the plan
        if known is None or (not kept and had_days):
            found.append(regular_period(contract, row, (row.starts_on, row.due_on)))
        elif (known.starts_on, known.due_on) == (row.starts_on, row.due_on):
            anew = _works_out(act, row) and (row.number, row.starts_on, row.due_on) not in signed
            found += _measured_anew(facts, act, rows, row, kept) if anew else _rest_counted(facts, act, kept)
            if anew and act.kind != "merchant_refund" and len(kept) == 1 and row.starts_on < act.on < row.due_on:
                since = row.starts_on  # the whole of it
        elif since is None and known.starts_on == row.starts_on and _is_named(act, known):
            found += _first_moved(facts, act, kept, known, row)
            since = row.starts_on
        elif act.kind == "rescheduled" or contract.follows_balance:
            found.append(regular_period(contract, row, (row.starts_on, row.due_on)))
        else:
            found += _spread_over(kept, row)
    if not contract.follows_balance:
        turns = {on for on, _rate in rate_changes(facts, told_by=act.on)}
        fresh = [x for x in found if x not in before.stretches]
        found = [y for x in found for y in (split(contract, x, turns) if x in fresh else [x])]
    return Reign(act.on, since or act.on, rows, tuple(found), before.kept)


def _planned(facts: Facts, rows: Sequence[Row], row: Row, place: int) -> Stretch:
    """The period of an instalment of a new plan: one step from the day agreed before it on, also where days off moved it."""
    contract = facts.contract
    if place and not contract.due_dates and contract.moves_to not in STEPPING and is_regular(facts, rows, row):
        return regular_period(contract, row, (row.starts_on, row.due_on))
    return period_alone(contract, row)


def _works_out(act: Act, row: Row) -> bool:
    """Whether ``act`` works the instalment out anew; a reschedule does so from the one it names on."""
    named = date.fromisoformat(act.asked["from_due_on"]) if act.kind == "rescheduled" else date.min
    return act.kind in WORKED_OUT_ANEW and row.due_on >= named


def _is_named(act: Act, row: Row) -> bool:
    """Whether ``act`` makes the period of ``row`` longer or shorter; a reschedule does so for the one it names alone."""
    return act.kind != "rescheduled" or row.due_on == date.fromisoformat(act.asked["from_due_on"])


def _require_days_move(facts: Facts, before: Reign, act: Act, rows: Sequence[Row]) -> None:
    """Raise NotFollowed where another day was agreed that falls on the same working day: its time has no days."""
    paid: dict[int, Decimal] = {}
    for line in (line for money in facts.money if money.on <= act.on for line in money.lines):
        paid[line.number] = paid.get(line.number, NOTHING) + line.principal + line.interest + line.fee
    owed = {x.number: x for x in before.rows if x.principal + x.interest + x.fee > paid.get(x.number, NOTHING)}
    first = next((row for row in rows if row.number in owed), None)
    for row in rows:
        known = owed.get(row.number)
        if known is None or known.due_on != row.due_on:
            continue
        if agreed_day(facts, known) != agreed_day(facts, row) or (act.kind == "extension" and row is first):
            raise NotFollowed("a due date moved to another one that falls on the same working day")


def _rest_counted(facts: Facts, act: Act, kept: Sequence[Stretch]) -> list[Stretch]:
    """A period in which rate or balance had changed before ``act`` changed it again: only the rest of it is counted."""
    running = kept[0].start < act.on < kept[-1].end
    if act.kind not in WORKED_OUT_ANEW or facts.contract.follows_balance or not running or not kept[-1].by_count:
        return list(kept)
    past = [x for x in kept if x.start < act.on]
    past = [replace(x, end=min(x.end, act.on), whole=x.share * (min(x.end, act.on) - x.start).days) for x in past]
    rest = replace(kept[-1], start=act.on, whole=part_counted(facts.contract, act.on, kept[-1].end))
    return [*past, *split(facts.contract, rest, {on for on, _rate in rate_changes(facts, told_by=act.on)})]


def _measured_anew(facts: Facts, act: Act, rows: Sequence[Row], row: Row, kept: Sequence[Stretch]) -> list[Stretch]:
    """A moved period whose instalment ``act`` works out anew: as a regular one, or, where an act had made it longer, the
    rest of it by its part of the whole."""
    if has_free_time(kept):
        return worked_out_anew(facts, act.on, rows, row, kept)
    contract, regular = facts.contract, is_regular(facts, rows, row)
    if row.starts_on >= act.on:
        span = (row.starts_on, row.due_on)
        return [regular_period(contract, row, span) if regular else period_alone(contract, row)]
    if row.due_on <= act.on or not any(x.whole for x in kept):
        return list(kept)
    if not goes_by_days(contract) and len(kept) == 1:
        if not regular:
            raise NotFollowed("a period that an act had made longer or shorter, worked out anew")
        return list(kept)
    if len(kept) == 1:
        return split(contract, counted_period(contract, row), {act.on})
    past = [x for x in kept if x.start < act.on]
    past = [replace(x, end=min(x.end, act.on), whole=x.share * (min(x.end, act.on) - x.start).days) for x in past]
    whole = period_alone(contract, row)
    if whole.by_count:
        return [*past, counted_period(contract, replace(row, starts_on=act.on))]
    return [*past, Stretch(row.number, act.on, row.due_on, whole.share * (row.due_on - act.on).days)]


def _spread_over(kept: Sequence[Stretch], row: Row) -> list[Stretch]:
    """A period moved as a whole keeps what it bears, evenly over its new days. Raises NotFollowed."""
    due_with = {x.due_with for x in kept}
    if has_free_time(kept):
        return later(kept, row)
    if len(due_with) > 1:
        raise NotFollowed("a period moved of which one part is deferred and another is not")
    whole = sum((x.whole for x in kept), Fraction(0))
    return [Stretch(row.number, row.starts_on, row.due_on, whole, due_with=due_with.pop() if due_with else None)]


def _first_moved(facts: Facts, act: Act, kept: Sequence[Stretch], known: Row, row: Row) -> list[Stretch]:
    """The period that an act made longer or shorter."""
    contract = facts.contract
    if act.kind == "rescheduled":
        turned = [
            x.on for x in facts.of("drawn_down", "rate_changed", "merchant_refund", "rescheduled") if x is not act
        ]
        if len(kept) > 1 or any(row.starts_on < on <= act.on for on in turned):
            raise NotFollowed("a period in which rate or balance had changed, rescheduled")
        return (
            [period_alone(contract, row)] if any(x.whole for x in kept) else _spread_over(kept, row)
        )  # free stays free
    if any(x.amount("credit_used") for x in facts.acts if x.on <= act.on):
        raise NotFollowed("which instalments a credit balance had paid before they were moved")
    if any(x.amount("principal") for x in facts.of("goodwill_credit") if x.on <= act.on):
        raise NotFollowed("which instalments a goodwill credit had paid before they were moved")
    without = _paid_before(facts.money, act.on, row.number)
    if without != _paid_before(facts.money, act.on - ONE_DAY, row.number):
        raise NotFollowed("whether money of the day on which instalments were moved came first")
    span = (known.due_on, row.due_on)
    if not goes_by_days(contract):
        span = (agreed_day(facts, known), agreed_day(facts, row))
    if not goes_by_days(contract) and act.kind == "extension":
        span = (span[0], span[0] + int(act.asked["days"]) * ONE_DAY)
        if contract.follows_balance and contract.moves_to != "none" and act is not facts.of("extension")[0]:
            raise NotFollowed("which day was agreed before the due date was moved twice")
    if row.due_on < known.due_on:
        free = free_days(facts, kept, row.due_on, known.due_on)
        less = time_between(contract, row, max(span[0] - free, span[1]), span[1])
        return ended_sooner(facts, act.on, kept, row, -less)
    if act.asked.get("interest") == "free":
        whole = Fraction(0)
    else:
        whole = days_added(contract, *span) if act.kind == "extension" else time_between(contract, row, *span)
    added = Stretch(row.number, known.due_on, row.due_on, whole, goes_by_days(contract) and bool(whole), without)
    return [*kept, *split(contract, added, {on for on, _rate in rate_changes(facts, told_by=act.on)})]


def _paid_before(money: Sequence[Money], on: date, first: int) -> Decimal:
    """Principal of the instalments from number ``first`` on that had been paid by the end of ``on``."""
    lines = (line for receipt in money if receipt.on <= on for line in receipt.lines)
    return sum((line.principal for line in lines if line.number >= first), NOTHING)
