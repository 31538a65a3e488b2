"""What must hold between the ledger and the loans, asked of PostgreSQL over many rows at once.

Each check is one statement that returns the rows which break it: whose, which figure, what is stored, what it should be.
Right books return nothing, so their size never fills the memory. A check goes by ranges of ids of one table, so that each
statement is short and all together read every row once; only what must be summed over the whole book is asked once. With
``since`` a check of entries and what rests on them leaves out what was posted up to that day: those books are closed, and
are held against the sums of their closing (``CLOSED_SUMS``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from core.rows import Parameters
from loans.proof.ledger_checks import (
    ACCOUNT_DAYS,
    CLOSED_SUMS,
    ENTRIES_OF_DAYS,
    NAMED_ENTRIES,
    ORPHAN_LINES,
    SEALS,
    UNBALANCED_ENTRIES,
)
from loans.proof.receipt_checks import ACTS, INCOMING, REPAYMENTS

Row = tuple[str, str, object, object]
Sums = tuple[int, Decimal, Decimal]
ALL = (0, 2**62)

# Which account plays each role whose balance stands loan by loan; an account of the product comes before the common one.
_MAPPED = """
mapped AS (
    SELECT DISTINCT ON (p.id, m.role) p.id AS product_id, m.role, m.account_id
      FROM loans_product p
      JOIN loans_accountmapping m ON m.product_id = p.id OR m.product_id IS NULL
     ORDER BY p.id, m.role, m.product_id NULLS LAST
)"""

# A loan written off or charged off has no claims in the books, whatever its borrower owes.
_GONE = "p.status = 'written_off' OR p.charged_off_on IS NOT NULL"

_CLAIMS = f"""
LATERAL (VALUES
    ('principal_outstanding', 'principal',
     CASE WHEN p.charged_off_on IS NOT NULL AND p.status <> 'written_off' THEN 0 ELSE p.principal_outstanding END, 1),
    ('interest_receivable', 'interest',
     CASE WHEN {_GONE} THEN 0 ELSE p.interest_accrued - p.interest_paid END, 1),
    ('late_interest_receivable', 'late_interest',
     CASE WHEN {_GONE} THEN 0 ELSE p.late_interest_accrued - p.late_interest_paid END, 1),
    ('fee_receivable', 'fees', CASE WHEN {_GONE} THEN 0 ELSE p.fee_accrued - p.fee_paid END, 1),
    ('interest_in_suspense', 'suspense_interest',
     CASE WHEN {_GONE} THEN 0 ELSE p.suspended_interest + p.suspended_late_interest END, -1),
    ('overpaid', 'overpayments', p.overpaid, -1),
    ('recovered', 'recoveries', p.recovered, -1)) AS c(figure, role, amount, sign)"""

# Two steps kept apart: joined in one go, each loan would be tried with each role of each product.
_BY_ROLE = f"""
claims AS MATERIALIZED (
    SELECT p.loan_id, p.product_id, c.figure, c.role, c.amount, c.sign FROM loans_loanposition p CROSS JOIN {_CLAIMS}
     WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s
), owed AS (
    SELECT c.*, m.account_id FROM claims c JOIN mapped m ON m.product_id = c.product_id AND m.role = c.role
)"""

# A loan's receivable in the books is its own lines, or what it is carried with of those put away, its kept shares of
# accruals, and what nights added since the last one.
RECEIVABLES = f"""
WITH {_MAPPED}, {_BY_ROLE}, booked AS (
    SELECT subledger_id AS loan_id, account_id, sum(debit - credit) AS amount
      FROM (SELECT subledger_id, account_id, debit, credit FROM ledger_journalline
            UNION ALL SELECT subledger_id, account_id, debit, credit FROM ledger_carriedbalance) l
     WHERE subledger_id BETWEEN %(lo)s AND %(hi)s GROUP BY 1, 2
), shared AS (
    SELECT p.loan_id, r.role, r.amount
      FROM loans_loanposition p
      LEFT JOIN (SELECT loan_id, sum(interest) AS interest, sum(late_interest) AS late_interest, sum(fee) AS fee,
                        sum(suspended_interest + suspended_late_interest) AS suspended
                   FROM loans_accrual WHERE loan_id BETWEEN %(lo)s AND %(hi)s GROUP BY loan_id) s USING (loan_id)
     CROSS JOIN LATERAL (VALUES
        ('interest', coalesce(s.interest, 0) + p.interest_accrued - p.memo_interest - p.kept_interest),
        ('late_interest', coalesce(s.late_interest, 0)
                          + p.late_interest_accrued - p.memo_late_interest - p.kept_late_interest),
        ('fees', coalesce(s.fee, 0) + p.fee_accrued - p.memo_fee - p.kept_fee),
        ('suspense_interest', -coalesce(s.suspended, 0) - p.suspended_interest - p.suspended_late_interest
                              + p.kept_suspended_interest + p.kept_suspended_late_interest)) AS r(role, amount)
     WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s
)
SELECT (SELECT number FROM loans_loan WHERE id = c.loan_id), c.figure || ' in the books', c.amount,
       c.sign * (coalesce(b.amount, 0) + coalesce(s.amount, 0))
  FROM owed c
  LEFT JOIN booked b ON b.loan_id = c.loan_id AND b.account_id = c.account_id
  LEFT JOIN shared s ON s.loan_id = c.loan_id AND s.role = c.role
 WHERE c.amount <> c.sign * (coalesce(b.amount, 0) + coalesce(s.amount, 0))
 ORDER BY c.loan_id
"""

# What became expense of a loan, and once only: the write-off of a loan charged off before has no entry of its own.
LOSSES = f"""
WITH {_MAPPED}
SELECT (SELECT number FROM loans_loan WHERE id = p.loan_id), f.figure || ' in the books', f.amount,
       coalesce(f.booked, 0)
  FROM loans_loanposition p
  LEFT JOIN (SELECT l.subledger_id AS loan_id,
                    sum(l.credit - l.debit) FILTER (WHERE l.event IN ('write_off', 'write_off_reversal'))
                    AS written_off,
                    sum(l.credit - l.debit) FILTER (WHERE l.event IN ('charged_off', 'charged_off_reversal'))
                    AS charged_off
               FROM (SELECT e.event, l.* FROM (
                         SELECT id, posted_on, event FROM ledger_journalentry WHERE event IN (
                                'write_off', 'write_off_reversal', 'charged_off', 'charged_off_reversal')) e
                       JOIN LATERAL (SELECT subledger_id, account_id, debit, credit FROM ledger_journalline
                                      WHERE entry_id = e.id AND posted_on = e.posted_on OFFSET 0) l ON true
                     UNION ALL
                     SELECT event, subledger_id, account_id, debit, credit FROM ledger_carriedbalance) l
              WHERE l.event IN ('write_off', 'write_off_reversal', 'charged_off', 'charged_off_reversal')
                AND l.account_id NOT IN (SELECT account_id FROM mapped WHERE role = 'suspense_interest')
                AND l.subledger_id BETWEEN %(lo)s AND %(hi)s GROUP BY 1) b ON b.loan_id = p.loan_id
 CROSS JOIN LATERAL (VALUES
    ('written_off_amount', CASE WHEN p.charged_off_on IS NULL THEN p.written_off_amount ELSE 0 END, b.written_off),
    ('charged_off_amount', p.charged_off_amount, b.charged_off)) AS f(figure, amount, booked)
 WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND f.amount <> coalesce(f.booked, 0)
 ORDER BY p.loan_id
"""

# Over all loans of an account the positions sum to its balance: this also finds a line that belongs to no loan.
CONTROL_ACCOUNTS = f"""
WITH {_MAPPED}, claims AS (
    SELECT p.product_id, c.role, sum(c.sign * c.amount) AS amount FROM loans_loanposition p CROSS JOIN {_CLAIMS}
     GROUP BY p.product_id, c.role
), positions AS (
    SELECT m.account_id, sum(c.amount) AS amount FROM claims c JOIN mapped m USING (product_id, role)
     GROUP BY m.account_id
), booked AS (
    SELECT account_id, sum(debit - credit) AS amount
      FROM (SELECT account_id, debit, credit FROM ledger_journalline
            UNION ALL
            SELECT account_id, debit, credit FROM ledger_accountday WHERE posted_on <= ledger_archived_through()) l
     WHERE account_id IN (SELECT account_id FROM mapped WHERE role IN (
           'principal', 'interest', 'late_interest', 'fees', 'overpayments', 'recoveries', 'suspense_interest'))
     GROUP BY account_id
)
SELECT 'account ' || account_id, 'balance of all loans', coalesce(p.amount, 0), coalesce(b.amount, 0)
  FROM positions p FULL JOIN booked b USING (account_id)
 WHERE coalesce(p.amount, 0) <> coalesce(b.amount, 0)
 ORDER BY account_id
"""

ORPHAN_SHARES = """
SELECT 'share ' || s.id, 'belongs to no loan', s.loan_id, NULL
  FROM loans_accrual s
 WHERE s.id BETWEEN %(lo)s AND %(hi)s AND (SELECT p.loan_id FROM loans_loanposition p WHERE p.loan_id = s.loan_id) IS NULL
 ORDER BY s.id
"""

# What is kept of accruals for a loan is what its position says was kept.
KEPT_SHARES = """
SELECT (SELECT number FROM loans_loan WHERE id = p.loan_id), f.figure || ' kept', f.stored, f.rebuilt
  FROM loans_loanposition p
  LEFT JOIN (SELECT loan_id, sum(interest) AS interest, sum(late_interest) AS late_interest, sum(fee) AS fee,
                    sum(suspended_interest) AS suspended_interest,
                    sum(suspended_late_interest) AS suspended_late_interest
               FROM loans_accrual WHERE loan_id BETWEEN %(lo)s AND %(hi)s GROUP BY loan_id) s USING (loan_id)
 CROSS JOIN LATERAL (VALUES
    ('interest', p.kept_interest, coalesce(s.interest, 0)),
    ('late_interest', p.kept_late_interest, coalesce(s.late_interest, 0)),
    ('fee', p.kept_fee, coalesce(s.fee, 0)),
    ('suspended_interest', p.kept_suspended_interest, coalesce(s.suspended_interest, 0)),
    ('suspended_late_interest', p.kept_suspended_late_interest, coalesce(s.suspended_late_interest, 0))
    ) AS f(figure, stored, rebuilt)
 WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND f.stored <> f.rebuilt
 ORDER BY p.loan_id
"""

# An accrual entry is a night's over many loans, or an event's of one: its income is what either says beside it.
UNSHARED_INCOME = """
WITH shared AS (
    SELECT entry_id, max(accrued_on) AS last_on,
           sum(interest + late_interest + fee - suspended_interest - suspended_late_interest) AS amount
      FROM (SELECT entry_id, accrued_on, interest, late_interest, fee, suspended_interest, suspended_late_interest
              FROM loans_accrual WHERE entry_id IS NOT NULL
            UNION ALL
            SELECT entry_id, accrued_on, interest, late_interest, fee, suspended_interest, suspended_late_interest
              FROM loans_nightaccrual) AS told
     GROUP BY entry_id
), booked AS (
    SELECT e.id AS entry_id, coalesce(sum(l.credit - l.debit) FILTER (WHERE a.kind = 'income'), 0) AS amount
      FROM ledger_journalentry e
      JOIN ledger_journalline l ON l.entry_id = e.id AND l.posted_on = e.posted_on
      JOIN ledger_account a ON a.code = l.account_id
     WHERE e.event = 'accrual'
     GROUP BY e.id
)
SELECT 'entry ' || entry_id, 'income shared by loans', coalesce(s.amount, 0), coalesce(b.amount, 0)
  FROM shared s FULL JOIN booked b USING (entry_id)
 WHERE coalesce(s.amount, 0) <> coalesce(b.amount, 0)
   AND NOT (b.amount IS NULL AND coalesce(s.last_on <= ledger_archived_through(), false))
 ORDER BY entry_id
"""

# All that nights accrued for a product is what was kept of it for its loans and what was added since.
NIGHTS = """
WITH booked AS (
    SELECT product_id, sum(interest) AS interest, sum(late_interest) AS late_interest, sum(fee) AS fee,
           sum(suspended_interest) AS suspended_interest, sum(suspended_late_interest) AS suspended_late_interest
      FROM loans_nightaccrual GROUP BY product_id
), shared AS (
    SELECT p.product_id, sum(r.interest) AS interest, sum(r.late_interest) AS late_interest, sum(r.fee) AS fee,
           sum(r.suspended_interest) AS suspended_interest, sum(r.suspended_late_interest) AS suspended_late_interest
      FROM (SELECT loan_id, interest, late_interest, fee, suspended_interest, suspended_late_interest
              FROM loans_accrual WHERE entry_id IS NULL
            UNION ALL
            SELECT loan_id, interest_accrued - memo_interest - kept_interest,
                   late_interest_accrued - memo_late_interest - kept_late_interest, fee_accrued - memo_fee - kept_fee,
                   suspended_interest - kept_suspended_interest, suspended_late_interest - kept_suspended_late_interest
              FROM loans_loanposition) AS r
      JOIN loans_loanposition p USING (loan_id)
     GROUP BY p.product_id
)
SELECT 'product ' || n.code, f.figure || ' of all nights', f.shared, f.booked
  FROM shared s FULL JOIN booked b USING (product_id)
  JOIN loans_product n ON n.id = product_id
 CROSS JOIN LATERAL (VALUES
    ('interest', coalesce(s.interest, 0), coalesce(b.interest, 0)),
    ('late interest', coalesce(s.late_interest, 0), coalesce(b.late_interest, 0)),
    ('fee', coalesce(s.fee, 0), coalesce(b.fee, 0)),
    ('interest in suspense', coalesce(s.suspended_interest, 0), coalesce(b.suspended_interest, 0)),
    ('late interest in suspense', coalesce(s.suspended_late_interest, 0), coalesce(b.suspended_late_interest, 0))
    ) AS f(figure, shared, booked)
 WHERE f.shared <> f.booked
 ORDER BY n.code
"""

STATES = """
SELECT n.number, 'status of the position', coalesce(p.status, 'none'), n.status
  FROM loans_loan n
  LEFT JOIN loans_loanposition p ON p.loan_id = n.id AND p.loan_id BETWEEN %(lo)s AND %(hi)s
 WHERE n.id BETWEEN %(lo)s AND %(hi)s
   AND n.status IN ('active', 'settled', 'written_off') AND p.status IS DISTINCT FROM n.status
 ORDER BY n.id
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One statement. ``over`` is the table by ranges of whose ids it is asked, ``size`` ids at a time; without one it is
    asked once. ``of_loans``: its ids are those of loans, so that it can be asked of a single one."""

    code: str
    sql: str
    over: str = ""
    size: int = 50_000
    of_loans: bool = False


POSITIONS = "loans_loanposition"
ENTRIES = "ledger_journalentry"

CHECKS = (
    Check("control_accounts", CONTROL_ACCOUNTS),
    Check("income", UNSHARED_INCOME),
    Check("nights", NIGHTS),
    Check("named_entries", NAMED_ENTRIES),
    Check("account_days", ACCOUNT_DAYS),
    Check("entries_of_days", ENTRIES_OF_DAYS),
    Check("seals", SEALS),
    Check("receivables", RECEIVABLES, POSITIONS, of_loans=True),
    Check("kept_shares", KEPT_SHARES, POSITIONS, size=10_000, of_loans=True),
    Check("losses", LOSSES, POSITIONS, size=200_000, of_loans=True),
    Check("states", STATES, "loans_loan", of_loans=True),
    Check("entries", UNBALANCED_ENTRIES, ENTRIES),
    Check("repayments", REPAYMENTS, "loans_repayment", size=20_000),
    Check("incoming", INCOMING, "loans_incomingpayment", size=20_000),
    Check("acts", ACTS, "loans_loanact", size=20_000),
    Check("lines", ORPHAN_LINES, "ledger_journalline", size=200_000),
    Check("shares", ORPHAN_SHARES, "loans_accrual", size=200_000),
)
BY_CODE = {check.code: check for check in CHECKS}


def broken(check: Check, lo: int = ALL[0], hi: int = ALL[1], since: date = date.min) -> Iterator[Row]:
    """The rows that break ``check`` among the ids from ``lo`` to ``hi``, where it goes by ids; of entries and what rests on
    them, what was posted or taken back after ``since``."""
    values: Parameters = {"lo": lo, "hi": hi, "since": since} if check.over else {}
    with connection.cursor() as cursor:
        cursor.execute(check.sql, values or None)
        while rows := cursor.fetchmany(1000):
            yield from rows


def closed_sums(lo: int, hi: int, closed: date | None, through: date | None) -> tuple[Sums, Sums]:
    """How many entries with ids from ``lo`` to ``hi`` were posted up to ``closed``, and up to ``through``, with their debits
    and credits; nothing for no day."""
    values: Parameters = {"lo": lo, "hi": hi, "closed": closed or date.min, "through": through or date.min}
    with connection.cursor() as cursor:
        cursor.execute(CLOSED_SUMS, values)
        found = cursor.fetchone()
    return found[:3], found[3:]


def ranges(table: str, size: int) -> list[tuple[int, int]]:
    """The ids of ``table`` cut into ranges of ``size``, both ends included."""
    key = "loan_id" if table == POSITIONS else "id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min({key}), max({key}) FROM {table}")
        lo, hi = cursor.fetchone()
    return [] if lo is None else [(start, start + size - 1) for start in range(lo, hi + 1, size)]
