-- Who withdrew a consent refuses its purpose until a second person has seen evidence that they agree to it again. While a
-- consent was withdrawn and none that somebody agreed to is in force, a new one without such a person is not taken. A
-- withdrawal is not taken back: a new consent is given.

CREATE FUNCTION borrowers_refuse_consent_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS NULL THEN
            RAISE EXCEPTION 'consent % was withdrawn and stays so', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF NEW.agreed_by_id IS NULL
        AND EXISTS (SELECT FROM borrowers_consent WHERE borrower_id = NEW.borrower_id AND purpose = NEW.purpose
                       AND withdrawn_at IS NOT NULL)
        AND NOT EXISTS (SELECT FROM borrowers_consent WHERE borrower_id = NEW.borrower_id AND purpose = NEW.purpose
                           AND withdrawn_at IS NULL AND agreed_by_id IS NOT NULL)
    THEN
        RAISE EXCEPTION 'borrower % withdrew the consent to %: a second person must agree', NEW.borrower_id, NEW.purpose
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER borrowers_consent_again BEFORE INSERT OR UPDATE ON borrowers_consent
    FOR EACH ROW EXECUTE FUNCTION borrowers_refuse_consent_again();

-- Taken back by:

DROP TRIGGER borrowers_consent_again ON borrowers_consent;
DROP FUNCTION borrowers_refuse_consent_again();
