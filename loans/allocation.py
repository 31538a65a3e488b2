"""How a payment is divided: instalment by instalment, oldest due first, and within one by the product's order (pure).

Every allocation proves that its parts and what is left over sum to the payment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.account import Account, InstalmentState, age, settle_rows

COMPONENTS = ("fee", "late_interest", "interest", "principal")


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """What of the payment went to one instalment."""

    instalment_number: int
    principal: Decimal = ZERO
    interest: Decimal = ZERO
    fee: Decimal = ZERO
    late_interest: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee + self.late_interest


@dataclass(frozen=True, slots=True)
class Allocation:
    """A payment divided; ``overpaid`` is what nothing was owed for."""

    amount: Decimal
    lines: tuple[AllocationLine, ...]
    overpaid: Decimal

    def __post_init__(self) -> None:
        assert self.overpaid >= 0 and self.amount == self.total + self.overpaid, "an allocation must sum to its payment"

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), ZERO)

    def of(self, component: str) -> Decimal:
        """The sum that went to one component over all instalments."""
        return sum((getattr(line, component) for line in self.lines), ZERO)


def allocate(amount: Decimal, account: Account, order: Sequence[str]) -> Allocation:
    """Divide ``amount`` over what ``account`` owes. Raises ValueError for an amount or an order that cannot be."""
    if amount <= 0:
        raise ValueError("a payment must be more than zero")
    if sorted(order) != sorted(COMPONENTS):
        raise ValueError(f"the allocation order must name each of {', '.join(COMPONENTS)} once")
    left, lines = amount, []
    for row in account.instalments:
        if not left:
            break
        line = _pay_row(row, left, order)
        if line.total:
            lines.append(line)
            left -= line.total
    return Allocation(amount, tuple(lines), left)


def _pay_row(row: InstalmentState, available: Decimal, order: Sequence[str]) -> AllocationLine:
    parts: dict[str, Decimal] = {}
    for component in order:
        parts[component] = min(getattr(row, f"{component}_owed"), available)
        available -= parts[component]
    return AllocationLine(row.number, **parts)


def receive(account: Account, *, amount: Decimal, on: date, order: Sequence[str]) -> tuple[Account, Allocation]:
    """Take in a payment on ``on``: charge late interest to that day, divide, and mark what is settled."""
    account = age(account, on)
    allocation = allocate(amount, account, order)
    paid = {line.instalment_number: line for line in allocation.lines}
    rows = tuple(_with_payment(row, paid.get(row.number)) for row in account.instalments)
    account = replace(account, instalments=rows, overpaid=account.overpaid + allocation.overpaid)
    return settle_rows(account, on), allocation


def _with_payment(row: InstalmentState, line: AllocationLine | None) -> InstalmentState:
    if line is None:
        return row
    return replace(
        row,
        principal_paid=row.principal_paid + line.principal,
        interest_paid=row.interest_paid + line.interest,
        fee_paid=row.fee_paid + line.fee,
        late_interest_paid=row.late_interest_paid + line.late_interest,
    )
