"""What must hold inside the books: entries that are named are there, the sums of the days are those of the lines, and what
was put away is what was sealed. Each statement returns the rows that break it (book_checks.py)."""

# What names an entry names one that is there, or that was put away with its month.
NAMED_ENTRIES = """
SELECT n.whose, 'its entry', n.entry_id, NULL
  FROM (SELECT number AS whose, entry_id, booked_on FROM loans_repayment
        UNION ALL SELECT coalesce(number, public_id), entry_id, booked_on FROM loans_loanact
        UNION ALL SELECT bank_reference, suspense_entry_id, suspended_on FROM loans_incomingpayment
        UNION ALL SELECT bank_reference, return_entry_id, returned_on FROM loans_incomingpayment
        UNION ALL SELECT 'reversal ' || entry_id, entry_id, posted_on FROM ledger_reversal
        UNION ALL SELECT 'reversal ' || entry_id, reversed_id, reversed_posted_on FROM ledger_reversal) n
  LEFT JOIN ledger_journalentry e ON e.id = n.entry_id AND e.posted_on = n.booked_on
 WHERE n.entry_id IS NOT NULL AND e.id IS NULL AND (n.booked_on <= ledger_archived_through()) IS NOT TRUE
 ORDER BY 1
"""

# The sums of the days against the lines of the days, and each total against the days before it. What was booked late is
# not in the sums yet; what was put away has no lines any more, but its seal.
ACCOUNT_DAYS = """
WITH lines AS (
    SELECT account_id, posted_on, sum(debit) AS debit, sum(credit) AS credit
      FROM (SELECT account_id, posted_on, debit, credit FROM ledger_journalline
             WHERE posted_on <= (SELECT max(posted_on) FROM ledger_summedday)
            UNION ALL SELECT account_id, posted_on, -debit, -credit FROM ledger_latebooking WHERE account_id IS NOT NULL) l
     GROUP BY 1, 2
), days AS (
    SELECT *, sum(debit) OVER run AS debits, sum(credit) OVER run AS credits FROM ledger_accountday
    WINDOW run AS (PARTITION BY account_id ORDER BY posted_on)
)
SELECT 'account ' || account_id, f.figure || ' of ' || posted_on, f.stored, f.rebuilt
  FROM lines l FULL JOIN days d USING (account_id, posted_on)
 CROSS JOIN LATERAL (VALUES
    ('debits', coalesce(d.debit, 0), coalesce(l.debit, 0), true),
    ('credits', coalesce(d.credit, 0), coalesce(l.credit, 0), true),
    ('all debits up to the end', coalesce(d.debit_total, 0), coalesce(d.debits, 0), false),
    ('all credits up to the end', coalesce(d.credit_total, 0), coalesce(d.credits, 0), false)
    ) AS f(figure, stored, rebuilt, by_lines)
 WHERE f.stored <> f.rebuilt AND NOT (f.by_lines AND coalesce(posted_on <= ledger_archived_through(), false))
 ORDER BY account_id, posted_on
"""

ENTRIES_OF_DAYS = """
WITH booked AS (
    SELECT posted_on, sum(entries) AS entries
      FROM (SELECT posted_on, count(*) AS entries FROM ledger_journalentry
             WHERE posted_on <= (SELECT max(posted_on) FROM ledger_summedday) GROUP BY 1
            UNION ALL SELECT posted_on, -entries FROM ledger_latebooking) e
     GROUP BY 1
), days AS (
    SELECT *, sum(entries) OVER (ORDER BY posted_on) AS up_to FROM ledger_summedday
)
SELECT 'day ' || posted_on, f.figure, f.stored, f.rebuilt
  FROM booked b FULL JOIN days d USING (posted_on)
 CROSS JOIN LATERAL (VALUES
    ('entries', coalesce(d.entries, 0), coalesce(b.entries, 0), true),
    ('entries up to the end', coalesce(d.entries_total, 0), coalesce(d.up_to, 0), false)
    ) AS f(figure, stored, rebuilt, by_entries)
 WHERE f.stored <> f.rebuilt AND NOT (f.by_entries AND coalesce(posted_on <= ledger_archived_through(), false))
 ORDER BY posted_on
"""

# The sums of archived days against the seals of their months.
SEALS = """
SELECT 'archived month ' || to_char(m.month, 'YYYY-MM'), f.figure, f.stored, f.rebuilt
  FROM ledger_archivedmonth m
  LEFT JOIN LATERAL (SELECT sum(debit) AS debit, sum(credit) AS credit FROM ledger_accountday
                      WHERE posted_on >= m.month AND posted_on < m.month + interval '1 month') a ON true
  LEFT JOIN LATERAL (SELECT sum(entries) AS entries FROM ledger_summedday
                      WHERE posted_on >= m.month AND posted_on < m.month + interval '1 month') e ON true
 CROSS JOIN LATERAL (VALUES
    ('debits', m.debit, coalesce(a.debit, 0)), ('credits', m.credit, coalesce(a.credit, 0)),
    ('entries', m.entries, coalesce(e.entries, 0))) AS f(figure, stored, rebuilt)
 WHERE f.stored <> f.rebuilt
 ORDER BY m.month
"""

UNBALANCED_ENTRIES = """
SELECT 'entry ' || e.id, CASE WHEN count(l.id) = 0 THEN 'has no lines' ELSE 'debits and credits' END,
       coalesce(sum(l.debit), 0), coalesce(sum(l.credit), 0)
  FROM ledger_journalentry e
  LEFT JOIN ledger_journalline l
    ON l.entry_id = e.id AND l.posted_on = e.posted_on AND l.entry_id BETWEEN %(lo)s AND %(hi)s AND l.posted_on > %(since)s
 WHERE e.id BETWEEN %(lo)s AND %(hi)s AND e.posted_on > %(since)s
 GROUP BY e.id HAVING count(l.id) = 0 OR sum(l.debit) <> sum(l.credit)
 ORDER BY e.id
"""

ORPHAN_LINES = """
SELECT 'line ' || l.id, 'belongs to no loan', l.subledger_id, NULL
  FROM ledger_journalline l
 WHERE l.id BETWEEN %(lo)s AND %(hi)s AND l.posted_on > %(since)s AND l.subledger_id IS NOT NULL
   AND (SELECT n.id FROM loans_loan n WHERE n.id = l.subledger_id) IS NULL  -- looked up one by one, never all loans
 ORDER BY l.id
"""

# What was posted up to each of two days in a range of entries: how many, their debits and their credits. What lies in the
# archive is not among them.
CLOSED_SUMS = """
SELECT count(*) FILTER (WHERE is_closed), coalesce(sum(debit) FILTER (WHERE is_closed), 0),
       coalesce(sum(credit) FILTER (WHERE is_closed), 0),
       count(*) FILTER (WHERE is_over), coalesce(sum(debit) FILTER (WHERE is_over), 0),
       coalesce(sum(credit) FILTER (WHERE is_over), 0)
  FROM (SELECT e.posted_on <= %(closed)s AS is_closed, e.posted_on <= %(through)s AS is_over,
               sum(l.debit) AS debit, sum(l.credit) AS credit
          FROM ledger_journalentry e
          LEFT JOIN ledger_journalline l
            ON l.entry_id = e.id AND l.posted_on = e.posted_on AND l.entry_id BETWEEN %(lo)s AND %(hi)s
         WHERE e.id BETWEEN %(lo)s AND %(hi)s AND e.posted_on <= greatest(%(closed)s, %(through)s)
         GROUP BY e.id, e.posted_on) entries
"""
