"""The stored events of a loan in the order they count: by effective date, then by when they were recorded."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from django.db.models import Q

from core.money import ZERO
from ledger.queries import fetch_entries
from loans.account.changes.base import TakenBack
from loans.account.changes.credits import Refunded
from loans.account.changes.losses import SettledForLess
from loans.account.payment_order import Future, PaymentOrder, parse_order, plain_order
from loans.account.replay import Event, PaymentEvent, in_order
from loans.events.act_kinds import act_kind
from loans.models import ActStatus, Loan, LoanAct, Repayment, RepaymentChannel, RepaymentStatus
from loans.schedules.terms import Prepayment

REFUND = "refund"
RESTING = (REFUND, "settled_for_less")  # kinds that know what was taken back of the money they rest on
CREDITED = ("credited", "waived", "given_up", "refunded", "fee_lowered")  # figures of acts that lessen what is owed
FUTURES = {Prepayment.LAST_FIRST: Future.LAST, Prepayment.REAMORTISE: Future.SPREAD}


def order_of(loan: Loan, kind: str = "default") -> PaymentOrder:
    """The order in which a payment of ``kind`` pays ``loan``: the product's twelve steps, or its plain order."""
    if loan.payment_order is not None:
        return parse_order(loan.payment_order, kind)
    return plain_order(loan.allocation_order, FUTURES.get(Prepayment(loan.prepayment), Future.NEXT))


class Receipt(Protocol):
    """What an event takes of a stored repayment."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def received_on(self) -> date: ...
    @property
    def is_recovery(self) -> bool: ...
    @property
    def settles_early(self) -> bool: ...
    @property
    def channel(self) -> str: ...


def payment_event(loan: Loan, repayment: Receipt) -> PaymentEvent:
    """The stored repayment as an event."""
    return paid(repayment, order_of(loan), loan.written_off_on)


def paid(receipt: Receipt, order: PaymentOrder, written_off_on: date | None) -> PaymentEvent:
    """The same, of a loan that is paid in ``order``. A recovery counts once the loan is written off, whenever the money
    came."""
    on = receipt.received_on
    if receipt.is_recovery and written_off_on is not None:
        on = max(on, written_off_on)
    return PaymentEvent(
        on=on,
        amount=receipt.amount,
        order=order,
        settles_early=receipt.settles_early,
        free_of_charge=receipt.channel == RepaymentChannel.INSURER,
        source=receipt,
    )


def stored_events(loan: Loan) -> list[Event]:
    """All standing events that shape the account, each with the entry of its source at hand."""
    events = events_of([loan])[loan.pk]
    fetch_entries(event.source for event in events)
    return events


def events_known_on(loan: Loan, on: date) -> list[Event]:
    """The events that stood when the night of the business date ``on`` began: told of by then, and not yet taken back."""
    return events_of([loan], known_on=on)[loan.pk]


def events_of(loans: Sequence[Loan], *, known_on: date | None = None) -> dict[int, list[Event]]:
    """``stored_events`` of each of ``loans`` by its id, in as many queries as for one; or those known on a day."""
    by_id = {loan.pk: loan for loan in loans}
    dated: dict[int, list[tuple[datetime, Event]]] = {loan_id: [] for loan_id in by_id}
    for recorded_at, loan_id, event in _dated(by_id, known_on):
        dated[loan_id].append((recorded_at, event))
    return {
        loan_id: [event for _, event in sorted(rows, key=lambda pair: (in_order(pair[1]), pair[0]))]
        for loan_id, rows in dated.items()
    }


def _dated(loans: dict[int, Loan], known_on: date | None) -> Iterator[tuple[datetime, int, Event]]:
    """Every stored event with the moment it was recorded: receipts, then acts."""
    posted, standing = Q(status=RepaymentStatus.POSTED), Q(status=ActStatus.STANDING)
    if known_on is not None:
        posted = Q(recorded_on__lte=known_on) & (posted | Q(reversed_on__gt=known_on))
        standing = Q(recorded_on__lte=known_on) & (standing | Q(undone_on__gt=known_on))
    for receipt in Repayment.objects.filter(posted, loan_id__in=list(loans)):
        yield receipt.recorded_at, receipt.loan_id, payment_event(loans[receipt.loan_id], receipt)
    acts = list(LoanAct.objects.filter(standing, loan_id__in=list(loans)))
    taken_back = _taken_back({act.loan_id for act in acts if act.kind in RESTING}, known_on or date.max)
    for act in acts:
        event: Event = act_kind(act.kind).from_row(loans[act.loan_id], act)
        if isinstance(event, (Refunded, SettledForLess)):
            since = tuple(
                TakenBack(on=on, amount=x) for came, on, x in taken_back[act.loan_id] if came <= event.on <= on
            )
            event = replace(event, taken_back=since)
        yield act.recorded_at, act.loan_id, event


def _taken_back(loan_ids: Collection[int], until: date) -> Mapping[int, list[tuple[date, date, Decimal]]]:
    """What was taken back of loans by ``until``: the day it counted from, the day it was taken back, and the sum."""
    found: defaultdict[int, list[tuple[date, date, Decimal]]] = defaultdict(list)
    if not loan_ids:
        return found
    taken = {"loan_id__in": loan_ids, "status": RepaymentStatus.REVERSED, "reversed_on__lte": until}
    receipts = Repayment.objects.filter(**taken).order_by("id")
    for receipt in receipts:
        assert receipt.reversed_on is not None
        found[receipt.loan_id].append((receipt.received_on, receipt.reversed_on, receipt.amount))
    undone = LoanAct.objects.filter(loan_id__in=loan_ids, status=ActStatus.UNDONE, undone_on__lte=until)
    undone = undone.exclude(kind=REFUND).order_by("id")
    for act in undone:
        assert act.undone_on is not None
        credited = sum((Decimal(act.figures[name]) for name in CREDITED if name in act.figures), ZERO)
        if credited > 0:
            found[act.loan_id].append((act.effective_on, act.undone_on, credited))
    return found
