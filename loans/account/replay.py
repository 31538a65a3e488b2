"""Events in date order, applied to the account as agreed (pure).

Servicing applies the newest event to the stored account; a back-dated event, or the reversal of one, applies all of them
again from the beginning.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from core.day_counts import DayCountRefused
from core.money import ZERO
from core.working_days import CalendarRefused
from loans.account.account import Account, WriteOff, age, call_in
from loans.account.allocation import Allocation, AllocationLine, Order, merged, receive_called_in
from loans.account.changes.base import Change, Effect, EventImpossible, LaterEventImpossible, TermsDoNotAllow
from loans.account.changes.earning import keeping_earned
from loans.account.changes.free_time import with_free_time_moved
from loans.account.changes.holds import with_held_days_free
from loans.account.changes.paid_ahead import PAID_AHEAD_GIVEN_BACK, given_back
from loans.account.credit_balance import credit_used, taken_in
from loans.account.parts import sum_of
from loans.account.recalculation import receive_on_plan
from loans.account.settlement import charge_of, with_charge
from loans.schedules.terms import TermsRefused

CREDIT_USED = "credit_used"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent:
    """Money received; ``settles_early`` calls in the whole loan first. ``source`` is the stored row, if there is one.

    Settling early costs what the contract says, unless it is ``free_of_charge``: an insurer pays, not the borrower.
    """

    on: date
    amount: Decimal
    order: Order
    settles_early: bool = False
    free_of_charge: bool = False
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """The account after the payment and how it was divided. Money for claims that left the books recovers them."""
        if account.written_off is not None:
            return _recovered(account, account.written_off, self.amount)
        after, allocation = self._divided(account)
        if after.charged_off is None:
            return Effect(after, allocation)
        known = after.charged_off
        recovered = replace(known, recovered=known.recovered + allocation.total)
        return Effect(replace(after, charged_off=recovered), replace(allocation, recovers=True))

    def _divided(self, account: Account) -> tuple[Account, Allocation]:
        if not self.settles_early:
            return taken_in(account, self.amount, self.on, self.order)
        account = age(account, self.on)
        charge = ZERO if self.free_of_charge else charge_of(account, self.on)
        if account.plan is not None:
            after, divided = receive_on_plan(
                account, amount=self.amount, on=self.on, order=self.order, settles=True, charge=charge
            )
        else:
            called = with_charge(call_in(account, self.on), charge, self.on)
            after, divided = receive_called_in(called, amount=self.amount, on=self.on, order=self.order)
        return after, replace(divided, early_charge=_paid_of_charge(account, divided)) if charge else divided


def _paid_of_charge(before: Account, divided: Allocation) -> Decimal:
    """What went to the claim that was no instalment before."""
    known = {row.number for row in before.instalments}
    return sum((line.fee for line in divided.lines if line.instalment_number not in known), ZERO)


def _recovered(account: Account, gone: WriteOff, amount: Decimal) -> Effect:
    """Recovery up to what was written off; the rest is owed back to the payer."""
    part = min(amount, max(gone.left, ZERO))
    allocation = Allocation(amount=amount, to_write_off=part, overpaid=amount - part, recovers=True)
    after = replace(
        account,
        written_off=replace(gone, recovered=gone.recovered + part),
        overpaid=account.overpaid + allocation.overpaid,
    )
    return Effect(after, allocation)


Event = PaymentEvent | Change


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an event did."""

    event: Event
    effect: Effect

    @property
    def allocation(self) -> Allocation | None:
        """How money was divided, where the event brought money."""
        return self.effect.allocation


def apply(account: Account, event: Event) -> tuple[Account, Outcome]:
    """The account after ``event``, and what it did. Raises EventImpossible where the account does not allow it."""
    try:
        effect = event.apply(account)
    except (TermsRefused, DayCountRefused, CalendarRefused) as refusal:
        raise TermsDoNotAllow(why=str(refusal)) from refusal
    if effect.account.plan is None and not getattr(event, "takes_back", False):
        effect = replace(effect, account=keeping_earned(account, effect.account, event.on))
    if account.holds:
        effect = replace(effect, account=with_free_time_moved(account, effect.account, event.on))
    if not isinstance(event, PaymentEvent):
        effect = with_held_days_free(effect, event.on)
    tells_itself = isinstance(event, PaymentEvent) or getattr(event, "tells_what_was_paid_ahead", False)
    back = () if tells_itself else given_back(account, effect)
    effect = _with_credit_used(effect, event.on, back)
    return effect.account, Outcome(event, effect)


def _with_credit_used(effect: Effect, on: date, back: tuple[AllocationLine, ...]) -> Effect:
    """A credit balance pays at once what is owed again, by whatever event it is (``loans.account.credit_balance``).

    ``back`` is interest paid ahead that the event has put into the balance.
    """
    after, used = credit_used(effect.account, on)
    if used is None and not back:
        return effect
    if used is not None and effect.allocation is not None and not back:  # money that left a credit beside a debt
        return replace(effect, account=after, allocation=effect.allocation.and_then(used))
    figures = dict(effect.figures)
    if back:
        figures[PAID_AHEAD_GIVEN_BACK] = -sum_of(back).interest
    if used is not None:
        figures[CREDIT_USED] = used.total
    lines = merged([*back, *(used.lines if used is not None else ())])
    credit = Allocation(amount=sum_of(lines).total, lines=lines, recovers=after.charged_off is not None)
    return replace(effect, account=after, figures=figures, credit=credit)


def in_order(event: Event) -> tuple[date, bool]:
    """The key of the order events count in: by day, and what begins a day before all else of it."""
    return event.on, not getattr(event, "begins_day", False)


def replay(account: Account, events: Iterable[Event]) -> tuple[Account, list[Outcome]]:
    """Apply ``events`` one after the other; they come in date order.

    Raises the refusal (EventImpossible) of an event not stored yet, and LaterEventImpossible for a stored one.
    """
    outcomes = []
    for event in events:
        try:
            account, outcome = apply(account, event)
        except EventImpossible as refusal:
            if event.source is None:
                raise
            raise LaterEventImpossible(why=refusal.detail, cause=refusal.code) from refusal
        outcomes.append(outcome)
    return account, outcomes
