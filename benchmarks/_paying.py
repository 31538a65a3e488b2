"""What borrowers do between two nights: of what falls due, nine of ten pay it on its day."""

from decimal import Decimal
from typing import Any

from core import business_date
from core.context import acting
from loans.models import LoanPosition, LoanStatus
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment
from operations.models import ChangedLoan


def pay(loan_id: int, amount: Decimal, key: str, *, by: Any = None) -> None:
    """One receipt of today, as a partner reports it."""
    today = business_date.current()
    record_repayment(
        loan_id=loan_id, amount=amount, received_on=today, recorded_on=today, channel="api", idempotency_key=key,
        recorded_by=by, allow_repeat=True, excess=Excess.CREDITED,
    )  # fmt: skip


def pay_what_is_due() -> int:
    """Pay what falls due today for nine of ten loans that are not late; how many that were."""
    today = business_date.current()
    due = LoanPosition.objects.filter(
        status=LoanStatus.ACTIVE, next_due_on=today, days_past_due=0, next_due_amount__gt=0
    )
    paid = [(loan_id, owed) for loan_id, owed in due.values_list("loan_id", "next_due_amount") if loan_id % 10]
    with acting(channel="api", reason="bench"):
        for loan_id, owed in paid:
            pay(loan_id, owed, f"bench-{today}-{loan_id}")
    ChangedLoan.objects.all().delete()  # a worker would have taken the notes of the payments
    return len(paid)
