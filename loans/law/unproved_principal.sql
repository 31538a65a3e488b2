-- What of a loan's principal was paid down by word alone: receipts told of at the counter or over the API, what an
-- insurer is said to have paid, and what a merchant is said to have given back, while no line of a bank and no second person
-- stands behind them. A credit balance that they left counts as far as it paid something since; what was charged back of
-- them is owed again and counts no more.
-- Whoever counts commitments, and whoever draws on a line, asks here (loans/gate/commitments.py,
-- loans/law/drawdowns_within_approved.sql). It costs two looks into partial indexes where there is nothing of the kind.

CREATE FUNCTION loans_unproved_principal(of_loan bigint) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
DECLARE
    numbers text[];
    paid numeric;
    overpaid numeric;
    refunded numeric;
    given numeric;
    used numeric;
    back numeric;
BEGIN
    SELECT array_agg(r.number), coalesce(sum(r.principal), 0), coalesce(sum(r.overpaid), 0)
      INTO numbers, paid, overpaid
      FROM loans_repayment r
     WHERE r.loan_id = of_loan AND r.status = 'posted' AND r.channel IN ('counter', 'api', 'insurer')
       AND r.agreed_by_id IS NULL AND r.proved_on IS NULL AND NOT r.is_recovery;
    SELECT coalesce(sum((a.figures->>'principal')::numeric), 0), coalesce(sum((a.figures->>'overpaid')::numeric), 0)
      INTO refunded, given
      FROM loans_loanact a
     WHERE a.loan_id = of_loan AND a.kind = 'merchant_refund' AND a.status = 'standing' AND a.agreed_by_id IS NULL
       AND a.proved_on IS NULL;
    IF paid + overpaid + refunded + given = 0 THEN
        RETURN 0;
    END IF;
    SELECT coalesce(sum((a.figures->>'credit_used')::numeric), 0),
           coalesce(sum((a.figures->>'owed_again')::numeric - (a.figures->>'interest')::numeric
                        - (a.figures->>'fee')::numeric - (a.figures->>'late_interest')::numeric)
                    FILTER (WHERE a.kind = 'charge_back' AND a.parameters->>'receipt' = ANY (numbers)), 0)
      INTO used, back
      FROM loans_loanact a
     WHERE a.loan_id = of_loan AND a.status = 'standing';
    RETURN greatest(paid - back, 0) + refunded + least(overpaid + given, used);
END $$;

-- Taken back by:

DROP FUNCTION loans_unproved_principal(bigint);
