"""The charge for repaying early, for the oracle: a part of the principal repaid before its day, held down three ways.

Never more than the interest that is saved, nor than what the cap on the yearly cost of the loan leaves (People's Bank of
China, Announcement [2021] No. 3); in cents, what is less than a cent is not charged.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from core.money import ROUND_DOWN, round_money
from loans.proof.oracle_days import months_later
from loans.proof.oracle_reading import NOTHING, Facts, Row
from loans.proof.oracle_rests import NotFollowed


def early_charge(facts: Facts, on: date, interest: Decimal, late: Decimal) -> Decimal:
    """What is charged beside ``interest`` and ``late`` interest, all of both by the end of ``on``, if all is repaid then.

    Raises NotFollowed.
    """
    agreed, ahead = facts.contract.early, [row for row in facts.rows if row.due_on > on]
    if agreed is None or not ahead or (agreed.free_from is not None and on >= agreed.free_from):
        return NOTHING
    is_last_year = max(row.due_on for row in ahead) <= months_later(on, 12)
    rate = agreed.last_year_rate if is_last_year else agreed.rate
    fallen_due = sum((row.interest for row in facts.rows if row.due_on <= on), NOTHING)
    saved = sum((row.interest for row in ahead), NOTHING) - max(interest - fallen_due, NOTHING)
    part = sum((row.principal - row.principal_paid for row in ahead), NOTHING) * rate
    late_now = any(row.due_on < on and row.principal > row.principal_paid for row in facts.rows)
    if facts.contract.follows_balance and late_now and saved < part and on > facts.stored.as_of:
        raise NotFollowed("what is saved of instalments that are laid out anew on the day")
    most = [part, saved]
    if agreed.cost_cap is not None:
        fees = sum((row.fee for row in facts.rows), NOTHING) + agreed.charged_before
        used = sum((_in_use(row, facts.contract.start_on, on) for row in facts.rows), Fraction(0))
        most.append(_exact(Fraction(agreed.cost_cap) * used) - interest - late - fees)
    return max(round_money(min(most), mode=ROUND_DOWN), NOTHING)


def _in_use(row: Row, began: date, on: date) -> Fraction:
    """Principal times years: a paid instalment until then, an open one what is unpaid of it, whenever that was paid."""
    if row.settled_on is None:
        return Fraction(row.principal - row.principal_paid) * (on - began).days / 365
    return Fraction(row.principal) * (min(row.settled_on, on) - began).days / 365


def _exact(amount: Fraction) -> Decimal:
    return Decimal(amount.numerator) / Decimal(amount.denominator)
