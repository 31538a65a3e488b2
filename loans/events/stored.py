"""The stored events of a loan in the order they count: by effective date, then by when they were recorded."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from loans.account.payment_order import Future, PaymentOrder, parse_order, plain_order
from loans.account.replay import Event, PaymentEvent, in_order
from loans.events.act_kinds import act_kind
from loans.models import ActStatus, Loan, LoanAct, Repayment, RepaymentStatus
from loans.schedules.terms import Prepayment

FUTURES = {Prepayment.LAST_FIRST: Future.LAST, Prepayment.REAMORTISE: Future.SPREAD}


def order_of(loan: Loan, kind: str = "default") -> PaymentOrder:
    """The order in which a payment of ``kind`` pays ``loan``: the product's twelve steps, or its plain order."""
    if loan.payment_order is not None:
        return parse_order(loan.payment_order, kind)
    return plain_order(loan.allocation_order, FUTURES.get(Prepayment(loan.prepayment), Future.NEXT))


def payment_event(loan: Loan, repayment: Repayment) -> PaymentEvent:
    """The stored repayment as an event. A recovery counts once the loan is written off, whenever the money came."""
    on = repayment.received_on
    if repayment.is_recovery and loan.written_off_on is not None:
        on = max(on, loan.written_off_on)
    return PaymentEvent(
        on=on,
        amount=repayment.amount,
        order=order_of(loan),
        settles_early=repayment.settles_early,
        source=repayment,
    )


def stored_events(loan: Loan) -> list[Event]:
    """All standing events that shape the account."""
    return events_of([loan])[loan.pk]


def events_of(loans: Sequence[Loan]) -> dict[int, list[Event]]:
    """``stored_events`` of each of ``loans`` by its id, in as many queries as for one."""
    by_id = {loan.pk: loan for loan in loans}
    dated: dict[int, list[tuple[datetime, Event]]] = {loan_id: [] for loan_id in by_id}
    for recorded_at, loan_id, event in _dated(by_id):
        dated[loan_id].append((recorded_at, event))
    return {
        loan_id: [event for _, event in sorted(rows, key=lambda pair: (in_order(pair[1]), pair[0]))]
        for loan_id, rows in dated.items()
    }


def _dated(loans: dict[int, Loan]) -> Iterator[tuple[datetime, int, Event]]:
    """Every stored event with the moment it was recorded: receipts, then acts."""
    mine = {"loan_id__in": list(loans)}
    for receipt in Repayment.objects.filter(**mine, status=RepaymentStatus.POSTED).select_related("entry"):
        yield receipt.recorded_at, receipt.loan_id, payment_event(loans[receipt.loan_id], receipt)
    for act in LoanAct.objects.filter(**mine, status=ActStatus.STANDING).select_related("entry"):
        yield act.recorded_at, act.loan_id, act_kind(act.kind).from_row(loans[act.loan_id], act)
