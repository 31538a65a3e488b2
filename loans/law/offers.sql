-- The terms of an offer never change: what a borrower accepts is what was offered. Only what became of it may still
-- be written (its status, when and through which door it was accepted, when it was closed), and it is not deleted.

CREATE FUNCTION loans_refuse_changed_offer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['status', 'accepted_on', 'accepted_via', 'closed_on'];
BEGIN
    IF to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'the terms of offer % never change', OLD.public_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_offer_terms_fixed BEFORE UPDATE ON loans_offer
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_changed_offer();
CREATE TRIGGER loans_offer_not_deleted BEFORE DELETE ON loans_offer
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER loans_offer_not_deleted ON loans_offer;
DROP TRIGGER loans_offer_terms_fixed ON loans_offer;
DROP FUNCTION loans_refuse_changed_offer();
