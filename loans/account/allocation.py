"""How a payment is divided over what is owed, in the order the product says (pure).

Every allocation proves that its parts and what is left over sum to the payment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from operator import attrgetter

from core.money import ZERO, split_evenly
from core.values import changed
from loans.account.account import Account, InstalmentState, age, settled
from loans.account.parts import Parts, sum_of
from loans.account.payment_order import COMPONENTS, Future, PaymentOrder, Timing, plain_order

Order = PaymentOrder | Sequence[str]
_OWED = {component: attrgetter(f"{component}_owed") for component in COMPONENTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationLine(Parts):
    """What of the payment went to one instalment."""

    instalment_number: int

    def plus(self, other: Parts) -> "AllocationLine":
        """Both together, for the instalment of this one."""
        return AllocationLine(instalment_number=self.instalment_number, **(self + other).as_dict())


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """A payment divided; ``overpaid`` is what nothing was owed for.

    ``recovers``: what it pays had left the books before, so that they know it as recovery. ``to_write_off`` is what of it
    went to a claim written off as a whole, and so to no instalment. ``early_charge`` is what of its fees was charged for
    repaying early.
    """

    amount: Decimal
    lines: tuple[AllocationLine, ...] = ()
    overpaid: Decimal = ZERO
    to_write_off: Decimal = ZERO
    recovers: bool = False
    early_charge: Decimal = ZERO

    def __post_init__(self) -> None:
        assert self.overpaid >= 0 and self.amount == self.total + self.overpaid, "an allocation must sum to its payment"

    @property
    def total(self) -> Decimal:
        """What paid something that was owed."""
        return self.parts.total + self.to_write_off

    @cached_property
    def parts(self) -> Parts:
        """What went to each part over all instalments."""
        return sum_of(self.lines)

    def and_then(self, used: "Allocation") -> "Allocation":
        """This payment with ``used`` of what it had left over divided too."""
        return replace(self, lines=merged([*self.lines, *used.lines]), overpaid=self.overpaid - used.total)


def allocate(amount: Decimal, account: Account, order: Order, on: date | None = None) -> Allocation:
    """Divide ``amount``, received ``on``, over what ``account`` owes.

    A plain order needs no day: it is the same before and after the due date. Raises ValueError for an amount or an order
    that cannot be.
    """
    if amount <= 0:
        raise ValueError("a payment must be more than zero")
    order = order if isinstance(order, PaymentOrder) else plain_order(order)
    purse = _Purse(amount)
    on = on or account.as_of
    by_timing: dict[Timing, list[InstalmentState]] = {timing: [] for timing in Timing}
    for row in account.instalments:
        by_timing[timing_of(row, on)].append(row)
    for timing, components in order.runs():
        rows = by_timing[timing]
        if timing is Timing.IN_ADVANCE and order.future is Future.SPREAD:
            _spread(purse, rows, components)
            continue
        for row in reversed(rows) if timing is Timing.IN_ADVANCE and order.future is Future.LAST else rows:
            if not purse.left:
                return purse.allocation()
            purse.pay(row, components)
    return purse.allocation()


def timing_of(row: InstalmentState, on: date) -> Timing:
    """Where the due date of ``row`` lies, seen from ``on``."""
    if row.due_on < on:
        return Timing.PAST_DUE
    return Timing.DUE if row.due_on == on else Timing.IN_ADVANCE


class _Purse:
    """A payment while it is being divided."""

    def __init__(self, amount: Decimal) -> None:
        self.amount = self.left = amount
        self.paid: dict[int, dict[str, Decimal]] = {}

    def owed(self, row: InstalmentState, component: str) -> Decimal:
        """What is still owed of ``component`` after what this payment gave it."""
        owed: Decimal = _OWED[component](row)
        paid = self.paid.get(row.number)
        return owed if paid is None else owed - paid.get(component, ZERO)

    def pay(self, row: InstalmentState, components: Sequence[str], most: Decimal | None = None) -> None:
        """Pay ``components`` of ``row``, ``most`` at the most."""
        given = ZERO
        for component in components:
            owed = self.owed(row, component)
            if owed <= 0:
                continue
            room = self.left if most is None else min(self.left, most - given)
            part = min(owed, room)
            if part > 0:
                of_row = self.paid.setdefault(row.number, {})
                of_row[component] = of_row.get(component, ZERO) + part
                self.left -= part
                given += part

    def allocation(self) -> Allocation:
        lines = tuple(AllocationLine(instalment_number=number, **self.paid[number]) for number in sorted(self.paid))
        return Allocation(amount=self.amount, lines=lines, overpaid=self.left)


def _spread(purse: _Purse, rows: Sequence[InstalmentState], components: Sequence[str]) -> None:
    """Equal parts on all ``rows`` that still owe; what one cannot take goes round again."""
    while purse.left:
        open_rows = [row for row in rows if any(purse.owed(row, component) > 0 for component in components)]
        if not open_rows:
            return
        for row, part in zip(open_rows, split_evenly(purse.left, len(open_rows)), strict=True):
            purse.pay(row, components, part)


def receive(account: Account, *, amount: Decimal, on: date, order: Order) -> tuple[Account, Allocation]:
    """Take in a payment on ``on``: charge late interest to that day, divide, and mark what is settled."""
    account = age(account, on)
    allocation = allocate(amount, account, order, on)
    return give(account, allocation, on), allocation


def receive_called_in(account: Account, *, amount: Decimal, on: date, order: Order) -> tuple[Account, Allocation]:
    """Take in a payment for an ``account`` called in on ``on``: interest paid ahead of its days pays with it.

    Its line is negative in interest, and what it gave back went to what else was owed.
    """
    back = [
        AllocationLine(instalment_number=row.number, interest=row.interest_owed)
        for row in account.instalments
        if row.interest_owed < 0
    ]
    if not back:
        return receive(account, amount=amount, on=on, order=order)
    given_back = -sum((line.interest for line in back), ZERO)
    found = allocate(amount + given_back, account, order, on)
    allocation = Allocation(amount=amount, lines=merged([*found.lines, *back]), overpaid=found.overpaid)
    return give(account, allocation, on), allocation


def merged(lines: Sequence[AllocationLine]) -> tuple[AllocationLine, ...]:
    """One line an instalment."""
    by_number: dict[int, AllocationLine] = {}
    for line in lines:
        known = by_number.get(line.instalment_number)
        by_number[line.instalment_number] = line if known is None else known.plus(line)
    return tuple(by_number[number] for number in sorted(by_number))


def give(account: Account, allocation: Allocation, on: date) -> Account:
    """The account after ``allocation``, which came in on ``on``."""
    paid = {line.instalment_number: line for line in allocation.lines}
    rows = settled(tuple(_with_payment(row, paid.get(row.number)) for row in account.instalments), on)
    return changed(account, instalments=rows, overpaid=account.overpaid + allocation.overpaid)


def _with_payment(row: InstalmentState, line: AllocationLine | None) -> InstalmentState:
    if line is None:
        return row
    return changed(
        row,
        principal_paid=row.principal_paid + line.principal,
        interest_paid=row.interest_paid + line.interest,
        fee_paid=row.fee_paid + line.fee,
        late_interest_paid=row.late_interest_paid + line.late_interest,
    )
