-- The audit log only grows: what it says happened cannot be changed, deleted or emptied away afterwards. Other apps
-- hang the same function on their own tables of evidence. Tests, and nobody else, may empty tables: they say so by
-- the setting loandesk.allow_truncate. That every history row writes its event into the log: audit/triggers.py.

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('loandesk.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: rows are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Who made whose account decides who is a second person: nobody makes it unsaid.
CREATE TRIGGER staff_tie_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_accounttie
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP FUNCTION audit_refuse_change() CASCADE;  -- each month has its own copy of the guard
