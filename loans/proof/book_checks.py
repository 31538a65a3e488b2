"""What must hold between the ledger and the loans, asked of PostgreSQL over all rows at once.

Each check is one statement that returns the rows which break it: whose, which figure, what is stored, what it should be.
Right books return nothing, so their size never fills the memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, Min

from loans.models import LoanPosition
from loans.proof.ledger_checks import ACCOUNT_DAYS, ENTRIES_OF_DAYS, NAMED_ENTRIES, SEALS

Row = tuple[str, str, object, object]
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

# A loan's receivable in the books is its own lines, or what it is carried with of those put away, its kept shares of
# accruals, and what nights added since the last one.
RECEIVABLES = f"""
WITH {_MAPPED}, booked AS (
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
SELECT n.number, c.figure || ' in the books', c.amount, c.sign * (coalesce(b.amount, 0) + coalesce(s.amount, 0))
  FROM loans_loanposition p
  JOIN loans_loan n ON n.id = p.loan_id
 CROSS JOIN {_CLAIMS}
  JOIN mapped m ON m.product_id = p.product_id AND m.role = c.role
  LEFT JOIN booked b ON b.loan_id = p.loan_id AND b.account_id = m.account_id
  LEFT JOIN shared s ON s.loan_id = p.loan_id AND s.role = c.role
 WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s
   AND c.amount <> c.sign * (coalesce(b.amount, 0) + coalesce(s.amount, 0))
 ORDER BY p.loan_id
"""

# What became expense of a loan, and once only: the write-off of a loan charged off before has no entry of its own.
LOSSES = f"""
WITH {_MAPPED}
SELECT n.number, f.figure || ' in the books', f.amount, coalesce(f.booked, 0)
  FROM loans_loanposition p
  JOIN loans_loan n ON n.id = p.loan_id
  LEFT JOIN (SELECT l.subledger_id AS loan_id,
                    sum(l.credit - l.debit) FILTER (WHERE l.event IN ('write_off', 'write_off_reversal'))
                    AS written_off,
                    sum(l.credit - l.debit) FILTER (WHERE l.event IN ('charged_off', 'charged_off_reversal'))
                    AS charged_off
               FROM (SELECT e.event, l.* FROM (
                         SELECT id, posted_on, event FROM ledger_journalentry WHERE event IN (
                                'write_off', 'write_off_reversal', 'charged_off', 'charged_off_reversal')) e
                       JOIN LATERAL (SELECT subledger_id, account_id, debit, credit FROM ledger_journalline
                                      WHERE entry_id = e.id AND posted_on = e.posted_on) l ON true
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
WITH {_MAPPED}, positions AS (
    SELECT m.account_id, sum(c.sign * c.amount) AS amount
      FROM loans_loanposition p
     CROSS JOIN {_CLAIMS}
      JOIN mapped m ON m.product_id = p.product_id AND m.role = c.role
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

UNBALANCED_ENTRIES = """
SELECT 'entry ' || e.id, CASE WHEN count(l.id) = 0 THEN 'has no lines' ELSE 'debits and credits' END,
       coalesce(sum(l.debit), 0), coalesce(sum(l.credit), 0)
  FROM ledger_journalentry e LEFT JOIN ledger_journalline l ON l.entry_id = e.id AND l.posted_on = e.posted_on
 GROUP BY e.id HAVING count(l.id) = 0 OR sum(l.debit) <> sum(l.credit)
 ORDER BY e.id
"""

ORPHAN_LINES = """
SELECT 'line ' || l.id, 'belongs to no loan', l.subledger_id, NULL
  FROM ledger_journalline l
 WHERE l.subledger_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM loans_loan n WHERE n.id = l.subledger_id)
 ORDER BY l.id
"""

ORPHAN_SHARES = """
SELECT 'share ' || s.id, 'belongs to no loan', s.loan_id, NULL
  FROM loans_accrual s
 WHERE NOT EXISTS (SELECT 1 FROM loans_loanposition p WHERE p.loan_id = s.loan_id)
 ORDER BY s.id
"""

# What is kept of accruals for a loan is what its position says was kept.
KEPT_SHARES = """
SELECT n.number, f.figure || ' kept', f.stored, f.rebuilt
  FROM loans_loanposition p
  JOIN loans_loan n ON n.id = p.loan_id
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
  FROM loans_loan n LEFT JOIN loans_loanposition p ON p.loan_id = n.id
 WHERE n.status IN ('active', 'settled', 'written_off') AND p.status IS DISTINCT FROM n.status
 ORDER BY n.id
"""

_ENTRY_SUMS = """
  JOIN ledger_journalentry e ON e.id = r.entry_id AND e.posted_on = r.booked_on
  LEFT JOIN ledger_reversal undone ON undone.reversed_id = e.id
  LEFT JOIN LATERAL (SELECT sum(l.debit) AS amount FROM ledger_journalline l
                      WHERE l.entry_id = e.id AND l.posted_on = e.posted_on) b ON true
"""

# The money of a receipt is what its entry moves outside the accounts of the loan: interest given back is a debit in them.
REPAYMENTS = f"""
SELECT r.number, f.figure, f.stored, f.rebuilt
  FROM loans_repayment r {_ENTRY_SUMS}
  LEFT JOIN LATERAL (SELECT sum(l.debit - l.credit) AS amount
                       FROM ledger_journalline l
                      WHERE l.entry_id = e.id AND l.posted_on = e.posted_on AND l.subledger_id IS NULL) m ON true
  LEFT JOIN LATERAL (SELECT sum(x.principal) AS principal, sum(x.interest) AS interest, sum(x.fee) AS fee,
                            sum(x.late_interest) AS late_interest
                       FROM loans_repaymentline x WHERE x.repayment_id = r.id AND x.entry_id = r.entry_id) s ON true
 CROSS JOIN LATERAL (VALUES
    ('amount in the books', r.amount::text, coalesce(m.amount, 0)::text),
    ('status of its entry', r.status, CASE WHEN undone.reversed_id IS NULL THEN 'posted' ELSE 'reversed' END),
    ('sum of its parts', r.amount::text, CASE WHEN r.is_recovery THEN r.amount ELSE
        r.principal + r.interest + r.fee + r.late_interest + r.overpaid END::text),
    ('principal of its lines', r.principal::text, coalesce(s.principal, 0.00)::text),
    ('interest of its lines', r.interest::text, coalesce(s.interest, 0.00)::text),
    ('fee of its lines', r.fee::text, coalesce(s.fee, 0.00)::text),
    ('late interest of its lines', r.late_interest::text, coalesce(s.late_interest, 0.00)::text)
    ) AS f(figure, stored, rebuilt)
 WHERE f.stored <> f.rebuilt
 ORDER BY r.id
"""

# What a bank brought is credited to loans, waits in the account of unidentified receipts, or went back: nothing else.
INCOMING = """
SELECT i.bank_reference, f.figure, f.stored, f.rebuilt
  FROM loans_incomingpayment i
  LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM loans_incomingpaymentshare GROUP BY 1) s
    ON s.payment_id = i.id
  LEFT JOIN ledger_reversal undone ON undone.reversed_id = i.suspense_entry_id
  LEFT JOIN LATERAL (SELECT sum(l.debit) AS amount FROM ledger_journalline l
                      WHERE l.entry_id = i.suspense_entry_id AND l.posted_on = i.suspended_on
                        AND undone.reversed_id IS NULL) w ON true
  LEFT JOIN LATERAL (SELECT sum(l.debit) AS amount FROM ledger_journalline l
                      WHERE l.entry_id = i.return_entry_id AND l.posted_on = i.returned_on) r ON true
 CROSS JOIN LATERAL (VALUES
    ('credited to loans', i.credited, coalesce(s.amount, 0)),
    ('waits in the books', CASE WHEN i.suspense_entry_id IS NULL OR i.status = 'matched' THEN 0
                                WHEN i.suspended_on <= ledger_archived_through() THEN coalesce(w.amount, 0)
                                ELSE i.amount - i.credited END, coalesce(w.amount, 0)),
    ('given back in the books', CASE WHEN i.returned_on <= ledger_archived_through() THEN coalesce(r.amount, 0)
                                     WHEN i.status = 'returned' THEN i.amount - i.credited ELSE 0 END,
                                coalesce(r.amount, 0))) AS f(figure, stored, rebuilt)
 WHERE f.stored <> f.rebuilt
 ORDER BY i.id
"""

# An act and its own entry: both stand, or neither. Of a refund and a write-off the entry has the amount of the act.
ACTS = f"""
SELECT coalesce(r.number, r.public_id), f.figure, f.stored, f.rebuilt
  FROM loans_loanact r {_ENTRY_SUMS}
 CROSS JOIN LATERAL (VALUES
    ('amount in the books', CASE r.kind WHEN 'refund' THEN r.parameters ->> 'amount'
                                        WHEN 'write_off' THEN r.figures ->> 'written_off'
                                        ELSE coalesce(b.amount, 0)::text END, coalesce(b.amount, 0)::text),
    ('status of its entry', CASE r.status WHEN 'standing' THEN 'posted' ELSE 'reversed' END,
                            CASE WHEN undone.reversed_id IS NULL THEN 'posted' ELSE 'reversed' END)
    ) AS f(figure, stored, rebuilt)
 WHERE f.stored <> f.rebuilt
 ORDER BY r.id
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One statement; ``by_range`` is asked for ranges of loan ids instead of once for all."""

    code: str
    sql: str
    by_range: bool = False


CHECKS = (
    Check("entries", UNBALANCED_ENTRIES),
    Check("states", STATES),
    Check("receivables", RECEIVABLES, by_range=True),
    Check("kept_shares", KEPT_SHARES, by_range=True),
    Check("losses", LOSSES, by_range=True),
    Check("control_accounts", CONTROL_ACCOUNTS),
    Check("income", UNSHARED_INCOME),
    Check("nights", NIGHTS),
    Check("repayments", REPAYMENTS),
    Check("incoming", INCOMING),
    Check("acts", ACTS),
    Check("lines", ORPHAN_LINES),
    Check("shares", ORPHAN_SHARES),
    Check("named_entries", NAMED_ENTRIES),
    Check("account_days", ACCOUNT_DAYS),
    Check("entries_of_days", ENTRIES_OF_DAYS),
    Check("seals", SEALS),
)


def broken(check: Check, lo: int = ALL[0], hi: int = ALL[1]) -> Iterator[Row]:
    """The rows that break ``check``, for loans with ids from ``lo`` to ``hi`` where it goes by ranges."""
    with connection.cursor() as cursor:
        cursor.execute(check.sql, {"lo": lo, "hi": hi} if check.by_range else None)
        while rows := cursor.fetchmany(1000):
            yield from rows


def ranges(size: int) -> list[tuple[int, int]]:
    """The ids of all loans with a position, cut into ranges of ``size``."""
    ends = LoanPosition.objects.aggregate(lo=Min("pk"), hi=Max("pk"))
    if ends["lo"] is None:
        return []
    return [(start, start + size - 1) for start in range(ends["lo"], ends["hi"] + 1, size)]
