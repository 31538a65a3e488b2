"""What must hold between what came in or was done and its entries, one by one. Each statement goes by ranges of ids and
returns the rows that break it (book_checks.py)."""

# Of a table of receipts or acts: what stands on an entry that is still open, or was taken back since; what lies in the
# archive has no lines to ask.
_OPEN = """r.id BETWEEN %(lo)s AND %(hi)s AND (r.booked_on > %(since)s OR r.{undone} > %(since)s)
       AND (r.booked_on <= (SELECT ledger_archived_through())) IS NOT TRUE"""

# The money of a receipt is what its entry moves outside the accounts of the loan: interest given back is a debit in them.
# Each looks its own lines up by their index: joined by hash, every range would read the lines of all.
REPAYMENTS = f"""
WITH held AS MATERIALIZED (
    SELECT r.id, r.number, r.status, r.amount, r.principal, r.interest, r.fee, r.late_interest,
           CASE WHEN r.is_recovery THEN r.amount
                ELSE r.principal + r.interest + r.fee + r.late_interest + r.overpaid END AS parts,
           CASE WHEN (SELECT e.entry_id FROM ledger_reversal e WHERE e.reversed_id = r.entry_id LIMIT 1) IS NOT NULL
                THEN 'reversed' ELSE 'posted' END AS stands,
           coalesce(m.amount, 0) AS booked, coalesce(s.principal, 0.00) AS lines_principal,
           coalesce(s.interest, 0.00) AS lines_interest, coalesce(s.fee, 0.00) AS lines_fee,
           coalesce(s.late_interest, 0.00) AS lines_late_interest
      FROM loans_repayment r
      LEFT JOIN LATERAL (SELECT sum(l.debit - l.credit) AS amount
                           FROM ledger_journalline l
                          WHERE l.entry_id = r.entry_id AND l.posted_on = r.booked_on AND l.subledger_id IS NULL) m ON true
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
  LEFT JOIN (SELECT x.payment_id, sum(x.amount) AS amount
               FROM loans_incomingpaymentshare x
               LEFT JOIN LATERAL (SELECT status FROM loans_repayment WHERE id = x.repayment_id OFFSET 0) p ON true
               LEFT JOIN LATERAL (SELECT status FROM loans_loanact WHERE id = x.act_id OFFSET 0) a ON true
              WHERE x.payment_id BETWEEN %(lo)s AND %(hi)s AND coalesce(p.status = 'posted', a.status = 'standing')
              GROUP BY 1) s ON s.payment_id = i.id
  LEFT JOIN LATERAL (SELECT u.reversed_id FROM ledger_reversal u WHERE u.reversed_id = i.suspense_entry_id LIMIT 1) undone
    ON true
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
 WHERE i.id BETWEEN %(lo)s AND %(hi)s AND f.stored <> f.rebuilt
 ORDER BY i.id
"""

# An act and its own entry: both stand, or neither. Of a refund and a write-off the entry has the amount of the act.
ACTS = f"""
SELECT coalesce(r.number, r.public_id), f.figure, f.stored, f.rebuilt
  FROM loans_loanact r
  LEFT JOIN LATERAL (SELECT coalesce(sum(l.debit), 0) AS amount
                       FROM ledger_journalline l
                      WHERE l.entry_id = r.entry_id AND l.posted_on = r.booked_on) b ON true
  LEFT JOIN LATERAL (SELECT e.entry_id FROM ledger_reversal e WHERE e.reversed_id = r.entry_id LIMIT 1) undone ON true
 CROSS JOIN LATERAL (VALUES
    ('amount in the books', CASE r.kind WHEN 'refund' THEN r.parameters ->> 'amount'
                                        WHEN 'write_off' THEN r.figures ->> 'written_off'
                                        ELSE b.amount::text END, b.amount::text),
    ('status of its entry', CASE r.status WHEN 'standing' THEN 'posted' ELSE 'reversed' END,
                            CASE WHEN undone.entry_id IS NULL THEN 'posted' ELSE 'reversed' END)
    ) AS f(figure, stored, rebuilt)
 WHERE r.entry_id IS NOT NULL AND {_OPEN.format(undone="undone_on")} AND f.stored <> f.rebuilt
 ORDER BY r.id
"""
