"""The schedule in force on each day, and what part of a year each stretch of it bears: the calendar half of the oracle.

Dates and principal of the instalments are taken as stored: the signed schedule, and what an act left. What time costs is
worked out here. By months a regular period bears ``every``/12 of a year, evenly over its days; a period of another length
its whole months, or else its days by the day count; so is time that an act adds, only an extension always goes by the day
count, for the days that were asked for.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from loans.proof.oracle_counts import count, goes_by_days, per_year, stepped, units_of_year
from loans.proof.oracle_days import months_later
from loans.proof.oracle_rates import rate_changes
from loans.proof.oracle_reading import NOTHING, Act, Contract, Facts, Money, Row
from loans.proof.oracle_rests import NotFollowed, called_in_on, rest_day

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
# Over days off instalments are left out or merged: periods are as long as they are, merged ones have no days. Acts that move
# due dates make other ones merge, while each keeps its interest.
STEPPING = ("merge", "skip")
MOVING = ("extension", "due_day_changed", "payment_holiday")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from ``start`` to ``end`` of the period of instalment ``number`` that bear ``whole`` of a year in all.

    Each night of them bears the same part. ``by_count``: the product counts days, so that where rate or balance changes
    inside, the two parts are counted each by itself. ``without`` is principal that bears nothing in these days, because it
    had been paid when an act added them.
    """

    number: int
    start: date
    end: date
    whole: Fraction
    by_count: bool = False
    without: Decimal = NOTHING

    @property
    def share(self) -> Fraction:
        """The part of a year that one night bears."""
        return self.whole / (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Reign:
    """The instalments as an act of the day ``told`` left them, and their stretches by day.

    They count from ``since``: an act that moves a due date measures the period it moves anew, from its first day.
    """

    told: date
    since: date
    rows: tuple[Row, ...]
    stretches: tuple[Stretch, ...]


def _regular(contract: Contract, row: Row, within: tuple[date, date]) -> Stretch:
    """A regular period, or the part of it that lies in ``row``."""
    begin, end = within
    if contract.moves_to in STEPPING and not goes_by_days(contract):
        return _alone(contract, row)
    days, length = (row.due_on - row.starts_on).days, (end - begin).days
    if contract.day_count == "act_act_icma" and goes_by_days(contract):
        return Stretch(row.number, row.starts_on, row.due_on, Fraction(days, per_year(contract) * length))
    if goes_by_days(contract):
        return _by_count(contract, row)
    return Stretch(
        row.number, row.starts_on, row.due_on, units_of_year(contract, contract.every, begin) * days / length
    )


def _by_count(contract: Contract, row: Row) -> Stretch:
    whole = count(contract, row.starts_on, row.due_on)
    return Stretch(row.number, row.starts_on, row.due_on, whole, by_count=True)


def _cut(facts: Facts, stretch: Stretch, cut_on: Collection[date]) -> list[Stretch]:
    """A stretch by the day count in parts, at the days inside it on which rate or balance changes.

    A month of thirty days says nothing of a single day: that is why it is cut there alone, and each part is even.
    """
    days = {*cut_on, *(on for on, _rate in rate_changes(facts))} | {on for on, _sum in facts.contract.lent}
    days |= {act.on for act in facts.of("drawn_down", "merchant_refund", "goodwill_credit", "charge_back")}
    if facts.contract.follows_balance:
        ended = [act.on for act in facts.of("settled_for_less", "write_off")]
        days |= {rest_day(facts, on) for on in (*ended, *(money.on for money in facts.money))}
        days |= {rest_day(facts, row.due_on) for row in facts.rows if _begins_to_compound(facts, row)}
    inside = sorted(on for on in days if stretch.start < on < stretch.end)
    if not stretch.by_count or not inside:
        return [stretch]
    spans = pairwise([stretch.start, *inside, stretch.end])
    return [replace(stretch, start=a, end=b, whole=count(facts.contract, a, b)) for a, b in spans]


def _begins_to_compound(facts: Facts, row: Row) -> bool:
    """Whether interest or fees of ``row`` bear interest themselves from the rest day after its due date on."""
    day, compounding = rest_day(facts, row.due_on), facts.contract.compounding
    counted = [money for money in facts.money if rest_day(facts, money.on) <= day]
    lines = [line for money in counted for line in money.lines if line.number == row.number]
    interest = row.interest - sum((line.interest for line in lines), NOTHING)
    fee = row.fee - sum((line.fee for line in lines), NOTHING)
    return bool((compounding in ("interest", "both") and interest) or (compounding in ("fee", "both") and fee))


def _alone(contract: Contract, row: Row) -> Stretch:
    """A period measured by itself: whole units are even parts of the year; by months anything else goes by its days."""
    start, end = row.starts_on, row.due_on
    if goes_by_days(contract):
        return _by_count(contract, row)
    if contract.frequency != "month":
        length = contract.every * (7 if contract.frequency == "week" else 1)
        share = units_of_year(contract, contract.every, start) * (end - start).days / length
        return Stretch(row.number, start, end, share)
    months = 0
    while months_later(start, months + 1) <= end:
        months += 1
    reached = months_later(start, months)
    if reached != end and contract.interest_by == "period":
        return _by_count(contract, row)
    length = (months_later(start, months + 1) - reached).days
    rest = units_of_year(contract, 1, reached) * (end - reached).days / length
    return Stretch(row.number, start, end, units_of_year(contract, months, start) + rest)


def signed_reign(facts: Facts) -> Reign:
    """The schedule as signed, from the day the money goes out."""
    contract = facts.contract
    rows = [row for row in facts.signed if row.starts_on < row.due_on]
    found = []
    for place, row in enumerate(rows):
        within = (row.starts_on, row.due_on)
        if contract.due_dates or (place == 0 and not _first_is_regular(contract)):
            stretch = _alone(contract, row)
        elif place == 0 and contract.schedule_start_on is not None:
            stretch = _regular(contract, row, (contract.schedule_start_on, row.due_on))
        else:
            stretch = _regular(contract, row, within)
        free = (row.number - 1 if contract.moves_to in STEPPING else place) < contract.free_instalments
        bears_nothing = replace(stretch, whole=Fraction(0), by_count=False)
        found.append(bears_nothing if free else stretch)
    return Reign(contract.start_on, contract.start_on, facts.signed, tuple(found))


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
        found.append(_after(facts, found[-1], act, rows))
    return [
        replace(reign, stretches=tuple(y for x in reign.stretches for y in _cut(facts, x, cut_on))) for reign in found
    ]


def _rows_after(facts: Facts, acts: Sequence[Act], place: int) -> tuple[Row, ...]:
    """The instalments as the act at ``place`` left them; which version that is, days tell."""
    ended = called_in_on(facts)
    later = [act.on for act in acts[place + 1 :]] + ([ended] if ended else [])
    if later and later[0] == acts[place].on and acts[place].kind != "rate_changed":
        raise NotFollowed("two changes of one day, of which the second one's instalments alone are kept")
    back = [x for x in facts.of("charge_back") if x.on < acts[-1].on]
    if back:
        raise NotFollowed("money charged back before the instalments were changed")
    if not later:
        return _without_charge_backs(facts)
    told_late = any(x.told_on > x.on for x in acts) or any(x.told_on > x.on for x in facts.money)
    if told_late or facts.undone or facts.has_reversed_money:
        raise NotFollowed("several acts told of late or taken back")
    before = [version for version in facts.versions if version.until == later[0]]
    if not before:
        raise NotFollowed("no version ends where the next act begins")
    return before[0].rows


def _without_charge_backs(facts: Facts) -> tuple[Row, ...]:
    """The instalments in force without what a charge-back added to one of them: it bears no contract interest."""
    rows = {row.number: row for row in facts.rows}
    for act in facts.of("charge_back"):
        number = charged_back_to(facts.rows, act)
        rows[number] = replace(rows[number], principal=rows[number].principal - act.amount("owed_again"))
    return tuple(rows.values())


def charged_back_to(rows: Sequence[Row], act: Act) -> int:
    """The instalment that a charge-back is owed with: the next one, or the last where none is to come."""
    return next((row.number for row in rows if row.due_on >= act.on), rows[-1].number)


def _after(facts: Facts, before: Reign, act: Act, rows: tuple[Row, ...]) -> Reign:
    """The stretches as ``act`` left them: those of before where an instalment kept its days.

    A period that had been moved bears what it bore, until its instalment is worked out anew: then it is measured.
    """
    contract, old = facts.contract, {row.number: row for row in before.rows}
    if act.kind == "reamortised":
        # The new plan begins on the day of the act; before it stand old instalments with what was paid of them.
        first = max((n for n, row in enumerate(rows) if row.starts_on == act.on), default=len(rows))
        rows = rows[first:]
        return Reign(act.on, act.on, rows, tuple(_alone(contract, row) for row in rows))
    if act.kind == "rescheduled" and date.fromisoformat(act.asked["from_due_on"]) <= act.on:
        raise NotFollowed("instalments that had fallen due were rescheduled")
    if act.kind in WORKED_OUT_ANEW and any(x.without for x in before.stretches if x.end > act.on):
        raise NotFollowed("instalments worked out anew, whose time had been added when some of it was paid")
    since: date | None = None
    stays = _first_open_that_stays(facts, before, act, rows) if act.kind == "extension" else None
    if stays is not None and rate_changes(facts):
        raise NotFollowed("at which rate days count that days off had added before")
    if stays is not None:
        before, since = _with_time_within(contract, before, act, stays), stays.starts_on
    signed = {(row.starts_on, row.due_on) for row in facts.signed}
    planned = {row.number for row in facts.signed if row.starts_on < row.due_on}
    found: list[Stretch] = []
    for row in rows:
        kept = [stretch for stretch in before.stretches if stretch.number == row.number]
        known = old.get(row.number)
        had_days = known is None or known.starts_on < known.due_on  # a down payment has none until it is moved
        if row.starts_on >= row.due_on or (contract.follows_balance and row.number not in planned):
            continue  # nor is it, where interest follows the balance, a part of the plan
        if known is None or (not kept and had_days):
            found.append(_regular(contract, row, (row.starts_on, row.due_on)))
        elif (known.starts_on, known.due_on) == (row.starts_on, row.due_on):
            anew = act.kind in WORKED_OUT_ANEW and (row.starts_on, row.due_on) not in signed
            found += _measured_anew(contract, act, row, kept) if anew else kept
        elif since is None and known.starts_on == row.starts_on:
            found += _first_moved(facts, act, kept, known, row)
            since = row.starts_on
        elif act.kind == "rescheduled":
            found.append(_regular(contract, row, (row.starts_on, row.due_on)))
        else:
            found += _spread_over(kept, row)
    return Reign(act.on, since or act.on, rows, tuple(found))


def _measured_anew(contract: Contract, act: Act, row: Row, kept: Sequence[Stretch]) -> list[Stretch]:
    """A moved period whose instalment ``act`` works out anew: as a regular one, or, where an act had made it longer, the
    rest of it by its part of the whole."""
    if row.starts_on >= act.on:
        return [_regular(contract, row, (row.starts_on, row.due_on))]
    if len(kept) == 1 or not kept[-1].whole or row.due_on <= act.on:
        return list(kept)
    past = [x for x in kept if x.start < act.on]
    past = [replace(x, end=min(x.end, act.on), whole=x.share * (min(x.end, act.on) - x.start).days) for x in past]
    if goes_by_days(contract):
        return [*past, _by_count(contract, replace(row, starts_on=act.on))]
    days, length = (row.due_on - act.on).days, (row.due_on - row.starts_on).days
    return [*past, Stretch(row.number, act.on, row.due_on, _alone(contract, row).whole * days / length)]


def _spread_over(kept: Sequence[Stretch], row: Row) -> list[Stretch]:
    """A period moved as a whole keeps what it bears, evenly over its new days."""
    return [Stretch(row.number, row.starts_on, row.due_on, sum((x.whole for x in kept), Fraction(0)))]


def _first_moved(facts: Facts, act: Act, kept: Sequence[Stretch], known: Row, row: Row) -> list[Stretch]:
    """The period that an act made longer or shorter."""
    contract = facts.contract
    if act.kind == "rescheduled":
        return [_alone(contract, row)]
    if any(x.amount("credit_used") for x in facts.acts if x.on <= act.on):
        raise NotFollowed("which instalments a credit balance had paid before they were moved")
    without = _paid_before(facts.money, act.on, row.number)
    if without != _paid_before(facts.money, act.on - timedelta(days=1), row.number):
        raise NotFollowed("whether money of the day on which instalments were moved came first")
    if row.due_on < known.due_on:
        less = _alone(contract, replace(row, starts_on=row.due_on, due_on=known.due_on)).whole
        return [replace(_spread_over(kept, row)[0], whole=sum((x.whole for x in kept), Fraction(0)) - less)]
    extra = replace(row, starts_on=known.due_on)
    if act.kind == "extension":
        added = _extended(contract, extra, int(act.asked["days"]))
    elif act.asked.get("interest") == "free":
        added = Stretch(row.number, extra.starts_on, extra.due_on, Fraction(0))
    else:
        added = _alone(contract, extra)
    return [*kept, replace(added, without=without)]


def _first_open_that_stays(facts: Facts, before: Reign, act: Act, rows: Sequence[Row]) -> Row | None:
    """The first open instalment where days off had moved its due date as far as the extension does: only later ones move."""
    paid: dict[int, Decimal] = {}
    for line in (line for money in facts.money if money.on <= act.on for line in money.lines):
        paid[line.number] = paid.get(line.number, NOTHING) + line.principal + line.interest + line.fee
    old = {
        row.number: row for row in before.rows if row.principal + row.interest + row.fee > paid.get(row.number, NOTHING)
    }
    first = next((row for row in rows if row.number in old), None)
    return first if first is not None and first.due_on == old[first.number].due_on else None


def _with_time_within(contract: Contract, before: Reign, act: Act, stays: Row) -> Reign:
    """``before`` with the time of the extension borne evenly over the days of the instalment that ``stays``: none where
    the product goes by days."""
    kept = [x for x in before.stretches if x.number == stays.number]
    if goes_by_days(contract) or not kept:
        return before
    time = _extended(contract, replace(stays, starts_on=stays.due_on), int(act.asked["days"])).whole
    length = (kept[-1].end - kept[0].start).days
    spread = [replace(x, whole=x.whole + time * (x.end - x.start).days / length) for x in kept]
    others = [x for x in before.stretches if x.number != stays.number]
    return replace(before, stretches=tuple(sorted([*others, *spread], key=lambda x: x.start)))


def _extended(contract: Contract, extra: Row, days: int) -> Stretch:
    """The days of an extension by the product's day count: where it does not go by days, those that were asked for."""
    start, end = extra.starts_on, extra.due_on
    if contract.day_count == "act_act_icma":
        regular = (stepped(contract, start, 1) - start).days
        used = (end - start).days if goes_by_days(contract) else days
        return Stretch(extra.number, start, end, Fraction(used, per_year(contract) * regular))
    if goes_by_days(contract):
        return _by_count(contract, extra)
    return Stretch(extra.number, start, end, count(contract, start, start + timedelta(days=days)))


def _paid_before(money: Sequence[Money], on: date, first: int) -> Decimal:
    """Principal of the instalments from number ``first`` on that had been paid by the end of ``on``."""
    lines = (line for receipt in money if receipt.on <= on for line in receipt.lines)
    return sum((line.principal for line in lines if line.number >= first), NOTHING)
