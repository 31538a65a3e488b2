"""The table of all costs of a loan: what is charged, by whom, how much, and when it falls due (pure).

Source of the contents: the provisions on showing the all-in cost of personal loans (NFRA and PBoC, in force 2026-08-01).
Each fee item with who charges it; nothing that is not in the table may be charged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import ZERO
from loans.schedules.schedule import ScheduledInstalment

LENDER = "lender"


class CostKind(StrEnum):
    """What is charged for."""

    INTEREST = "interest"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class CostPart:
    """What of a component falls due on a day."""

    due_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CostComponent:
    """One cost: ``payee`` is who charges it, ``lender`` for the house itself."""

    kind: CostKind
    payee: str
    parts: tuple[CostPart, ...]

    @property
    def amount(self) -> Decimal:
        return sum((part.amount for part in self.parts), ZERO)

    @property
    def first_due_on(self) -> date | None:
        return self.parts[0].due_on if self.parts else None

    @property
    def last_due_on(self) -> date | None:
        return self.parts[-1].due_on if self.parts else None


def components_of(
    rows: Iterable[ScheduledInstalment], fee_payee: str = "", deducted: CostPart | None = None
) -> tuple[CostComponent, ...]:
    """Every component of cost of a schedule; interest is always there, a fee where one is charged: with instalments, or
    ``deducted`` from the sum paid out."""
    known = list(rows)
    interest = tuple(CostPart(row.due_on, row.interest) for row in known if row.interest)
    fees = tuple(CostPart(row.due_on, row.fee) for row in known if row.fee)
    if deducted is not None and deducted.amount:
        fees = (deducted, *fees)
    table = [CostComponent(CostKind.INTEREST, LENDER, interest)]
    if fees:
        table.append(CostComponent(CostKind.FEE, fee_payee or LENDER, fees))
    return tuple(table)


def total_cost(components: Iterable[CostComponent]) -> Decimal:
    """What the credit costs in all."""
    return sum((component.amount for component in components), ZERO)
