-- What of a loan's principal was paid down by word alone: receipts told of at the counter or over the API, what an insurer is
-- said to have paid, and what a merchant is said to have given back, while no line of a bank and no second person stands
-- behind them. A credit balance
-- that they left counts as far as it paid something since; what was charged back of them is owed again and counts no more.
-- What they paid besides principal counts as well, as far as money that is proved paid principal from that day on, which
-- otherwise would have paid interest, fees or late interest. Of a line, whose repaid principal can be drawn again, the same
-- holds of what one person alone gave up (the figures GIVEN_UP of loans/servicing/given_up.py): of a goodwill credit the
-- principal it paid, of everything else as far as proved money paid principal instead.
-- Whoever counts commitments, and whoever draws on a line, asks here (loans/gate/commitments.py,
-- loans/law/drawdowns_within_approved.sql). It costs two looks into partial indexes where there is nothing of the kind.

CREATE FUNCTION loans_unproved_principal(of_loan bigint) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
DECLARE
    gives_up constant text[] := ARRAY['waived', 'credited', 'fee_lowered', 'interest_freed', 'interest_forgone', 'given_up',
                                      'late_interest_freed', 'interest_lowered', 'freed_by_undoing'];
    numbers text[];
    paid numeric;
    overpaid numeric;
    refunded numeric;
    given numeric;
    used numeric;
    back numeric;
    besides numeric;  -- paid by word for anything but principal, and given up alone
    more numeric;
    since date;
    since_too date;
    credited numeric := 0;
    instead numeric := 0;
BEGIN
    SELECT array_agg(r.number), coalesce(sum(r.principal), 0), coalesce(sum(r.overpaid), 0),
           coalesce(sum(r.interest + r.fee + r.late_interest), 0), min(r.received_on)
      INTO numbers, paid, overpaid, besides, since
      FROM loans_repayment r
     WHERE r.loan_id = of_loan AND r.status = 'posted' AND r.channel IN ('counter', 'api', 'insurer')
       AND r.agreed_by_id IS NULL AND r.proved_on IS NULL AND NOT r.is_recovery;
    SELECT coalesce(sum((a.figures->>'principal')::numeric), 0), coalesce(sum((a.figures->>'overpaid')::numeric), 0),
           coalesce(sum(coalesce((a.figures->>'interest')::numeric, 0) + coalesce((a.figures->>'fee')::numeric, 0)
                        + coalesce((a.figures->>'late_interest')::numeric, 0)), 0), min(a.effective_on)
      INTO refunded, given, more, since_too
      FROM loans_loanact a
     WHERE a.loan_id = of_loan AND a.kind = 'merchant_refund' AND a.status = 'standing' AND a.agreed_by_id IS NULL
       AND a.proved_on IS NULL;
    besides := besides + more;
    since := least(since, since_too);
    IF EXISTS (SELECT FROM loans_loan l WHERE l.id = of_loan AND l.line_open_months > 0) THEN
        SELECT coalesce(sum((a.figures->>'principal')::numeric)
                            FILTER (WHERE a.kind = 'goodwill_credit' AND a.status = 'standing'), 0),
               coalesce(sum(told.given_up), 0), min(a.effective_on)
          INTO credited, more, since_too
          FROM loans_loanact a
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(greatest(f.value::numeric, 0)), 0) AS given_up FROM jsonb_each_text(a.figures) f
                WHERE f.key = ANY (gives_up) AND (f.key = 'freed_by_undoing') = (a.status = 'undone')) told
         WHERE a.loan_id = of_loan AND a.recorded_by_id IS NOT NULL AND a.agreed_by_id IS NULL AND told.given_up > 0;
        besides := besides + more - credited;
        since := least(since, since_too);
        SELECT besides + coalesce(sum(r.given_up), 0), least(since, min(r.received_on))
          INTO besides, since
          FROM loans_repayment r
         WHERE r.loan_id = of_loan AND r.status = 'posted' AND r.agreed_by_id IS NULL AND r.given_up > 0;
    END IF;
    besides := greatest(besides, 0);  -- a word that settles may bring interest back that was paid ahead
    IF paid + overpaid + refunded + given + credited + besides = 0 THEN
        RETURN 0;
    END IF;
    IF besides > 0 THEN
        SELECT coalesce(sum(r.principal), 0) INTO instead
          FROM loans_repayment r
         WHERE r.loan_id = of_loan AND r.status = 'posted' AND NOT r.is_recovery AND r.received_on >= since
           AND (r.channel NOT IN ('counter', 'api', 'insurer') OR r.agreed_by_id IS NOT NULL OR r.proved_on IS NOT NULL);
    END IF;
    SELECT coalesce(sum((a.figures->>'credit_used')::numeric), 0),
           coalesce(sum((a.figures->>'owed_again')::numeric - (a.figures->>'interest')::numeric
                        - (a.figures->>'fee')::numeric - (a.figures->>'late_interest')::numeric)
                    FILTER (WHERE a.kind = 'charge_back' AND a.parameters->>'receipt' = ANY (numbers)), 0)
      INTO used, back
      FROM loans_loanact a
     WHERE a.loan_id = of_loan AND a.status = 'standing';
    RETURN greatest(paid - back, 0) + refunded + least(overpaid + given, used) + credited + least(besides, instead);
END $$;

-- Taken back by:

DROP FUNCTION loans_unproved_principal(bigint);
