"""What an act would do, without doing it: the same pure functions that the use cases call, on the stored account."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.account.account import Account, age
from loans.account.allocation import AllocationLine
from loans.account.replay import PaymentEvent, apply, replay
from loans.bookkeeping import lifecycle, positions
from loans.events.stored import order_of, stored_events
from loans.models import Loan, LoanStatus


@dataclass(frozen=True, slots=True)
class PaymentPreview:
    """How a payment would be divided and where it would leave the loan."""

    amount: Decimal
    lines: tuple[AllocationLine, ...]
    overpaid: Decimal
    owed_after: Decimal
    overdue_after: Decimal
    settles: bool
    is_backdated: bool = False
    is_recovery: bool = False

    def _sum(self, component: str) -> Decimal:
        return sum((getattr(line, component) for line in self.lines), ZERO)

    @property
    def principal(self) -> Decimal:
        return self._sum("principal")

    @property
    def interest(self) -> Decimal:
        return self._sum("interest")

    @property
    def fee(self) -> Decimal:
        return self._sum("fee")

    @property
    def late_interest(self) -> Decimal:
        return self._sum("late_interest")


def payment(loan: Loan, *, amount: Decimal, received_on: date, on: date) -> PaymentPreview:
    """Preview of `servicing.record_repayment`. A back-dated payment is previewed by the replay it would cause.

    Raises LoanNotInState.
    """
    lifecycle.require(loan, LoanStatus.ACTIVE, LoanStatus.WRITTEN_OFF, LoanStatus.SETTLED)
    if loan.status == LoanStatus.WRITTEN_OFF:
        return _recovery(loan, amount)
    event = PaymentEvent(on=received_on, amount=amount, order=order_of(loan))
    backdated = received_on < loan.position.as_of
    if backdated:
        events = sorted([*stored_events(loan), event], key=lambda known: known.on)
        account, outcomes = replay(positions.load_as_agreed(loan), events)
        allocation = next(outcome.allocation for outcome in outcomes if outcome.event is event)
    else:
        account, outcome = apply(positions.load(loan, loan.position), event)
        allocation = outcome.allocation
    assert allocation is not None
    account = age(account, on)
    return PaymentPreview(
        amount=amount,
        lines=allocation.lines,
        overpaid=allocation.overpaid,
        owed_after=account.owed,
        overdue_after=_overdue(account, on),
        settles=account.is_settled,
        is_backdated=backdated,
    )


def owed_now(loan: Loan, *, on: date) -> tuple[Decimal, Decimal, Decimal]:
    """Overdue, due today, and everything agreed and unpaid: the amounts a clerk offers to fill in."""
    account = age(positions.load(loan, loan.position), on)
    due = sum((row.owed for row in account.instalments if row.due_on == on), ZERO)
    return _overdue(account, on), due, account.owed


def _overdue(account: Account, on: date) -> Decimal:
    return sum((row.owed for row in account.instalments if row.due_on < on), ZERO)


def _recovery(loan: Loan, amount: Decimal) -> PaymentPreview:
    left = loan.position.written_off_amount - loan.position.recovered
    empty = PaymentPreview(amount, (), max(amount - left, ZERO), max(left - amount, ZERO), ZERO, amount >= left)
    return replace(empty, is_recovery=True)
