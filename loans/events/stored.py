"""The stored events of a loan in the order they count: by effective date, then by when they were recorded."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from loans.account.payment_order import Future, PaymentOrder, parse_order, plain_order
from loans.account.replay import Event, ExtensionEvent, PaymentEvent, RefundEvent, WaiverEvent, in_order
from loans.events.act_kinds import act_kind
from loans.models import (
    ActStatus,
    Extension,
    Loan,
    LoanAct,
    Refund,
    Repayment,
    RepaymentStatus,
    ReversalStatus,
    Waiver,
)
from loans.schedules.terms import Prepayment

FUTURES = {Prepayment.LAST_FIRST: Future.LAST, Prepayment.REAMORTISE: Future.SPREAD}


def order_of(loan: Loan, kind: str = "default") -> PaymentOrder:
    """The order in which a payment of ``kind`` pays ``loan``: the product's twelve steps, or its plain order."""
    if loan.payment_order is not None:
        return parse_order(loan.payment_order, kind)
    return plain_order(loan.allocation_order, FUTURES.get(Prepayment(loan.prepayment), Future.NEXT))


def payment_event(loan: Loan, repayment: Repayment) -> PaymentEvent:
    """The stored repayment as an event."""
    return PaymentEvent(
        on=repayment.received_on,
        amount=repayment.amount,
        order=order_of(loan),
        settles_early=repayment.settles_early,
        source=repayment,
    )


def stored_events(loan: Loan) -> list[Event]:
    """All standing events that shape the account; recoveries of a written-off loan are not among them."""
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
    """Every stored event with the moment it was recorded, kind by kind."""
    mine = {"loan_id__in": list(loans)}
    receipts = Repayment.objects.filter(**mine, status=RepaymentStatus.POSTED, is_recovery=False)
    for row in receipts.select_related("entry"):
        yield row.recorded_at, row.loan_id, payment_event(loans[row.loan_id], row)
    stands = {"status": ReversalStatus.POSTED}
    for extension in Extension.objects.filter(**mine, **stands):
        rate = loans[extension.loan_id].annual_rate
        event = ExtensionEvent(on=extension.granted_on, days=extension.days, annual_rate=rate, source=extension)
        yield extension.recorded_at, extension.loan_id, event
    for waiver in Waiver.objects.filter(**mine, **stands):
        given_up = WaiverEvent(on=waiver.waived_on, component=waiver.component, amount=waiver.amount, source=waiver)
        yield waiver.recorded_at, waiver.loan_id, given_up
    for refund in Refund.objects.filter(**mine, **stands):
        yield (
            refund.recorded_at,
            refund.loan_id,
            RefundEvent(on=refund.refunded_on, amount=refund.amount, source=refund),
        )
    for act in LoanAct.objects.filter(**mine, status=ActStatus.STANDING).select_related("entry"):
        yield act.recorded_at, act.loan_id, act_kind(act.kind).from_row(loans[act.loan_id], act)
