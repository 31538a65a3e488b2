"""What was agreed: the terms of a loan as one value (pure: no Django, no clock)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.calendars import DayCount


class Method(StrEnum):
    """How principal and interest come back."""

    EQUAL_INSTALMENTS = "equal_instalments"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BULLET = "bullet"


class Frequency(StrEnum):
    """The unit between two due dates."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"


class FeeTiming(StrEnum):
    """With which instalment a fee falls due."""

    FIRST = "first"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """The economic terms of a loan.

    ``principal`` in currency units, more than zero; ``annual_rate`` as a fraction (0.18 is 18 %), zero or more;
    ``count`` instalments, each ``every`` units of ``frequency`` after the one before, counted from ``start_on`` or,
    where it is chosen, from ``first_due_on``. ``flat_charge`` replaces interest by rate: one agreed sum for the whole term.
    A BULLET loan falls due once, after ``count`` periods. Raises ValueError when a value is out of its range.
    """

    principal: Decimal
    annual_rate: Decimal
    count: int
    start_on: date
    method: Method = Method.EQUAL_INSTALMENTS
    frequency: Frequency = Frequency.MONTH
    every: int = 1
    first_due_on: date | None = None
    day_count: DayCount = DayCount.ACT_365F
    fee_total: Decimal = Decimal("0.00")
    fee_timing: FeeTiming = FeeTiming.SPREAD
    flat_charge: Decimal | None = None

    def __post_init__(self) -> None:
        if self.principal <= 0:
            raise ValueError("principal must be more than zero")
        if self.annual_rate < 0 or self.fee_total < 0 or (self.flat_charge or 0) < 0:
            raise ValueError("rate, fees and charges cannot be negative")
        if self.count < 1 or self.every < 1:
            raise ValueError("count and every must be at least one")
        if self.first_due_on is not None and self.first_due_on <= self.start_on:
            raise ValueError("the first due date must be after the start")
