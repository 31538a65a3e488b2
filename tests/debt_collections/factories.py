"""The cast of collections: Lin pays late, Chen pays later, Wang and Zhao call them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from borrowers.models import Borrower
from debt_collections import cases
from debt_collections.models import Case
from loans.models import Loan
from loans.servicing.repayments import record_repayment
from tests.loans.books import a_borrower, a_running_loan, close_until

DISBURSED = date(2026, 1, 15)
FIRST_DUE = date(2026, 2, 15)
LATE = FIRST_DUE + timedelta(days=9)  # past the five days of grace
EVERYBODY = (0, 2**62)


def at(clock: str, on: date = LATE) -> datetime:
    """A moment of a day in the office's time zone: `at("10:00")`."""
    return timezone.make_aware(datetime.fromisoformat(f"{on.isoformat()} {clock}"))


def a_late_loan(*, late_on: date = LATE, borrower: Borrower | None = None, **changes: Any) -> Loan:
    """A loan nobody has paid anything on; the books are open for `late_on`."""
    loan = a_running_loan(disbursed_on=DISBURSED, borrower=borrower, **changes)
    close_until(late_on)
    return loan


def a_case(*, on: date = LATE, **changes: Any) -> Case:
    """The open case of a borrower who is late, as the nightly review makes it."""
    loan = a_late_loan(late_on=on, **changes)
    review(on)
    return Case.objects.get(borrower=loan.borrower, closed_on=None)


def review(on: date = LATE) -> dict[str, int]:
    return cases.review_borrowers(*EVERYBODY, on)


def pay(loan: Loan, amount: str, on: date, key: str = "") -> None:
    record_repayment(
        loan_id=loan.pk,
        amount=Decimal(amount),
        received_on=on,
        recorded_on=on,
        channel="counter",
        idempotency_key=key or f"{loan.pk}:{amount}:{on}",
        recorded_by=None,
    )


__all__ = [
    "DISBURSED",
    "EVERYBODY",
    "FIRST_DUE",
    "LATE",
    "a_borrower",
    "a_case",
    "a_late_loan",
    "at",
    "pay",
    "review",
]
