-- Of a waiver, an extension or a refund nothing changes but its reversal: the state, its day and its reason. And what
-- is reversed never stands again: another one is granted instead.

CREATE FUNCTION loans_refuse_changed_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['status', 'reversed_on', 'reversal_reason'];
BEGIN
    IF OLD.status = 'reversed' OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'row % of % is only ever reversed, and only once', OLD.id, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_extension_reversed_once BEFORE UPDATE ON loans_extension
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_changed_grant();
CREATE TRIGGER loans_refund_reversed_once BEFORE UPDATE ON loans_refund
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_changed_grant();
CREATE TRIGGER loans_waiver_reversed_once BEFORE UPDATE ON loans_waiver
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_changed_grant();

-- Taken back by:

DROP TRIGGER loans_waiver_reversed_once ON loans_waiver;
DROP TRIGGER loans_refund_reversed_once ON loans_refund;
DROP TRIGGER loans_extension_reversed_once ON loans_extension;
DROP FUNCTION loans_refuse_changed_grant();
