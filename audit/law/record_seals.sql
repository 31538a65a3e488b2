-- Months of records are put away oldest first, and a seal is never changed: what can happen to it is that its month is
-- brought back, once.

-- Of the ledger's seals too.
CREATE FUNCTION audit_keep_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.restored_at IS NULL AND NEW.restored_at IS NOT NULL
       AND to_jsonb(NEW) - 'restored_at' = to_jsonb(OLD) - 'restored_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the seal of % in % stays as it is', OLD.month, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION audit_guard_record_seals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.month <> date_trunc('month', NEW.month)::date OR EXISTS (
        SELECT 1 FROM audit_archivedrecords a
         WHERE a."group" = NEW."group" AND a.restored_at IS NULL AND a.month >= NEW.month) THEN
        RAISE EXCEPTION 'months are archived in order, each by its first day' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_record_seals BEFORE INSERT ON audit_archivedrecords
    FOR EACH ROW EXECUTE FUNCTION audit_guard_record_seals();
CREATE TRIGGER audit_record_seals_kept BEFORE UPDATE ON audit_archivedrecords
    FOR EACH ROW EXECUTE FUNCTION audit_keep_seal();
CREATE TRIGGER audit_record_seals_stay BEFORE DELETE OR TRUNCATE ON audit_archivedrecords
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER audit_record_seals_stay ON audit_archivedrecords;
DROP TRIGGER audit_record_seals_kept ON audit_archivedrecords;
DROP TRIGGER audit_record_seals ON audit_archivedrecords;
DROP FUNCTION audit_guard_record_seals();
DROP FUNCTION audit_keep_seal();
