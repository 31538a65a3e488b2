"""What standing acts did to money: parts of the approved amount paid out later, payments the payer's bank took back."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.models import ActStatus, Loan, LoanAct, Repayment
from loans.schedules.terms import Drawdown

LATER = "drawn_down"  # the kind of act that pays a further part out
CHARGE_BACK = "charge_back"
LINE_CLOSED = "line_closed"
RECEIPT_REDATED = "receipt_redated"


def drawdowns_of(loan: Loan) -> tuple[Drawdown, ...]:
    """Every part paid out, by day; none where the whole amount went out at once."""
    agreed = loan.terms().drawdowns
    if not agreed:
        return ()
    by_day: defaultdict[date, Decimal] = defaultdict(lambda: ZERO)
    for part in agreed:
        by_day[part.on] += part.amount
    later = loan.acts.filter(kind=LATER, status=ActStatus.STANDING).values_list("effective_on", "parameters__amount")
    for on, amount in later:
        by_day[on] += Decimal(amount)
    return tuple(Drawdown(on, by_day[on]) for on in sorted(by_day))


def drawn(loan: Loan) -> Decimal:
    """What was paid out in all, in currency units."""
    parts = drawdowns_of(loan)
    return sum((part.amount for part in parts), ZERO) if parts else loan.principal


def charge_backs_of(repayment: Repayment) -> list[LoanAct]:
    """The standing charge-backs of ``repayment``."""
    acts = LoanAct.objects.filter(
        loan_id=repayment.loan_id, kind=CHARGE_BACK, status=ActStatus.STANDING, parameters__receipt=repayment.number
    )
    return list(acts)


def charged_back(repayment: Repayment) -> Decimal:
    """The sum of the standing charge backs of ``repayment``."""
    return sum((Decimal(act.parameters["amount"]) for act in charge_backs_of(repayment)), ZERO)


def redated_to(repayment: Repayment) -> date | None:
    """The day the newest standing act moved ``repayment`` to; None where none did."""
    acts = LoanAct.objects.filter(
        loan_id=repayment.loan_id, kind=RECEIPT_REDATED, status=ActStatus.STANDING, parameters__receipt=repayment.number
    )
    moved = acts.order_by("-id").values_list("parameters__received_on", flat=True).first()
    return date.fromisoformat(moved) if moved is not None else None


def line_is_open(loan: Loan, on: date) -> bool:
    """Whether what was repaid of ``loan`` can be drawn again on ``on``: the last day is not past, and nobody closed it."""
    until = loan.line_open_until
    if until is None or on > until:
        return False
    return not loan.acts.filter(kind=LINE_CLOSED, status=ActStatus.STANDING).exists()
