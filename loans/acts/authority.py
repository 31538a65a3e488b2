"""What one person may do alone: the dated rule ``act_authority`` bounds the figures of an act by their names."""

from collections.abc import Callable
from decimal import Decimal

from core.money import ZERO
from core.rules import rule
from loans.events.act_kinds import Tried

RULE = "act_authority"


def beyond(kind: str) -> Callable[[Tried], bool]:
    """Whether an act of ``kind`` exceeds a limit in force on the day it counts from: a second person must agree.

    A kind that the rule does not name has no limit: with the right to it, one person may do it in any size.
    """

    def exceeds(tried: Tried) -> bool:
        limits: dict[str, str] = rule(RULE, tried.effective_on).get(kind, {})
        return any(tried.effect.figures.get(name, ZERO) > Decimal(most) for name, most in limits.items())

    return exceeds


def always(_tried: Tried) -> bool:
    """Nobody does it alone."""
    return True
