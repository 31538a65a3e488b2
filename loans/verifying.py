"""Rebuilds positions from contract and events and names every difference to what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce

from core.money import ZERO
from ledger.queries import balances
from loans import positions
from loans.account import Account, age
from loans.account_mapping import accounts_for
from loans.events import stored_events
from loans.models import Accrual, Loan, LoanPosition, LoanStatus
from loans.replay import replay

_COLUMNS = (
    "principal_outstanding",
    "interest_accrued",
    "interest_paid",
    "fee_accrued",
    "fee_paid",
    "late_interest_accrued",
    "late_interest_paid",
    "overdue_principal",
    "overdue_interest",
    "overdue_fee",
    "due_today",
    "holds",
    "plan",
    "oldest_due_on",
    "next_due_on",
    "next_due_amount",
    "days_past_due",
    "overpaid",
    "bucket",
    "risk_class",
)

# Income is booked once for many loans; the shares beside an entry must add up to it, and no entry may stand without.
_UNSHARED_INCOME = """
WITH shared AS (
    SELECT entry_id, sum(interest + late_interest + fee) AS amount FROM loans_accrual GROUP BY entry_id
), booked AS (
    SELECT e.id AS entry_id, coalesce(sum(l.credit - l.debit) FILTER (WHERE a.kind = 'income'), 0) AS amount
      FROM ledger_journalentry e
      JOIN ledger_journalline l ON l.entry_id = e.id
      JOIN ledger_account a ON a.code = l.account_id
     WHERE e.event = 'accrual'
     GROUP BY e.id
)
SELECT entry_id, coalesce(s.amount, 0), coalesce(b.amount, 0)
  FROM shared s FULL JOIN booked b USING (entry_id)
 WHERE coalesce(s.amount, 0) <> coalesce(b.amount, 0)
 ORDER BY entry_id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of a loan that does not agree with what its events or the books say."""

    loan_number: str
    figure: str
    stored: Any
    rebuilt: Any


def rebuild(loan: Loan) -> Account:
    """The account of ``loan`` from its contract and events alone, on the day its position stands at."""
    account, _outcomes = replay(positions.load_as_agreed(loan), stored_events(loan))
    return account if account.is_settled else age(account, loan.position.as_of)


def compare(loan: Loan) -> list[Difference]:
    """Every difference between the stored and the rebuilt position, and between position and books."""
    if loan.status not in (LoanStatus.ACTIVE, LoanStatus.SETTLED):
        return list(_against_books(loan, loan.position))
    stored = loan.position
    fresh = LoanPosition(loan_id=loan.pk, bucket=stored.bucket, risk_class=stored.risk_class)
    positions.fill(fresh, rebuild(loan))
    found = [
        Difference(loan.number, name, getattr(stored, name), getattr(fresh, name))
        for name in _COLUMNS
        if getattr(stored, name) != getattr(fresh, name)
    ]
    return [*found, *_against_books(loan, stored)]


def _against_books(loan: Loan, position: LoanPosition) -> Iterator[Difference]:
    """Receivables in the books are the loan's own lines plus its shares of the daily accruals."""
    booked, accounts = balances(loan.pk), accounts_for(loan)
    shares = Accrual.objects.filter(loan_id=loan.pk).aggregate(
        interest=Coalesce(Sum("interest"), ZERO),
        late_interest=Coalesce(Sum("late_interest"), ZERO),
        fee=Coalesce(Sum("fee"), ZERO),
    )
    claims: dict[str, tuple[str, Decimal]] = {
        "principal_outstanding": (accounts.principal, ZERO),
        "interest_receivable": (accounts.interest, shares["interest"]),
        "late_interest_receivable": (accounts.late_interest, shares["late_interest"]),
        "fee_receivable": (accounts.fees, shares["fee"]),
    }
    for figure, (account, share) in claims.items():
        in_books = booked.get(account, ZERO) + share
        if getattr(position, figure) != in_books:
            yield Difference(loan.number, f"{figure} in the books", getattr(position, figure), in_books)
    owed_back = -booked.get(accounts.overpayments, ZERO)
    if position.overpaid != owed_back:
        yield Difference(loan.number, "overpaid in the books", position.overpaid, owed_back)
    recovered = -booked.get(accounts.recoveries, ZERO)
    if position.recovered != recovered:
        yield Difference(loan.number, "recovered in the books", position.recovered, recovered)


def compare_income() -> list[Difference]:
    """Every accrual entry whose income is not the sum of its loans' shares; it is named in place of a loan."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSHARED_INCOME)
        rows = cursor.fetchall()
    return [Difference(f"entry {entry}", "income shared by loans", shares, booked) for entry, shares, booked in rows]
