"""What part of a year a product's days and periods are, for the oracle."""

from datetime import date, timedelta
from fractions import Fraction

from loans.proof.oracle_days import days_of_year, months_later, part_of_year
from loans.proof.oracle_reading import Contract


def goes_by_days(contract: Contract) -> bool:
    """Whether the product counts days, rather than even parts of the year."""
    return contract.interest_by == "day" or (contract.frequency != "month" and contract.interest_by == "period")


def count(contract: Contract, start: date, end: date) -> Fraction:
    """The part of a year from ``start`` to ``end`` by the product's day count."""
    if contract.day_count == "act_act_icma":
        return _by_notional_periods(contract, start, end)
    rhythm = "month" if contract.frequency == "month" else "week"
    return part_of_year(start, end, contract.day_count, last_due=_last_due(contract), rhythm=rhythm)


def _by_notional_periods(contract: Contract, start: date, end: date) -> Fraction:
    """ICMA rule 251: regular periods back from ``end``, each an even part of the year, of each the days that are used."""
    total, steps, last = Fraction(0), 0, end
    while last > start:
        steps += 1
        first = stepped(contract, end, -steps)
        used = (last - max(first, start)).days
        total += Fraction(used, per_year(contract) * (last - first).days)
        last = first
    return total


def per_year(contract: Contract) -> int:
    """How many regular periods a year has."""
    return max({"month": 12, "week": 52, "day": 365}[contract.frequency] // contract.every, 1)


def _last_due(contract: Contract) -> date:
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


def units_of_year(contract: Contract, units: int, on: date) -> Fraction:
    """``units`` whole months, weeks or days as an even part of the year."""
    if contract.frequency != "day" and contract.interest_by != "thirty":
        return Fraction(units, 12 if contract.frequency == "month" else 52)
    days = units * {"month": 30, "week": 7, "day": 1}[contract.frequency]
    return days / days_of_year(contract.day_count, on)
