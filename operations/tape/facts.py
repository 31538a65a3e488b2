"""What a replay left in the database, measured there: nothing in here reads the tape."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from django.db import connection

from ledger import queries as books
from operations.models import ImportBatch

# A loan with one instalment in force is due once; it was late when it was settled after that day.
_LOANS = """
WITH due AS (
    SELECT loan_id, max(due_on) AS due_on
    FROM loans_instalment WHERE superseded_on IS NULL
    GROUP BY loan_id HAVING count(*) = 1
)
SELECT count(*) FILTER (WHERE loan.disbursed_on IS NOT NULL),
       coalesce(sum(loan.principal) FILTER (WHERE loan.disbursed_on IS NOT NULL), 0),
       count(*) FILTER (WHERE loan.status = 'settled'),
       count(*) FILTER (WHERE loan.status = 'settled' AND loan.settled_on > due.due_on),
       count(*) FILTER (WHERE loan.status = 'settled' AND loan.settled_on - due.due_on > 30),
       coalesce(max(loan.settled_on - due.due_on) FILTER (WHERE loan.status = 'settled'), 0)
FROM loans_loan AS loan LEFT JOIN due ON due.loan_id = loan.id
"""
_REPAID = "SELECT coalesce(sum(amount), 0) FROM loans_repayment WHERE status = 'posted'"
_CASES = "SELECT count(*) FROM collections_case"
_REMINDERS = """
SELECT count(*) FROM messaging_message
WHERE template_code IN ('repayment_due_soon', 'repayment_due_today', 'repayment_overdue')
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """The figures an import ends with; the names are those of its JSON."""

    loans: int
    principal_disbursed: str
    amount_repaid: str
    loans_settled: int
    single_due_settled_late: int
    single_due_settled_over_30_days_late: int
    greatest_days_late: int
    cases_opened: int
    reminders_queued: int
    rows_rejected: int
    ledger_by_account: dict[str, str]
    ledger_difference: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def measure(batch: ImportBatch) -> Facts:
    """Read the figures from loans, instalments, repayments, cases, messages and ledger."""
    loans, principal, settled, late, very_late, greatest = _row(_LOANS)
    return Facts(
        loans=loans,
        principal_disbursed=_money(principal),
        amount_repaid=_money(_row(_REPAID)[0]),
        loans_settled=settled,
        single_due_settled_late=late,
        single_due_settled_over_30_days_late=very_late,
        greatest_days_late=max(greatest, 0),
        cases_opened=_row(_CASES)[0],
        reminders_queued=_row(_REMINDERS)[0],
        rows_rejected=batch.rows_rejected,
        ledger_by_account={code: _money(balance) for code, balance in books.balances().items()},
        ledger_difference=_money(books.difference()),
    )


def _row(sql: str) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
