"""The stored events of a loan in the order they count: by effective date, then by when they were recorded."""

from loans.acts.registry import act_kind
from loans.models import ActStatus, Extension, Loan, LoanAct, Refund, Repayment, RepaymentStatus, Waiver
from loans.payment_order import Future, PaymentOrder, parse_order, plain_order
from loans.replay import Event, ExtensionEvent, PaymentEvent, RefundEvent, WaiverEvent, in_order
from loans.terms import Prepayment

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
    repayments = Repayment.objects.filter(loan=loan, status=RepaymentStatus.POSTED, is_recovery=False)
    dated: list[tuple[object, Event]] = [(row.recorded_at, payment_event(loan, row)) for row in repayments]
    for extension in Extension.objects.filter(loan=loan):
        event = ExtensionEvent(
            on=extension.granted_on, days=extension.days, annual_rate=loan.annual_rate, source=extension
        )
        dated.append((extension.recorded_at, event))
    for waiver in Waiver.objects.filter(loan=loan):
        dated.append(
            (
                waiver.recorded_at,
                WaiverEvent(on=waiver.waived_on, component=waiver.component, amount=waiver.amount, source=waiver),
            )
        )
    for refund in Refund.objects.filter(loan=loan):
        dated.append((refund.recorded_at, RefundEvent(on=refund.refunded_on, amount=refund.amount, source=refund)))
    for act in LoanAct.objects.filter(loan=loan, status=ActStatus.STANDING).select_related("entry"):
        dated.append((act.recorded_at, act_kind(act.kind).from_row(loan, act)))
    return [event for _, event in sorted(dated, key=lambda pair: (in_order(pair[1]), pair[0]))]
