"""What one person may do alone: the dated rule ``act_authority`` bounds the figures of an act by their names.

What was already done to a loan without a second person counts too: three credits of 499 are one of 1,497, whoever gave them.
"""

from collections.abc import Callable
from decimal import Decimal

from core.money import ZERO
from core.rules import rule
from loans.events.act_kinds import Tried
from loans.models import ActStatus

RULE = "act_authority"
# Figures that say how things stand after one act: two of them make no larger third.
_STATES = frozenset({"new_rate", "given_up_percent", "replanned_principal", "instalments_planned"})


def beyond(kind: str) -> Callable[[Tried], bool]:
    """Whether acts of ``kind``, this one and those done alone before, exceed a limit of today: a second person must agree.

    The limit is that of the day on which it is done: who counts an act from an earlier day has no more power for it. A kind
    that the rule does not name is done by nobody alone, so that a limit forgotten is safe.
    """

    def exceeds(tried: Tried) -> bool:
        limits: dict[str, str] | None = rule(RULE, tried.recorded_on).get(kind)
        if limits is None:
            return True
        figures = tried.effect.figures
        return any(
            figures.get(name, ZERO) > ZERO and figures[name] + _alone_before(tried, kind, name) > Decimal(most)
            for name, most in limits.items()
        )

    return exceeds


def _alone_before(tried: Tried, kind: str, name: str) -> Decimal:
    """The figure ``name`` of the standing acts of ``kind`` on the loan that somebody did and no second person agreed to.

    What nobody recorded is a rule's doing: the hold that the night places when a notice failed uses up no one's limit.
    """
    if name in _STATES:
        return ZERO
    standing = tried.loan.acts.filter(kind=kind, status=ActStatus.STANDING)
    alone = standing.filter(recorded_by__isnull=False, agreed_by=None).values_list("figures", flat=True)
    return sum((Decimal(figures.get(name, "0")) for figures in alone), ZERO)


def frees_late_interest(tried: Tried) -> bool:
    """Whether late interest already charged falls away by more than one person may waive: by another name it is a waiver."""
    freed = tried.before.late_interest_accrued - tried.after.late_interest_accrued
    most = rule(RULE, tried.recorded_on).get("waiver", {}).get("waived", "0")
    return freed > Decimal(most)


def always(_tried: Tried) -> bool:
    """Nobody does it alone."""
    return True
