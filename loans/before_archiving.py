"""What loans that run still need of a month of records; imported when Django starts (``audit.record_archive``)."""

from datetime import date

from django.db import connection

from audit.record_archive import register_need
from core.dates import add_months

# Late interest asks whether the notices about the oldest unpaid due date arrived; they were queued within a month of it.
_LATE_SINCE = """
SELECT m.reference FROM messaging_message m
  JOIN loans_loan l ON l.number = m.reference JOIN loans_loanposition p ON p.loan_id = l.id
 WHERE m.created_on >= %(first)s AND m.created_on < %(next)s AND m.reference <> ''
   AND p.status = 'active' AND p.oldest_due_on < %(after)s LIMIT 1
"""
# The portfolio of a past day and the page of a loan are told by the moves of loans that run.
_MOVED = """
SELECT l.number FROM loans_loantransition t
  JOIN loans_loanposition p ON p.loan_id = t.loan_id JOIN loans_loan l ON l.id = t.loan_id
 WHERE t."on" >= %(first)s AND t."on" < %(next)s AND p.status = 'active' LIMIT 1
"""


def late_since(month: date) -> str:
    """A loan that has been late since about then, of which it was written to."""
    return _first(_LATE_SINCE, month)


def moved(month: date) -> str:
    """A loan that runs and moved then."""
    return _first(_MOVED, month)


def _first(sql: str, month: date) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"first": month, "next": add_months(month, 1), "after": add_months(month, 2)})
        found = cursor.fetchone()
    return found[0] if found else ""


register_need("messages", late_since)
register_need("moves", moved)
