"""What one person, or the rules alone, may bind the house to for a borrower.

Not one amount counts but all that the house would be bound to without a second person, in one market: many small decisions
are one large one. What two people agreed to stands beside it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from core.rules import rule
from loans.gate.commitments import Commitments
from loans.gate.gate import bound_by_one
from loans.gate.known_facts import Facts

# Who may agree to more than one person decides.
APPROVES = "loans.approve_second"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """In currency units of a market: ``bound`` is what no second person agreed to so far, ``most`` what it may come to."""

    bound: Decimal
    most: Decimal

    def exceeded_by(self, amount: Decimal) -> bool:
        """Whether ``amount`` more takes a second person."""
        return self.bound + amount > self.most

    @property
    def left(self) -> Decimal:
        """What one person may still decide."""
        return max(self.most - self.bound, ZERO)


def authority_beside(bound: Commitments, market: str, on: date) -> Authority:
    """What one person may decide on ``on`` beside ``bound``, what the house is bound to already in ``market``."""
    return Authority(bound=bound.agreed_by_one, most=one_person_decides(on, market))


def needs_second_person(facts: Facts, market: str, on: date) -> bool:
    """Whether what the house would be bound to is over what one person (or the rules alone) may approve."""
    bound = bound_by_one(facts)
    return bound is None or bound > one_person_decides(on, market)


def one_person_decides(on: date, market: str | None = None) -> Decimal:
    """Above which amount, in currency units of the market (None: the house's), all that is decided for one borrower on
    ``on`` takes two people, by rule ``second_approval``."""
    return Decimal(rule("second_approval", on, market)["amount_over"])
