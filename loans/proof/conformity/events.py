"""What happened to the loan of a published case, done through the servicing functions of production."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from loans.acts.performing import perform
from loans.events.act_kinds import Wish
from loans.models import Instalment, Loan, RepaymentChannel
from loans.night.closing import accrue_and_age
from loans.proof.conformity.cases import disbursed_on
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment

Event = Mapping[str, Any]
COUNTS = {
    "extra_terms": "extra_count",
    "grace_on_principal": "principal_grace",
    "grace_on_interest": "interest_grace",
}


def play(loan: Loan, case: Mapping[str, Any]) -> None:
    """Everything that happened, in the order the case tells it; a down payment taken at once comes first."""
    events = list(case.get("events", ()))
    last = max([_day(event) for event in events], default=disbursed_on(case))
    if case.get("down_payment_auto"):
        _pay_down(loan, last)
    drawn = [event for event in events if event["type"] == "disbursement"]
    for number, event in enumerate(events):
        if not drawn or event is not drawn[0]:
            EVENTS[event["type"]](loan, event, number, last)


def _day(event: Event) -> date:
    named = [event.get(name) for name in ("on", "business_date", "effective", "due")]
    return date.fromisoformat(next(text for text in named if text))


def _pay_down(loan: Loan, last: date) -> None:
    row = Instalment.objects.get(loan=loan, number=1, superseded_on__isnull=True)
    _receive(loan, row.principal, row.due_on, last, "down")


def _receive(loan: Loan, amount: Decimal, on: date, last: date, name: Any, settles: bool = False) -> None:
    record_repayment(
        loan_id=loan.pk,
        amount=amount,
        received_on=on,
        recorded_on=max(on, last),
        channel=RepaymentChannel.IMPORT,
        idempotency_key=f"conformity:{loan.number}:{name}",
        recorded_by=None,
        settles_early=settles,
        excess=Excess.PAID_AHEAD,  # a published case says what its system took
        allow_repeat=True,
    )


def _repayment(loan: Loan, event: Event, number: int, last: date) -> None:
    _receive(loan, Decimal(str(event["amount"])), _day(event), last, number)


def _payoff(loan: Loan, event: Event, number: int, last: date) -> None:
    _receive(loan, Decimal(str(event["amount"])), _day(event), last, number, settles=True)


def _close(loan: Loan, event: Event, _number: int, _last: date) -> None:
    accrue_and_age(loan.pk, loan.pk, _day(event))


def _act(loan: Loan, kind: str, values: dict[str, Any], on: date, number: int, last: date) -> None:
    wish = Wish(
        loan_id=loan.pk,
        kind=kind,
        values=values,
        effective_on=on,
        recorded_on=max(on, last),
        reason="conformity",
        idempotency_key=f"conformity:{loan.number}:{number}",
    )
    perform(wish, approved=True)


def _drawn(loan: Loan, event: Event, number: int, last: date) -> None:
    _act(loan, "drawn_down", {"amount": Decimal(str(event["amount"]))}, _day(event), number, last)


def _rate(loan: Loan, event: Event, number: int, last: date) -> None:
    """The source names the day before which the new rate begins to count."""
    on = date.fromisoformat(event["effective"]) - timedelta(days=1)
    _act(loan, "rate_changed", {"annual_rate": _rate_of(event)}, on, number, last)


def _rate_of(event: Event) -> Decimal:
    return Decimal(str(event["new_rate_percent"])) / 100


def _rescheduled(loan: Loan, event: Event, number: int, last: date) -> None:
    values: dict[str, Any] = {"from_due_on": date.fromisoformat(event["from_due_date"])}
    if "adjusted_due_date" in event:
        values["new_due_on"] = date.fromisoformat(event["adjusted_due_date"])
    for field, parameter in COUNTS.items():
        if field in event:
            values[parameter] = event[field]
    if "new_rate_percent" in event:
        values["annual_rate"] = _rate_of(event)
    _act(loan, "rescheduled", values, _day(event), number, last)


def _charged(loan: Loan, event: Event, number: int, last: date) -> None:
    """A charge is on the loan from the start, and falls due with the instalment its day lies before."""
    kind = "penalty_added" if event["kind"] == "penalty" else "fee_added"
    assert loan.disbursed_on is not None
    values = {"amount": Decimal(str(event["amount"])), "due_on": date.fromisoformat(event["due"])}
    _act(loan, kind, values, loan.disbursed_on, number, last)


EVENTS: dict[str, Callable[[Loan, Event, int, date], None]] = {
    "repayment": _repayment,
    "payoff": _payoff,
    "daily close": _close,
    "disbursement": _drawn,
    "rate_change": _rate,
    "reschedule": _rescheduled,
    "charge": _charged,
}
