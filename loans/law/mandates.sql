-- Money is taken by direct debit only from an account that is verified as the borrower's, as it is paid only to one: a mandate
-- is signed for no other, and no debit begins once the bank says that the account is somebody else's. What was ordered before
-- keeps its row; loans/incoming/mandates.py withdraws it.

CREATE FUNCTION loans_require_own_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM borrowers_bankaccount b
                     JOIN loans_loan l ON l.borrower_id = b.borrower_id
                    WHERE b.id = NEW.bank_account_id AND l.id = NEW.loan_id AND b.state = 'verified') THEN
        RAISE EXCEPTION 'a mandate is for an account that is verified as the borrower''s' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION loans_require_own_debit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM loans_mandate m
                     JOIN borrowers_bankaccount b ON b.id = m.bank_account_id
                    WHERE m.id = NEW.mandate_id AND b.state = 'verified') THEN
        RAISE EXCEPTION 'nothing is debited from an account that is not verified' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_mandate_own_account BEFORE INSERT OR UPDATE OF bank_account_id, loan_id
    ON loans_mandate FOR EACH ROW EXECUTE FUNCTION loans_require_own_account();
CREATE TRIGGER loans_mandateattempt_own_account BEFORE INSERT
    ON loans_mandateattempt FOR EACH ROW EXECUTE FUNCTION loans_require_own_debit();

-- Taken back by:

DROP TRIGGER loans_mandateattempt_own_account ON loans_mandateattempt;
DROP TRIGGER loans_mandate_own_account ON loans_mandate;
DROP FUNCTION loans_require_own_debit();
DROP FUNCTION loans_require_own_account();
