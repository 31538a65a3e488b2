"""From when money counts by the rest days of a product, and the day on which a loan ended, for the oracle."""

from datetime import date, timedelta

from loans.proof.oracle_days import months_later
from loans.proof.oracle_reading import Facts, Row


class NotFollowed(Exception):
    """Something happened to the loan that the oracle cannot retell; it says what."""


def rest_day(facts: Facts, on: date) -> date:
    """The day from which money of ``on`` lessens interest, by the product's rest."""
    contract = facts.contract
    if not contract.follows_balance or contract.rest == "daily":
        return on
    if contract.rest == "same_as_repayment":
        if any(on <= act.on for act in facts.of("extension")):
            raise NotFollowed("from which due date money counts that came before they were moved")
        return min((row.due_on for row in _planned_rows(facts) if row.due_on >= on), default=on)
    start, steps = contract.start_on, 0
    while _rest(start, steps, contract.rest) < on:
        steps += 1
    return _rest(start, steps, contract.rest)


def _planned_rows(facts: Facts) -> tuple[Row, ...]:
    """The instalments with the due dates they had before a loan that ended was called in."""
    ended = called_in_on(facts)
    before = [version for version in facts.versions if version.until is not None and version.until == ended]
    signed = {row.number for row in facts.signed}  # what is owed again since falls due on no rest day
    return tuple(row for row in (before[-1].rows if before else facts.rows) if row.number in signed)


def _rest(start: date, steps: int, rest: str) -> date:
    return months_later(start, steps) if rest == "monthly" else start + timedelta(days=7 * steps)


def ended_on(facts: Facts) -> date | None:
    """The day on which the loan ended: settled early, settled for less, or written off.

    What settled a loan that follows its balance and does no longer, because other money bounced or some was charged back, is
    a payment like others.
    """
    if facts.of("receipt_redated") and any(money.settles for money in facts.money):
        raise NotFollowed("what a settlement had to pay before a payment was moved to another day")
    came_back = facts.contract.follows_balance and (facts.stored.status == "active" or bool(facts.of("charge_back")))
    days = [money.on for money in facts.money if money.settles and not came_back]
    days += [act.on for act in facts.of("settled_for_less", "write_off")]
    return min(days, default=None)


def called_in_on(facts: Facts) -> date | None:
    """The day from which no contract interest is earned any more: the loan ended, or all of it fell due."""
    days = [on for on in [ended_on(facts)] if on is not None]
    if facts.contract.ends_when_charged_off:
        days += [act.on for act in facts.of("charged_off")]
    return min(days, default=None)
