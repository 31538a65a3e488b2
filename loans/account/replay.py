"""Events in date order, applied to the account as agreed (pure).

One table of what each event does. Servicing applies the newest event to the stored account; a back-dated event, or the
reversal of one, applies all of them again from the beginning.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from loans.account.account import Account, age, call_in, extend, waive
from loans.account.allocation import Allocation, Order, receive
from loans.account.changes.base import Change, Effect
from loans.account.recalculation import receive_on_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent:
    """Money received; ``settles_early`` calls in the whole loan first. ``source`` is the stored row, if there is one."""

    on: date
    amount: Decimal
    order: Order
    settles_early: bool = False
    source: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionEvent:
    """Open due dates moved by ``days`` at ``annual_rate``."""

    on: date
    days: int
    annual_rate: Decimal
    source: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverEvent:
    """Late interest or fees given up."""

    on: date
    component: str
    amount: Decimal
    source: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundEvent:
    """Overpaid money given back."""

    on: date
    amount: Decimal
    source: Any = None


Event = PaymentEvent | ExtensionEvent | WaiverEvent | RefundEvent | Change


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an event did: how a payment was allocated, the interest an extension added, or the effect of a change."""

    event: Event
    allocation: Allocation | None = None
    interest_added: Decimal | None = None
    effect: Effect | None = None


def apply(account: Account, event: Event) -> tuple[Account, Outcome]:
    """The account after ``event``. Raises ValueError when the event is not possible."""
    match event:
        case PaymentEvent():
            paid, allocation = _paid(account, event)
            return paid, Outcome(event, allocation=allocation)
        case ExtensionEvent():
            extended, added = extend(account, on=event.on, days=event.days, annual_rate=event.annual_rate)
            return extended, Outcome(event, interest_added=added)
        case WaiverEvent():
            # A stored waiver stands when money told of later leaves less to give up.
            stands = event.source is not None
            waived = waive(account, on=event.on, component=event.component, amount=event.amount, at_most=stands)
            return waived, Outcome(event)
        case RefundEvent():
            aged = age(account, event.on)
            if event.amount > aged.overpaid:
                raise ValueError("more would be refunded than is overpaid")
            return replace(aged, overpaid=aged.overpaid - event.amount), Outcome(event)
        case _:
            effect = event.apply(account)
            return effect.account, Outcome(event, allocation=effect.allocation, effect=effect)


def _paid(account: Account, event: PaymentEvent) -> tuple[Account, Allocation]:
    after, allocation = _divided(account, event)
    if after.charged_off is None:
        return after, allocation
    known = after.charged_off
    recovered = replace(known, recovered=known.recovered + allocation.total)
    return replace(after, charged_off=recovered), replace(allocation, recovers=True)


def _divided(account: Account, event: PaymentEvent) -> tuple[Account, Allocation]:
    if account.plan is not None:
        return receive_on_plan(
            account, amount=event.amount, on=event.on, order=event.order, settles=event.settles_early
        )
    called = call_in(account, event.on) if event.settles_early else account
    return receive(called, amount=event.amount, on=event.on, order=event.order)


def in_order(event: Event) -> tuple[date, bool]:
    """The key of the order events count in: by day, and what begins a day before all else of it."""
    return event.on, not getattr(event, "begins_day", False)


def replay(account: Account, events: Iterable[Event]) -> tuple[Account, list[Outcome]]:
    """Apply ``events`` one after the other; they come in date order."""
    outcomes = []
    for event in events:
        account, outcome = apply(account, event)
        outcomes.append(outcome)
    return account, outcomes
