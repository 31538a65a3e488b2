"""The SQL of end of day for loans, in the order it runs. Parameters: ``lo``, ``hi`` (loan ids), ``on`` (the day closed).

Every table is given the range of ids by name: PostgreSQL carries ``p.loan_id BETWEEN`` to no other table that is joined
by it, and would read the rows of the whole book for each chunk (``tests/loans/night/test_plans.py``).
"""

# Payments lock the loan and its position; taking the positions first, in id order, means that what is summed below
# cannot change under way and that nobody waits in a circle. What the counts say is not there need not be looked for.
LOCK = """
SELECT count(*),
       count(*) FILTER (WHERE overdue AND NOT late_by_day),
       count(*) FILTER (WHERE overdue AND late_by_day),
       count(*) FILTER (WHERE overdue AND planned) FROM (
    SELECT late_by_day, plan IS NOT NULL AS planned,
           coalesce(oldest_due_on < %(on)s, false) OR coalesce(next_due_on < %(on)s, false) AS overdue
      FROM loans_loanposition
     WHERE loan_id BETWEEN %(lo)s AND %(hi)s AND status = 'active' AND as_of < %(on)s
     ORDER BY loan_id FOR NO KEY UPDATE) AS held
"""

_INTEREST = """interest_before_period + coalesce(greatest(
               round(period_interest * (%(on)s::date - period_starts_on) / period_days, 2), period_interest_paid), 0)"""

# A loan of which nothing is due, late, held or changed: only time moves it, and its interest is arithmetic on the
# position. It takes no look at instalments. Bucket and class are those of no day past due; where a rule has renamed
# them, or makes interest of loans in no arrears no income, the loan is read like the others.
COUNT_ON = f"""
WITH counted AS (
    UPDATE loans_loanposition p
       SET as_of = %(on)s, interest_accrued = {_INTEREST}
     WHERE loan_id BETWEEN %(lo)s AND %(hi)s AND status = 'active' AND as_of < %(on)s AND quiet_before > %(on)s
       AND oldest_due_on IS NULL AND bucket = %(first_bucket)s AND risk_class = %(first_class)s
       AND suspended_interest = 0 AND suspended_late_interest = 0 AND coalesce(%(suspense_from)s::int > 0, true)
 RETURNING p.product_id, NEW.interest_accrued - OLD.interest_accrued AS interest
)
SELECT product_id, count(*), sum(interest) FROM counted GROUP BY product_id
"""

# What ends a statement whose CTE ``read`` holds the loans it wrote: their moves are noted, their sums by product come back.
_TOLD = """, moved AS (
    INSERT INTO loans_loantransition (loan_id, "on", kind, before, after, days_past_due, amount)
    SELECT loan_id, %(on)s, 'bucket', old_bucket, bucket, days_past_due, principal_outstanding
      FROM {read} WHERE bucket <> old_bucket
    UNION ALL
    SELECT loan_id, %(on)s, 'class', old_class, risk_class, days_past_due, principal_outstanding
      FROM {read} WHERE risk_class <> old_class
)
SELECT product_id, count(*), sum(interest), sum(late_interest), sum(fee), sum(suspended_interest),
       sum(suspended_late_interest), count(*) FILTER (WHERE days_past_due > 0), count(*) FILTER (WHERE bucket <> old_bucket)
  FROM {read} GROUP BY product_id"""

_LATE_AND_QUIET = """p.status = 'active' AND p.as_of < %(on)s AND p.quiet_before > %(on)s
                   AND p.oldest_due_on IS NOT NULL AND NOT p.late_by_day AND p.plan IS NULL AND p.charged_off_on IS NULL"""
_LATE_DAYS = "%(on)s::date - p.oldest_due_on"
_SUSPENDS = f"coalesce({_LATE_DAYS} >= %(suspense_from)s::int, false)"

# Late interest: per day on unpaid principal, and unpaid interest where it compounds, for the days after the due date and
# its grace days that lie in no hold (loans.account.interest: chargeable_days, held_days). Where nothing falls due, a late
# loan grows by that and by the interest of the running period, and is a day later: it is counted on with it.
AGE_INSTALMENTS = f"""
WITH aged AS (
UPDATE loans_instalment i
   SET late_interest = i.late_interest
     + round((i.principal - i.principal_paid
              + CASE WHEN l.late_interest_compounds THEN i.interest - i.interest_paid ELSE 0 END)
             * l.late_annual_rate / 365, 8)
     * (%(on)s::date - greatest(p.as_of, i.due_on + l.grace_days)
        - CASE WHEN p.holds = '[]'::jsonb THEN 0 ELSE (
            SELECT count(DISTINCT held.day)
              FROM jsonb_array_elements(p.holds) AS h
             CROSS JOIN generate_series(
                   greatest(p.as_of + 1, i.due_on + l.grace_days + 1, (h->>0)::date)::timestamp,
                   least(%(on)s::date, (h->>1)::date)::timestamp, interval '1 day') AS held(day)
             WHERE h->>2 IN ('late_interest', 'notice', 'everything')) END)
  FROM loans_loanposition p JOIN loans_loan l ON l.id = p.loan_id
 WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND p.status = 'active' AND p.as_of < %(on)s
   AND l.id BETWEEN %(lo)s AND %(hi)s AND i.loan_id BETWEEN %(lo)s AND %(hi)s
   AND l.late_annual_rate > 0 AND NOT p.late_by_day
   AND i.loan_id = p.loan_id AND i.superseded_on IS NULL AND i.settled_on IS NULL
   AND i.due_on < %(on)s AND i.due_on + l.grace_days < %(on)s
   AND (i.principal > i.principal_paid OR (l.late_interest_compounds AND i.interest > i.interest_paid))
RETURNING i.loan_id, round(NEW.late_interest, 2) - round(OLD.late_interest, 2) AS charge
), charged AS (  -- one list and no join, for which PostgreSQL would reckon with few
    SELECT loan_id, sum(charge) AS late_interest
      FROM (SELECT loan_id, charge FROM aged
            UNION ALL
            SELECT loan_id, 0 FROM loans_loanposition p WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND {_LATE_AND_QUIET}
           ) AS charges GROUP BY loan_id
), counted AS (
    UPDATE loans_loanposition p
       SET as_of = %(on)s, interest_accrued = {_INTEREST},
           late_interest_accrued = p.late_interest_accrued + c.late_interest,
           days_past_due = {_LATE_DAYS},
           bucket = (%(bucket_names)s::text[])[width_bucket({_LATE_DAYS}, %(bucket_days)s::int[])],
           risk_class = (%(class_names)s::text[])[width_bucket({_LATE_DAYS}, %(class_days)s::int[])],
           suspended_interest = CASE WHEN {_SUSPENDS} THEN {_INTEREST} - p.interest_paid ELSE 0 END,
           suspended_late_interest = CASE WHEN {_SUSPENDS}
               THEN p.late_interest_accrued + c.late_interest - p.late_interest_paid ELSE 0 END
      FROM charged c
     WHERE p.loan_id = c.loan_id AND p.loan_id BETWEEN %(lo)s AND %(hi)s AND {_LATE_AND_QUIET}
 RETURNING p.loan_id, p.product_id, NEW.days_past_due, NEW.principal_outstanding,
           OLD.bucket AS old_bucket, NEW.bucket, OLD.risk_class AS old_class, NEW.risk_class,
           NEW.interest_accrued - OLD.interest_accrued AS interest,
           NEW.late_interest_accrued - OLD.late_interest_accrued AS late_interest, 0::numeric AS fee,
           NEW.suspended_interest - OLD.suspended_interest AS suspended_interest,
           NEW.suspended_late_interest - OLD.suspended_late_interest AS suspended_late_interest
){_TOLD.format(read="counted")}
"""

# The same where the rate changed on some day, or late interest capped (account/late_interest.py): a row a late day and
# instalment in the order in which they are charged, with what comes before it, so that the step that would pass the cap is
# cut to it and no later one counts. ``ticks`` are by how much a step raises what is owed.
AGE_BY_DAY = """
WITH charged AS (
    SELECT i.id, i.loan_id, i.number, i.late_interest, l.rounding_step AS step, late.day,
           floor(l.late_interest_most / l.rounding_step) * l.rounding_step AS most,
           round((i.principal - i.principal_paid
                  + CASE WHEN l.late_interest_compounds THEN i.interest - i.interest_paid ELSE 0 END)
                 * coalesce((SELECT (r->>1)::numeric FROM jsonb_array_elements(p.late_rates) AS r
                              WHERE (r->>0)::date <= late.day ORDER BY (r->>0)::date DESC LIMIT 1),
                            l.late_annual_rate) / 365, 8) AS charge
      FROM loans_loanposition p
      JOIN loans_loan l ON l.id = p.loan_id
      JOIN loans_instalment i ON i.loan_id = p.loan_id
     CROSS JOIN LATERAL (
           SELECT day::date FROM generate_series(greatest(p.as_of, i.due_on + l.grace_days)::timestamp + interval '1 day',
                                                 %(on)s::date::timestamp, interval '1 day') AS day) AS late
     WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND p.status = 'active' AND p.as_of < %(on)s AND p.late_by_day
       AND l.id BETWEEN %(lo)s AND %(hi)s AND i.loan_id BETWEEN %(lo)s AND %(hi)s
       AND i.superseded_on IS NULL AND i.settled_on IS NULL AND i.due_on + l.grace_days < %(on)s
       AND (i.principal > i.principal_paid OR (l.late_interest_compounds AND i.interest > i.interest_paid))
       AND NOT EXISTS (
           SELECT 1 FROM jsonb_array_elements(p.holds) AS h
            WHERE h->>2 IN ('late_interest', 'notice', 'everything')
              AND late.day BETWEEN (h->>0)::date AND (h->>1)::date)
), grown AS (
    SELECT c.*, c.late_interest + sum(c.charge) OVER (PARTITION BY c.id ORDER BY c.day) AS reached FROM charged c
), ticked AS (
    SELECT g.*, g.reached - g.charge AS before,
           round(g.reached / g.step) * g.step - round((g.reached - g.charge) / g.step) * g.step AS ticks FROM grown g
), counted AS (
    SELECT t.*, sum(t.ticks) OVER (PARTITION BY t.loan_id ORDER BY t.day, t.number) - t.ticks AS used FROM ticked t
), owed AS (
    SELECT i.loan_id, sum(round(i.late_interest / l.rounding_step) * l.rounding_step) AS amount
      FROM loans_instalment i JOIN loans_loan l ON l.id = i.loan_id
     WHERE i.superseded_on IS NULL AND i.loan_id IN (SELECT loan_id FROM charged)
     GROUP BY i.loan_id
), steps AS (
    SELECT c.*, c.most - o.amount - c.used AS room FROM counted c JOIN owed o USING (loan_id)
), added AS (
    SELECT id, sum(CASE WHEN most IS NULL OR (room > 0 AND ticks <= room) THEN charge
                        WHEN room <= 0 THEN 0
                        ELSE round(before / step) * step + room - before END) AS late_interest
      FROM steps GROUP BY id
)
UPDATE loans_instalment i SET late_interest = i.late_interest + a.late_interest
  FROM added a WHERE i.id = a.id AND a.late_interest <> 0
"""

# From some days past due on, unpaid interest is no income and stands in suspense (loans.account.suspense).
# A loan charged off goes on accruing, but beside the books: its memo grows and nothing is booked
# (loans.bookkeeping.accruing).
# What is settled has nothing left: asked first, it spares the arithmetic of most instalments.
_OPEN = "i.settled_on IS NULL"
_OWED = "i.principal + i.interest + i.fee > i.principal_paid + i.interest_paid + i.fee_paid"
_RUNS = "i.starts_on <= %(on)s AND i.due_on > %(on)s"
READ_POSITIONS = f"""
WITH wanted AS MATERIALIZED (  -- PostgreSQL reckons with as many as are left; one more than those would be seen
    SELECT p.* FROM loans_loanposition p
     WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND p.status = 'active' AND p.as_of < %(on)s
     ORDER BY p.loan_id LIMIT %(left)s::int + 1
), summed AS (
    SELECT p.loan_id,
           coalesce(sum(i.principal - i.principal_paid) FILTER (WHERE {_OPEN}), 0) AS principal_outstanding,
           sum(CASE WHEN i.due_on <= %(on)s THEN i.interest
                    WHEN i.curve IS NOT NULL
                    THEN greatest(loans_earned(i.curve, i.interest, %(on)s, coalesce(coarse.step, 0.01)), i.interest_paid)
                    WHEN i.starts_on >= %(on)s THEN i.interest_paid
                    WHEN coarse.step IS NULL
                    THEN greatest(round(i.interest * (%(on)s::date - i.starts_on) / (i.due_on - i.starts_on), 2),
                                  i.interest_paid)
                    ELSE greatest(least(round(i.interest * (%(on)s::date - i.starts_on) / (i.due_on - i.starts_on)
                                              / coarse.step) * coarse.step, i.interest), i.interest_paid) END)
               AS interest_accrued,
           sum(CASE WHEN i.due_on <= %(on)s THEN i.fee ELSE i.fee_paid END) AS fee_accrued,
           coalesce(sum(CASE WHEN coarse.step IS NULL THEN round(i.late_interest, 2)
                             ELSE round(i.late_interest / coarse.step) * coarse.step END)
                    FILTER (WHERE i.late_interest <> 0), 0) AS late_interest_accrued,
           coalesce(sum(i.principal - i.principal_paid) FILTER (WHERE {_OPEN} AND i.due_on < %(on)s), 0)
               AS overdue_principal,
           coalesce(sum(i.interest - i.interest_paid) FILTER (WHERE {_OPEN} AND i.due_on < %(on)s), 0)
               AS overdue_interest,
           coalesce(sum(i.fee - i.fee_paid) FILTER (WHERE {_OPEN} AND i.due_on < %(on)s), 0) AS overdue_fee,
           coalesce(sum(i.principal - i.principal_paid + i.interest - i.interest_paid + i.fee - i.fee_paid)
                    FILTER (WHERE {_OPEN} AND i.due_on = %(on)s), 0) AS due_today,
           min(i.due_on) FILTER (WHERE {_OPEN} AND i.due_on < %(on)s AND {_OWED}) AS oldest_due_on,
           min(i.due_on) FILTER (WHERE {_OPEN} AND i.due_on >= %(on)s AND {_OWED}) AS next_due_on,
           least(min(i.due_on) FILTER (WHERE i.due_on > %(on)s), min(i.starts_on) FILTER (WHERE i.starts_on > %(on)s))
               AS next_change_on,
           bool_or(coarse.step IS NOT NULL) AS is_coarse,
           count(*) FILTER (WHERE {_RUNS}) AS periods,
           bool_or(i.curve IS NOT NULL) FILTER (WHERE i.due_on > %(on)s) AS is_curved,  -- may earn before its own period
           min(i.starts_on) FILTER (WHERE {_RUNS}) AS period_starts_on,
           min(i.due_on - i.starts_on) FILTER (WHERE {_RUNS}) AS period_days,
           min(i.interest) FILTER (WHERE {_RUNS}) AS period_interest,
           min(i.interest_paid) FILTER (WHERE {_RUNS}) AS period_interest_paid
      FROM wanted p
      JOIN loans_instalment i ON i.loan_id = p.loan_id AND i.superseded_on IS NULL
                             AND i.loan_id BETWEEN %(lo)s AND %(hi)s
      LEFT JOIN (SELECT id, rounding_step AS step FROM loans_loan
                  WHERE id BETWEEN %(lo)s AND %(hi)s AND rounding_step <> 0.01) AS coarse ON coarse.id = p.loan_id
     GROUP BY p.loan_id
), sums AS (
    SELECT i.*, p.product_id, p.bucket AS old_bucket, p.risk_class AS old_class, p.plan IS NOT NULL AS planned,
           p.charged_off_on IS NOT NULL AS charged_off, p.interest_paid, p.late_interest_paid,
           p.suspended_interest AS old_suspended_interest, p.suspended_late_interest AS old_suspended_late_interest,
           p.interest_accrued AS old_interest, p.late_interest_accrued AS old_late_interest, p.fee_accrued AS old_fee,
           p.next_due_on AS old_next_due_on, p.next_due_amount AS old_next_due_amount
      FROM summed i JOIN wanted p ON p.loan_id = i.loan_id
), reading AS (
    SELECT s.*, s.interest_accrued - s.old_interest AS interest,
           s.late_interest_accrued - s.old_late_interest AS late_interest, s.fee_accrued - s.old_fee AS fee,
           coalesce(%(on)s::date - s.oldest_due_on, 0) AS days_past_due,
           CASE WHEN s.planned OR s.next_due_on IS DISTINCT FROM s.old_next_due_on THEN coalesce(n.amount, 0)
                ELSE s.old_next_due_amount END AS next_due_amount
      FROM sums s
      LEFT JOIN LATERAL (
          SELECT sum(i.principal - i.principal_paid + i.interest - i.interest_paid + i.fee - i.fee_paid) AS amount
            FROM loans_instalment i
           WHERE i.loan_id = s.loan_id AND i.superseded_on IS NULL AND i.due_on = s.next_due_on) n
        ON s.planned OR s.next_due_on IS DISTINCT FROM s.old_next_due_on
), stepped AS (
    SELECT r.*,
           (%(bucket_names)s::text[])[width_bucket(r.days_past_due, %(bucket_days)s::int[])] AS bucket,
           NOT r.charged_off AND coalesce(r.days_past_due >= %(suspense_from)s::int, false) AS suspends,
           CASE WHEN r.charged_off THEN 'loss'
                ELSE (%(class_names)s::text[])[width_bucket(r.days_past_due, %(class_days)s::int[])] END AS risk_class
      FROM reading r
), held AS (
    SELECT s.*,
           CASE WHEN s.charged_off THEN s.old_suspended_interest
                WHEN s.suspends THEN s.interest_accrued - s.interest_paid ELSE 0 END AS suspended_interest,
           CASE WHEN s.charged_off THEN s.old_suspended_late_interest
                WHEN s.suspends THEN s.late_interest_accrued - s.late_interest_paid ELSE 0 END
           AS suspended_late_interest
      FROM stepped s
), written AS (
    UPDATE loans_loanposition p
       SET as_of = %(on)s, principal_outstanding = s.principal_outstanding, interest_accrued = s.interest_accrued,
           fee_accrued = s.fee_accrued, late_interest_accrued = s.late_interest_accrued,
           overdue_principal = s.overdue_principal, overdue_interest = s.overdue_interest,
           overdue_fee = s.overdue_fee, due_today = s.due_today, oldest_due_on = s.oldest_due_on,
           next_due_on = s.next_due_on, next_due_amount = s.next_due_amount, days_past_due = s.days_past_due,
           bucket = s.bucket, risk_class = s.risk_class,
           suspended_interest = s.suspended_interest, suspended_late_interest = s.suspended_late_interest,
           memo_interest = p.memo_interest + CASE WHEN s.charged_off THEN s.interest ELSE 0 END,
           memo_late_interest = p.memo_late_interest + CASE WHEN s.charged_off THEN s.late_interest ELSE 0 END,
           memo_fee = p.memo_fee + CASE WHEN s.charged_off THEN s.fee ELSE 0 END,
           quiet_before = CASE WHEN s.due_today = 0 AND s.periods < 2
                                    AND NOT (s.charged_off OR s.is_coarse OR coalesce(s.is_curved, false))
                               THEN coalesce(s.next_change_on, DATE '9999-12-31') END,  -- nothing is left to fall due
           period_starts_on = s.period_starts_on, period_days = s.period_days, period_interest = s.period_interest,
           period_interest_paid = s.period_interest_paid,
           interest_before_period = s.interest_accrued - coalesce(greatest(
               round(s.period_interest * (%(on)s::date - s.period_starts_on) / s.period_days, 2),
               s.period_interest_paid), 0)
      FROM held s
     WHERE p.loan_id = s.loan_id AND p.loan_id BETWEEN %(lo)s AND %(hi)s
 RETURNING p.loan_id, s.product_id, s.days_past_due, s.principal_outstanding,
           s.old_bucket, s.bucket, s.old_class, s.risk_class,
           CASE WHEN s.charged_off THEN 0 ELSE s.interest END AS interest,
           CASE WHEN s.charged_off THEN 0 ELSE s.late_interest END AS late_interest,
           CASE WHEN s.charged_off THEN 0 ELSE s.fee END AS fee,
           s.suspended_interest - s.old_suspended_interest AS suspended_interest,
           s.suspended_late_interest - s.old_suspended_late_interest AS suspended_late_interest
){_TOLD.format(read="written")}
"""

# At the end of a month a share is kept for each loan of what the nights have added since the last one.
KEEP_SHARES = """
WITH kept AS (
    UPDATE loans_loanposition
       SET kept_on = as_of, kept_interest = interest_accrued - memo_interest,
           kept_late_interest = late_interest_accrued - memo_late_interest, kept_fee = fee_accrued - memo_fee,
           kept_suspended_interest = suspended_interest, kept_suspended_late_interest = suspended_late_interest
     WHERE loan_id BETWEEN %(lo)s AND %(hi)s AND status = 'active' AND as_of = %(on)s AND kept_on < %(on)s
 RETURNING loan_id, OLD.kept_on + 1 AS first_on, NEW.kept_interest - OLD.kept_interest AS interest,
           NEW.kept_late_interest - OLD.kept_late_interest AS late_interest, NEW.kept_fee - OLD.kept_fee AS fee,
           NEW.kept_suspended_interest - OLD.kept_suspended_interest AS suspended_interest,
           NEW.kept_suspended_late_interest - OLD.kept_suspended_late_interest AS suspended_late_interest
)
INSERT INTO loans_accrual (
    loan_id, first_on, accrued_on, interest, late_interest, fee, suspended_interest, suspended_late_interest)
SELECT loan_id, first_on, %(on)s, interest, late_interest, fee, suspended_interest, suspended_late_interest
  FROM kept
 WHERE interest <> 0 OR late_interest <> 0 OR fee <> 0 OR suspended_interest <> 0 OR suspended_late_interest <> 0
 ORDER BY loan_id
"""
