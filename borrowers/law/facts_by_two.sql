-- Two facts bar a person from loans until a second person has agreed that they no longer hold: that they are recorded as
-- dead, and that they are recorded as a student. Who agreed is named by the row, and no longer once the bar is back.

CREATE FUNCTION borrowers_refuse_facts_of_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.occupation = 'student' AND NEW.occupation <> 'student' AND NEW.occupation_agreed_by_id IS NULL THEN
        RAISE EXCEPTION 'borrower % is a student until a second person agrees', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'deceased' AND NEW.status = 'active' AND NEW.life_agreed_by_id IS NULL THEN
        RAISE EXCEPTION 'borrower % is recorded as dead until a second person agrees', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.occupation = 'student' THEN
        NEW.occupation_agreed_by_id := NULL;
    END IF;
    IF NEW.status = 'deceased' THEN
        NEW.life_agreed_by_id := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER borrowers_facts_by_two BEFORE UPDATE ON borrowers_borrower
    FOR EACH ROW EXECUTE FUNCTION borrowers_refuse_facts_of_one();

-- Taken back by:

DROP TRIGGER borrowers_facts_by_two ON borrowers_borrower;
DROP FUNCTION borrowers_refuse_facts_of_one();
