"""Interest by the day, for the oracle: each night bears what is planned or outstanding, at the rate in force on that day.

Interest is kept exact, as fractions of a currency unit. What an act does that cannot be retold by days raises NotFollowed.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from loans.proof.oracle_periods import MOVING, RESHAPING, Reign, reigns
from loans.proof.oracle_rates import rate_on
from loans.proof.oracle_reading import NOTHING, Act, Facts, Line, Row
from loans.proof.oracle_rests import NotFollowed, called_in_on, rest_day

SMALL_REMAINDER = "small_remainder"
ONE_DAY = timedelta(days=1)


def interest_by(facts: Facts, on: date, *, called_in: bool = False) -> Fraction:
    """Interest earned by the end of ``on``, less what was given back by then with goods that were returned.

    ``called_in``: by what would be owed if all were paid, which ends the period.
    """
    if facts.stored.status == "active" and facts.of(SMALL_REMAINDER):
        raise NotFollowed("a small remainder closed before something was owed again")
    back = [act for act in facts.of("merchant_refund") if act.on <= on]
    if not facts.contract.refund_gives_back:
        return _by_days(facts, on, called_in=called_in)
    lent = sum((amount for _on, amount in facts.contract.lent), NOTHING)
    given, returned = Fraction(0), NOTHING
    for act in back:
        given += (_by_days(facts, act.on) - given) * Fraction(act.amount("refunded")) / Fraction(lent - returned)
        returned += act.amount("refunded")
        if returned >= lent:
            return Fraction(0)  # nothing of the purchase is left that could bear any
    return _by_days(facts, on, called_in=called_in) - given


def _by_days(facts: Facts, on: date, *, called_in: bool = False) -> Fraction:
    """Interest that the days until the end of ``on`` bear."""
    ended = called_in_on(facts)
    until = on if ended is None else min(on, rest_day(facts, ended) if facts.contract.follows_balance else ended)
    waived = sum((act.amount("waived") for act in facts.of("interest_waived") if act.on <= on), NOTHING)
    if facts.contract.is_flat:
        return _flat(facts, until)
    if facts.contract.follows_balance:
        _require_known_to_compound(facts)
        _require_plain_time(facts)
        if any(act.amount("credit_used") or (act.kind == "refund" and act.amount("owed_again")) for act in facts.acts):
            raise NotFollowed("from which day what is owed again bears interest")
        reckoned = {until} if called_in else _reckoned_on(facts, until)
        return _on_balance(facts, until, reckoned) - Fraction(waived)
    return _on_schedule(facts, until) - Fraction(waived)


def _is_free(facts: Facts, day: date) -> bool:
    """Whether the night after ``day`` lies in a hold of interest: the hold names the day on which it ends."""
    holds = [act for act in facts.of("hold_placed") if act.asked["stops"] in ("interest", "everything")]
    return any(act.on <= day + ONE_DAY <= date.fromisoformat(act.asked["until"]) for act in holds)


def _on_schedule(facts: Facts, until: date) -> Fraction:
    found = reigns(facts)
    return _under(facts, found, until) + _kept(facts, found, until)


def _under(facts: Facts, found: Sequence[Reign], until: date) -> Fraction:
    """What the days until ``until`` bear under the schedules ``found``."""
    return sum(_borne(facts, found, until).values(), Fraction(0))


def borne_by_each(facts: Facts, on: date) -> dict[int, Fraction]:
    """What the days until the end of ``on`` bear of each instalment, by the number of the one it falls due with, where due
    dates were moved after interest had been deferred. Raises NotFollowed.

    The time that was added falls due with the first instalment and lies after days whose interest falls due later: the
    order of the due dates is not the order in which interest is earned.
    """
    others = [kind for kind in RESHAPING if kind not in MOVING]
    for act in facts.of(*others, "interest_waived"):
        raise NotFollowed(f"which part of deferred interest was paid ahead, after {act.kind}")
    ended = called_in_on(facts)
    return _borne(facts, reigns(facts), on if ended is None else min(on, ended))


def _borne(facts: Facts, found: Sequence[Reign], until: date) -> dict[int, Fraction]:
    """The same under the schedules ``found``, by the number of the instalment with which it falls due."""
    borne: dict[int, Fraction] = {}
    for place, reign in enumerate(found):
        last = min([until, *(later.since for later in found[place + 1 :])])
        for stretch in reign.stretches:
            day, number = max(stretch.start, reign.since), stretch.due_with or stretch.number
            while day < min(stretch.end, last):
                if not _is_free(facts, day):
                    balance = Fraction(_planned(facts, reign, day) - stretch.without)
                    of_day = balance * Fraction(rate_on(facts, day)) * stretch.share
                    borne[number] = borne.get(number, Fraction(0)) + of_day
                day += ONE_DAY
    return borne


def earned_before_acts(facts: Facts, on: date) -> Fraction:
    """By how much more had been earned, on the days acts moved due dates, than their new schedules say of the same days.

    It stays earned, and so much less is earned later: until then the books may have as much more. Raises NotFollowed.
    """
    if facts.contract.is_flat or facts.contract.follows_balance:
        return Fraction(0)
    found, total = reigns(facts), Fraction(0)
    for place, reign in enumerate(found[1:], start=1):
        if reign.since < reign.told <= on:
            was, now = (_under(facts, found[:count], reign.told) for count in (place, place + 1))
            total += max(was - now, Fraction(0))
    return total


def _kept(facts: Facts, found: Sequence[Reign], until: date) -> Fraction:
    """What had been earned and stays so, as far as it has not been made up for by the end of ``until``: by what the days
    after it bear, as far as they are not free, so that it is never more than they do."""
    total = Fraction(0)
    for kept in found[-1].kept:
        if kept.on <= until:
            days = [kept.on + n * ONE_DAY for n in range((min(until, kept.until) - kept.on).days)]
            gone = Fraction(sum(not _is_free(facts, day) for day in days), (kept.end - kept.on).days)
            balance = Fraction(_planned(facts, found[kept.place], kept.start)) * Fraction(rate_on(facts, kept.start))
            to_come = _under(facts, found, kept.end) - _under(facts, found, kept.on)
            total += min(balance * kept.part, to_come) * (1 - gone)
    return total


def _planned(facts: Facts, reign: Reign, day: date) -> Decimal:
    """What the schedule still has to repay on ``day``, less what of it is lent later only."""
    to_repay = sum((row.principal for row in reign.rows if row.due_on > day), NOTHING)
    lent = [(act.on, Decimal(act.asked["amount"])) for act in facts.of("drawn_down") if act.on <= reign.told]
    return to_repay - sum((amount for on, amount in (*facts.contract.lent, *lent) if on > day), NOTHING)


def _flat(facts: Facts, until: date) -> Fraction:
    """An agreed charge: each instalment's own, evenly over the days of its period that are not free.

    Raises NotFollowed where an act moved interest or time: then it is not earned in the period it falls due with.
    """
    for act in facts.of(*RESHAPING, "interest_waived"):
        raise NotFollowed(act.kind)
    total = Fraction(0)
    for row, charge in _own_charges(facts):
        days = [row.starts_on + n * ONE_DAY for n in range((row.due_on - row.starts_on).days)]
        bearing = [day for day in days if not _is_free(facts, day)]
        if bearing:
            total += charge * sum(day < until for day in bearing) / len(bearing)
        elif row.due_on <= until:
            total += charge
    return total


def _own_charges(facts: Facts) -> list[tuple[Row, Fraction]]:
    """The charge of each instalment's own period: what only falls due later, in equal parts for the periods it is of."""
    rows, waiting = [row for row in facts.rows if row.starts_on < row.due_on], facts.contract.deferred_instalments
    if waiting and (facts.of("hold_placed") or called_in_on(facts)):
        raise NotFollowed("which of the deferred charges were freed, or called in")
    if not waiting:
        return [(row, Fraction(row.interest)) for row in facts.rows]
    first, later = rows[: waiting + 1], rows[waiting + 1 :]
    part = Fraction(first[-1].interest) / len(first)
    return [*((row, part) for row in first), *((row, Fraction(row.interest)) for row in later)]


def _require_known_to_compound(facts: Facts) -> None:
    """Raise NotFollowed where an act changed, from its day on, what bears interest besides principal."""
    compounding = facts.contract.compounding
    changing = [] if compounding == "none" else ["goodwill_credit", "merchant_refund"]
    changing += ["fee_added", "fee_raised", "fee_lowered", "waiver"] if compounding in ("fee", "both") else []
    if facts.of(*changing):
        raise NotFollowed("interest or fees that bear interest were changed")


def _require_plain_time(facts: Facts) -> None:
    """Raise NotFollowed where time was added to a plan whose first instalments share what odd days of a long period bore."""
    if facts.contract.spreads_first_period and facts.of("extension"):
        raise NotFollowed("time added to a plan whose first period is spread")


def _reckoned_on(facts: Facts, until: date) -> set[date]:
    """The rest day to which interest is counted while something overdue bears it; later it is planned."""
    late = any(row.due_on < until and _bears_unpaid(facts, row) for row in facts.rows)
    return {rest_day(facts, until)} if late else set()


def _bears_unpaid(facts: Facts, row: Row) -> bool:
    """Whether something unpaid of ``row`` bears interest: principal, and what compounds."""
    compounding, unpaid = facts.contract.compounding, row.principal > row.principal_paid
    unpaid |= compounding in ("interest", "both") and row.interest > row.interest_paid
    return unpaid or (compounding in ("fee", "both") and row.fee > row.fee_paid)


def _on_balance(facts: Facts, until: date, cut_on: set[date]) -> Fraction:
    total = Fraction(0)
    found = reigns(facts, cut_on)
    for stretch in found[-1].stretches:
        day = stretch.start
        while day < min(stretch.end, until):
            if not _is_free(facts, day):
                total += Fraction(_bearing(facts, day)) * Fraction(rate_on(facts, day)) * stretch.share
            day += ONE_DAY
    return total


def _bearing(facts: Facts, day: date) -> Decimal:
    """What bears interest on ``day``: what was lent, less principal paid that counts by then, and what compounds."""
    lent = [*facts.contract.lent, *((act.on, Decimal(act.asked["amount"])) for act in facts.of("drawn_down"))]
    lent += [(act.on, act.amount("owed_again") - _of_charges(act)) for act in facts.of("charge_back")]
    counted = [money for money in facts.money if not money.is_recovery and rest_day(facts, money.on) <= day]
    paid = sum((line.principal for money in counted for line in money.lines), NOTHING)
    paid += sum((act.amount("principal") for act in _credits(facts) if rest_day(facts, act.on) <= day), NOTHING)
    balance = sum((amount for on, amount in lent if on <= day), NOTHING) - paid
    return max(balance + _compounded(facts, day, [line for money in counted for line in money.lines]), NOTHING)


def _of_charges(act: Act) -> Decimal:
    """What of a charge-back had paid interest, fees and late interest."""
    return act.amount("interest") + act.amount("fee") + act.amount("late_interest")


def _compounded(facts: Facts, day: date, counted: list[Line]) -> Decimal:
    """Overdue interest and fees that bear interest themselves: what was not paid by the rest day after the due date."""
    late = [row for row in facts.rows if rest_day(facts, row.due_on) <= day]
    lines = [line for line in counted if line.number in {row.number for row in late}]
    amount = NOTHING
    if facts.contract.compounding in ("interest", "both"):
        amount += sum((row.interest for row in late), NOTHING) - sum((line.interest for line in lines), NOTHING)
    if facts.contract.compounding in ("fee", "both"):
        amount += sum((row.fee for row in late), NOTHING) - sum((line.fee for line in lines), NOTHING)
    return amount


def _credits(facts: Facts) -> list[Act]:
    return facts.of("goodwill_credit", "merchant_refund")
