"""The yearly rates in force on a day: the contract's, and the one for what is late. Fractions: 0.18 is 18 % a year."""

from datetime import date
from decimal import Decimal

from core.money import round_rate
from loans.proof.oracle_reading import Dated, Facts


def rate_changes(facts: Facts, after: int = 0, told_by: date = date.max) -> list[Dated]:
    """Contract rates by the day from which each is in force: agreed, and as acts changed them.

    A new rate ends whatever was to hold from later days. Without the first ``after`` agreed ones: late interest follows
    acts only. ``told_by``: as acts up to that day had it.
    """
    found = list(facts.contract.rates)
    agreed = set(found[:after])
    for act in facts.of("rate_changed", "rescheduled"):
        if act.asked.get("annual_rate") is None or act.on > told_by:
            continue
        first = act.on
        if act.kind == "rescheduled":  # from the period of the first instalment it names, if that begins later
            named = date.fromisoformat(act.asked["from_due_on"])
            in_force = [version for version in facts.versions if version.until is None or version.until >= act.on]
            starts = [row.starts_on for version in in_force for row in version.rows if row.due_on == named]
            first = max([act.on, *starts[:1]])
        found = [*(dated for dated in found if dated[0] < first), (first, Decimal(act.asked["annual_rate"]))]
    return [dated for dated in found if dated not in agreed]


def rate_on(facts: Facts, day: date) -> Decimal:
    """The contract rate that the night after ``day`` bears."""
    return [rate for first, rate in rate_changes(facts) if first <= day][-1]


def late_rate_on(facts: Facts, day: date) -> Decimal:
    """The late rate of ``day``: contract rate times multiplier, at most the ceiling (银发〔2003〕251号).

    A contract rate of a day bears on the night after it, a late day is the one that has passed: so it follows a day later.
    Where contract interest goes on for what is overdue, only what exceeds the contract rate is late interest.
    """
    contract = facts.contract
    if contract.late_multiplier is None:
        return contract.late_rate
    multipliers = [act for act in facts.of("late_multiplier_changed") if act.on <= day]
    agreed = len(contract.rates)
    changed = [rate for first, rate in rate_changes(facts, after=agreed) if first < day]
    if not multipliers and not changed:
        return contract.late_rate
    rate = changed[-1] if changed else contract.rates[0][1]
    multiplier = Decimal(multipliers[-1].asked["multiplier"]) if multipliers else contract.late_multiplier
    late = round_rate(rate * multiplier)
    late = late if contract.late_ceiling is None else min(late, contract.late_ceiling)
    return max(late - rate, Decimal(0)) if contract.late_on_top else late
