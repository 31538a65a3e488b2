"""Whether a statement goes on where the last one of its account ended (pure)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Joint(StrEnum):
    """How a statement stands to the last one of its account."""

    CONTINUES = "continues"
    GAP = "gap"
    FIRST = "first"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Continuity:
    """``gap`` is by how much the opening balance differs from the last closing one, in currency units; zero for no gap.

    ``last_closing`` and ``last_day`` are those of the statement before, None where there is none.
    """

    joint: Joint
    gap: Decimal = Decimal("0.00")
    last_closing: Decimal | None = None
    last_day: date | None = None

    @property
    def is_gap(self) -> bool:
        return self.joint == Joint.GAP

    @property
    def is_first(self) -> bool:
        return self.joint == Joint.FIRST

    @property
    def is_unknown(self) -> bool:
        return self.joint == Joint.UNKNOWN


def continuity(
    *, account: str, opening: Decimal | None, last_closing: Decimal | None, last_day: date | None, is_first: bool
) -> Continuity:
    """How a statement of ``account`` that opens at ``opening`` stands to the last confirmed one of the account.

    ``is_first``: no other statement of the account was confirmed. What is not told on either side is not known.
    """
    if not account:
        return Continuity(Joint.UNKNOWN)
    if is_first:
        return Continuity(Joint.FIRST)
    if opening is None or last_closing is None:
        return Continuity(Joint.UNKNOWN, last_closing=last_closing, last_day=last_day)
    gap = opening - last_closing
    return Continuity(Joint.GAP if gap else Joint.CONTINUES, gap, last_closing, last_day)
