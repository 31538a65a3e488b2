-- Nothing is deducted in advance from what is paid out: a disbursement is the whole principal, one of the agreed
-- parts of it, or all of them together. Less is paid out only where the market's rule "advance_deduction" allows it
-- on that day. Further parts of an approved amount are another matter: drawdowns_within_approved.sql.

CREATE FUNCTION loans_refuse_advance_deduction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lent numeric;
    parts jsonb;
    market_code varchar;
    policy text;
BEGIN
    SELECT loan.principal, loan.drawdowns, product.market INTO lent, parts, market_code
        FROM loans_loan loan
        JOIN loans_productversion version ON version.id = loan.product_version_id
        JOIN loans_product product ON product.id = version.product_id
        WHERE loan.id = NEW.loan_id;
    IF NEW.amount = lent OR EXISTS (
        SELECT 1 FROM jsonb_array_elements(CASE jsonb_typeof(parts) WHEN 'array' THEN parts ELSE '[]' END) part
        HAVING bool_or((part ->> 1)::numeric = NEW.amount) OR sum((part ->> 1)::numeric) = NEW.amount
    ) THEN
        RETURN NEW;
    END IF;
    SELECT data ->> 'advance_deduction' INTO policy FROM core_rule
        WHERE code = 'advance_deduction' AND market = market_code AND effective_from <= NEW.requested_on
        ORDER BY effective_from DESC LIMIT 1;
    IF policy = 'allowed' AND NEW.amount < lent THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'disbursement % pays out %, but % was lent', NEW.number, NEW.amount, lent
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER loans_disbursement_paid_in_full BEFORE INSERT OR UPDATE OF amount, loan_id ON loans_disbursement
    FOR EACH ROW WHEN (NOT NEW.is_drawdown) EXECUTE FUNCTION loans_refuse_advance_deduction();

-- Taken back by:

DROP TRIGGER loans_disbursement_paid_in_full ON loans_disbursement;
DROP FUNCTION loans_refuse_advance_deduction();
