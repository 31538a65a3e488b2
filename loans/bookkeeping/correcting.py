"""Puts the books right after a back-dated event or a reversal: everything is applied again, and each repayment that came
out differently gets a new entry in place of the old one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.posting import post, reverse
from loans.account.account import Account, age
from loans.account.allocation import Allocation
from loans.account.changes.base import Effect
from loans.account.parts import PARTS
from loans.account.replay import Event, Outcome, PaymentEvent, in_order, replay
from loans.bookkeeping import bookings, positions, remainders
from loans.bookkeeping.account_mapping import accounts_for
from loans.bookkeeping.act_entries import lines_of
from loans.bookkeeping.concluding import conclude, eve, write_allocation
from loans.events.act_kinds import MEASURES, act_kind
from loans.events.stored import stored_events
from loans.models import Loan, LoanAct, LoanPosition, Repayment, RepaymentLine


def replay_all(loan: Loan, events: Iterable[Event], *, until: date, posted_on: date) -> tuple[Account, Outcome | None]:
    """Apply ``events`` from the agreed schedule on and age the result to ``until``.

    Returns the account, and the outcome of the event that has no stored row yet. Raises that event's own refusal, or
    LaterEventImpossible when a stored event has become impossible.
    """
    ordered = sorted(events, key=in_order)  # stable: same day stays in recorded order
    account, outcomes = replay(positions.load_as_agreed(loan), ordered)
    newest = None
    for outcome in outcomes:
        if outcome.event.source is None:
            newest = outcome
        elif isinstance(outcome.event, PaymentEvent) and outcome.allocation is not None:
            _correct(loan, outcome.event.source, outcome.allocation, posted_on)
        else:
            _correct_act(loan, outcome.event.source, outcome.effect, posted_on)
    return (account if account.is_settled else age(account, until)), newest


@dataclass(frozen=True, slots=True)
class Replayed:
    """The account before and after all was applied again, and the act that closed a small remainder, if one was left."""

    before: Account
    after: Account
    remainder: LoanAct | None


def replay_standing(loan: Loan, position: LoanPosition, *, on: date) -> Replayed:
    """Apply again whatever still stands of ``loan``, after something was taken back on the business date ``on``.

    Raises LaterEventImpossible when an event has become impossible.
    """
    before = positions.load(loan, position)
    after, _new = replay_all(loan, stored_events(loan), until=max(before.as_of, eve(on)), posted_on=on)
    remainder = conclude(loan, position, before, after, on=on, settled_on=after.as_of)
    return Replayed(before, after, remainder)


def move_receipt(repayment: Repayment, received_on: date) -> None:
    """Give ``repayment`` another day. Its entry follows when all is applied again, which the caller does next."""
    repayment.first_received_on = None if received_on == repayment.told_on else repayment.told_on
    repayment.received_on = received_on
    repayment.save(update_fields=["received_on", "first_received_on"])


def _correct(loan: Loan, repayment: Repayment, allocation: Allocation, posted_on: date) -> None:
    entry = repayment.entry
    # Of an entry in the archive all that can differ is how the money was divided.
    same_event = entry is None or (
        (entry.event, entry.effective_on) == (bookings.event_of(allocation), repayment.received_on)
    )
    if same_event and _stored_lines(repayment) == _lines(allocation) and repayment.overpaid == allocation.overpaid:
        return
    reverse(repayment.entry, posted_on=posted_on, reason=f"replay of {repayment.number}")
    repayment.entry = post(
        event=bookings.event_of(allocation),
        posted_on=posted_on,
        effective_on=repayment.received_on,
        lines=bookings.repayment(accounts_for(loan), loan.pk, allocation),
        description=loan.number,
    )
    write_allocation(repayment, allocation)


def _correct_act(loan: Loan, act: LoanAct, effect: Effect, posted_on: date) -> None:
    """An act that now comes out differently gets new figures, and a new entry in place of its old one."""
    if effect.lapsed:
        remainders.lapse(act, on=posted_on)
        return
    measured = {name: figure for name, figure in act.figures.items() if name in MEASURES}  # of the day it was done
    figures = {**{name: str(value) for name, value in effect.figures.items()}, **measured}
    changed = act.figures != figures
    if changed:
        act.figures = figures
        act.save(update_fields=["figures"])
    if act.entry_id is not None and act.entry is None and not changed:
        return  # its entry lies in the archive, where an act that came to the same left it
    lines = lines_of(act_kind(act.kind), loan, effect)
    if _booked(act) == sorted((x.account_code, x.subledger_id or 0, x.debit, x.credit) for x in lines):
        return
    if act.entry_id is not None:
        reverse(act.entry, posted_on=posted_on, reason=f"replay of {act.public_id}")
    act.entry = None
    if lines:
        act.entry = post(
            event=act.kind,
            posted_on=posted_on,
            effective_on=act.effective_on,
            lines=lines,
            description=act_kind(act.kind).description(loan, act.parameters),
        )
    act.save(update_fields=["entry_id", "booked_on"])


def _booked(act: LoanAct) -> list[tuple[object, ...]]:
    if act.entry is None:
        return []
    lines = act.entry.lines.values_list("account_id", "subledger_id", "debit", "credit")
    return sorted((account, loan_id or 0, debit, credit) for account, loan_id, debit, credit in lines)


def _stored_lines(repayment: Repayment) -> list[tuple[object, ...]]:
    lines = RepaymentLine.objects.filter(repayment=repayment, entry_id=repayment.entry_id)
    return list(lines.order_by("instalment_number").values_list("instalment_number", *PARTS))


def _lines(allocation: Allocation) -> list[tuple[object, ...]]:
    rows = [(line.instalment_number, *(getattr(line, part) for part in PARTS)) for line in allocation.lines]
    return sorted(rows)
