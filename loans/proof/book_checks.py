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

# A loan's receivable in the books is its own lines plus its shares of the daily accruals.
RECEIVABLES = f"""
WITH {_MAPPED}, {_BY_ROLE}, booked AS (
    SELECT subledger_id AS loan_id, account_id, sum(debit - credit) AS amount
      FROM ledger_journalline WHERE subledger_id BETWEEN %(lo)s AND %(hi)s GROUP BY 1, 2
), shared AS (
    SELECT s.loan_id, r.role, r.amount
      FROM (SELECT loan_id, sum(interest) AS interest, sum(late_interest) AS late_interest, sum(fee) AS fee,
                   sum(suspended_interest + suspended_late_interest) AS suspended
              FROM loans_accrual WHERE loan_id BETWEEN %(lo)s AND %(hi)s GROUP BY loan_id) s
     CROSS JOIN LATERAL (VALUES ('interest', s.interest), ('late_interest', s.late_interest), ('fees', s.fee),
                                ('suspense_interest', -s.suspended)) AS r(role, amount)
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
                    sum(l.credit - l.debit) FILTER (WHERE e.event IN ('write_off', 'write_off_reversal'))
                    AS written_off,
                    sum(l.credit - l.debit) FILTER (WHERE e.event IN ('charged_off', 'charged_off_reversal'))
                    AS charged_off
               FROM ledger_journalentry e JOIN ledger_journalline l ON l.entry_id = e.id
                    AND l.account_id NOT IN (SELECT account_id FROM mapped WHERE role = 'suspense_interest')
              WHERE e.event IN ('write_off', 'write_off_reversal', 'charged_off', 'charged_off_reversal')
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
    SELECT account_id, sum(debit - credit) AS amount FROM ledger_journalline
     WHERE account_id IN (SELECT account_id FROM mapped WHERE role IN (
           'principal', 'interest', 'late_interest', 'fees', 'overpayments', 'recoveries', 'suspense_interest'))
     GROUP BY account_id
)
SELECT 'account ' || account_id, 'balance of all loans', coalesce(p.amount, 0), coalesce(b.amount, 0)
  FROM positions p FULL JOIN booked b USING (account_id)
 WHERE coalesce(p.amount, 0) <> coalesce(b.amount, 0)
 ORDER BY account_id
"""

UNBALANCED_ENTRIES = """
SELECT 'entry ' || e.id, CASE WHEN count(l.id) = 0 THEN 'has no lines' ELSE 'debits and credits' END,
       coalesce(sum(l.debit), 0), coalesce(sum(l.credit), 0)
  FROM ledger_journalentry e
  LEFT JOIN ledger_journalline l ON l.entry_id = e.id AND l.entry_id BETWEEN %(lo)s AND %(hi)s
 WHERE e.id BETWEEN %(lo)s AND %(hi)s AND e.posted_on > %(since)s
 GROUP BY e.id HAVING count(l.id) = 0 OR sum(l.debit) <> sum(l.credit)
 ORDER BY e.id
"""

ORPHAN_LINES = """
SELECT 'line ' || l.id, 'belongs to no loan', l.subledger_id, NULL
  FROM ledger_journalline l
 WHERE l.id BETWEEN %(lo)s AND %(hi)s AND l.entry_id >= %(first)s AND l.subledger_id IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM loans_loan n WHERE n.id = l.subledger_id)
 ORDER BY l.id
"""

ORPHAN_SHARES = """
SELECT 'share ' || s.id, 'belongs to no loan', s.loan_id, NULL
  FROM loans_accrual s
 WHERE s.id BETWEEN %(lo)s AND %(hi)s AND NOT EXISTS (SELECT 1 FROM loans_loanposition p WHERE p.loan_id = s.loan_id)
 ORDER BY s.id
"""

# Income is booked once for many loans; the shares beside an entry must add up to it, and no entry may stand without.
UNSHARED_INCOME = """
WITH shared AS (
    SELECT entry_id, sum(interest + late_interest + fee - suspended_interest - suspended_late_interest) AS amount
      FROM loans_accrual GROUP BY entry_id
), booked AS (
    SELECT e.id AS entry_id, coalesce(sum(l.credit - l.debit) FILTER (WHERE a.kind = 'income'), 0) AS amount
      FROM ledger_journalentry e
      JOIN ledger_journalline l ON l.entry_id = e.id
      JOIN ledger_account a ON a.code = l.account_id
     WHERE e.event = 'accrual'
     GROUP BY e.id
)
SELECT 'entry ' || entry_id, 'income shared by loans', coalesce(s.amount, 0), coalesce(b.amount, 0)
  FROM shared s FULL JOIN booked b USING (entry_id)
 WHERE coalesce(s.amount, 0) <> coalesce(b.amount, 0)
 ORDER BY entry_id
"""

STATES = """
SELECT n.number, 'status of the position', coalesce(p.status, 'none'), n.status
  FROM loans_loan n LEFT JOIN loans_loanposition p ON p.loan_id = n.id
 WHERE n.id BETWEEN %(lo)s AND %(hi)s
   AND n.status IN ('active', 'settled', 'written_off') AND p.status IS DISTINCT FROM n.status
 ORDER BY n.id
"""

# Of a table of receipts or acts: what stands on an entry that is still open, or was taken back since.
_OPEN = "r.id BETWEEN %(lo)s AND %(hi)s AND (r.entry_id >= %(first)s OR r.{undone} > %(since)s)"

# The money of a receipt is what its entry moves outside the accounts of the loan: interest given back is a debit in them.
# Each looks its own lines up by their index: joined by hash, every range would read the lines of all.
REPAYMENTS = f"""
WITH held AS MATERIALIZED (
    SELECT r.id, r.number, r.status, r.amount, r.principal, r.interest, r.fee, r.late_interest,
           CASE WHEN r.is_recovery THEN r.amount
                ELSE r.principal + r.interest + r.fee + r.late_interest + r.overpaid END AS parts,
           CASE WHEN (SELECT e.id FROM ledger_journalentry e WHERE e.reverses_id = r.entry_id LIMIT 1) IS NOT NULL
                THEN 'reversed' ELSE 'posted' END AS stands,
           coalesce(m.amount, 0) AS booked, coalesce(s.principal, 0.00) AS lines_principal,
           coalesce(s.interest, 0.00) AS lines_interest, coalesce(s.fee, 0.00) AS lines_fee,
           coalesce(s.late_interest, 0.00) AS lines_late_interest
      FROM loans_repayment r
      LEFT JOIN LATERAL (SELECT sum(l.debit - l.credit) AS amount
                           FROM ledger_journalline l WHERE l.entry_id = r.entry_id AND l.subledger_id IS NULL) m ON true
      LEFT JOIN LATERAL (SELECT sum(x.principal) AS principal, sum(x.interest) AS interest, sum(x.fee) AS fee,
                                sum(x.late_interest) AS late_interest
                           FROM loans_repaymentline x WHERE x.repayment_id = r.id AND x.entry_id = r.entry_id) s ON true
     WHERE {_OPEN.format(undone="reversed_on")}
)
SELECT h.number, f.figure, f.stored, f.rebuilt
  FROM held h
 CROSS JOIN LATERAL (VALUES
    ('amount in the books', h.amount::text, h.booked::text),
    ('status of its entry', h.status, h.stands),
    ('sum of its parts', h.amount::text, h.parts::text),
    ('principal of its lines', h.principal::text, h.lines_principal::text),
    ('interest of its lines', h.interest::text, h.lines_interest::text),
    ('fee of its lines', h.fee::text, h.lines_fee::text),
    ('late interest of its lines', h.late_interest::text, h.lines_late_interest::text)) AS f(figure, stored, rebuilt)
 WHERE (h.amount, h.status, h.amount, h.principal, h.interest, h.fee, h.late_interest) IS DISTINCT FROM
       (h.booked, h.stands, h.parts, h.lines_principal, h.lines_interest, h.lines_fee, h.lines_late_interest)
   AND f.stored <> f.rebuilt
 ORDER BY h.id
"""

# What a bank brought is credited to loans, waits in the account of unidentified receipts, or went back: nothing else.
INCOMING = """
SELECT i.bank_reference, f.figure, f.stored, f.rebuilt
  FROM loans_incomingpayment i
  LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM loans_incomingpaymentshare
              WHERE payment_id BETWEEN %(lo)s AND %(hi)s GROUP BY 1) s ON s.payment_id = i.id
  LEFT JOIN ledger_journalentry undone ON undone.reverses_id = i.suspense_entry_id
  LEFT JOIN LATERAL (SELECT sum(l.debit) AS amount FROM ledger_journalline l
                      WHERE l.entry_id = i.suspense_entry_id AND undone.id IS NULL) w ON true
  LEFT JOIN LATERAL (SELECT sum(l.debit) AS amount FROM ledger_journalline l
                      WHERE l.entry_id = i.return_entry_id) r ON true
 CROSS JOIN LATERAL (VALUES
    ('credited to loans', i.credited, coalesce(s.amount, 0)),
    ('waits in the books', CASE WHEN i.suspense_entry_id IS NULL OR i.status = 'matched' THEN 0
                                ELSE i.amount - i.credited END, coalesce(w.amount, 0)),
    ('given back in the books', CASE WHEN i.status = 'returned' THEN i.amount - i.credited ELSE 0 END,
                                coalesce(r.amount, 0))) AS f(figure, stored, rebuilt)
 WHERE i.id BETWEEN %(lo)s AND %(hi)s AND f.stored <> f.rebuilt
 ORDER BY i.id
"""

# An act and its own entry: both stand, or neither. Of a refund and a write-off the entry has the amount of the act.
ACTS = f"""
SELECT coalesce(r.number, r.public_id), f.figure, f.stored, f.rebuilt
  FROM loans_loanact r
  LEFT JOIN LATERAL (SELECT coalesce(sum(l.debit), 0) AS amount
                       FROM ledger_journalline l WHERE l.entry_id = r.entry_id) b ON true
  LEFT JOIN LATERAL (SELECT e.id FROM ledger_journalentry e WHERE e.reverses_id = r.entry_id LIMIT 1) undone ON true
 CROSS JOIN LATERAL (VALUES
    ('amount in the books', CASE r.kind WHEN 'refund' THEN r.parameters ->> 'amount'
                                        WHEN 'write_off' THEN r.figures ->> 'written_off'
                                        ELSE b.amount::text END, b.amount::text),
    ('status of its entry', CASE r.status WHEN 'standing' THEN 'posted' ELSE 'reversed' END,
                            CASE WHEN undone.id IS NULL THEN 'posted' ELSE 'reversed' END)
    ) AS f(figure, stored, rebuilt)
 WHERE r.entry_id IS NOT NULL AND {_OPEN.format(undone="undone_on")} AND f.stored <> f.rebuilt
 ORDER BY r.id
"""

# What was posted up to each of two days in a range of entries: how many, their debits and their credits.
CLOSED_SUMS = """
SELECT count(*) FILTER (WHERE is_closed), coalesce(sum(debit) FILTER (WHERE is_closed), 0),
       coalesce(sum(credit) FILTER (WHERE is_closed), 0),
       count(*) FILTER (WHERE is_over), coalesce(sum(debit) FILTER (WHERE is_over), 0),
       coalesce(sum(credit) FILTER (WHERE is_over), 0)
  FROM (SELECT e.posted_on <= %(closed)s AS is_closed, e.posted_on <= %(through)s AS is_over,
               sum(l.debit) AS debit, sum(l.credit) AS credit
          FROM ledger_journalentry e
          LEFT JOIN ledger_journalline l ON l.entry_id = e.id AND l.entry_id BETWEEN %(lo)s AND %(hi)s
         WHERE e.id BETWEEN %(lo)s AND %(hi)s AND e.posted_on <= greatest(%(closed)s, %(through)s)
         GROUP BY e.id, e.posted_on) entries
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
    Check("receivables", RECEIVABLES, POSITIONS, of_loans=True),
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


@dataclass(frozen=True, slots=True)
class Since:
    """From which day on rows are checked one by one: after ``day``, whose first entry is ``first``."""

    day: date = date.min
    first: int = 0

    @classmethod
    def after(cls, day: date | None) -> "Since":
        """Where the books are closed through ``day``; everything where they never were."""
        if day is None:
            return cls()
        with connection.cursor() as cursor:
            cursor.execute("SELECT min(id) FROM ledger_journalentry WHERE posted_on > %s", [day])
            return cls(day, cursor.fetchone()[0] or ALL[1])


EVERYTHING = Since()


def broken(check: Check, lo: int = ALL[0], hi: int = ALL[1], since: Since = EVERYTHING) -> Iterator[Row]:
    """The rows that break ``check`` among the ids from ``lo`` to ``hi``, where it goes by ids."""
    values: Parameters = {"lo": lo, "hi": hi, "since": since.day, "first": since.first} if check.over else {}
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
