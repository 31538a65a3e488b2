-- A further part of an approved amount is never ordered beyond that amount: all disbursements of the loan that were
-- not cancelled, with this one, are at most its principal. Of a line, whose repaid principal can be drawn again, it is what
-- is outstanding, or was paid down by word alone, with the orders that the bank has not paid yet. That one order is under
-- way at a time: loans/models/disbursement.py.

CREATE FUNCTION loans_refuse_more_than_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    approved numeric;
    months integer;
    taken numeric;
BEGIN
    SELECT principal, line_open_months INTO approved, months FROM loans_loan WHERE id = NEW.loan_id;
    SELECT coalesce(sum(amount), 0) INTO taken FROM loans_disbursement
        WHERE loan_id = NEW.loan_id AND id <> NEW.id AND status <> 'cancelled' AND (months = 0 OR status <> 'paid');
    IF months > 0 THEN
        taken := taken + coalesce(
            (SELECT principal_outstanding FROM loans_loanposition WHERE loan_id = NEW.loan_id), 0)
            + loans_unproved_principal(NEW.loan_id);
    END IF;
    IF taken + NEW.amount > approved THEN
        RAISE EXCEPTION 'disbursement % pays out % beside %, but % was approved',
            NEW.number, NEW.amount, taken, approved USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_disbursement_within_approved BEFORE INSERT OR UPDATE OF amount, loan_id, is_drawdown
    ON loans_disbursement FOR EACH ROW WHEN (NEW.is_drawdown) EXECUTE FUNCTION loans_refuse_more_than_approved();

-- Taken back by:

DROP TRIGGER loans_disbursement_within_approved ON loans_disbursement;
DROP FUNCTION loans_refuse_more_than_approved();
